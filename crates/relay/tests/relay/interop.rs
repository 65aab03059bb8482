//! An independent client against this server, in virtual time, by datagrams and by a stream.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use relay::{Client, Credentials, Now, Output, Reason, ToMedia, Transport, frames::Frames};
use turn_client_proto::{
    api::{TurnClientApi, TurnConfig, TurnEvent, TurnRecvRet},
    stun::{Instant, agent::Transmit, types::TransportType},
    tcp::TurnClientTcp,
    types::{AddressFamily, TurnCredentials, prelude::DelayedTransmitBuild as _},
    udp::TurnClientUdp,
};

use crate::support::{HOUR, address, config, media, media_v6, secret};

/// Bytes of a stream arrive in pieces of this size.
const PIECE: usize = 7;

struct Pair<C> {
    theirs: C,
    ours: Client,
    start: Now,
    elapsed: Duration,
    frames: Frames,
    /// What media received: by which relayed address, and what.
    media: Vec<(SocketAddr, SocketAddr, Vec<u8>)>,
    /// What the client received of media.
    heard: Vec<(SocketAddr, Vec<u8>)>,
    events: Vec<TurnEvent>,
    released: usize,
    closed: Option<Reason>,
}

impl<C: TurnClientApi> Pair<C> {
    fn new(
        allocate: impl FnOnce(SocketAddr, SocketAddr, TurnConfig) -> C,
        families: &[AddressFamily],
    ) -> Self {
        let start = Now {
            instant: std::time::Instant::now(),
            since_epoch: Duration::from_secs(1_700_000_000),
        };
        let minted = Credentials::mint(&secret(), "ida", start.since_epoch, HOUR);
        let mut turn = TurnConfig::new(TurnCredentials::new(&minted.username, &minted.password));
        turn.set_address_family(families[0]);
        for &family in &families[1..] {
            turn.add_address_family(family);
        }
        let (local, server) = (address("198.51.100.7:4000"), address("203.0.113.1:3478"));
        let theirs = allocate(local, server, turn);
        let transport = match theirs.transport() {
            TransportType::Udp => Transport::Udp,
            TransportType::Tcp => Transport::Stream,
        };
        let config = Arc::new(config(&[media(), media_v6()]));
        Self {
            theirs,
            ours: Client::new(config, local, transport, start),
            start,
            elapsed: Duration::ZERO,
            frames: Frames::default(),
            media: Vec::new(),
            heard: Vec::new(),
            events: Vec::new(),
            released: 0,
            closed: None,
        }
    }

    fn now(&self) -> Now {
        Now {
            instant: self.start.instant + self.elapsed,
            since_epoch: self.start.since_epoch + self.elapsed,
        }
    }

    fn their_now(&self) -> Instant {
        Instant::ZERO + self.elapsed
    }

    /// Lets both say what they have to say; this client waits a little between requests.
    fn settle(&mut self) {
        self.pass(Duration::from_secs(2), Duration::from_millis(10));
    }

    fn pass(&mut self, time: Duration, step: Duration) {
        let end = self.elapsed + time;
        while self.elapsed < end {
            self.elapsed += step;
            let now = self.now();
            self.ours.handle_timeout(now);
            self.drain();
            self.theirs.poll(self.their_now());
            while let Some(sent) = self.theirs.poll_transmit(self.their_now()) {
                self.tell_us(&sent.data);
            }
            while let Some(event) = self.theirs.poll_event() {
                self.events.push(event);
            }
        }
    }

    fn tell_us(&mut self, bytes: &[u8]) {
        match self.theirs.transport() {
            TransportType::Udp => self.message(bytes),
            TransportType::Tcp => {
                for piece in bytes.chunks(PIECE) {
                    self.frames.space()[..piece.len()].copy_from_slice(piece);
                    self.frames.filled(piece.len());
                    while let Some(message) = self.frames.next().expect("it is TURN") {
                        let message = message.to_vec();
                        self.message(&message);
                    }
                }
            }
        }
    }

    fn message(&mut self, message: &[u8]) {
        let now = self.now();
        if let Some(ToMedia {
            relayed,
            peer,
            payload,
        }) = self.ours.handle(message, now)
        {
            self.media.push((relayed, peer, payload.to_vec()));
        }
        self.drain();
    }

    fn drain(&mut self) {
        let now = self.now();
        loop {
            match self.ours.poll() {
                Output::ToClient(bytes) => self.tell_them(&bytes),
                Output::Allocate { family, .. } => {
                    let relayed = match family {
                        relay::Family::V4 => address("203.0.113.1:50001"),
                        relay::Family::V6 => address("[2001:db8::1]:50001"),
                    };
                    self.ours.allocated(Ok(relayed), now);
                }
                Output::Release(_) => self.released += 1,
                Output::Close(reason) => self.closed = Some(reason),
                Output::Timeout { .. } => return,
            }
        }
    }

