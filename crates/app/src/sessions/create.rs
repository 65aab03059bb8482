use domain::{
    EventData, FieldCode, FieldErrors, Participant, ParticipantId, ParticipantRole, Person,
    Policies, PolicyError, PolicyLayer, PolicyLevel, PolicyValue, Presence, Session, SessionId,
    SessionState, SessionTitle,
};
use store::{StoreError, Transaction};

use crate::{
    App, SessionView, SignedIn,
    idempotency::{IdempotentRequest, Known},
    invites,
};

/// What session is to be created.
#[derive(Debug, Clone)]
pub struct CreateSession {
    /// What it is about.
    pub title: Option<String>,
    /// What its creator is in it for.
    pub role: ParticipantRole,
    /// What it says about policies, by their names.
    pub policies: Vec<(String, PolicyValue)>,
    /// The client's key: the same request with the same key creates nothing again.
    pub idempotency_key: Option<String>,
}

/// A new session and its creator's place in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedSession {
    /// The session.
    pub session: SessionView,
    /// The place.
    pub participant: Participant,
}

/// Why no session was created.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The title breaks the rules, or the role is one that cannot begin a session.
    #[error(transparent)]
    InvalidInput(#[from] FieldErrors),
    /// A policy is unknown or cannot be said like this.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The idempotency key belongs to another request.
    #[error("the idempotency key belongs to another request")]
    IdempotencyKeyReused,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Creates a session with an invite, and gives its creator a place in it.
///
/// # Errors
/// [`CreateError`].
pub async fn create(
    app: &App,
    caller: &SignedIn,
    request: CreateSession,
) -> Result<CreatedSession, CreateError> {
    let title = parse_title(request.title.as_deref())?;
    // A session in which nobody may show or help helps nobody.
    if request.role == ParticipantRole::Observer {
        return Err(FieldErrors::one("role", FieldCode::Invalid).into());
    }
    let entries = request
        .policies
        .iter()
        .map(|(name, value)| (name.as_str(), *value));
    let said = PolicyLayer::parse(PolicyLevel::Session, entries)?;
    let fingerprint = format!("{said:?}");
    let repeatable = request.idempotency_key.as_deref().map(|key| {
        let title = title.as_ref().map_or("", SessionTitle::as_str);
        let parts = [title, request.role.as_str(), &fingerprint];
        IdempotentRequest::new(caller, "sessions.create", key, &parts)
    });

    let mut transaction = app.write().await?;
    if let Some(repeatable) = &repeatable
        && let Some(created) = created_before(app, &mut *transaction, caller, repeatable).await?
    {
        return Ok(created);
    }
    let session = Session {
        id: SessionId::from_random(app.random()),
        organisation_id: caller.organisation.id,
        title,
        state: SessionState::Open,
        created_at: app.now(),
        created_by: caller.user.id,
    };
    let participant = place_of_creator(app, caller, session.id, request.role);
    insert(
        app,
        &mut *transaction,
        caller,
        &session,
        &participant,
        &said,
    )
    .await?;
    if let Some(repeatable) = &repeatable {
        let id = session.id.to_string();
        repeatable
            .keep(&mut *transaction, id, session.created_at)
            .await?;
    }
    let view = super::view_after(app, &mut *transaction, caller, session.id).await?;
    transaction.commit().await?;
    Ok(CreatedSession {
        session: view,
        participant,
    })
}

pub(super) fn parse_title(title: Option<&str>) -> Result<Option<SessionTitle>, FieldErrors> {
    title
        .filter(|title| !title.trim().is_empty())
        .map(SessionTitle::parse)
        .transpose()
        .map_err(|code| FieldErrors::one("title", code))
}

/// What the same request created before.
async fn created_before(
    app: &App,
    transaction: &mut dyn Transaction,
    caller: &SignedIn,
    request: &IdempotentRequest<'_>,
) -> Result<Option<CreatedSession>, CreateError> {
    let id: SessionId = match request.look_up(transaction).await? {
        Known::New => return Ok(None),
        Known::Mismatch => return Err(CreateError::IdempotencyKeyReused),
        Known::Created(id) => id.parse().map_err(|_| StoreError::Corrupt {
            column: "created_id",
        })?,
    };
    let session = super::view_after(app, transaction, caller, id).await?;
    let participant = transaction
        .participant_of_user(caller.organisation.id, id, caller.user.id)
        .await?
        .expect("a session's creator has a place, and places are never deleted");
    Ok(Some(CreatedSession {
        session,
        participant,
    }))
}

fn place_of_creator(
    app: &App,
    caller: &SignedIn,
    session_id: SessionId,
    role: ParticipantRole,
) -> Participant {
    Participant {
        id: ParticipantId::from_random(app.random()),
        session_id,
        role,
        person: Person::User {
            id: caller.user.id,
            name: Some(caller.user.name.clone()),
        },
        presence: Presence::Expected,
        is_removed: false,
    }
}

async fn insert(
    app: &App,
    transaction: &mut dyn Transaction,
    caller: &SignedIn,
    session: &Session,
    participant: &Participant,
    said: &PolicyLayer,
) -> Result<(), CreateError> {
    let organisation = session.organisation_id;
    let of_organisation = transaction.organisation_policies(organisation).await?;
    let above = Policies::resolve([app.installation_policies(), &of_organisation]);
    transaction.insert_session(session).await?;
    for (name, value) in said.entries() {
        above.check_below(PolicyLevel::Session, name, value)?;
        transaction
            .insert_session_policy(organisation, session.id, name, value)
            .await?;
    }
    transaction
        .insert_participant(organisation, participant)
        .await?;
    super::record(
        app,
        transaction,
        caller,
        session.id,
        EventData::SessionCreated,
    )
    .await?;
    invites::issue(app, transaction, caller, session.id).await?;
    Ok(())
}
