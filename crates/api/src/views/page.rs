use std::str::FromStr;

use domain::{Cursor, PageLimit};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::problem::{FieldCode, Problem};

/// One page of a list; the next one starts where `next_cursor` points.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    /// Pass it as `cursor` to go on; `null` on the last page.
    #[schema(required = true)]
    pub(crate) next_cursor: Option<String>,
}

/// Which page of a list is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageQuery {
    /// The `next_cursor` of the page before.
    pub(crate) cursor: Option<String>,
    /// How many items at most.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub(crate) limit: Option<u32>,
}

impl PageQuery {
    /// Where to go on and how far.
    pub(crate) fn parse<Id: FromStr>(&self) -> Result<(Option<Cursor<Id>>, PageLimit), Problem> {
        Ok((
            parse_cursor(self.cursor.as_deref())?,
            parse_limit(self.limit)?,
        ))
    }
}

pub(crate) fn parse_cursor<Id: FromStr>(
    cursor: Option<&str>,
) -> Result<Option<Cursor<Id>>, Problem> {
    let cursor = cursor.map(str::parse).transpose();
    cursor.map_err(|_| Problem::field("cursor", FieldCode::Invalid))
}

pub(crate) fn parse_limit(limit: Option<u32>) -> Result<PageLimit, Problem> {
    match limit {
        None => Ok(PageLimit::default()),
        Some(limit @ 1..=PageLimit::MAX) => Ok(PageLimit::clamp(limit)),
        Some(_) => Err(Problem::field("limit", FieldCode::OutOfRange)),
    }
}
