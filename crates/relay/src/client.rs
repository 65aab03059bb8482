//! One transport of a client, and the allocation that it may have.
//!
//! ```text
//! 1. Idle        Binding is answered; Allocate without credentials is told realm and nonce
//! 2. Asked       a good Allocate waits for its relayed addresses, one family after the other
//! 3. Allocated   permissions, channels and data, while it is refreshed; then Idle again
//! 4. Closed      nothing is heard any more
//! ```
//!
//! Invariants: each relayed address that was given is released once; who has no allocation is
//! closed after [`IDLE_TIME_MAX`] or [`UNAUTHENTICATED_MAX`] messages; who has one is not closed by
//! bad messages, since over UDP anybody can send them in its name.

mod allocating;
mod authentication;
mod packets;
mod requests;

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    allocation::Allocation,
    channel_data::is_channel_data,
    credentials::participant_of,
    io::{Config, Counters, Now, Output, Reason, ToMedia, Transport},
    message::{Class, Message, Method},
};
use allocating::Asked;

/// Messages without valid credentials that a client without an allocation may send, one after the
/// other, before it is closed. A browser sends one for each allocation.
pub const UNAUTHENTICATED_MAX: u32 = 16;

/// How long a client may go without an allocation before it is closed.
pub const IDLE_TIME_MAX: Duration = Duration::from_secs(60);

/// The relay's side of one transport: a UDP source address, or a TCP or TLS connection.
///
/// After each call that takes `&mut self`, [`poll`](Self::poll) until [`Output::Timeout`].
#[derive(Debug)]
pub struct Client {
    config: Arc<Config>,
    address: SocketAddr,
    transport: Transport,
    state: State,
    /// Messages in a row that proved nothing.
    unauthenticated: u32,
    /// Numbers the indications to the client.
    indications: u64,
    counters: Counters,
    outputs: VecDeque<Output>,
}

#[derive(Debug)]
enum State {
    Idle { until: Instant },
    Asked { asked: Box<Asked>, until: Instant },
    Allocated(Box<Allocation>),
    Closed,
}

impl Client {
    /// A client that was heard of for the first time: `address` is what it is told is its own.
    pub fn new(config: Arc<Config>, address: SocketAddr, transport: Transport, now: Now) -> Self {
        Self {
            config,
            address: SocketAddr::new(address.ip().to_canonical(), address.port()),
            transport,
            state: State::Idle {
                until: now.instant + IDLE_TIME_MAX,
            },
            unauthenticated: 0,
            indications: 0,
            counters: Counters::default(),
            outputs: VecDeque::new(),
        }
    }

    /// Takes one message: a datagram, or a frame of a stream. Gives back what goes to media.
    pub fn handle<'a>(&mut self, message: &'a [u8], now: Now) -> Option<ToMedia<'a>> {
        self.handle_timeout(now);
        if matches!(self.state, State::Closed) {
            return None;
        }
        if is_channel_data(message) {
            return self.channel_data(message, now.instant);
        }
        let Ok(message) = Message::read(message) else {
            self.counters.malformed_messages += 1;
            self.count_unauthenticated();
            return None;
        };
        match (message.class(), message.method()) {
            (Class::Request, Some(method)) => {
                self.request(&message, method, now);
                None
            }
            (Class::Indication, Some(Method::Send)) => self.indication(&message, now.instant),
            // A Binding indication keeps a path open, and wants nothing. The others are not for a
            // server (RFC 8489 §6.3: discarded).
            (Class::Indication | Class::Success | Class::Error, _) | (Class::Request, None) => {
                self.count_unauthenticated();
                None
            }
        }
    }

    /// Writes what media sends from `source` to a relayed address of this client behind what `out`
    /// holds, if the client may receive it. `false` means that it is dropped.
    pub fn to_client(
        &mut self,
        source: SocketAddr,
        payload: &[u8],
        out: &mut Vec<u8>,
        now: Now,
    ) -> bool {
        self.packet(source, payload, out, now.instant)
    }

    /// Lets go what has expired.
    pub fn handle_timeout(&mut self, now: Now) {
        match &mut self.state {
            State::Idle { until } | State::Asked { until, .. } if *until <= now.instant => {
                self.close(Reason::Idle);
            }
            State::Allocated(allocation)
                if allocation.expires().is_none_or(|at| at <= now.instant) =>
            {
                let expired = allocation.take_expired(now.instant);
                self.outputs
                    .extend(expired.into_iter().map(Output::Release));
                if allocation.expires().is_none() {
                    self.state = State::Idle {
                        until: now.instant + IDLE_TIME_MAX,
                    };
                }
            }
            State::Idle { .. } | State::Asked { .. } | State::Allocated(_) | State::Closed => {}
        }
    }

    /// Ends this client because its connection broke or its participant is gone. What it holds is
    /// released.
    pub fn end(&mut self) {
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Asked { asked, .. } => {
                let given = asked.given().iter().copied();
                self.outputs.extend(given.map(Output::Release));
            }
            State::Allocated(allocation) => {
                self.outputs
                    .extend(allocation.relayed().map(Output::Release));
            }
            State::Idle { .. } | State::Closed => {}
        }
    }

    /// What is wanted next.
    pub fn poll(&mut self) -> Output {
        if let Some(output) = self.outputs.pop_front() {
            return output;
        }
        let at = match &self.state {
            State::Idle { until } | State::Asked { until, .. } => Some(*until),
            State::Allocated(allocation) => allocation.expires(),
            State::Closed => None,
        };
        Output::Timeout { at }
    }

    /// Whose allocation this is, while there is one.
    pub fn participant(&self) -> Option<&str> {
        participant_of(&self.allocation()?.username)
    }

    /// The relayed addresses that it holds: one for each family, at most.
    pub fn relayed(&self) -> impl Iterator<Item = SocketAddr> {
        self.allocation().into_iter().flat_map(Allocation::relayed)
    }

    /// What became of its packets so far.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    fn allocation(&self) -> Option<&Allocation> {
        match &self.state {
            State::Allocated(allocation) => Some(allocation),
            State::Idle { .. } | State::Asked { .. } | State::Closed => None,
        }
    }

    fn allocation_mut(&mut self) -> Option<&mut Allocation> {
        match &mut self.state {
            State::Allocated(allocation) => Some(allocation),
            State::Idle { .. } | State::Asked { .. } | State::Closed => None,
        }
    }

    fn count_unauthenticated(&mut self) {
        if self.allocation().is_some() {
            return;
        }
        self.unauthenticated += 1;
        if self.unauthenticated >= UNAUTHENTICATED_MAX {
            self.close(Reason::Unauthenticated);
        }
    }

    fn close(&mut self, reason: Reason) {
        self.end();
        self.outputs.push_back(Output::Close(reason));
    }
}
