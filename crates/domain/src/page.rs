//! Pages of a list that stays put while new entries arrive (keyset pagination).

use std::{fmt, str::FromStr};

use time::OffsetDateTime;

/// Where a page ended: the last entry's time and id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor<Id> {
    /// When the last entry was created, in whole milliseconds.
    pub at: OffsetDateTime,
    /// The last entry's id, which decides between entries of the same millisecond.
    pub id: Id,
}

impl<Id: fmt::Display> fmt::Display for Cursor<Id> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at_ms = self.at.unix_timestamp_nanos() / 1_000_000;
        write!(f, "{at_ms}-{}", self.id)
    }
}

impl<Id: FromStr> FromStr for Cursor<Id> {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let (at_ms, id) = text.split_once('-').ok_or(CursorError)?;
        let at_ms: i64 = at_ms.parse().map_err(|_| CursorError)?;
        let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at_ms) * 1_000_000)
            .map_err(|_| CursorError)?;
        Ok(Self {
            at,
            id: id.parse().map_err(|_| CursorError)?,
        })
    }
}

/// A text that is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor of this list")]
pub struct CursorError;

/// How many entries a page may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimit(u32);

impl PageLimit {
    /// The most that anybody gets at once.
    pub const MAX: u32 = 200;

    /// As many as anybody gets at once.
    pub const BIGGEST: Self = Self(Self::MAX);

    /// Brings any wish into the range 1 to [`Self::MAX`].
    pub fn clamp(wanted: u32) -> Self {
        Self(wanted.clamp(1, Self::MAX))
    }

    /// The number of entries.
    pub fn as_u32(self) -> u32 {
        self.0
    }

    /// One entry more, which shows whether another page follows.
    pub fn and_one(self) -> Self {
        Self(self.0 + 1)
    }

    /// The number of entries.
    pub fn as_usize(self) -> usize {
        self.0 as usize
    }
}

impl Default for PageLimit {
    fn default() -> Self {
        Self(50)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::UserId;

    #[test]
    fn a_cursor_reads_back_from_its_text() {
        let cursor = Cursor {
            at: datetime!(2026-01-01 12:34:56.789 UTC),
            id: UserId::from_random([5; 16]),
        };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "1",
            "1-",
            "-usr_",
            "9223372036854775807-usr_00000000000000000000000000",
        ] {
            assert_eq!(text.parse::<Cursor<UserId>>(), Err(CursorError), "{text}");
        }
    }
}