    fn tell_them(&mut self, bytes: &[u8]) {
        let size = match self.theirs.transport() {
            TransportType::Udp => bytes.len(),
            TransportType::Tcp => PIECE,
        };
        for piece in bytes.chunks(size) {
            let (from, to) = (self.theirs.remote_addr(), self.theirs.local_addr());
            let transmit = Transmit::new(piece.to_vec(), self.theirs.transport(), from, to);
            match self.theirs.recv(transmit, self.their_now()) {
                TurnRecvRet::PeerData(heard) => {
                    self.heard.push((heard.peer, heard.data().to_vec()));
                }
                // It ignores what it has stopped to wait for.
                TurnRecvRet::Handled | TurnRecvRet::Ignored(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    fn say(&mut self, peer: SocketAddr, payload: &[u8]) {
        let now = self.their_now();
        let sent = self.theirs.send_to(TransportType::Udp, peer, payload, now);
        let sent = sent.expect("it may be sent").expect("it is not queued");
        self.tell_us(&sent.data.build());
    }

    fn hear(&mut self, source: SocketAddr, payload: &[u8]) {
        let (now, mut out) = (self.now(), Vec::new());
        assert!(self.ours.to_client(source, payload, &mut out, now));
        self.tell_them(&out);
    }

    fn has(&self, wanted: impl Fn(&TurnEvent) -> bool) -> bool {
        self.events.iter().any(wanted)
    }

    /// A call: allocate, permit, talk, bind, talk for two hours, go.
    fn call(&mut self) {
        self.settle();
        let relayed = address("203.0.113.1:50001");
        let addresses: Vec<_> = self
            .theirs
            .relayed_addresses()
            .map(|(_, one)| one)
            .collect();
        assert!(addresses.contains(&relayed), "{:?}", self.events);

        self.theirs
            .create_permission(TransportType::Udp, media().ip(), self.their_now())
            .expect("it has an allocation");
        self.settle();
        assert!(self.has(|event| matches!(event, TurnEvent::PermissionCreated(..))));
        self.say(media(), b"by indication");
        self.hear(media(), b"back");

        self.theirs
            .bind_channel(TransportType::Udp, media(), self.their_now())
            .expect("it has an allocation");
        self.settle();
        assert!(self.has(|event| matches!(event, TurnEvent::ChannelCreated(..))));
        // Multiples of four: this client does not pad on streams.
        self.say(media(), b"by a channel");
        self.hear(media(), b"and back");

        for _ in 0..8 {
            self.pass(HOUR / 4, Duration::from_secs(1));
            self.say(media(), b"more");
            self.hear(media(), b"here");
        }
        self.say(media(), b"bye!");
        let said: Vec<_> = self.media.drain(..).collect();
        assert!(said.iter().all(|one| (one.0, one.1) == (relayed, media())));
        assert_eq!(said[0].2, b"by indication");
        assert_eq!(said[1].2, b"by a channel");
        assert_eq!(said.len(), 11);
        let heard: Vec<_> = self.heard.drain(..).collect();
        assert_eq!(heard[0], (media(), b"back".to_vec()));
        assert_eq!(heard[1], (media(), b"and back".to_vec()));
        assert_eq!(heard.len(), 10);

        self.theirs
            .delete(self.their_now())
            .expect("it has an allocation");
        self.settle();
        assert_eq!(self.released, addresses.len());
        assert_eq!(self.closed, None);
        assert_eq!(self.ours.relayed().count(), 0);
    }
}

#[test]
fn another_implementation_has_a_call_by_datagrams() {
    Pair::new(TurnClientUdp::allocate, &[AddressFamily::IPV4]).call();
}

#[test]
fn another_implementation_has_a_call_by_a_stream() {
    Pair::new(TurnClientTcp::allocate, &[AddressFamily::IPV4]).call();
}

#[test]
fn another_implementation_is_given_both_families() {
    let both = [AddressFamily::IPV4, AddressFamily::IPV6];
    let mut pair = Pair::new(TurnClientUdp::allocate, &both);
    pair.settle();
    let relayed: Vec<_> = pair
        .theirs
        .relayed_addresses()
        .map(|(_, one)| one)
        .collect();
    assert_eq!(relayed.len(), 2, "{relayed:?}");
    assert!(relayed.iter().any(SocketAddr::is_ipv6));
    pair.call();
}

#[test]
fn another_implementation_understands_that_a_peer_is_forbidden() {
    let mut pair = Pair::new(TurnClientUdp::allocate, &[AddressFamily::IPV4]);
    pair.settle();
    let loopback = address("127.0.0.1:80");
    let now = pair.their_now();
    pair.theirs
        .create_permission(TransportType::Udp, loopback.ip(), now)
        .expect("it has an allocation");
    pair.settle();
    assert!(pair.has(|event| matches!(event, TurnEvent::PermissionCreateFailed(..))));
    let now = pair.their_now();
    pair.theirs
        .bind_channel(TransportType::Udp, loopback, now)
        .expect("it has an allocation");
    pair.settle();
    assert!(pair.has(|event| matches!(event, TurnEvent::ChannelCreateFailed(..))));
}

#[test]
fn another_implementation_with_a_wrong_password_tries_until_it_is_closed() {
    let wrong = |local, server, _| {
        let credentials = TurnCredentials::new("1700003600:ida", "wrong");
        TurnClientUdp::allocate(local, server, TurnConfig::new(credentials))
    };
    let mut pair = Pair::new(wrong, &[AddressFamily::IPV4]);
    pair.settle();
    assert_eq!(pair.theirs.relayed_addresses().count(), 0);
    pair.pass(Duration::from_secs(50), Duration::from_secs(1));
    assert_eq!(pair.closed, Some(Reason::Unauthenticated));
}
