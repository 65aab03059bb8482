//! Inputs that nobody would send, for everything here that reads what came over the network.
//!
//! Each test plays the files of its corpus, `__fuzz__/<test>/corpus`. Under a fuzzer
//! (`scripts/corpora.sh`) it finds new ones. Nothing may panic, nothing goes anywhere but to media,
//! and every address that the host gave is with the client or was given back.

#![cfg(test)]

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    Client, Config, Credentials, Family, Now, Output, Refusal, Secret, Transport,
    attributes::{NONCE, REALM, USERNAME},
    binding_answer, channel_data,
    frames::{FrameError, Frames, LENGTH_MAX as FRAME_LENGTH_MAX},
    integrity::Key,
    is_binding_query, is_turn,
    message::{Class, Message, Method},
    nonce,
    writer::Writer,
};

const LENGTH_MAX: usize = 64 * 1024;
const REALM_NAME: &str = "realm";
const HOUR: Duration = Duration::from_secs(3600);
/// What one input may make a client say; more is work that somebody else pays for.
const OUTPUTS_MAX: usize = 8;

macro_rules! fuzz {
    ($run:expr) => {
        bolero::check!()
            .with_iterations(0)
            .with_max_len(LENGTH_MAX)
            .for_each($run)
    };
}

/// What a client, media, the host and the clock do: a byte for what, one for how, one for how long
/// the rest of it is.
#[test]
fn turn_messages() {
    assert!(!format!("{:?}", config()).contains("secret"));
    fuzz!(|bytes: &[u8]| Play::new().all(bytes));
}

/// The size of the pieces that a stream comes in, and the stream.
#[test]
fn turn_streams() {
    fuzz!(|bytes: &[u8]| {
        let [size, stream @ ..] = bytes else { return };
        let messages = cut(stream, usize::from(*size) + 1);
        assert_eq!(messages, cut(stream, stream.len().max(1)));
        for message in messages.0 {
            let is_message = channel_data::read(&message).is_some() || message.len() >= 20;
            assert!(is_message && message.len() <= FRAME_LENGTH_MAX);
        }
    });
}

fn cut(stream: &[u8], size: usize) -> (Vec<Vec<u8>>, Option<FrameError>) {
    let (mut frames, mut messages, mut rest) = (Frames::default(), Vec::new(), stream);
    loop {
        match frames.next() {
            Ok(Some(message)) => messages.push(message.to_vec()),
            Ok(None) if rest.is_empty() => return (messages, None),
            Ok(None) => {
                let space = frames.space();
                let (piece, later) = rest.split_at(size.min(space.len()).min(rest.len()));
                assert!(!piece.is_empty(), "there is space");
                space[..piece.len()].copy_from_slice(piece);
                frames.filled(piece.len());
                rest = later;
            }
            Err(error) => return (messages, Some(error)),
        }
    }
}

struct Play {
    client: Client,
    now: Now,
    names: [Credentials; 2],
    /// Addresses that the client holds.
    given: Vec<SocketAddr>,
    /// The host's next answers.
    refusals: u8,
    is_closed: bool,
    transaction: u8,
}

impl Play {
    fn new() -> Self {
        let now = Now {
            instant: Instant::now(),
            since_epoch: Duration::from_secs(1_700_000_000),
        };
        let mint = |name| Credentials::mint(&secret(), name, now.since_epoch, HOUR);
        Self {
            client: Client::new(Arc::new(config()), client(), Transport::Stream, now),
            now,
            names: [mint("ida"), mint("ada")],
            given: Vec::new(),
            refusals: 0,
            is_closed: false,
            transaction: 0,
        }
    }

    fn all(mut self, mut bytes: &[u8]) {
        while let [what, how, length, rest @ ..] = bytes {
            let (part, rest) = rest.split_at(rest.len().min(usize::from(*length)));
            bytes = rest;
            self.step(*what, *how, part);
            self.drain();
        }
        self.client.end();
        self.drain();
        assert_eq!(self.given, [], "what was given was given back");
        assert_eq!(self.client.poll(), Output::Timeout { at: None });
    }

    fn step(&mut self, what: u8, how: u8, part: &[u8]) {
        match what % 8 {
            0 => self.message(part),
            1 => {
                let request = self.request(how, part);
                self.message(&request);
            }
            2 => {
                let class = [
                    Class::Request,
                    Class::Indication,
                    Class::Success,
                    Class::Error,
                ];
                let message = self.unsigned(class[usize::from(how >> 6)], how, part);
                self.message(&message);
            }
            3 => {
                let mut message = Vec::new();
                let channel = 0x4000 | u16::from(how);
                channel_data::write(&mut message, channel, part, Transport::Stream);
                self.message(&message);
            }
            4 => self.media(how, part),
            5 => {
                let time = Duration::from_secs(u64::from(how) * 4);
                self.now.instant += time;
                self.now.since_epoch += time;
                self.client.handle_timeout(self.now);
            }
            6 => self.refusals = how,
            _ => self.client.end(),
        }
    }

