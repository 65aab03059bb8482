use async_trait::async_trait;
use domain::SecretToken;

use crate::StoreError;

/// The token that proves, on a fresh installation, that somebody reads the server's output.
///
/// It is kept in clear: it is shown at every start until it is used, and opens nothing after that.
#[async_trait]
pub trait SetupTokens {
    /// The token, while the installation is not set up.
    async fn setup_token(&mut self) -> Result<Option<SecretToken>, StoreError>;

    /// Keeps the installation's token.
    async fn insert_setup_token(&mut self, token: SecretToken) -> Result<(), StoreError>;

    /// Forgets the token.
    async fn delete_setup_token(&mut self) -> Result<(), StoreError>;
}
