use domain::{Cursor, PageLimit, User, UserId};
use store::StoreError;

use crate::{App, Page, SignedIn};

/// Why there is no list.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The caller may not see the organisation's people.
    #[error("not allowed to see the organisation's people")]
    NotAllowed,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A page of the organisation's users, in the order in which they were added.
///
/// # Errors
/// [`ListError`].
pub async fn list(
    app: &App,
    caller: &SignedIn,
    after: Option<Cursor<UserId>>,
    limit: PageLimit,
) -> Result<Page<User, UserId>, ListError> {
    if !caller.user.role.may_administer() {
        return Err(ListError::NotAllowed);
    }
    let found = app
        .read()
        .await?
        .users(caller.organisation.id, after.as_ref(), limit.and_one())
        .await?;
    Ok(Page::of(found, limit.as_usize(), |user| Cursor {
        at: user.created_at,
        id: user.id,
    }))
}
