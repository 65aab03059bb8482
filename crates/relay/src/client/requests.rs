//! Requests and their answers (RFC 8656 §7 to §12).

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use crate::{
    address,
    allocation::{LIFETIME_MAX, LIFETIME_MIN},
    attributes,
    channel_data::is_channel,
    classify::{self, unknown_attributes},
    failure::{Code, Failure},
    integrity::Key,
    io::{Family, Now, Output},
    message::{Class, Message, Method, Transaction},
    nonce,
    writer::Writer,
};

use super::{Client, authentication::Caller};

/// What an answer takes from its request.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) method: Method,
    pub(super) transaction: Transaction,
    pub(super) has_fingerprint: bool,
    /// Whom it is signed for; nobody who is unknown.
    pub(super) signer: Option<Key>,
}

/// What a request that is served is told.
enum Success {
    /// It is answered once there are addresses, or was before.
    Allocating,
    Refreshed(Duration),
    Done,
}

impl Client {
    pub(super) fn request(&mut self, message: &Message<'_>, method: Method, now: Now) {
        if method == Method::Binding {
            let answer = classify::answer(message, self.address);
            self.outputs.push_back(Output::ToClient(answer));
            self.count_unauthenticated();
            return;
        }
        let mut reply = Reply {
            method,
            transaction: message.transaction(),
            has_fingerprint: message.has_fingerprint(),
            signer: None,
        };
        let caller = match self.authenticate(message, now) {
            Ok(caller) => caller,
            Err(code) => {
                self.refuse(&reply, &code.into(), now.since_epoch);
                self.count_unauthenticated();
                return;
            }
        };
        self.unauthenticated = 0;
        reply.signer = Some(caller.key.clone());
        match self.serve(message, &caller, &reply, now.instant) {
            Ok(Success::Allocating) => {}
            Ok(Success::Refreshed(lifetime)) => self.answer(&reply, |writer| {
                writer.attribute(attributes::LIFETIME, &seconds(lifetime));
            }),
            Ok(Success::Done) => self.answer(&reply, |_| {}),
            Err(failure) => self.refuse(&reply, &failure, now.since_epoch),
        }
        // A deleted allocation is released at once.
        self.handle_timeout(now);
    }

    fn serve(
        &mut self,
        message: &Message<'_>,
        caller: &Caller,
        reply: &Reply,
        now: Instant,
    ) -> Result<Success, Failure> {
        let unknown = unknown_attributes(message);
        if !unknown.is_empty() {
            let code = Code::UnknownAttribute;
            return Err(Failure { code, unknown });
        }
        if reply.method == Method::Allocate {
            self.allocate(message, caller, reply)?;
            return Ok(Success::Allocating);
        }
        let allocation = self.allocation().ok_or(Code::AllocationMismatch)?;
        if allocation.username != caller.username {
            return Err(Code::WrongCredentials.into());
        }
        match reply.method {
            Method::Refresh => Ok(Success::Refreshed(self.refresh(message, now)?)),
            Method::CreatePermission => {
                self.create_permission(message, now)?;
                Ok(Success::Done)
            }
            Method::ChannelBind => {
                self.bind_channel(message, now)?;
                Ok(Success::Done)
            }
            // These are never requests.
            Method::Binding | Method::Allocate | Method::Send | Method::Data => {
                Err(Code::BadRequest.into())
            }
        }
    }

    /// RFC 8656 §8.2.
    fn refresh(&mut self, message: &Message<'_>, now: Instant) -> Result<Duration, Code> {
        let family = family(message, attributes::REQUESTED_ADDRESS_FAMILY)?;
        let asked = lifetime(message)?;
        let allocation = self.allocation_mut().ok_or(Code::AllocationMismatch)?;
        if family.is_some_and(|family| allocation.relayed_of(family).is_none()) {
            return Err(Code::PeerAddressFamilyMismatch);
        }
        let lifetime = match asked {
            Some(Duration::ZERO) => Duration::ZERO,
            Some(_) | None => granted(asked),
        };
        allocation.refresh(family, lifetime, now);
        Ok(lifetime)
    }

