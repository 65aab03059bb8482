//! Reading columns into domain types; anything that does not fit is a [`StoreError::Corrupt`].

use std::str::FromStr;

use domain::TokenHash;
use sqlx::{Row, sqlite::SqliteRow};
use time::OffsetDateTime;

use crate::StoreError;

/// A time as it is stored.
pub(super) fn to_ms(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).expect("milliseconds of any date fit")
}

/// A count or place in an order as it is stored.
pub(super) fn to_i64(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Typed columns of a row.
pub(super) trait Columns {
    fn text(&self, column: &'static str) -> Result<Option<String>, StoreError>;
    fn integer(&self, column: &'static str) -> Result<Option<i64>, StoreError>;
    fn bytes(&self, column: &'static str) -> Result<Vec<u8>, StoreError>;

    fn read_optional<T, E>(
        &self,
        column: &'static str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, StoreError> {
        self.text(column)?
            .map(|text| read(&text).map_err(|_| StoreError::Corrupt { column }))
            .transpose()
    }

    fn read<T, E>(
        &self,
        column: &'static str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, StoreError> {
        self.read_optional(column, read)?
            .ok_or(StoreError::Corrupt { column })
    }

    fn parse<T: FromStr>(&self, column: &'static str) -> Result<T, StoreError> {
        self.read(column, str::parse)
    }

    fn parse_optional<T: FromStr>(&self, column: &'static str) -> Result<Option<T>, StoreError> {
        self.read_optional(column, str::parse)
    }

    fn time_optional(&self, column: &'static str) -> Result<Option<OffsetDateTime>, StoreError> {
        self.integer(column)?
            .map(|ms| {
                OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000)
                    .map_err(|_| StoreError::Corrupt { column })
            })
            .transpose()
    }

    fn time(&self, column: &'static str) -> Result<OffsetDateTime, StoreError> {
        self.time_optional(column)?
            .ok_or(StoreError::Corrupt { column })
    }

    fn count<T: TryFrom<i64>>(&self, column: &'static str) -> Result<T, StoreError> {
        self.integer(column)?
            .and_then(|number| number.try_into().ok())
            .ok_or(StoreError::Corrupt { column })
    }

    fn flag(&self, column: &'static str) -> Result<bool, StoreError> {
        Ok(self.count::<i64>(column)? != 0)
    }

    fn hash(&self, column: &'static str) -> Result<[u8; 32], StoreError> {
        self.bytes(column)?
            .try_into()
            .map_err(|_| StoreError::Corrupt { column })
    }

    fn token(&self, column: &'static str) -> Result<TokenHash, StoreError> {
        self.hash(column).map(TokenHash)
    }
}

impl Columns for SqliteRow {
    fn text(&self, column: &'static str) -> Result<Option<String>, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn integer(&self, column: &'static str) -> Result<Option<i64>, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn bytes(&self, column: &'static str) -> Result<Vec<u8>, StoreError> {
        Ok(self.try_get(column)?)
    }
}
