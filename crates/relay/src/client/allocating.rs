//! From an Allocate request to its answer (RFC 8656 §7.2).
//!
//! 1. The request is looked at; what cannot be served is refused.
//! 2. The host is asked for an address of each family, one after the other.
//! 3. With the last of them the request is answered: good if there is one address at all.

use std::{net::SocketAddr, time::Duration};

use crate::{
    allocation::{Allocation, Made},
    attributes::{self, ADDITIONAL_ADDRESS_FAMILY, REQUESTED_ADDRESS_FAMILY},
    credentials::participant_of,
    failure::Code,
    integrity::Key,
    io::{Config, Family, Now, Output, Refusal},
    message::{Class, Message},
};

use super::{
    Client, IDLE_TIME_MAX, State,
    authentication::Caller,
    requests::{Reply, family, granted, lifetime, seconds},
};

/// The protocol number of UDP.
const UDP: u8 = 17;

/// An Allocate request that waits for addresses.
#[derive(Debug)]
pub(super) struct Asked {
    reply: Reply,
    username: String,
    key: Key,
    lifetime: Duration,
    /// What the host is asked for, and has not said: the first of them is its turn.
    wanted: Vec<Family>,
    given: Vec<SocketAddr>,
    refused: Vec<(Family, Code)>,
}

impl Asked {
    pub(super) fn given(&self) -> &[SocketAddr] {
        &self.given
    }
}

impl Client {
    /// Answers an [`Output::Allocate`]. An address that comes when nobody waits any more is released.
    pub fn allocated(&mut self, answer: Result<SocketAddr, Refusal>, now: Now) {
        self.handle_timeout(now);
        let State::Asked { asked, .. } = &mut self.state else {
            self.outputs.extend(answer.ok().map(Output::Release));
            return;
        };
        let family = asked.wanted.remove(0);
        match answer {
            Ok(address) => asked.given.push(address),
            Err(refusal) => asked.refused.push((family, refusal.into())),
        }
        if asked.wanted.is_empty() {
            self.conclude(now);
        } else {
            self.ask();
        }
    }

    pub(super) fn allocate(
        &mut self,
        message: &Message<'_>,
        caller: &Caller,
        reply: &Reply,
    ) -> Result<(), Code> {
        let until = match &self.state {
            State::Idle { until } => *until,
            State::Asked { asked, .. } if asked.reply.transaction == reply.transaction => {
                return Ok(());
            }
            // The answer was lost (RFC 8656 §7.2).
            State::Allocated(made)
                if made.transaction == reply.transaction && made.username == caller.username =>
            {
                let answer = made.answer.clone();
                self.outputs.push_back(Output::ToClient(answer));
                return Ok(());
            }
            State::Asked { .. } | State::Allocated(_) | State::Closed => {
                return Err(Code::AllocationMismatch);
            }
        };
        let (wanted, missing): (Vec<_>, Vec<_>) = wanted(message, &self.config)?
            .into_iter()
            .partition(|&family| self.config.has_family(family));
        if wanted.is_empty() {
            return Err(Code::AddressFamilyNotSupported);
        }
        let missing = missing.into_iter();
        let asked = Asked {
            reply: Reply {
                signer: Some(caller.key.clone()),
                ..*reply
            },
            username: caller.username.clone(),
            key: caller.key.clone(),
            lifetime: granted(lifetime(message)?),
            wanted,
            given: Vec::new(),
            refused: missing
                .map(|family| (family, Code::AddressFamilyNotSupported))
                .collect(),
        };
        self.state = State::Asked {
            asked: Box::new(asked),
            until,
        };
        self.ask();
        Ok(())
    }

    fn ask(&mut self) {
        let State::Asked { asked, .. } = &self.state else {
            return;
        };
        let participant = participant_of(&asked.username).unwrap_or_default();
        self.outputs.push_back(Output::Allocate {
            participant: participant.to_owned(),
            family: asked.wanted[0],
        });
    }

    fn conclude(&mut self, now: Now) {
        let idle = State::Idle {
            until: now.instant + IDLE_TIME_MAX,
        };
        let State::Asked { asked, .. } = std::mem::replace(&mut self.state, idle) else {
            return;
        };
        if let ([], [.., (_, code)]) = (&asked.given[..], &asked.refused[..]) {
            self.refuse(&asked.reply, &(*code).into(), now.since_epoch);
            return;
        }
        let answer = asked.reply.write(Class::Success, |writer| {
            for &relayed in &asked.given {
                writer.address(attributes::XOR_RELAYED_ADDRESS, relayed);
            }
            for (family, code) in &asked.refused {
                let value = code.value(family.number());
                writer.attribute(attributes::ADDRESS_ERROR_CODE, &value);
            }
            writer.attribute(attributes::LIFETIME, &seconds(asked.lifetime));
            writer.address(attributes::XOR_MAPPED_ADDRESS, self.address);
        });
        let made = Made {
            username: asked.username,
            key: asked.key,
            transaction: asked.reply.transaction,
            answer: answer.clone(),
            relayed: asked.given,
            lifetime: asked.lifetime,
        };
        let allocation = Allocation::new(made, &self.config, now.instant);
        self.state = State::Allocated(Box::new(allocation));
        self.outputs.push_back(Output::ToClient(answer));
    }
}

/// The families that a request asks for, if it can be served otherwise.
fn wanted(message: &Message<'_>, config: &Config) -> Result<Vec<Family>, Code> {
    match message.first(attributes::REQUESTED_TRANSPORT) {
        // Three bytes are reserved.
        Some(&[UDP, _, _, _]) => {}
        Some(&[_, _, _, _]) => return Err(Code::UnsupportedTransport),
        Some(_) | None => return Err(Code::BadRequest),
    }
    let requested = family(message, REQUESTED_ADDRESS_FAMILY)?;
    let additional = family(message, ADDITIONAL_ADDRESS_FAMILY)?;
    let even_port = message.first(attributes::EVEN_PORT);
    let token = message.first(attributes::RESERVATION_TOKEN);
    let is_contradictory = requested.is_some() && additional.is_some()
        || additional == Some(Family::V4)
        || token.is_some() && (even_port.is_some() || requested.is_some() || additional.is_some())
        || additional.is_some() && even_port.is_some_and(|value| value != [0])
        || even_port.is_some_and(|value| value.len() != 1)
        || token.is_some_and(|value| value.len() != 8);
    if is_contradictory {
        return Err(Code::BadRequest);
    }
    // An address that is no socket has no port beside it to keep for somebody.
    if even_port.is_some() || token.is_some() {
        return Err(Code::InsufficientCapacity);
    }
    Ok(match (requested, additional) {
        (Some(family), _) => vec![family],
        (None, Some(additional)) => vec![Family::V4, additional],
        // RFC 8656 §7.2 says IPv4. Browsers never ask for anything else, and where media has no
        // such address it would be of no use to them.
        (None, None) if !config.has_family(Family::V4) => vec![Family::V6],
        (None, None) => vec![Family::V4],
    })
}
