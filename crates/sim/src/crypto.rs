//! The crypto edge, replaced: packets that nothing hides, and a handshake of two packets.
//!
//! For runs in great number. Everything above stays as it is: certificates have fingerprints that
//! are checked, keys are derived from what the handshake gives, every packet has its tag and fails
//! without the right key, and lengths are those of AES-GCM. All of it comes from the seed, so that
//! two runs of a seed count the same packets of every stream where no way is broken. It protects
//! nothing and exists in this crate only.
//!
//! ```text
//! client ── hello, its certificate ──► server      again after RESEND_AFTER, until answered
//! client ◄── answer, its certificate ── server     once for each hello
//! client ◄──────── messages ─────────► server
//! ```

use std::{
    cell::Cell,
    collections::VecDeque,
    time::{Duration, Instant},
};

use str0m::crypto::{
    AeadAes128GcmCipher, AeadAes256GcmCipher, CryptoError, CryptoProvider, SrtpProvider,
    SupportedAeadAes128Gcm, SupportedAeadAes256Gcm, SupportedAes128CmSha1_80,
    dtls::{
        DtlsCert, DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, DtlsVersion,
        KeyingMaterial, ProtocolVersion, SrtpProfile,
    },
    from_feature_flags,
};

const RESEND_AFTER: Duration = Duration::from_millis(250);
const FOREVER: Duration = Duration::from_secs(24 * 60 * 60);
/// Content types of DTLS (RFC 6347 §4.1), by which packets are told from others'.
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const APPLICATION: u8 = 23;
const HELLO: u8 = 1;
const ANSWER: u8 = 2;
const CERTIFICATE_LENGTH: usize = 32;
/// Two keys and two salts of AES-128-GCM (RFC 5764 §4.2).
const KEYING_LENGTH: usize = 2 * (16 + 12);
const TAG_LENGTH: usize = 16;

/// Makes all connections of this process, from here on, use it.
pub fn replace_crypto() {
    let real = from_feature_flags();
    CryptoProvider {
        srtp_provider: Box::leak(Box::new(Srtp(real.srtp_provider))),
        dtls_provider: &Dtls,
        ..real
    }
    .install_process_default();
}

thread_local! {
    static PANICS: Cell<bool> = const { Cell::new(false) };
}

/// While it is on, this thread panics over every packet of sound or pictures that it reads.
pub(crate) fn panic_over_packets(is_on: bool) {
    PANICS.set(is_on);
}

#[derive(Debug)]
struct Dtls;

impl DtlsProvider for Dtls {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        let certificate = std::iter::repeat_with(|| fastrand::u8(..));
        Some(DtlsCert {
            certificate: certificate.take(CERTIFICATE_LENGTH).collect(),
            private_key: Vec::new(),
        })
    }

    fn new_dtls(
        &self,
        cert: &DtlsCert,
        now: Instant,
        _version: DtlsVersion,
        _mtu: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        Ok(Box::new(Handshake {
            certificate: cert.certificate.clone(),
            peer: None,
            is_active: false,
            is_closed: false,
            now,
            resend_at: None,
            news: VecDeque::new(),
        }))
    }
}

#[derive(Debug)]
struct Handshake {
    certificate: Vec<u8>,
    peer: Option<Vec<u8>>,
    is_active: bool,
    is_closed: bool,
    now: Instant,
    /// While there is no answer.
    resend_at: Option<Instant>,
    news: VecDeque<News>,
}

#[derive(Debug)]
enum News {
    Packet(Vec<u8>),
    Certificate(Vec<u8>),
    Keys(Vec<u8>),
    Connected,
    Message(Vec<u8>),
    Closed,
}

impl Handshake {
    fn greet(&mut self, kind: u8) {
        let packet = [&[HANDSHAKE, kind], self.certificate.as_slice()].concat();
        self.news.push_back(News::Packet(packet));
    }

    fn meet(&mut self, peer: &[u8]) {
        if self.peer.is_some() {
            return;
        }
        self.peer = Some(peer.to_vec());
        self.resend_at = None;
        let (client, server) = if self.is_active {
            (self.certificate.as_slice(), peer)
        } else {
            (peer, self.certificate.as_slice())
        };
        let both = client.iter().chain(server).cycle();
        let keys = both.take(KEYING_LENGTH).copied().collect();
        self.news.extend([
            News::Certificate(peer.to_vec()),
            News::Keys(keys),
            News::Connected,
        ]);
    }
}

impl DtlsInstance for Handshake {
    fn set_active(&mut self, active: bool) {
        self.is_active = active;
        if active {
            self.resend_at = Some(self.now);
        }
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        match packet {
            [HANDSHAKE, HELLO, peer @ ..] if !self.is_active => {
                self.meet(peer);
                self.greet(ANSWER);
            }
            [HANDSHAKE, ANSWER, peer @ ..] if self.is_active => self.meet(peer),
            [APPLICATION, message @ ..] if self.peer.is_some() => {
                self.news.push_back(News::Message(message.to_vec()));
            }
            [ALERT, ..] if self.peer.is_some() && !self.is_closed => {
                self.is_closed = true;
                self.news.push_back(News::Closed);
            }
            _ => {}
        }
        Ok(())
    }

