//! A session for trying the expert's side alone: the person who needs help is simulated.
//!
//! It is a session like any other, in the name of the first owner, so that it is theirs to enter,
//! to end and to list. Whoever plays the other person joins by its invite.

use domain::{InviteToken, ParticipantRole, SecretToken, SessionId, User, UserState};
use store::StoreError;

use crate::{
    App, SignedIn, secrets,
    sessions::{self, CreateError, CreateSession},
};

/// A session to be tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoSession {
    /// The session.
    pub id: SessionId,
    /// How the simulated person gets in.
    pub invite: InviteToken,
}

/// Creates a session to be tried; `None` while nobody has set the installation up.
///
/// # Errors
/// [`CreateError`].
pub async fn create_session(app: &App, title: &str) -> Result<Option<DemoSession>, CreateError> {
    let Some(owner) = first_owner(app).await? else {
        return Ok(None);
    };
    let wanted = CreateSession {
        title: Some(title.to_owned()),
        role: ParticipantRole::Expert,
        policies: Vec::new(),
        idempotency_key: None,
    };
    let created = sessions::create(app, &owner, wanted).await?.session;
    Ok(created.invite.map(|invite| DemoSession {
        id: created.session.id,
        invite: invite.token,
    }))
}

async fn first_owner(app: &App) -> Result<Option<SignedIn>, StoreError> {
    let mut transaction = app.read().await?;
    let Some(organisation) = transaction.first_organisation().await? else {
        return Ok(None);
    };
    let owners = transaction.owners(organisation.id).await?;
    let is_active = |user: &User| user.state == UserState::Active;
    Ok(owners.into_iter().find(is_active).map(|user| SignedIn {
        user,
        organisation,
        // No browser holds this one.
        sign_in: secrets::hash_token(&SecretToken::from_random(app.random())),
    }))
}
