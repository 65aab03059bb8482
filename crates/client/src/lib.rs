//! The outside of a [`Participant`]: one WebSocket and UDP sockets.
//!
//! [`drive`] carries frames, packets and time between a participant and the network until it ends.
//! What is published and what becomes of events is up to an [`Owner`].
//!
//! Invariants: one task drives one participant, by `&mut`; what cannot be sent at once is dropped
//! for media, and ends the connection for signalling.

mod sockets;
mod websocket;

use std::{
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use participant::{Datagram, Event, Input, Output, Participant, Request};
use tokio_util::sync::CancellationToken;

pub use sockets::Sockets;
use websocket::{Line, News};

/// Where the server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// The WebSocket address below which the protocol's paths lie: `ws://127.0.0.1:8080`.
    pub url: String,
}

/// What a participant does, apart from the protocol.
pub trait Owner {
    /// Something happened. Requests go to the participant at once.
    fn on_event(&mut self, event: Event, now: Instant, requests: &mut Vec<Request>);

    /// When [`Owner::on_time`] is to be called.
    fn deadline(&self) -> Option<Instant>;

    /// That time has come.
    fn on_time(&mut self, now: Instant, requests: &mut Vec<Request>);
}

/// Carries until the participant is over, or is to stop; then it leaves.
///
/// # Errors
/// When the media sockets fail.
pub async fn drive(
    participant: &mut Participant,
    owner: &mut impl Owner,
    server: &Server,
    sockets: &mut Sockets,
    stop: &CancellationToken,
) -> io::Result<()> {
    let mut line = Line::default();
    let mut is_stopping = false;
    let mut packet = vec![0; PACKET_LENGTH_MAX];
    loop {
        let deadline = settle(participant, owner, server, sockets, &mut line).await?;
        if participant.is_idle() {
            line.close().await;
            return Ok(());
        }
        let next = [deadline, owner.deadline()].into_iter().flatten().min();
        tokio::select! {
            () = stop.cancelled(), if !is_stopping => {
                is_stopping = true;
                participant.handle(Input::Request(Request::Leave), Instant::now());
            }
            received = sockets.receive(&mut packet) => {
                let (length, source, destination) = received?;
                let payload = &packet[..length];
                let datagram = Datagram { source, destination, payload };
                participant.handle(Input::Datagram(datagram), Instant::now());
            }
            news = line.next() => take(participant, news),
            () = until(next) => wake(participant, owner),
        }
    }
}

fn take(participant: &mut Participant, news: News) {
    let now = Instant::now();
    match news {
        News::Frame(bytes) => participant.handle(Input::Frame(&bytes), now),
        News::Gone { status } => participant.handle(Input::Lost { status }, now),
    }
}

fn wake(participant: &mut Participant, owner: &mut impl Owner) {
    let now = Instant::now();
    let mut requests = Vec::new();
    if owner.deadline().is_some_and(|at| at <= now) {
        owner.on_time(now, &mut requests);
    }
    for request in requests {
        participant.handle(Input::Request(request), now);
    }
    participant.handle(Input::Timeout, now);
}

/// Does everything that the participant wants now; tells when it wants to be woken.
async fn settle(
    participant: &mut Participant,
    owner: &mut impl Owner,
    server: &Server,
    sockets: &mut Sockets,
    line: &mut Line,
) -> io::Result<Option<Instant>> {
    loop {
        match participant.poll() {
            Output::Dial(dial) => line.dial(server, &dial),
            Output::Frame(bytes) => {
                if !line.send(bytes).await {
                    participant.handle(Input::Lost { status: None }, Instant::now());
                }
            }
            Output::Hangup => line.close().await,
            Output::Transmit(transmit) => sockets.send(&transmit)?,
            Output::Event(event) => {
                let now = Instant::now();
                let mut requests = Vec::new();
                owner.on_event(event, now, &mut requests);
                for request in requests {
                    participant.handle(Input::Request(request), now);
                }
            }
            Output::Timeout { at } => return Ok(at),
        }
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}

/// Sends take no longer on a connection that is alive.
const SEND_WITHIN: Duration = Duration::from_secs(5);
const PACKET_LENGTH_MAX: usize = 2048;

/// Where a local participant's packets really go, when it is not where the server says it is: on
/// one machine, a configured public address may not be reachable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Path {
    /// To the addresses that the server names.
    AsTold,
    /// To this address, whatever the server names.
    Always(SocketAddr),
}
