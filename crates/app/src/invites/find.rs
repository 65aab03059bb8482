//! From a code or a link to the session that it opens.

use std::{net::IpAddr, time::Duration};

use domain::{Invite, InviteToken, JoinCode, Organisation};
use store::{SessionDetails, StoreError, Transaction};

use crate::{
    App, SignedIn,
    secrets::hash_invite_token,
    sessions,
    throttle::{Network, Throttled},
};

/// What somebody shows to get into a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InviteKey {
    /// Nine digits, which can be guessed.
    Code(JoinCode),
    /// A link's token, which cannot.
    Token(InviteToken),
}

/// Why a code or link opens nothing.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// No session has it.
    #[error("no session has this invite")]
    NotFound,
    /// Its time is over.
    #[error("the invite has expired")]
    Expired,
    /// The session has ended.
    #[error("the session has ended")]
    SessionEnded,
    /// People without an account may not join this session.
    #[error("guests may not join this session")]
    GuestsNotAllowed,
    /// Too many wrong codes, from this address or in the whole installation.
    #[error("too many wrong codes")]
    TooManyAttempts {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A session that an invite opens.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) organisation: Organisation,
    pub(super) details: SessionDetails,
    pub(super) invite: Invite,
}

/// Finds the session that a key opens, for a user or a guest.
pub(super) async fn find(
    app: &App,
    transaction: &mut dyn Transaction,
    caller: Option<&SignedIn>,
    key: InviteKey,
) -> Result<Opened, InviteError> {
    let found = match key {
        InviteKey::Code(code) => transaction.invite_by_code(code).await?,
        InviteKey::Token(token) => {
            transaction
                .invite_by_token(hash_invite_token(&token))
                .await?
        }
    };
    let found = found.ok_or(InviteError::NotFound)?;
    let (organisation, invite) = (found.organisation_id, found.invite);
    let viewer = caller.map(|caller| caller.user.id);
    let details = transaction
        .session(organisation, invite.session_id, viewer)
        .await?;
    let organisation = transaction.organisation(organisation).await?;
    let (Some(details), Some(organisation)) = (details, organisation) else {
        return Err(InviteError::NotFound);
    };
    if !details.session.state.is_open() {
        return Err(InviteError::SessionEnded);
    }
    if invite.is_expired(app.now()) {
        return Err(InviteError::Expired);
    }
    let is_guest = caller.is_none_or(|caller| caller.organisation.id != organisation.id);
    let policies =
        sessions::policies_of(app, transaction, organisation.id, invite.session_id).await?;
    if is_guest && !policies.guests {
        return Err(InviteError::GuestsNotAllowed);
    }
    Ok(Opened {
        organisation,
        details,
        invite,
    })
}

/// Makes somebody who shows a code pay for the try; [`Attempt::was_right`] pays it back.
#[derive(Debug)]
pub(super) struct Attempt<'a> {
    app: &'a App,
    network: Option<Network>,
}

impl<'a> Attempt<'a> {
    pub(super) fn pay(app: &'a App, key: InviteKey, address: IpAddr) -> Result<Self, InviteError> {
        let network = match key {
            InviteKey::Token(_) => None,
            InviteKey::Code(_) => {
                let network = Network::from(address);
                let now = app.now();
                app.throttles().join_code_by_address.take(&network, now)?;
                app.throttles().join_codes.take(&(), now)?;
                Some(network)
            }
        };
        Ok(Self { app, network })
    }

    pub(super) fn was_right(self) {
        if let Some(network) = self.network {
            let now = self.app.now();
            self.app
                .throttles()
                .join_code_by_address
                .give_back(&network, now);
            self.app.throttles().join_codes.give_back(&(), now);
        }
    }
}

impl From<Throttled> for InviteError {
    fn from(throttled: Throttled) -> Self {
        Self::TooManyAttempts {
            retry_after: throttled.retry_after,
        }
    }
}
