//! Starts the threads and stands behind the boundary [`rtc`].

use std::{
    collections::hash_map::DefaultHasher,
    hash::{Hash, Hasher},
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, SystemTime},
};

use mio::Waker;
use rtc::{
    BoxFuture, Grant, PathMode, Permission, RtcEngine, RtcError, RtcEvent, RtcToken, Sample,
    SignalConnection, SignalEndpoint, SignalOpen, SignalRejection, SignalRoute, Source,
};
use signal::{Admission, ConnectionId, Keys, Order, Rejection, Route};
use tokio::sync::{mpsc, oneshot};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    counters::{METRICS, RELAY_METRICS},
    door::Door,
    paths::ufrag_prefix,
    receiver::{Reading, Receiver},
    relay_datagrams::Datagrams,
    relay_host::{RelayConfig, RelayHost, pass},
    shard_thread::{Command, EdgeFactory, ShardHandle, spawn},
    socket::MediaSocket,
};

/// Frames on their way from one client; more means that it sends faster than anybody needs.
const INCOMING_FRAMES_MAX: usize = 64;
/// Frames on their way to one client; more means that it does not read.
const OUTGOING_FRAMES_MAX: usize = 512;
/// As many as two characters of a ufrag can name.
const SHARDS_MAX: usize = 256;

/// What the engine is built with.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where media comes in.
    pub udp_listen: SocketAddr,
    /// The addresses that clients reach it at; empty means those of this machine.
    pub public_addresses: Vec<IpAddr>,
    /// The port at which [`EmbeddedEngine::door`] takes connections in, if there is one.
    pub tcp_port: Option<u16>,
    /// The relay, for clients whose network lets nothing else through.
    pub relay: Option<RelayConfig>,
    /// How many threads share the rooms.
    pub shards: usize,
    /// Whether links are measured and shared; otherwise everybody gets all that they ask for.
    pub estimates_bandwidth: bool,
    /// Whether VP9 and AV1 are forwarded, as one stream with all its layers.
    pub forwards_svc: bool,
    /// Names the signer of tokens.
    pub api_key: String,
    /// Signs tokens.
    pub api_secret: String,
    /// Another key and secret whose tokens open every room: the operator's own.
    pub operator: Option<(String, String)>,
    /// Names this server to clients.
    pub node: String,
    /// Whether clients may ask for faults, to see how they bear them.
    pub simulates_faults: bool,
    /// Whether clients whose way has died are told to resume, and those who have fallen to climb.
    pub mends_ways: bool,
}

/// The media engine in this process.
#[derive(Debug)]
pub struct EmbeddedEngine {
    keys: Keys,
    operator: Option<Keys>,
    shards: Arc<[ShardHandle]>,
    next_connection: AtomicU64,
    pumps: TaskTracker,
    stop: CancellationToken,
    receiver_waker: Waker,
    threads: Mutex<Vec<JoinHandle<()>>>,
    local_address: SocketAddr,
    candidates: Vec<SocketAddr>,
    relay: Option<Arc<RelayHost>>,
    door: Door,
}

/// Why the engine did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port is taken, or not ours to take.
    #[error("cannot listen for media on {address} (setting media.udp_listen)")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The system gave no thread.
    #[error("cannot start a media thread")]
    Thread(#[source] io::Error),
}

