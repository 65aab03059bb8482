//! Runs the server.
//!
//! 1. settings, log, data folder, which no other server may use;
//! 2. ports are bound before the database is touched, so that a taken port changes nothing;
//! 3. media engine, database, application, edge; the start is announced;
//! 4. until SIGINT or SIGTERM: serve;
//! 5. people in sessions are told, the media engine lets its clients go, connections finish, the
//!    database is closed.
//!
//! Invariant: each step of the stop is bounded, so that the process ends whatever clients do.

use std::{future::Future, net::IpAddr, sync::Arc, time::Duration};

use anyhow::Context as _;
use api::Api;
use app::{App, HashingCost};
use media::EmbeddedEngine;
use rtc::RtcEngine;
use store::Store;
use time::OffsetDateTime;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::mpsc,
    task::JoinHandle,
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{open_database, runtime, settings};
use crate::{
    announcement::{self, Started},
    command_line::Serve,
    data_dir::{DataDir, Lock},
    demo::{self, Demo},
    edges::{SystemClock, SystemRandom},
    listen::{Certificate, Listener, Places},
    logging, metrics,
    settings::Settings,
};

/// `helpsight serve`
pub(crate) fn run(serve: &Serve) -> anyhow::Result<()> {
    let settings = settings(&serve.flags)?.settings;
    logging::begin(&settings.log_filter);
    let runtime = runtime()?;
    let done = runtime.block_on(async {
        let mut stop = StopSignal::new()?;
        let server = Server::start(&settings, serve.demo).await?;
        stop.wait().await;
        announcement::farewell();
        tokio::select! {
            () = server.stop() => Ok(()),
            // A second Ctrl-C is from somebody who does not want to wait.
            () = stop.wait() => Ok(()),
        }
    });
    runtime.shutdown_timeout(STEP_WITHIN);
    done
}

/// Everything that runs.
struct Server {
    /// Held until all else has ended.
    _lock: Lock,
    store: Arc<dyn Store>,
    engine: Arc<EmbeddedEngine>,
    app: App,
    api: Api,
    rtc_news: JoinHandle<()>,
    listeners: TaskTracker,
    stop_listening: CancellationToken,
    demo: Option<JoinHandle<()>>,
    stop_demo: CancellationToken,
}

impl Server {
    async fn start(settings: &Settings, is_demo: bool) -> anyhow::Result<Self> {
        let dir = DataDir::create(&settings.data_dir)?;
        let lock = dir.lock()?;
        let (ports, settings) = bind(settings, &dir).await?;
        let settings = &settings;
        let (engine, rtc_events) = start_media(settings, &dir).await?;
        dir.keep_database_private()?;
        let store: Arc<dyn Store> = Arc::new(open_database(&dir).await?);
        let app = open_app(settings, Arc::clone(&store), Arc::clone(&engine)).await?;
        let rtc_news = tokio::spawn({
            let app = app.clone();
            async move { app.follow_rtc(rtc_events).await }
        });
        let media = api::Media {
            engine: Arc::<EmbeddedEngine>::clone(&engine),
            signal: Arc::<EmbeddedEngine>::clone(&engine),
        };
        let api = Api::new(app.clone(), media, api_config(settings));

        let mut server = Self {
            _lock: lock,
            store,
            engine,
            app,
            api,
            rtc_news,
            listeners: TaskTracker::new(),
            stop_listening: CancellationToken::new(),
            demo: None,
            stop_demo: CancellationToken::new(),
        };
        server.listen(ports, settings);
        server.announce(settings, &dir, is_demo).await?;
        if is_demo {
            server.demonstrate(settings, dir);
        }
        Ok(server)
    }

    fn demonstrate(&mut self, settings: &Settings, dir: DataDir) {
        let demo = Demo {
            app: self.app.clone(),
            dir,
            public_url: settings.public_url(),
            http: demo::from_here(settings.http_listen),
            media: demo::from_here(self.engine.local_address()),
        };
        self.demo = Some(tokio::spawn(demo.run(self.stop_demo.clone())));
    }

    fn listen(&self, ports: Ports, settings: &Settings) {
        if let Some(listener) = ports.metrics {
            let engine: Arc<dyn RtcEngine> = Arc::<EmbeddedEngine>::clone(&self.engine);
            let places = Places::of_server(Vec::new());
            let stop = self.stop_listening.clone();
            self.listeners
                .spawn(listener.serve(metrics::router(engine), None, places, stop));
        }
        let places = Places::of_server(settings.trusted_proxies.clone());
        for listener in ports.public {
            let stop = self.stop_listening.clone();
            let (router, door) = (self.api.router(), Some(self.engine.door()));
            self.listeners
                .spawn(listener.serve(router, door, places.clone(), stop));
        }
        self.listeners.close();
    }

    async fn announce(
        &self,
        settings: &Settings,
        dir: &DataDir,
        is_demo: bool,
    ) -> anyhow::Result<()> {
        let public_url = settings.public_url();
        let links = api::Links::new(&public_url);
        let setup_token = app::setup::token(&self.app).await?;
        announcement::welcome(&Started {
            setup_link: setup_token.map(|token| links.setup(&token)),
            other_url: settings.other_url(),
            is_self_signed: settings.https_listen.is_some() && public_url.scheme() == "https",
            public_url: &public_url,
            data_dir: dir.path(),
            is_demo,
        });
        tracing::info!(version = env!("CARGO_PKG_VERSION"), "ready");
        Ok(())
    }

