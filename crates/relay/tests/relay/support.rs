//! A client with credentials, a host that hands out relayed addresses, and a clock.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use relay::{
    Client, Config, Credentials, Family, Now, Output, Reason, Refusal, Secret, ToMedia, Transport,
};
use turn_client_proto::stun::types::{
    attribute::{
        AttributeType, ErrorCode, Nonce, RawAttribute, Realm, UnknownAttributes, XorMappedAddress,
    },
    message::{
        IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageClass, MessageType,
        MessageWrite, MessageWriteExt, MessageWriteVec, Method,
    },
};
use turn_client_proto::types::attribute::{
    AddressErrorCode, Lifetime, XorPeerAddress, XorRelayedAddress,
};

pub(crate) const BINDING: u16 = 1;
pub(crate) const ALLOCATE: u16 = 3;
pub(crate) const REFRESH: u16 = 4;
pub(crate) const SEND: u16 = 6;
pub(crate) const CREATE_PERMISSION: u16 = 8;
pub(crate) const CHANNEL_BIND: u16 = 9;

pub(crate) const UDP: &[u8] = &[17, 0, 0, 0];
pub(crate) const REALM: &str = "help.example";
pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// Attributes: a kind and a value.
pub(crate) type Attributes<'a> = &'a [(u16, &'a [u8])];

pub(crate) fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

/// Where media is received.
pub(crate) fn media() -> SocketAddr {
    address("203.0.113.1:443")
}

pub(crate) fn media_v6() -> SocketAddr {
    address("[2001:db8::1]:443")
}

pub(crate) fn secret() -> Secret {
    Secret::new([42; 32])
}

pub(crate) fn config(peers: &[SocketAddr]) -> Config {
    Config {
        realm: REALM.to_owned(),
        secret: secret(),
        peers: peers.to_vec(),
        rate_bps_max: 8_000_000,
    }
}

pub(crate) struct Bench {
    pub(crate) client: Client,
    pub(crate) now: Now,
    /// What the next request is signed with.
    pub(crate) credentials: Credentials,
    pub(crate) algorithm: IntegrityAlgorithm,
    pub(crate) nonce: String,
    pub(crate) realm: String,
    pub(crate) has_fingerprint: bool,
    /// The transaction of the last request.
    pub(crate) transaction: u128,
    /// What the host says to the next requests for an address.
    pub(crate) refusals: Vec<Refusal>,
    pub(crate) asked: Vec<(String, Family)>,
    pub(crate) released: Vec<SocketAddr>,
    pub(crate) closed: Option<Reason>,
    pub(crate) timeout: Option<Instant>,
    relayed: u16,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(config(&[media()]), Transport::Udp)
    }

    pub(crate) fn with(config: Config, transport: Transport) -> Self {
        let now = Now {
            instant: Instant::now(),
            since_epoch: Duration::from_secs(1_700_000_000),
        };
        let credentials = Credentials::mint(&config.secret, "ida", now.since_epoch, HOUR);
        let client = Client::new(
            Arc::new(config),
            address("198.51.100.7:4000"),
            transport,
            now,
        );
        Self {
            client,
            now,
            credentials,
            algorithm: IntegrityAlgorithm::Sha1,
            nonce: String::new(),
            realm: REALM.to_owned(),
            has_fingerprint: false,
            transaction: 0,
            refusals: Vec::new(),
            asked: Vec::new(),
            released: Vec::new(),
            closed: None,
            timeout: None,
            relayed: 50_000,
        }
    }

    /// One that has an allocation.
    pub(crate) fn allocated() -> Self {
        let mut bench = Self::new();
        bench.challenge();
        bench.ask(ALLOCATE, &[(0x0019, UDP)]).expect_success();
        bench
    }

    /// One that may also send to media.
    pub(crate) fn permitted() -> Self {
        let mut bench = Self::allocated();
        bench.permit(&[media()]).expect_success();
        bench
    }

    /// Fetches a nonce.
    pub(crate) fn challenge(&mut self) {
        let bytes = self.unsigned(ALLOCATE, &[(0x0019, UDP)]);
        let answer = self.send(&bytes);
        assert_eq!(answer.code(), Some(401));
        self.nonce = answer.nonce().expect("a challenge has a nonce");
    }

    pub(crate) fn pass(&mut self, time: Duration) {
        self.now.instant += time;
        self.now.since_epoch += time;
        self.client.handle_timeout(self.now);
        self.drain();
    }

    /// A signed request and its answer.
    pub(crate) fn ask(&mut self, method: u16, attributes: Attributes<'_>) -> Answer {
        let bytes = self.signed(method, attributes);
        self.send(&bytes)
    }

    pub(crate) fn permit(&mut self, peers: &[SocketAddr]) -> Answer {
        self.ask_about(CREATE_PERMISSION, peers, &[])
    }

    pub(crate) fn bind(&mut self, channel: u16, peer: SocketAddr) -> Answer {
        let [high, low] = channel.to_be_bytes();
        self.ask_about(CHANNEL_BIND, &[peer], &[(0x000c, &[high, low, 0, 0])])
    }

    pub(crate) fn refresh(&mut self, seconds: u32) -> Answer {
        self.ask(REFRESH, &[(0x000d, &seconds.to_be_bytes())])
    }

    /// A signed request that names peers.
    pub(crate) fn ask_about(
        &mut self,
        method: u16,
        peers: &[SocketAddr],
        attributes: Attributes<'_>,
    ) -> Answer {
        let mut message = self.begin(MessageClass::Request, method);
        for &peer in peers {
            message
                .add_attribute(&XorPeerAddress::new(peer, self.transaction.into()))
                .or_else(|_| self.repeat(&mut message, peer))
                .expect("it can be written");
        }
        add(&mut message, attributes);
        let bytes = self.sign(message);
        self.send(&bytes)
    }

    /// A Send indication, and what media gets of it.
    pub(crate) fn indicate(&mut self, peer: SocketAddr, payload: &[u8]) -> Option<Vec<u8>> {
        let mut message = self.begin(MessageClass::Indication, SEND);
        message
            .add_attribute(&XorPeerAddress::new(peer, self.transaction.into()))
            .expect("it can be written");
        add(&mut message, &[(0x0013, payload)]);
        let bytes = message.finish();
        let passed = self.pass_on(&bytes)?;
        assert_eq!(passed.1, peer);
        Some(passed.2)
    }

    /// A message of a channel, and what media gets of it.
    pub(crate) fn say(&mut self, channel: u16, payload: &[u8]) -> Option<(SocketAddr, Vec<u8>)> {
        let length = u16::try_from(payload.len()).expect("a short payload");
        let head = [channel.to_be_bytes(), length.to_be_bytes()].concat();
        let passed = self.pass_on(&[&head[..], payload].concat())?;
        Some((passed.1, passed.2))
    }

    /// What the client gets of a packet of media.
    pub(crate) fn hear(&mut self, source: SocketAddr, payload: &[u8]) -> Option<Vec<u8>> {
        let mut out = b"kept".to_vec();
        let is_written = self.client.to_client(source, payload, &mut out, self.now);
        assert!(out.starts_with(b"kept") && is_written == (out.len() > 4));
        is_written.then(|| out.split_off(4))
    }

    pub(crate) fn signed(&mut self, method: u16, attributes: Attributes<'_>) -> Vec<u8> {
        let mut message = self.begin(MessageClass::Request, method);
        add(&mut message, attributes);
        self.sign(message)
    }

    pub(crate) fn unsigned(&mut self, method: u16, attributes: Attributes<'_>) -> Vec<u8> {
        let mut message = self.begin(MessageClass::Request, method);
        add(&mut message, attributes);
        message.finish()
    }

    /// Sends a request; there is at most one answer.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> Answer {
        assert_eq!(self.client.handle(bytes, self.now), None);
        let mut answers = self.drain();
        assert!(answers.len() <= 1, "{answers:?}");
        Answer(answers.pop())
    }

    /// What the client is told; the host answers for addresses.
    pub(crate) fn drain(&mut self) -> Vec<Vec<u8>> {
        let mut told = Vec::new();
        loop {
            match self.client.poll() {
                Output::ToClient(bytes) => told.push(bytes),
                Output::Allocate {
                    participant,
                    family,
                } => {
                    self.asked.push((participant, family));
                    let answer = self
                        .refusals
                        .pop()
                        .map_or_else(|| Ok(self.give(family)), Err);
                    self.client.allocated(answer, self.now);
                }
                Output::Release(address) => self.released.push(address),
                Output::Close(reason) => self.closed = Some(reason),
                Output::Timeout { at } => {
                    self.timeout = at;
                    return told;
                }
            }
        }
    }

    fn give(&mut self, family: Family) -> SocketAddr {
        self.relayed += 1;
        match family {
            Family::V4 => SocketAddr::new(media().ip(), self.relayed),
            Family::V6 => SocketAddr::new(media_v6().ip(), self.relayed),
        }
    }

    fn pass_on(&mut self, bytes: &[u8]) -> Option<(SocketAddr, SocketAddr, Vec<u8>)> {
        let ToMedia {
            relayed,
            peer,
            payload,
        } = self.client.handle(bytes, self.now)?;
        let passed = (relayed, peer, payload.to_vec());
        assert!(self.client.relayed().any(|one| one == relayed));
        Some(passed)
    }

    fn begin(&mut self, class: MessageClass, method: u16) -> MessageWriteVec {
        self.transaction += 1;
        let kind = MessageType::from_class_method(class, Method::new(method));
        Message::builder(kind, self.transaction.into(), MessageWriteVec::new())
    }

    fn sign(&self, mut message: MessageWriteVec) -> Vec<u8> {
        let attributes = [
            (0x0006, self.credentials.username.as_bytes()),
            (0x0014, self.realm.as_bytes()),
            (0x0015, self.nonce.as_bytes()),
        ];
        add(&mut message, &attributes);
        message
            .add_message_integrity(&self.key().into(), self.algorithm)
            .expect("it is signed once");
        if self.has_fingerprint {
            message.add_fingerprint().expect("it has one");
        }
        message.finish()
    }

    pub(crate) fn key(&self) -> LongTermKeyCredentials {
        LongTermKeyCredentials::new(
            self.credentials.username.clone(),
            self.credentials.password.clone(),
            self.realm.clone(),
        )
    }

    /// The other implementation adds each kind once; a request may name many peers.
    fn repeat(
        &self,
        message: &mut MessageWriteVec,
        peer: SocketAddr,
    ) -> Result<(), turn_client_proto::stun::types::message::StunWriteError> {
        let peer = XorPeerAddress::new(peer, self.transaction.into());
        message.push_attribute_unchecked(&peer);
        Ok(())
    }
}

