//! Codes and links: how people get into a session.

mod find;
mod look_up;
mod redeem;
mod take_guest_in;

use domain::{Invite, InviteToken, JoinCode, SessionId};
use store::{StoreError, Transaction};

pub use find::{InviteError, InviteKey};
pub use look_up::{InvitePreview, look_up};
pub use redeem::{Redeem, RedeemError, Redeemed, redeem};

use crate::{App, SignedIn, secrets::hash_invite_token, sessions};

/// Gives a session its first invite, or its next one after the earlier was deleted.
pub(crate) async fn issue(
    app: &App,
    transaction: &mut dyn Transaction,
    caller: &SignedIn,
    session_id: SessionId,
) -> Result<(), StoreError> {
    let organisation = caller.organisation.id;
    let policies = sessions::policies_of(app, transaction, organisation, session_id).await?;
    let now = app.now();
    loop {
        let Some(code) = JoinCode::from_random(app.random()) else {
            continue;
        };
        let invite = Invite {
            session_id,
            code,
            token: InviteToken::from_random(app.random()),
            created_by: caller.user.id,
            created_at: now,
            expires_at: now + policies.code_ttl,
        };
        let token = hash_invite_token(&invite.token);
        // Among a billion codes the next one is almost surely free.
        if transaction
            .insert_invite(organisation, &invite, token)
            .await?
        {
            return Ok(());
        }
    }
}

/// Replaces a session's invite. Guests who took a place with the old one and never came in lose
/// it: among them are those who took all they could get.
pub(crate) async fn renew(
    app: &App,
    transaction: &mut dyn Transaction,
    caller: &SignedIn,
    session_id: SessionId,
) -> Result<(), StoreError> {
    let organisation = caller.organisation.id;
    transaction.delete_invite(organisation, session_id).await?;
    transaction
        .remove_expected_guests(organisation, session_id, app.now())
        .await?;
    transaction
        .delete_seats_of_removed(organisation, session_id)
        .await?;
    issue(app, transaction, caller, session_id).await
}
