//! What forwarding costs at least: the same packets, sealed once for each who receives them and
//! handed to the kernel in as few calls as it takes.
//!
//! One thread, one socket, no protocol: an AES-128-GCM seal for each packet, and one call with
//! segmentation offload for each burst to one receiver. The receivers are sockets like those of the
//! load test's participants, read by another thread. The packets come at the pace of the scenario,
//! like the server's: what it costs to be woken for them, and with cold caches, is in the floor.

use std::{
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use quinn_udp::{Transmit, UdpSockRef, UdpSocketState};
use tokio_util::sync::CancellationToken;

use loadtest::camera::{self, Camera};

use crate::{processes::own_thread_cpu, scenario::Scenario};

/// RTP's header with the extensions of a forwarded packet.
const HEADER_LENGTH: usize = 28;
const NONCE_LENGTH: usize = 12;
const DURATION: Duration = Duration::from_secs(5);

/// Seconds of processor time for a million packets.
pub(crate) fn measure(scenario: &Scenario) -> anyhow::Result<f64> {
    let receivers =
        Receivers::start(scenario.rooms * scenario.publishers * scenario.subscribers())?;
    let mut sender = Sender::new(&receivers.addresses, scenario)?;
    let measured = thread::spawn(move || sender.run()).join();
    receivers.stop.cancel();
    let _ = receivers.thread.join();
    measured.map_err(|_| anyhow::anyhow!("the floor's sender panicked"))?
}

/// Sockets that are read and no more.
struct Receivers {
    addresses: Vec<SocketAddr>,
    stop: CancellationToken,
    thread: thread::JoinHandle<()>,
}

impl Receivers {
    fn start(count: usize) -> anyhow::Result<Self> {
        let sockets: Vec<UdpSocket> = (0..count)
            .map(|_| UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)))
            .collect::<Result<_, _>>()?;
        let addresses = sockets.iter().map(UdpSocket::local_addr);
        let addresses = addresses.collect::<Result<_, _>>()?;
        for socket in &sockets {
            socket.set_nonblocking(true)?;
        }
        let stop = CancellationToken::new();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()?;
        let stopped = stop.clone();
        let thread = thread::spawn(move || {
            runtime.block_on(async move {
                for socket in sockets {
                    tokio::spawn(drain(socket));
                }
                stopped.cancelled().await;
            });
        });
        Ok(Self {
            addresses,
            stop,
            thread,
        })
    }
}

async fn drain(socket: UdpSocket) {
    let Ok(socket) = tokio::net::UdpSocket::from_std(socket) else {
        return;
    };
    let mut packet = [0; 2048];
    while socket.recv(&mut packet).await.is_ok() {}
}

/// What stands for the server.
struct Sender {
    socket: UdpSocket,
    state: UdpSocketState,
    key: LessSafeKey,
    cameras: Vec<(Camera, Vec<SocketAddr>)>,
    burst: Vec<u8>,
    sealed: u64,
}

impl Sender {
    fn new(receivers: &[SocketAddr], scenario: &Scenario) -> anyhow::Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
        let key = UnboundKey::new(&AES_128_GCM, &[7; 16]).context("a key of 16 bytes")?;
        let clip = Arc::new(camera::clip(scenario.video_kbps)?);
        let now = Instant::now();
        let audiences = receivers.chunks(scenario.subscribers());
        let count = u32::try_from(audiences.len())?;
        let cameras = audiences.zip(0..).map(|(audience, index): (_, u32)| {
            // People do not begin in the same instant.
            let begin = now + Duration::from_millis(50) * index / count;
            let camera = Camera::new(Arc::clone(&clip), now, begin);
            (camera, audience.to_vec())
        });
        Ok(Self {
            socket,
            state,
            key: LessSafeKey::new(key),
            cameras: cameras.collect(),
            burst: Vec::new(),
            sealed: 0,
        })
    }

    fn run(&mut self) -> anyhow::Result<f64> {
        let (end, before) = (Instant::now() + DURATION, own_thread_cpu()?);
        let mut making = Duration::ZERO;
        loop {
            let next = self.cameras.iter().map(|(camera, _)| camera.deadline());
            let next = next.min().context("somebody publishes")?;
            if next > end {
                break;
            }
            thread::sleep(next.saturating_duration_since(Instant::now()));
            for index in 0..self.cameras.len() {
                let now = Instant::now();
                let (camera, audience) = &mut self.cameras[index];
                if camera.deadline() > now {
                    continue;
                }
                let packets = camera.due(now);
                let audience = std::mem::take(audience);
                let payloads: Vec<_> = packets.into_iter().map(|one| one.payload).collect();
                making += now.elapsed();
                for receiver in &audience {
                    self.send(&payloads, *receiver)?;
                }
                self.cameras[index].1 = audience;
            }
        }
        let spent = (own_thread_cpu()? - before).saturating_sub(making);
        Ok(spent.as_secs_f64() * 1e6 / self.sealed as f64)
    }

    /// Seals packets one after the other; those of one size, and a smaller one after them, share a
    /// call.
    fn send(&mut self, payloads: &[Arc<[u8]>], receiver: SocketAddr) -> anyhow::Result<()> {
        let mut segment = 0;
        for payload in payloads {
            let length = HEADER_LENGTH + payload.len() + AES_128_GCM.tag_len();
            let is_ended = segment > 0 && !self.burst.len().is_multiple_of(segment);
            let is_full = self.burst.len() + length > usize::from(u16::MAX) - 64
                || self.burst.len() >= segment * self.state.max_gso_segments();
            if segment > 0 && (is_ended || is_full || length > segment) {
                self.flush(segment, receiver);
                segment = 0;
            }
            if segment == 0 {
                segment = length;
            }
            self.seal(payload)?;
        }
        self.flush(segment, receiver);
        Ok(())
    }

    fn seal(&mut self, payload: &[u8]) -> anyhow::Result<()> {
        self.sealed += 1;
        let mut nonce = [0; NONCE_LENGTH];
        nonce[4..].copy_from_slice(&self.sealed.to_be_bytes());
        let header = [0x90; HEADER_LENGTH];
        self.burst.extend_from_slice(&header);
        let begin = self.burst.len();
        self.burst.extend_from_slice(payload);
        let tag = self.key.seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(header),
            &mut self.burst[begin..],
        );
        self.burst
            .extend_from_slice(tag.context("it can be sealed")?.as_ref());
        Ok(())
    }

    fn flush(&mut self, segment: usize, receiver: SocketAddr) {
        if self.burst.is_empty() {
            return;
        }
        let transmit = Transmit {
            destination: receiver,
            ecn: None,
            contents: &self.burst,
            segment_size: (self.burst.len() > segment).then_some(segment),
            src_ip: None,
        };
        // A full buffer drops packets, as it does in the server.
        let _ = self
            .state
            .try_send(UdpSockRef::from(&self.socket), &transmit);
        self.burst.clear();
    }
}
