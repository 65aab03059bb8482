//! The first run: whoever reads the server's output names the organisation and becomes its owner.

use domain::{
    EmailAddress, FieldErrors, Organisation, OrganisationId, OrganisationName, Password,
    PersonName, SecretToken, User, UserId, UserRole, UserState,
};
use store::StoreError;

use crate::{App, NewSignIn, passwords::Overloaded, secrets, sign_ins::start_sign_in};

/// What the set-up page asks for.
#[derive(Clone)]
pub struct SetUp {
    /// The token that the server printed.
    pub token: String,
    /// What the organisation is called.
    pub organisation_name: String,
    /// What the owner is called.
    pub name: String,
    /// With what the owner signs in.
    pub email: String,
    /// The owner's password.
    pub password: String,
}

impl std::fmt::Debug for SetUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SetUp").finish_non_exhaustive()
    }
}

/// Why the set-up did not happen.
#[derive(Debug, thiserror::Error)]
pub enum CompleteError {
    /// The token is not the one that the server printed.
    #[error("the set-up token is wrong")]
    TokenWrong,
    /// Somebody was here before.
    #[error("the installation is already set up")]
    AlreadySetUp,
    /// Some fields break their rules.
    #[error(transparent)]
    InvalidInput(#[from] FieldErrors),
    /// Too many passwords wait to be hashed.
    #[error("too many passwords wait to be hashed")]
    Overloaded,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The token for the set-up page; `None` once the installation is set up.
///
/// # Errors
/// When the database fails.
pub async fn token(app: &App) -> Result<Option<SecretToken>, StoreError> {
    app.read().await?.setup_token().await
}

/// Sets the installation up and signs its owner in.
///
/// # Errors
/// [`CompleteError`].
pub async fn complete(app: &App, request: SetUp) -> Result<NewSignIn, CompleteError> {
    let wanted = token(app).await?.ok_or(CompleteError::AlreadySetUp)?;
    let shown = SecretToken::parse(&request.token).ok_or(CompleteError::TokenWrong)?;
    if !secrets::is_same(&wanted, &shown) {
        return Err(CompleteError::TokenWrong);
    }
    let (organisation, user, password) = check(app, request)?;
    let password_hash = app
        .passwords()
        .hash(password, app.random())
        .await
        .map_err(|Overloaded| CompleteError::Overloaded)?;

    let mut transaction = app.write().await?;
    if transaction.setup_token().await?.is_none() {
        return Err(CompleteError::AlreadySetUp);
    }
    transaction.delete_setup_token().await?;
    transaction.insert_organisation(&organisation).await?;
    transaction.insert_user(&user).await?;
    transaction
        .set_password(organisation.id, user.id, &password_hash, user.state)
        .await?;
    let sign_in = start_sign_in(app, &mut *transaction, user, organisation).await?;
    transaction.commit().await?;
    tracing::info!("the installation is set up");
    Ok(sign_in)
}

/// Gives a fresh installation its token.
pub(crate) async fn prepare(app: &App) -> Result<(), StoreError> {
    let mut transaction = app.write().await?;
    let is_set_up = transaction.first_organisation().await?.is_some();
    if !is_set_up && transaction.setup_token().await?.is_none() {
        transaction
            .insert_setup_token(SecretToken::from_random(app.random()))
            .await?;
    }
    transaction.commit().await
}

fn check(app: &App, request: SetUp) -> Result<(Organisation, User, Password), FieldErrors> {
    let mut fields = FieldErrors::default();
    let organisation_name = fields.check(
        "organisation_name",
        OrganisationName::parse(&request.organisation_name),
    );
    let name = fields.check("name", PersonName::parse(&request.name));
    let email = fields.check("email", EmailAddress::parse(&request.email));
    let password = fields.check("password", Password::parse(request.password));
    let (Some(organisation_name), Some(name), Some(email), Some(password)) =
        (organisation_name, name, email, password)
    else {
        return Err(fields);
    };
    let now = app.now();
    let organisation = Organisation {
        id: OrganisationId::from_random(app.random()),
        name: organisation_name,
        created_at: now,
    };
    let user = User {
        id: UserId::from_random(app.random()),
        organisation_id: organisation.id,
        name,
        email,
        role: UserRole::Owner,
        state: UserState::Active,
        created_at: now,
        last_sign_in_at: None,
    };
    Ok((organisation, user, password))
}
