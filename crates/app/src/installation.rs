//! What anybody may know about the installation.

use domain::Organisation;
use store::StoreError;

use crate::App;

/// The installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// The organisation that it serves; `None` before the set-up.
    pub organisation: Option<Organisation>,
    /// How many people can be in a session at once.
    pub participants_max: u32,
}

/// Describes the installation.
///
/// # Errors
/// When the database fails.
pub async fn describe(app: &App) -> Result<Installation, StoreError> {
    let organisation = app.read().await?.first_organisation().await?;
    Ok(Installation {
        organisation,
        participants_max: app.participants_max(),
    })
}
