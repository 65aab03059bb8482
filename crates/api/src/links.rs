use domain::{InviteToken, SecretToken};
use url::Url;

/// Addresses of the web app's pages that carry a secret.
///
/// The secret stands behind the `#`, so that it reaches no server and no log.
#[derive(Debug, Clone)]
pub struct Links {
    base: String,
}

impl Links {
    /// Links below the address where people's browsers find the installation.
    pub fn new(public_url: &Url) -> Self {
        let base = public_url.as_str().trim_end_matches('/').to_owned();
        Self { base }
    }

    /// Where the first owner sets up the installation.
    pub fn setup(&self, token: &SecretToken) -> String {
        format!("{}/setup#{}", self.base, token.expose())
    }

    /// Where a user sets a password.
    pub fn password(&self, token: &SecretToken) -> String {
        format!("{}/welcome#{}", self.base, token.expose())
    }

    /// Where somebody joins a session.
    pub fn invite(&self, token: &InviteToken) -> String {
        format!("{}/join#{}", self.base, token.expose())
    }
}
