//! Gives a guest a place and a seat in it.
//!
//! Whoever holds a link could take places without end, each of which everybody in the session is
//! told of. So an invite lets a limited number of guests in, and of those only so many may have
//! never come. Its renewal is the way out: the strangers lose their places and have no new link.

use domain::{
    FieldErrors, OrganisationId, Participant, ParticipantId, Person, PersonName, Presence,
    TokenHash,
};
use store::{KeptRedemption, Transaction};

use super::{InviteKey, Redeem, RedeemError, find::Opened};
use crate::{
    App,
    idempotency::fingerprint,
    seats::{self, NewSeat},
    secrets::sha256,
    throttle::Network,
};

pub(super) async fn take_guest_in(
    app: &App,
    transaction: &mut dyn Transaction,
    opened: &Opened,
    request: &Redeem,
) -> Result<(Participant, NewSeat), RedeemError> {
    let organisation = opened.organisation.id;
    if let Some(held) = held_place(app, transaction, opened, request).await? {
        return Ok(held);
    }
    let name = PersonName::parse(request.name.as_deref().unwrap_or_default())
        .map_err(|code| FieldErrors::one("name", code))?;
    let repeatable = Repeatable::of(request, &name);
    let taken_before = match &repeatable {
        Some(repeatable) => {
            repeatable
                .look_up(app, transaction, opened, request)
                .await?
        }
        None => None,
    };
    let participant = match taken_before {
        Some(participant) => participant,
        None => {
            let participant = new_place(app, opened, request, name);
            check_limits(transaction, &participant, organisation).await?;
            transaction
                .insert_participant(organisation, &participant)
                .await?;
            if let Some(repeatable) = &repeatable {
                repeatable
                    .keep(app, transaction, organisation, &participant)
                    .await?;
            }
            participant
        }
    };
    let (session, id) = (participant.session_id, participant.id);
    let seat = seats::issue(app, transaction, organisation, session, id).await?;
    Ok((participant, seat))
}

/// The place in this session that the browser holds already.
async fn held_place(
    app: &App,
    transaction: &mut dyn Transaction,
    opened: &Opened,
    request: &Redeem,
) -> Result<Option<(Participant, NewSeat)>, RedeemError> {
    let (organisation, session) = (opened.organisation.id, opened.invite.session_id);
    for token in request.seats.iter().take(SEATS_LOOKED_AT_MAX) {
        let Some((seat, token)) = seats::held(app, transaction, session, token).await? else {
            continue;
        };
        let place = transaction
            .participant(organisation, session, seat.participant_id)
            .await?;
        if let Some(place) = place.filter(|place| !place.is_removed) {
            let expires_at = seat.expires_at;
            return Ok(Some((place, NewSeat { token, expires_at })));
        }
    }
    Ok(None)
}

async fn check_limits(
    transaction: &mut dyn Transaction,
    participant: &Participant,
    organisation: OrganisationId,
) -> Result<(), RedeemError> {
    let session = participant.session_id;
    let expected = transaction
        .expected_guest_count(organisation, session)
        .await?;
    let is_counted = transaction
        .count_guest_of_invite(organisation, session, GUESTS_PER_INVITE_MAX)
        .await?;
    if expected < EXPECTED_GUESTS_MAX && is_counted {
        Ok(())
    } else {
        Err(RedeemError::UsedUp)
    }
}

fn new_place(app: &App, opened: &Opened, request: &Redeem, name: PersonName) -> Participant {
    Participant {
        id: ParticipantId::from_random(app.random()),
        session_id: opened.invite.session_id,
        role: request.role,
        person: Person::Guest { name },
        presence: Presence::Expected,
        is_removed: false,
    }
}

/// A request that can be recognised when it comes again.
struct Repeatable {
    key: TokenHash,
    fingerprint: [u8; 32],
}

impl Repeatable {
    fn of(request: &Redeem, name: &PersonName) -> Option<Self> {
        let key = request.idempotency_key.as_deref()?;
        let shown = match request.key {
            InviteKey::Code(code) => code.to_string(),
            InviteKey::Token(token) => token.expose(),
            InviteKey::MalformedCode | InviteKey::MalformedToken => return None,
        };
        let parts = [shown.as_str(), name.as_str(), request.role.as_str()];
        Some(Self {
            key: TokenHash(sha256(key.as_bytes())),
            fingerprint: fingerprint(&parts),
        })
    }

    /// The place that the same request took before.
    async fn look_up(
        &self,
        app: &App,
        transaction: &mut dyn Transaction,
        opened: &Opened,
        request: &Redeem,
    ) -> Result<Option<Participant>, RedeemError> {
        let (organisation, session) = (opened.organisation.id, opened.invite.session_id);
        let Some(kept) = transaction
            .kept_redemption(organisation, session, self.key)
            .await?
        else {
            return Ok(None);
        };
        // Each repetition makes one more seat.
        let network = Network::from(request.address);
        let throttle = &app.throttles().wrong_link_by_address;
        throttle
            .take(&network.site(), &network, app.now())
            .map_err(super::InviteError::from)?;
        if kept.fingerprint != self.fingerprint {
            return Err(RedeemError::IdempotencyKeyReused);
        }
        let place = transaction
            .participant(organisation, session, kept.participant_id)
            .await?
            .expect("places are never deleted");
        // Whoever was removed does not come back by what they did before.
        if place.is_removed {
            return Err(RedeemError::IdempotencyKeyReused);
        }
        Ok(Some(place))
    }

    async fn keep(
        &self,
        app: &App,
        transaction: &mut dyn Transaction,
        organisation: OrganisationId,
        participant: &Participant,
    ) -> Result<(), RedeemError> {
        let kept = KeptRedemption {
            key: self.key,
            fingerprint: self.fingerprint,
            participant_id: participant.id,
            created_at: app.now(),
        };
        transaction
            .insert_kept_redemption(organisation, participant.session_id, &kept)
            .await?;
        Ok(())
    }
}

/// More sessions than a guest is in within the days for which seats are good.
const SEATS_LOOKED_AT_MAX: usize = 20;
/// As many as the biggest session takes.
const EXPECTED_GUESTS_MAX: u32 = 50;
/// More than come with one link in all the days for which it is good.
const GUESTS_PER_INVITE_MAX: u32 = 300;