    /// Tells people first, then lets go of everything.
    async fn stop(self) {
        tracing::info!("stopping");
        self.stop_demo.cancel();
        if let Some(demo) = self.demo {
            within("the demo", async {
                if let Err(error) = demo.await {
                    tracing::error!(%error, "the demo broke off");
                }
            })
            .await;
        }
        self.api.stop();
        within("people in sessions", self.app.stop()).await;
        within("media", self.engine.shut_down()).await;
        // The engine's last news is who has left; without senders the news ends.
        drop(self.engine);
        within("the sockets", self.api.sockets_closed()).await;
        drop(self.api);
        within("the news of media", async {
            if let Err(error) = self.rtc_news.await {
                tracing::error!(%error, "the record of media events broke off");
            }
        })
        .await;
        self.stop_listening.cancel();
        self.listeners.wait().await;
        within("the database", self.store.close()).await;
        tracing::info!("stopped");
    }
}

/// What is listened on.
struct Ports {
    /// For everybody.
    public: Vec<Listener>,
    /// For the operator's monitoring.
    metrics: Option<Listener>,
}

/// Binds the ports; the settings afterwards have the ones that the system chose for port 0.
async fn bind(settings: &Settings, dir: &DataDir) -> anyhow::Result<(Ports, Settings)> {
    let mut bound = settings.clone();
    let http = Listener::http(settings.http_listen).await?;
    bound.http_listen = http.address()?;
    let mut public = vec![http];
    if let Some(address) = settings.https_listen {
        let certificate = Certificate::self_signed(
            dir,
            &settings.public_url(),
            &settings.names_of_media(),
            OffsetDateTime::now_utc(),
        )?;
        let https = Listener::https(address, certificate).await?;
        bound.https_listen = Some(https.address()?);
        public.push(https);
    }
    let metrics = match settings.metrics_listen {
        Some(address) => Some(Listener::metrics(address).await?),
        None => None,
    };
    Ok((Ports { public, metrics }, bound))
}

async fn start_media(
    settings: &Settings,
    dir: &DataDir,
) -> anyhow::Result<(Arc<EmbeddedEngine>, mpsc::Receiver<rtc::RtcEvent>)> {
    let (events, news) = mpsc::channel(RTC_EVENTS_MAX);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let config = media::Config {
        udp_listen: settings.media_udp_listen(),
        public_addresses: media_addresses(settings).await?,
        tcp_port: settings.https_listen.map(|address| address.port()),
        relay: settings.relay().map(|(urls, realm)| media::RelayConfig {
            urls,
            realm,
            rate_bps_max: RELAY_RATE_BPS_MAX,
        }),
        shards: cores.min(SHARDS_MAX),
        estimates_bandwidth: settings.media_bandwidth_estimation,
        forwards_svc: settings.media_svc_codecs,
        api_key: Settings::OWN_API_KEY.to_owned(),
        api_secret: dir.secret("media.key")?.expose(),
        operator: settings
            .livekit_credential()
            .map(|(key, secret)| (key.to_owned(), secret.to_owned())),
        node: "helpsight".to_owned(),
        simulates_faults: settings.livekit_simulate,
        mends_ways: settings.media_mends_ways,
    };
    let engine = EmbeddedEngine::start(config, &events)?;
    Ok((Arc::new(engine), news))
}

/// What clients are told to send media to; nothing for this machine's own addresses.
async fn media_addresses(settings: &Settings) -> anyhow::Result<Vec<IpAddr>> {
    let mut addresses = settings.media_public_addresses.clone();
    let Some(host) = &settings.media_host else {
        return Ok(addresses);
    };
    let unknown =
        || format!("{host} has no address: set media.host to a name that this machine can look up");
    let name = host.to_string();
    let found = tokio::net::lookup_host((name.trim_matches(['[', ']']), 0)).await;
    for address in found.with_context(unknown)? {
        if !addresses.contains(&address.ip()) {
            addresses.push(address.ip());
        }
    }
    anyhow::ensure!(!addresses.is_empty(), unknown());
    Ok(addresses)
}

async fn open_app(
    settings: &Settings,
    store: Arc<dyn Store>,
    engine: Arc<EmbeddedEngine>,
) -> anyhow::Result<App> {
    let rtc: Arc<dyn RtcEngine> = engine;
    let parts = app::Parts {
        store,
        rtc,
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
    };
    let config = app::Config {
        participants_max: settings.participants_max,
        policies: settings.policies.clone(),
        hashing: HashingCost::default(),
        password_workers: PASSWORD_WORKERS,
    };
    App::open(parts, config)
        .await
        .context("the database cannot be used")
}

fn api_config(settings: &Settings) -> api::Config {
    api::Config {
        public_url: settings.public_url(),
        asset_base_url: settings.asset_base_url.clone(),
        support_contact: settings.support_contact.clone(),
        trusted_proxies: settings.trusted_proxies.clone(),
        version: env!("CARGO_PKG_VERSION"),
    }
}

/// Waits for a step of the stop, but not for ever.
async fn within(what: &str, step: impl Future<Output = ()>) {
    if timeout(STEP_WITHIN, step).await.is_err() {
        tracing::warn!("stopping goes on without waiting for {what}");
    }
}

/// What a supervisor or a person at the keyboard sends.
struct StopSignal {
    interrupt: Signal,
    terminate: Signal,
}

impl StopSignal {
    fn new() -> anyhow::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

const STEP_WITHIN: Duration = Duration::from_secs(5);

/// News of rooms that the record has not taken yet.
const RTC_EVENTS_MAX: usize = 4096;
/// One room is on one thread; more threads than this would only wait for the network.
const SHARDS_MAX: usize = 4;
/// Several good pictures, in each direction of one way through the relay.
const RELAY_RATE_BPS_MAX: u64 = 20_000_000;
/// Passwords hashed at the same time; each takes a core and 19 MiB for some tens of milliseconds.
const PASSWORD_WORKERS: usize = 2;