fn add(message: &mut MessageWriteVec, attributes: Attributes<'_>) {
    for &(kind, value) in attributes {
        message.push_attribute_unchecked(&RawAttribute::new(AttributeType::new(kind), value));
    }
}

/// What came back, if anything did.
#[derive(Debug)]
pub(crate) struct Answer(pub(crate) Option<Vec<u8>>);

impl Answer {
    pub(crate) fn message(&self) -> Message<'_> {
        let bytes = self.0.as_ref().expect("there is an answer");
        Message::from_bytes(bytes).expect("the other implementation reads it")
    }

    pub(crate) fn code(&self) -> Option<u16> {
        let message = self.message();
        let code = message.attribute::<ErrorCode>().ok().map(|it| it.code());
        assert_eq!(code.is_some(), message.has_class(MessageClass::Error));
        code
    }

    #[track_caller]
    pub(crate) fn expect_success(&self) {
        assert_eq!(self.code(), None);
        assert!(self.message().has_class(MessageClass::Success));
    }

    pub(crate) fn nonce(&self) -> Option<String> {
        let nonce = self.message().attribute::<Nonce>().ok()?;
        Some(nonce.nonce().to_owned())
    }

    pub(crate) fn realm(&self) -> Option<String> {
        let realm = self.message().attribute::<Realm>().ok()?;
        Some(realm.realm().to_owned())
    }

    pub(crate) fn lifetime(&self) -> Option<u32> {
        let lifetime = self.message().attribute::<Lifetime>().ok()?;
        Some(lifetime.seconds())
    }

    pub(crate) fn mapped(&self) -> Option<SocketAddr> {
        let mapped = self.message().attribute::<XorMappedAddress>().ok()?;
        Some(mapped.addr(self.message().transaction_id()))
    }

    pub(crate) fn relayed(&self) -> Vec<SocketAddr> {
        let message = self.message();
        (0..)
            .map_while(|n| message.nth_attribute::<XorRelayedAddress>(n).ok())
            .map(|relayed| relayed.addr(message.transaction_id()))
            .collect()
    }

    pub(crate) fn address_error(&self) -> Option<u16> {
        let error = self.message().attribute::<AddressErrorCode>().ok()?;
        Some(error.error().code())
    }

    pub(crate) fn is_unknown(&self, kind: u16) -> bool {
        let unknown = self.message().attribute::<UnknownAttributes>();
        unknown.is_ok_and(|unknown| unknown.has_attribute(AttributeType::new(kind)))
    }

    pub(crate) fn is_signed_for(&self, bench: &Bench) -> bool {
        let algorithm = self.message().validate_integrity(&bench.key().into());
        algorithm.is_ok_and(|algorithm| algorithm == bench.algorithm)
    }
}