    fn poll_output<'a>(&mut self, buf: &'a mut [u8]) -> DtlsOutput<'a> {
        let Some(news) = self.news.pop_front() else {
            return DtlsOutput::Timeout(self.resend_at.unwrap_or(self.now + FOREVER));
        };
        let mut put = |bytes: &[u8]| {
            buf[..bytes.len()].copy_from_slice(bytes);
            bytes.len()
        };
        match news {
            News::Packet(packet) => {
                let length = put(&packet);
                DtlsOutput::Packet(&buf[..length])
            }
            News::Certificate(certificate) => {
                let length = put(&certificate);
                DtlsOutput::PeerCert(&buf[..length])
            }
            News::Message(message) => {
                let length = put(&message);
                DtlsOutput::ApplicationData(&buf[..length])
            }
            News::Keys(keys) => DtlsOutput::KeyingMaterial(
                KeyingMaterial::new(&keys),
                SrtpProfile::AEAD_AES_128_GCM,
            ),
            News::Connected => DtlsOutput::Connected,
            News::Closed => DtlsOutput::CloseNotify,
        }
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        self.now = now;
        if self.resend_at.is_some_and(|at| at <= now) {
            self.resend_at = Some(now + RESEND_AFTER);
            self.greet(HELLO);
        }
        Ok(())
    }

    fn send_application_data(&mut self, data: &[u8]) -> Result<usize, DtlsImplError> {
        if self.is_closed {
            return Err(DtlsImplError::ConnectionClosed);
        }
        if self.peer.is_none() {
            return Ok(0);
        }
        let packet = [&[APPLICATION], data].concat();
        self.news.push_back(News::Packet(packet));
        Ok(data.len())
    }

    fn is_active(&self) -> bool {
        self.is_active
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.peer.as_ref().map(|_| ProtocolVersion::DTLS1_2)
    }

    fn is_closing(&self) -> bool {
        self.is_closed
    }

    fn is_closed(&self) -> bool {
        self.is_closed && self.news.is_empty()
    }

    fn close(&mut self) -> Result<(), DtlsImplError> {
        if !self.is_closed {
            self.is_closed = true;
            self.news.push_back(News::Packet(vec![ALERT, 0]));
        }
        Ok(())
    }
}

/// Derives keys as ever; what they encrypt stays readable.
#[derive(Debug)]
struct Srtp(&'static dyn SrtpProvider);

impl SrtpProvider for Srtp {
    fn aes_128_cm_sha1_80(&self) -> &'static dyn SupportedAes128CmSha1_80 {
        self.0.aes_128_cm_sha1_80()
    }

    fn aead_aes_128_gcm(&self) -> &'static dyn SupportedAeadAes128Gcm {
        &Tagging
    }

    fn aead_aes_256_gcm(&self) -> &'static dyn SupportedAeadAes256Gcm {
        &Tagging
    }

    fn srtp_aes_128_ecb_round(&self, key: &[u8], input: &[u8], output: &mut [u8]) {
        self.0.srtp_aes_128_ecb_round(key, input, output);
    }

    fn srtp_aes_256_ecb_round(&self, key: &[u8], input: &[u8], output: &mut [u8]) {
        self.0.srtp_aes_256_ecb_round(key, input, output);
    }
}

#[derive(Debug)]
struct Tagging;

impl SupportedAeadAes128Gcm for Tagging {
    fn create_cipher(&self, key: [u8; 16], _encrypt: bool) -> Box<dyn AeadAes128GcmCipher> {
        Box::new(Tag(key))
    }
}

impl SupportedAeadAes256Gcm for Tagging {
    fn create_cipher(&self, key: [u8; 32], _encrypt: bool) -> Box<dyn AeadAes256GcmCipher> {
        let (tag, _) = key.split_first_chunk().expect("32 are more than 16");
        Box::new(Tag(*tag))
    }
}

/// A key, which is the tag of all that it protects.
#[derive(Debug)]
struct Tag([u8; TAG_LENGTH]);

impl Tag {
    fn put(&self, input: &[u8], output: &mut [u8]) {
        let (text, tag) = output.split_at_mut(input.len());
        text.copy_from_slice(input);
        tag[..TAG_LENGTH].copy_from_slice(&self.0);
    }

    fn check(&self, input: &[u8], output: &mut [u8]) -> Result<usize, CryptoError> {
        assert!(!PANICS.get(), "a planned panic");
        match input.split_last_chunk::<TAG_LENGTH>() {
            Some((text, tag)) if *tag == self.0 => {
                output[..text.len()].copy_from_slice(text);
                Ok(text.len())
            }
            _ => Err(CryptoError::Other("another key".to_owned())),
        }
    }
}

impl AeadAes128GcmCipher for Tag {
    fn encrypt(
        &mut self,
        _iv: &[u8; 12],
        _aad: &[u8],
        input: &[u8],
        output: &mut [u8],
    ) -> Result<(), CryptoError> {
        self.put(input, output);
        Ok(())
    }

    fn decrypt(
        &mut self,
        _iv: &[u8; 12],
        _aads: &[&[u8]],
        input: &[u8],
        output: &mut [u8],
    ) -> Result<usize, CryptoError> {
        self.check(input, output)
    }
}

impl AeadAes256GcmCipher for Tag {
    fn encrypt(
        &mut self,
        _iv: &[u8; 12],
        _aad: &[u8],
        input: &[u8],
        output: &mut [u8],
    ) -> Result<(), CryptoError> {
        self.put(input, output);
        Ok(())
    }

    fn decrypt(
        &mut self,
        _iv: &[u8; 12],
        _aads: &[&[u8]],
        input: &[u8],
        output: &mut [u8],
    ) -> Result<usize, CryptoError> {
        self.check(input, output)
    }
}