impl EmbeddedEngine {
    /// Binds the media port and starts the threads. News goes to `events`.
    pub fn start(config: Config, events: &mpsc::Sender<RtcEvent>) -> Result<Self, StartError> {
        let address = config.udp_listen;
        let bind = |source| StartError::Bind { address, source };
        let socket = MediaSocket::bind(address, &config.public_addresses).map_err(bind)?;
        let local_address = socket.local_address().map_err(bind)?;
        let receiving = socket.try_clone().map_err(bind)?;
        let candidates = socket.candidates().to_vec();
        let on_tcp = |port| {
            candidates
                .iter()
                .map(move |udp| SocketAddr::new(udp.ip(), port))
        };
        let tcp_candidates: Vec<SocketAddr> =
            config.tcp_port.into_iter().flat_map(on_tcp).collect();
        let socket = Arc::new(socket);
        let relay = config.relay.map(|relay| {
            // Another one with each start: what it was good for has ended with the last.
            let mut secret = [0; 32];
            random(&mut secret);
            Arc::new(RelayHost::new(relay, secret, &candidates))
        });
        let keys = Keys {
            api_key: config.api_key,
            api_secret: config.api_secret,
        };
        let operator = config.operator.map(|(api_key, api_secret)| Keys {
            api_key,
            api_secret,
        });

        let mut shards = Vec::new();
        let mut threads = Vec::new();
        for index in 0..config.shards.clamp(1, SHARDS_MAX) {
            let engine = Engine {
                keys: keys.clone(),
                node: config.node.clone(),
                simulates_faults: config.simulates_faults,
                mends_ways: config.mends_ways,
                candidates: candidates.clone(),
                tcp_candidates: tcp_candidates.clone(),
                relay: relay.clone(),
                estimates_bandwidth: config.estimates_bandwidth,
                forwards_svc: config.forwards_svc,
            };
            let factory = engine.factory(index);
            let (handle, thread) = spawn(index, factory, Arc::clone(&socket), events.clone())
                .map_err(StartError::Thread)?;
            shards.push(handle);
            threads.push(thread);
        }
        let shards: Arc<[ShardHandle]> = shards.into();
        let stop = CancellationToken::new();
        let pumps = TaskTracker::new();
        let relay_inbox = relay.clone().map(|host| {
            let datagrams = Datagrams::new(host, Arc::clone(&shards), Arc::clone(&socket));
            let inbox = datagrams.inbox();
            pumps.spawn(datagrams.run(stop.clone()));
            inbox
        });
        let door = Door::new(
            Arc::clone(&shards),
            tcp_candidates,
            relay.clone(),
            stop.clone(),
        );
        let reading = Reading {
            socket: receiving,
            candidates: candidates.clone(),
            shards: Arc::clone(&shards),
            relay: relay_inbox,
        };
        let receiver = start_receiver(reading, &stop);
        let (receiver, receiver_waker) = receiver.map_err(StartError::Thread)?;
        threads.push(receiver);
        tracing::info!(address = %local_address, shards = shards.len(), "media port open");
        Ok(Self {
            keys,
            operator,
            shards,
            next_connection: AtomicU64::new(1),
            pumps,
            stop,
            receiver_waker,
            threads: Mutex::new(threads),
            local_address,
            candidates,
            relay,
            door,
        })
    }

    /// Where connections that carry media come in.
    pub fn door(&self) -> Door {
        self.door.clone()
    }

    /// Where media comes in.
    pub fn local_address(&self) -> SocketAddr {
        self.local_address
    }

    /// The addresses that clients are told.
    pub fn candidates(&self) -> &[SocketAddr] {
        &self.candidates
    }

    fn admit(&self, request: &SignalOpen) -> Result<Admission, SignalRejection> {
        let route = match request.route {
            SignalRoute::V0 => Route::V0,
            SignalRoute::V1 => Route::V1,
        };
        let now = since_epoch(SystemTime::now());
        let admit = |keys: &Keys| keys.admit(route, &request.query, request.bearer.as_deref(), now);
        admit(&self.keys)
            .or_else(|refusal| match &self.operator {
                Some(operator) if refusal.status == 401 => admit(operator).map_err(|_| refusal),
                Some(_) | None => Err(refusal),
            })
            .map_err(|Rejection { status, message }| SignalRejection { status, message })
    }

    async fn accept(&self, request: SignalOpen) -> Result<SignalConnection, SignalRejection> {
        let admission = Box::new(self.admit(&request)?);
        let shard = self.shard_of(admission.room()).clone();
        let connection = ConnectionId(self.next_connection.fetch_add(1, Ordering::Relaxed));
        let (incoming, mut from_client) = mpsc::channel(INCOMING_FRAMES_MAX);
        let (frames, outgoing) = mpsc::channel(OUTGOING_FRAMES_MAX);
        let open = Command::Open {
            connection,
            admission,
            frames,
        };
        shard.command(open).await.map_err(|_| SignalRejection {
            status: 503,
            message: "the server is stopping".to_owned(),
        })?;
        self.pumps.spawn(async move {
            while let Some(frame) = from_client.recv().await {
                if shard
                    .command(Command::Frame { connection, frame })
                    .await
                    .is_err()
                {
                    return;
                }
            }
            // A shard that has stopped has nothing to lose.
            let _ = shard.command(Command::Lost { connection }).await;
        });
        Ok(SignalConnection { incoming, outgoing })
    }

    async fn order(&self, shard: &ShardHandle, order: Order) -> Result<(), RtcError> {
        let (done, is_done) = oneshot::channel();
        shard
            .command(Command::Order { order, done })
            .await
            .map_err(|_| RtcError::Stopped)?;
        is_done.await.map_err(|_| RtcError::Stopped)
    }

