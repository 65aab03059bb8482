use domain::{
    EmailAddress, FieldErrors, PersonName, User, UserId, UserRole, UserState, check_addition,
};
use store::{StoreError, Transaction};

use crate::{
    App, PasswordLink, SignedIn,
    idempotency::{IdempotentRequest, Known},
    password_links,
};

/// Who is to be added.
#[derive(Clone)]
pub struct AddUser {
    /// What they are called.
    pub name: String,
    /// With what they will sign in.
    pub email: String,
    /// What they may do.
    pub role: UserRole,
    /// The client's key: the same request with the same key adds nobody again.
    pub idempotency_key: Option<String>,
}

impl std::fmt::Debug for AddUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AddUser")
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// A new user, and the link with which they set their password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddedUser {
    /// The user.
    pub user: User,
    /// The link.
    pub password_link: PasswordLink,
}

/// Why nobody was added.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// The caller may not add a user with this role.
    #[error("not allowed to add a user with this role")]
    NotAllowed,
    /// Another user has this e-mail address.
    #[error("another user has this e-mail address")]
    EmailTaken,
    /// The idempotency key belongs to another request.
    #[error("the idempotency key belongs to another request")]
    IdempotencyKeyReused,
    /// Some fields break their rules.
    #[error(transparent)]
    InvalidInput(#[from] FieldErrors),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Adds a user who sets their password by a link.
///
/// A repeated request yields the same user and a fresh link, since the first link's secret is not
/// kept; the first link dies.
///
/// # Errors
/// [`AddError`].
pub async fn add(app: &App, caller: &SignedIn, request: AddUser) -> Result<AddedUser, AddError> {
    check_addition(caller.user.role, request.role).map_err(|_| AddError::NotAllowed)?;
    let user = check(app, caller, &request)?;
    let repeatable = request.idempotency_key.as_deref().map(|key| {
        let parts = [user.name.as_str(), user.email.as_str(), user.role.as_str()];
        IdempotentRequest::new(caller, "users.add", key, &parts)
    });

    let mut transaction = app.write().await?;
    let repeated = match &repeatable {
        Some(repeatable) => added_before(&mut *transaction, caller, repeatable).await?,
        None => None,
    };
    let user = match repeated {
        Some(user) => user,
        None => {
            if !transaction.insert_user(&user).await? {
                return Err(AddError::EmailTaken);
            }
            if let Some(repeatable) = &repeatable {
                repeatable
                    .keep(&mut *transaction, user.id.to_string(), user.created_at)
                    .await?;
            }
            user
        }
    };
    let password_link = password_links::issue(app.edges(), &mut *transaction, &user).await?;
    transaction.commit().await?;
    Ok(AddedUser {
        user,
        password_link,
    })
}

fn check(app: &App, caller: &SignedIn, request: &AddUser) -> Result<User, FieldErrors> {
    let mut fields = FieldErrors::default();
    let name = fields.check("name", PersonName::parse(&request.name));
    let email = fields.check("email", EmailAddress::parse(&request.email));
    let (Some(name), Some(email)) = (name, email) else {
        return Err(fields);
    };
    Ok(User {
        id: UserId::from_random(app.random()),
        organisation_id: caller.organisation.id,
        name,
        email,
        role: request.role,
        state: UserState::Invited,
        created_at: app.now(),
        last_sign_in_at: None,
    })
}

/// The user whom the same request added before.
async fn added_before(
    transaction: &mut dyn Transaction,
    caller: &SignedIn,
    request: &IdempotentRequest<'_>,
) -> Result<Option<User>, AddError> {
    match request.look_up(transaction).await? {
        Known::New => Ok(None),
        Known::Mismatch => Err(AddError::IdempotencyKeyReused),
        Known::Created(id) => {
            let id = id.parse().map_err(|_| StoreError::Corrupt {
                column: "created_id",
            })?;
            let user = transaction.user(caller.organisation.id, id).await?;
            // Who was deleted since, or has a password, needs no link any more.
            let user = user.filter(|user| user.state == UserState::Invited);
            user.map(Some).ok_or(AddError::IdempotencyKeyReused)
        }
    }
}
