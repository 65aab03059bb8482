use std::net::IpAddr;

use domain::{OrganisationName, PersonName, SessionId, SessionTitle};
use time::OffsetDateTime;

use super::{
    InviteError, InviteKey,
    find::{Attempt, find},
};
use crate::{App, SignedIn};

/// What somebody sees before they join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitePreview {
    /// The session.
    pub session_id: SessionId,
    /// What it is about.
    pub title: Option<SessionTitle>,
    /// Who gives assistance.
    pub organisation_name: OrganisationName,
    /// Who made the invite; `None` once that user is deleted.
    pub invited_by: Option<PersonName>,
    /// Until when the invite works.
    pub expires_at: OffsetDateTime,
}

/// Says what session a code or link opens.
///
/// # Errors
/// [`InviteError`].
pub async fn look_up(
    app: &App,
    caller: Option<&SignedIn>,
    key: InviteKey,
    address: IpAddr,
) -> Result<InvitePreview, InviteError> {
    let attempt = Attempt::pay(app, key, address)?;
    let mut transaction = app.read().await?;
    let opened = attempt.settle(find(app, &mut *transaction, caller, key).await)?;
    let inviter = transaction
        .user(opened.organisation.id, opened.invite.created_by)
        .await?;
    Ok(InvitePreview {
        session_id: opened.invite.session_id,
        title: opened.details.session.title,
        organisation_name: opened.organisation.name,
        invited_by: inviter.map(|user| user.name),
        expires_at: opened.invite.expires_at,
    })
}