    fn shard_of(&self, room: &str) -> &ShardHandle {
        let mut hasher = DefaultHasher::new();
        room.hash(&mut hasher);
        let count = self.shards.len() as u64;
        let index = usize::try_from(hasher.finish() % count).expect("smaller than a usize");
        &self.shards[index]
    }
}

impl RtcEngine for EmbeddedEngine {
    fn client_url(&self) -> Option<String> {
        None
    }

    fn mint_token(&self, grant: &Grant, now: SystemTime) -> RtcToken {
        let signed = signal::Grant {
            room: grant.room.clone(),
            identity: grant.identity.clone(),
            name: grant.name.clone(),
            can_publish: grant.can_publish,
            can_publish_data: grant.can_publish_data,
            path_mode: match grant.path_mode {
                PathMode::Automatic => signal::PathMode::Automatic,
                PathMode::NoRelay => signal::PathMode::NoRelay,
                PathMode::Tcp443 => signal::PathMode::Tcp443,
                PathMode::Relay => signal::PathMode::Relay,
            },
        };
        let token = self.keys.mint(&signed, since_epoch(now), grant.lifetime);
        RtcToken {
            token,
            expires_at: now + grant.lifetime,
        }
    }

    fn remove_participant<'a>(
        &'a self,
        room: &'a str,
        identity: &'a str,
    ) -> BoxFuture<'a, Result<(), RtcError>> {
        let order = Order::Remove {
            room: room.to_owned(),
            identity: identity.to_owned(),
        };
        Box::pin(self.order(self.shard_of(room), order))
    }

    fn set_permission<'a>(
        &'a self,
        room: &'a str,
        identity: &'a str,
        permission: Permission,
    ) -> BoxFuture<'a, Result<(), RtcError>> {
        let order = Order::Permit {
            room: room.to_owned(),
            identity: identity.to_owned(),
            permission: permitted(permission),
        };
        Box::pin(self.order(self.shard_of(room), order))
    }

    fn mute<'a>(
        &'a self,
        room: &'a str,
        identity: &'a str,
        source: Source,
    ) -> BoxFuture<'a, Result<(), RtcError>> {
        let order = Order::Mute {
            room: room.to_owned(),
            identity: identity.to_owned(),
            source: source_of(source),
        };
        Box::pin(self.order(self.shard_of(room), order))
    }

    fn close_room<'a>(&'a self, room: &'a str) -> BoxFuture<'a, Result<(), RtcError>> {
        Box::pin(self.order(
            self.shard_of(room),
            Order::CloseRoom {
                room: room.to_owned(),
            },
        ))
    }

    fn health(&self) -> BoxFuture<'_, Result<(), RtcError>> {
        Box::pin(async {
            for shard in self.shards.iter() {
                // It is about nobody and changes nothing, but only a shard that runs carries it out.
                let nobody = Order::Remove {
                    room: String::new(),
                    identity: String::new(),
                };
                self.order(shard, nobody).await?;
            }
            Ok(())
        })
    }

    fn metrics(&self) -> Vec<Sample> {
        let shards = self.shards.iter().enumerate();
        let samples = shards.flat_map(|(shard, handle)| {
            let values = METRICS.iter().zip(handle.measured());
            values.map(move |(metric, value)| Sample {
                metric,
                shard: Some(shard),
                value,
            })
        });
        let relay = self.relay.iter().map(|relay| Sample {
            metric: &RELAY_METRICS[0],
            shard: None,
            value: relay.allocation_count() as u64,
        });
        samples.chain(relay).collect()
    }

    fn shut_down(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            for shard in self.shards.iter() {
                let (done, is_done) = oneshot::channel();
                if shard.command(Command::Stop { done }).await.is_ok() {
                    // An error means that the thread has ended already.
                    let _ = is_done.await;
                }
            }
            self.stop.cancel();
            if let Err(error) = self.receiver_waker.wake() {
                tracing::warn!(%error, "the media port's reader ends with its next packet");
            }
            let threads =
                std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
            for thread in threads {
                // A panic was logged where it happened; the others are waited for all the same.
                let _ = tokio::task::spawn_blocking(|| thread.join()).await;
            }
            self.pumps.close();
        })
    }
}

impl SignalEndpoint for EmbeddedEngine {
    fn open(
        &self,
        request: SignalOpen,
    ) -> BoxFuture<'_, Result<SignalConnection, SignalRejection>> {
        Box::pin(self.accept(request))
    }

    fn validate(&self, request: SignalOpen) -> BoxFuture<'_, Result<(), SignalRejection>> {
        Box::pin(async move { self.admit(&request).map(|_| ()) })
    }
}