    fn message(&mut self, message: &[u8]) {
        let _ = (is_turn(message), is_binding_query(message));
        if let Some(answer) = binding_answer(message, client()) {
            assert!(is_binding_query(message) && !is_turn(message) && answer.len() <= 100);
        }
        let passed = self.client.handle(message, self.now);
        if let Some(packet) = passed {
            assert!(config().peers.contains(&packet.peer) && !self.is_closed);
            assert!(self.client.relayed().any(|one| one == packet.relayed));
            assert!(packet.payload.len() < message.len());
        }
    }

    fn media(&mut self, how: u8, payload: &[u8]) {
        let peers = config().peers;
        let source = peers[usize::from(how) % peers.len()];
        let mut out = Vec::new();
        if self.client.to_client(source, payload, &mut out, self.now) {
            assert!(channel_data::read(&out).is_some() || Message::read(&out).is_ok());
        } else {
            assert!(out.is_empty());
        }
    }

    /// The lower bits of `how` are the method, the others who signs and with what.
    fn request(&mut self, how: u8, part: &[u8]) -> Vec<u8> {
        let (is_other, is_stale) = (how & 0x10 != 0, how & 0x20 != 0);
        let (is_again, has_fingerprint) = (how & 0x40 != 0, how & 0x80 != 0);
        let who = &self.names[usize::from(is_other)];
        let key = Key::new(&who.username, REALM_NAME, &who.password);
        let given = self.now.since_epoch - if is_stale { HOUR } else { Duration::ZERO };
        let nonce = nonce::mint(&secret(), client(), given);
        if !is_again {
            self.transaction = self.transaction.wrapping_add(1);
        }
        let mut bytes = Vec::new();
        let transaction = [self.transaction; 12];
        let mut writer = Writer::new(&mut bytes, Class::Request, method(how), transaction);
        write(&mut writer, part);
        writer.attribute(USERNAME, who.username.as_bytes());
        writer.attribute(REALM, REALM_NAME.as_bytes());
        writer.attribute(NONCE, nonce.as_bytes());
        writer.sign(&key);
        if has_fingerprint {
            writer.fingerprint();
        }
        bytes
    }

    fn unsigned(&mut self, class: Class, how: u8, part: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes, class, method(how), [self.transaction; 12]);
        write(&mut writer, part);
        bytes
    }

    fn drain(&mut self) {
        for _ in 0..OUTPUTS_MAX {
            match self.client.poll() {
                Output::ToClient(bytes) => {
                    assert!(Message::read(&bytes).is_ok() && !self.is_closed);
                }
                Output::Allocate { family, .. } => {
                    let answer = self.answer(family);
                    self.given.extend(answer);
                    self.client.allocated(answer, self.now);
                }
                Output::Release(address) => {
                    let known = self.given.iter().position(|&one| one == address);
                    self.given
                        .remove(known.expect("it was given, and not given back"));
                }
                Output::Close(_) => self.is_closed = true,
                Output::Timeout { at } => {
                    assert!(at.is_none_or(|at| at > self.now.instant));
                    assert!(self.client.relayed().eq(self.given.iter().copied()));
                    return;
                }
            }
        }
        panic!("more than {OUTPUTS_MAX} outputs of one input");
    }

    fn answer(&mut self, family: Family) -> Result<SocketAddr, Refusal> {
        let refusal = self.refusals & 3;
        self.refusals >>= 2;
        match (refusal, family) {
            (1, _) => Err(Refusal::Quota),
            (2, _) => Err(Refusal::Capacity),
            (_, Family::V4) => Ok(address("203.0.113.1:50001")),
            (_, Family::V6) => Ok(address("[2001:db8::1]:50001")),
        }
    }
}

fn method(how: u8) -> Method {
    match how & 0x0f {
        1 => Method::Binding,
        4 => Method::Refresh,
        6 => Method::Send,
        7 => Method::Data,
        8 => Method::CreatePermission,
        9 => Method::ChannelBind,
        _ => Method::Allocate,
    }
}

/// Attributes: two bytes for the kind, one for the length, the value. The addresses that matter have
/// a short form, since mixing one with a transaction is not what is to be found out.
fn write(writer: &mut Writer<'_>, mut part: &[u8]) {
    while let [high, low, length, rest @ ..] = part {
        let (value, rest) = rest.split_at(rest.len().min(usize::from(*length)));
        part = rest;
        let kind = u16::from_be_bytes([*high, *low]);
        match value {
            [which] => writer.address(kind, named(*which)),
            _ => writer.attribute(kind, value),
        }
    }
}

fn named(which: u8) -> SocketAddr {
    let peers = config().peers;
    let others = ["127.0.0.1:80", "203.0.113.1:80", "[::1]:443"].map(address);
    let mut all = peers.into_iter().chain(others).cycle();
    all.nth(usize::from(which)).expect("it goes round")
}

fn config() -> Config {
    let v4 = (0..20).map(|n| SocketAddr::from(([203, 0, 113, n], 443)));
    let other_port = [address("203.0.113.1:444"), address("[2001:db8::1]:443")];
    Config {
        realm: REALM_NAME.to_owned(),
        secret: secret(),
        peers: v4.chain(other_port).collect(),
        rate_bps_max: 4_000,
    }
}

fn secret() -> Secret {
    Secret::new([42; 32])
}

fn client() -> SocketAddr {
    address("198.51.100.7:4000")
}

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}
