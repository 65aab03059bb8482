//! From a code or a link to the session that it opens.

use std::{net::IpAddr, time::Duration};

use domain::{Invite, InviteToken, JoinCode, Organisation};
use store::{SessionDetails, StoreError, Transaction};
use time::OffsetDateTime;

use crate::{
    App, SignedIn,
    secrets::hash_invite_token,
    sessions,
    throttle::{Network, Throttled, Throttles},
};

/// What somebody shows to get into a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InviteKey {
    /// Nine digits, which can be guessed.
    Code(JoinCode),
    /// A link's token, which cannot.
    Token(InviteToken),
    /// What was typed cannot be a code. It opens nothing and costs what a wrong code costs.
    MalformedCode,
    /// What a link carries cannot be a token. It opens nothing and costs what a wrong one costs.
    MalformedToken,
}

impl InviteKey {
    /// Reads what somebody typed.
    pub fn of_code(text: &str) -> Self {
        text.parse().map_or(Self::MalformedCode, Self::Code)
    }

    /// Reads what a link carries.
    pub fn of_token(text: &str) -> Self {
        InviteToken::parse(text).map_or(Self::MalformedToken, Self::Token)
    }
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
    /// Too many wrong codes or links, from this address or in the whole installation.
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
        InviteKey::MalformedCode | InviteKey::MalformedToken => None,
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

/// What somebody's try costs. A code is paid for before it is looked at and paid back when it was
/// right. A link is looked at first, and only a wrong one costs: who holds a right one is let in
/// however much is guessed around them.
#[derive(Debug)]
pub(super) struct Attempt<'a> {
    app: &'a App,
    network: Network,
    paid: Paid,
}

/// What was taken for a try, on top of the network's own budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Paid {
    /// Nothing yet: it is a link.
    Nothing,
    /// From the budget that all share.
    Shared,
    /// From what is left to each address and site while the shared budget is used up.
    Spare,
}

impl<'a> Attempt<'a> {
    pub(super) fn pay(app: &'a App, key: InviteKey, address: IpAddr) -> Result<Self, InviteError> {
        let network = Network::from(address);
        let paid = match key {
            InviteKey::Token(_) | InviteKey::MalformedToken => Paid::Nothing,
            InviteKey::Code(_) | InviteKey::MalformedCode => pay_for_code(app, network)?,
        };
        Ok(Self { app, network, paid })
    }

    /// Settles the try by what the key led to.
    pub(super) fn settle<T>(self, found: Result<T, InviteError>) -> Result<T, InviteError> {
        let (throttles, now) = (self.app.throttles(), self.app.now());
        let (network, site) = (self.network, self.network.site());
        match (&found, self.paid) {
            (Err(InviteError::NotFound), Paid::Nothing) => {
                throttles.wrong_link_by_address.take(&site, &network, now)?;
            }
            (Err(_), _) | (Ok(_), Paid::Nothing) => {}
            (Ok(_), Paid::Shared) => {
                throttles
                    .join_code_by_address
                    .give_back(&site, &network, now);
                throttles.join_codes.give_back(&(), &(), now);
            }
            (Ok(_), Paid::Spare) => {
                throttles
                    .join_code_by_address
                    .give_back(&site, &network, now);
                throttles
                    .spare_join_code_by_site
                    .give_back(&site, &site, now);
                throttles
                    .spare_join_code_by_address
                    .give_back(&site, &network, now);
            }
        }
        found
    }
}

fn pay_for_code(app: &App, network: Network) -> Result<Paid, Throttled> {
    let (throttles, now, site) = (app.throttles(), app.now(), network.site());
    let own = &throttles.join_code_by_address;
    own.take(&site, &network, now)?;
    if throttles.join_codes.take(&(), &(), now).is_ok() {
        return Ok(Paid::Shared);
    }
    pay_from_spare(throttles, network, now).inspect_err(|_| own.give_back(&site, &network, now))?;
    Ok(Paid::Spare)
}

/// The site is asked first, of which there are fewer: whoever has many networks gets no further,
/// and leaves nothing behind in the others' names.
fn pay_from_spare(
    throttles: &Throttles,
    network: Network,
    now: OffsetDateTime,
) -> Result<(), Throttled> {
    let site = network.site();
    let of_site = &throttles.spare_join_code_by_site;
    of_site.take(&site, &site, now)?;
    throttles
        .spare_join_code_by_address
        .take(&site, &network, now)
        .inspect_err(|_| of_site.give_back(&site, &site, now))
}

impl From<Throttled> for InviteError {
    fn from(throttled: Throttled) -> Self {
        Self::TooManyAttempts {
            retry_after: throttled.retry_after,
        }
    }
}