/// What the engine of a shard is built with.
struct Engine {
    keys: Keys,
    node: String,
    simulates_faults: bool,
    mends_ways: bool,
    candidates: Vec<SocketAddr>,
    tcp_candidates: Vec<SocketAddr>,
    relay: Option<Arc<RelayHost>>,
    estimates_bandwidth: bool,
    forwards_svc: bool,
}

impl Engine {
    fn factory(self, index: usize) -> EdgeFactory {
        Box::new(move || {
            let config = signal::Config {
                keys: self.keys.clone(),
                node: self.node.clone(),
                simulates_faults: self.simulates_faults,
                mends_ways: self.mends_ways,
                random: Box::new(random),
                relay: self.relay.as_ref().map(pass),
            };
            let engine = sfu::Config {
                candidates: self.candidates.clone(),
                tcp_candidates: self.tcp_candidates.clone(),
                ufrag_prefix: ufrag_prefix(index),
                estimates_bandwidth: self.estimates_bandwidth,
                forwards_svc: self.forwards_svc,
                random: Box::new(random),
            };
            (config, engine)
        })
    }
}

fn permitted(permission: Permission) -> signal::Permission {
    let sources = permission.can_publish_sources.into_iter();
    signal::Permission {
        can_subscribe: permission.can_subscribe,
        can_publish: permission.can_publish,
        can_publish_sources: sources.map(source_of).collect(),
        can_publish_data: permission.can_publish_data,
        can_update_own_metadata: permission.can_update_own_metadata,
    }
}

fn source_of(source: Source) -> signal::Source {
    match source {
        Source::Microphone => signal::Source::Microphone,
        Source::Camera => signal::Source::Camera,
        Source::Screen => signal::Source::Screen,
    }
}

fn start_receiver(
    reading: Reading,
    stop: &CancellationToken,
) -> io::Result<(JoinHandle<()>, Waker)> {
    let receiver = Receiver::new(reading)?;
    let waker = receiver.waker()?;
    let stop = stop.clone();
    let thread = thread::Builder::new()
        .name("media-receiver".to_owned())
        .spawn(move || receiver.run(&stop))?;
    Ok((thread, waker))
}

fn random(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the system has randomness");
}

fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        Config {
            udp_listen: ([127, 0, 0, 1], 0).into(),
            public_addresses: Vec::new(),
            tcp_port: None,
            relay: None,
            shards: 2,
            estimates_bandwidth: true,
            forwards_svc: false,
            api_key: "key".to_owned(),
            api_secret: "secret".to_owned(),
            operator: None,
            node: "test".to_owned(),
            simulates_faults: false,
            mends_ways: false,
        }
    }

    #[tokio::test]
    async fn the_operators_own_credential_opens_rooms_when_there_is_one() {
        let token = Keys {
            api_key: "operator".to_owned(),
            api_secret: "their secret".to_owned(),
        };
        let grant = signal::Grant {
            room: "a room".to_owned(),
            identity: "a bot".to_owned(),
            name: String::new(),
            can_publish: false,
            can_publish_data: false,
            path_mode: signal::PathMode::Automatic,
        };
        let now = since_epoch(SystemTime::now());
        let token = token.mint(&grant, now, Duration::from_secs(60));
        let secret = |text: &str| Some(("operator".to_owned(), text.to_owned()));
        for (operator, is_admitted) in [
            (secret("their secret"), true),
            (secret("another secret"), false),
            (None, false),
        ] {
            let (events, _news) = mpsc::channel(8);
            let config = Config {
                operator,
                ..config()
            };
            let engine = EmbeddedEngine::start(config, &events).expect("it starts");
            let request = SignalOpen {
                route: SignalRoute::V0,
                query: format!("access_token={token}"),
                bearer: None,
                client: [127, 0, 0, 1].into(),
            };
            let admitted = engine.validate(request).await;
            assert_eq!(admitted.is_ok(), is_admitted, "{admitted:?}");
            engine.shut_down().await;
        }
    }

    #[tokio::test]
    async fn one_stopped_shard_makes_the_engine_unhealthy() {
        let (events, _news) = mpsc::channel(8);
        let engine = EmbeddedEngine::start(config(), &events).expect("it starts");
        assert_eq!(engine.health().await, Ok(()));
        for shard in engine.shards.iter().rev() {
            let (done, is_done) = oneshot::channel();
            let stop = shard.command(Command::Stop { done }).await;
            stop.expect("it still runs");
            is_done.await.expect("it stops");
            assert_eq!(engine.health().await, Err(RtcError::Stopped));
        }
        engine.shut_down().await;
    }
}