    /// RFC 8656 §10.2: all of the addresses, or none.
    fn create_permission(&mut self, message: &Message<'_>, now: Instant) -> Result<(), Code> {
        let peers = message
            .all(attributes::XOR_PEER_ADDRESS)
            .map(|value| address::read(value, &message.transaction()).ok_or(Code::BadRequest))
            .collect::<Result<Vec<_>, _>>()?;
        if peers.is_empty() {
            return Err(Code::BadRequest);
        }
        for &peer in &peers {
            self.has_family_of(peer)?;
            if !self.config.has_peer_ip(peer.ip()) {
                return Err(Code::Forbidden);
            }
        }
        let allocation = self.allocation_mut().ok_or(Code::AllocationMismatch)?;
        peers
            .into_iter()
            .try_for_each(|peer| allocation.permit(peer.ip(), now))
    }

    /// RFC 8656 §12.2.
    fn bind_channel(&mut self, message: &Message<'_>, now: Instant) -> Result<(), Code> {
        let number = match message.first(attributes::CHANNEL_NUMBER) {
            // Two bytes are reserved.
            Some(&[high, low, _, _]) => u16::from_be_bytes([high, low]),
            Some(_) | None => return Err(Code::BadRequest),
        };
        let peer = message
            .first(attributes::XOR_PEER_ADDRESS)
            .and_then(|value| address::read(value, &message.transaction()))
            .ok_or(Code::BadRequest)?;
        if !is_channel(number) {
            return Err(Code::BadRequest);
        }
        self.has_family_of(peer)?;
        if !self.config.has_peer(peer) {
            return Err(Code::Forbidden);
        }
        let allocation = self.allocation_mut().ok_or(Code::AllocationMismatch)?;
        allocation.bind(number, peer, now)
    }

    fn has_family_of(&self, peer: SocketAddr) -> Result<(), Code> {
        self.allocation()
            .and_then(|allocation| allocation.relayed_of(Family::of(peer)))
            .map(|_| ())
            .ok_or(Code::PeerAddressFamilyMismatch)
    }

    /// Answers a request that was served.
    pub(super) fn answer(&mut self, reply: &Reply, write: impl FnOnce(&mut Writer<'_>)) {
        let answer = reply.write(Class::Success, write);
        self.outputs.push_back(Output::ToClient(answer));
    }

    /// Answers a request that was not. Who is to try again is told with what.
    pub(super) fn refuse(&mut self, reply: &Reply, failure: &Failure, since_epoch: Duration) {
        let answer = reply.write(Class::Error, |writer| {
            writer.error(failure.code);
            if failure.code.is_challenge() {
                let nonce = nonce::mint(&self.config.secret, self.address, since_epoch);
                writer.attribute(attributes::REALM, self.config.realm.as_bytes());
                writer.attribute(attributes::NONCE, nonce.as_bytes());
            }
            if !failure.unknown.is_empty() {
                writer.unknown(&failure.unknown);
            }
        });
        self.outputs.push_back(Output::ToClient(answer));
    }
}

impl Reply {
    pub(super) fn write(&self, class: Class, write: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
        let mut out = Vec::new();
        let mut writer = Writer::new(&mut out, class, self.method, self.transaction);
        write(&mut writer);
        if let Some(key) = &self.signer {
            writer.sign(key);
        }
        if self.has_fingerprint {
            writer.fingerprint();
        }
        out
    }
}

/// What a client gets that asks for this (RFC 8656 §7.2).
pub(super) fn granted(asked: Option<Duration>) -> Duration {
    asked.map_or(LIFETIME_MIN, |asked| {
        asked.clamp(LIFETIME_MIN, LIFETIME_MAX)
    })
}

/// The value of LIFETIME.
pub(super) fn seconds(lifetime: Duration) -> [u8; 4] {
    u32::try_from(lifetime.as_secs())
        .expect("no lifetime is above an hour")
        .to_be_bytes()
}

pub(super) fn lifetime(message: &Message<'_>) -> Result<Option<Duration>, Code> {
    let Some(value) = message.first(attributes::LIFETIME) else {
        return Ok(None);
    };
    let value = value.try_into().map_err(|_| Code::BadRequest)?;
    let seconds = u32::from_be_bytes(value);
    Ok(Some(Duration::from_secs(seconds.into())))
}

pub(super) fn family(message: &Message<'_>, kind: u16) -> Result<Option<Family>, Code> {
    match message.first(kind) {
        None => Ok(None),
        // Three bytes are reserved.
        Some(&[number, _, _, _]) => Family::read(number)
            .map(Some)
            .ok_or(Code::AddressFamilyNotSupported),
        Some(_) => Err(Code::BadRequest),
    }
}
