//! What the operator can do when no owner can sign in (`helpsight admin`).
//!
//! It works on the database alone, beside a running server or without one.

use std::sync::Arc;

use domain::{
    EmailAddress, FieldErrors, Organisation, PersonName, User, UserId, UserRole, UserState,
};
use store::{Store, StoreError, Transaction};

use crate::{Clock, PasswordLink, Random, edges::Edges, password_links, users::AddedUser};

/// The operator's way in.
#[derive(Debug)]
pub struct Recovery {
    store: Arc<dyn Store>,
    edges: Edges,
}

/// Why there is no way in.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// Nobody was ever there.
    #[error("the installation is not set up yet")]
    NotSetUp,
    /// There is no owner with this id.
    #[error("there is no such owner")]
    NotFound,
    /// Another user has this e-mail address.
    #[error("another user has this e-mail address")]
    EmailTaken,
    /// Some fields break their rules.
    #[error(transparent)]
    InvalidInput(#[from] FieldErrors),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Recovery {
    /// Works on this database.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self {
            store,
            edges: Edges { clock, random },
        }
    }

    /// All owners, whatever their state.
    ///
    /// # Errors
    /// [`RecoveryError`].
    pub async fn owners(&self) -> Result<Vec<User>, RecoveryError> {
        let mut transaction = self.store.read().await?;
        let organisation = organisation(&mut *transaction).await?;
        Ok(transaction.owners(organisation.id).await?)
    }

    /// Makes a link with which an owner sets a new password; an account that was switched off is
    /// switched on.
    ///
    /// # Errors
    /// [`RecoveryError`].
    pub async fn create_password_link(&self, owner: UserId) -> Result<PasswordLink, RecoveryError> {
        let mut transaction = self.store.write().await?;
        let organisation = organisation(&mut *transaction).await?;
        let owners = transaction.owners(organisation.id).await?;
        let mut owner = owners
            .into_iter()
            .find(|user| user.id == owner)
            .ok_or(RecoveryError::NotFound)?;
        if owner.state == UserState::Deactivated {
            owner.state = UserState::Invited;
            transaction.update_user(organisation.id, &owner).await?;
        }
        let link = password_links::issue(&self.edges, &mut *transaction, &owner).await?;
        transaction.commit().await?;
        Ok(link)
    }

    /// Adds an owner who sets their password by a link.
    ///
    /// # Errors
    /// [`RecoveryError`].
    pub async fn create_owner(&self, name: &str, email: &str) -> Result<AddedUser, RecoveryError> {
        let mut fields = FieldErrors::default();
        let name = fields.check("name", PersonName::parse(name));
        let email = fields.check("email", EmailAddress::parse(email));
        let (Some(name), Some(email)) = (name, email) else {
            return Err(fields.into());
        };
        let mut transaction = self.store.write().await?;
        let organisation = organisation(&mut *transaction).await?;
        let user = User {
            id: UserId::from_random(self.edges.random()),
            organisation_id: organisation.id,
            name,
            email,
            role: UserRole::Owner,
            state: UserState::Invited,
            created_at: self.edges.now(),
            last_sign_in_at: None,
        };
        if !transaction.insert_user(&user).await? {
            return Err(RecoveryError::EmailTaken);
        }
        let password_link = password_links::issue(&self.edges, &mut *transaction, &user).await?;
        transaction.commit().await?;
        Ok(AddedUser {
            user,
            password_link,
        })
    }
}

async fn organisation(transaction: &mut dyn Transaction) -> Result<Organisation, RecoveryError> {
    transaction
        .first_organisation()
        .await?
        .ok_or(RecoveryError::NotSetUp)
}
