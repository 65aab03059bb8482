use domain::{Cursor, PageLimit, SessionId};
use store::{SessionFilter, StateFilter, StoreError};

use crate::{App, Page, SessionView, SignedIn};

/// Which sessions are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListSessions {
    /// In which state.
    pub state: StateFilter,
    /// Whose.
    pub whose: Whose,
    /// After which entry.
    pub after: Option<Cursor<SessionId>>,
    /// How many.
    pub limit: PageLimit,
}

/// Whose sessions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Whose {
    /// Those that the caller created or has a place in.
    #[default]
    Mine,
    /// All that the caller may see.
    All,
}

/// A page of sessions, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(
    app: &App,
    caller: &SignedIn,
    request: ListSessions,
) -> Result<Page<SessionView, SessionId>, StoreError> {
    let sees_all = caller.user.role.may_run_every_session();
    let filter = SessionFilter {
        state: request.state,
        is_viewers_only: request.whose == Whose::Mine || !sees_all,
        after: request.after,
        limit: request.limit.and_one(),
    };
    let now = app.now();
    let found = app
        .read()
        .await?
        .sessions(caller.organisation.id, caller.user.id, &filter)
        .await?;
    let views = found
        .into_iter()
        .map(|details| SessionView::of(details, caller, now))
        .collect();
    Ok(Page::of(
        views,
        request.limit.as_usize(),
        |view: &SessionView| Cursor {
            at: view.session.created_at,
            id: view.session.id,
        },
    ))
}
