use domain::{
    Activation, FieldErrors, PersonName, User, UserChange, UserId, UserRole, UserRuleError,
    UserState, check_change,
};
use store::{StoreError, Transaction};

use crate::{App, SignedIn};

/// What is to be changed; `None` leaves it.
#[derive(Debug, Clone, Default)]
pub struct ChangeUser {
    /// What they are called.
    pub name: Option<String>,
    /// What they may do.
    pub role: Option<UserRole>,
    /// Whether the account is on.
    pub activation: Option<Activation>,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The caller may not do that to this user.
    #[error("not allowed to manage this user")]
    NotAllowed,
    /// There is no such user.
    #[error("there is no such user")]
    NotFound,
    /// The organisation would lose its last active owner.
    #[error("the organisation would lose its last active owner")]
    LastOwner,
    /// The name breaks the rules.
    #[error(transparent)]
    InvalidInput(#[from] FieldErrors),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Changes a user. One whose account is switched off is signed out and sent out of sessions.
///
/// # Errors
/// [`ChangeError`].
pub async fn change(
    app: &App,
    caller: &SignedIn,
    id: UserId,
    request: ChangeUser,
) -> Result<User, ChangeError> {
    let is_self = caller.user.id == id;
    if !is_self && !caller.user.role.may_administer() {
        return Err(ChangeError::NotAllowed);
    }
    let change = check(request)?;
    let organisation = caller.organisation.id;
    let mut transaction = app.write().await?;
    let user = transaction
        .user(organisation, id)
        .await?
        .ok_or(ChangeError::NotFound)?;
    let owners = transaction.active_owner_count(organisation).await?;
    check_change(&caller.user, &user, &change, owners)?;

    let user = changed(&mut *transaction, user, &change).await?;
    transaction.update_user(organisation, &user).await?;
    if user.state != UserState::Deactivated {
        app.commit_and(transaction, |app| app.live().all_changed())
            .await?;
        return Ok(user);
    }
    transaction.delete_sign_ins_of(organisation, id).await?;
    transaction
        .delete_password_link_of(organisation, id)
        .await?;
    let places = super::places_to_leave(app, &mut *transaction, organisation, id).await?;
    app.commit_and(transaction, move |app| super::send_out(app, id, &places))
        .await?;
    Ok(user)
}

fn check(request: ChangeUser) -> Result<UserChange, FieldErrors> {
    let name = request
        .name
        .map(|name| PersonName::parse(&name))
        .transpose()
        .map_err(|code| FieldErrors::one("name", code))?;
    Ok(UserChange {
        name,
        role: request.role,
        activation: request.activation,
    })
}

async fn changed(
    transaction: &mut dyn Transaction,
    user: User,
    change: &UserChange,
) -> Result<User, StoreError> {
    let state = match (user.state, change.activation) {
        (_, Some(Activation::Off)) => UserState::Deactivated,
        (UserState::Deactivated, Some(Activation::On)) => {
            if transaction
                .has_password(user.organisation_id, user.id)
                .await?
            {
                UserState::Active
            } else {
                UserState::Invited
            }
        }
        (state, Some(Activation::On) | None) => state,
    };
    Ok(User {
        name: change.name.clone().unwrap_or(user.name),
        role: change.role.unwrap_or(user.role),
        state,
        ..user
    })
}

impl From<UserRuleError> for ChangeError {
    fn from(error: UserRuleError) -> Self {
        match error {
            UserRuleError::NotAllowed => Self::NotAllowed,
            UserRuleError::LastOwner => Self::LastOwner,
        }
    }
}
