use std::sync::Arc;

use app::App;
use ipnet::IpNet;
use rtc::{RtcEngine, SignalEndpoint};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use url::Url;

use crate::{links::Links, web::WebApp};

/// How the outside world is to be met.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where people's browsers find this installation.
    pub public_url: Url,
    /// Where their browsers fetch the web app's hashed files, if not from here.
    pub asset_base_url: Option<Url>,
    /// Whom to ask when nothing works.
    pub support_contact: Option<String>,
    /// Proxies whose word about a client's address counts.
    pub trusted_proxies: Vec<IpNet>,
    /// What this build is called.
    pub version: &'static str,
}

/// The media engine, by its two sides.
#[derive(Clone)]
pub struct Media {
    /// Takes the product's orders.
    pub engine: Arc<dyn RtcEngine>,
    /// Takes the LiveKit clients' connections.
    pub signal: Arc<dyn SignalEndpoint>,
}

impl std::fmt::Debug for Media {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Media")
            .field("engine", &self.engine)
            .finish_non_exhaustive()
    }
}

/// What endpoints work with.
#[derive(Debug, Clone)]
pub(crate) struct Edge(Arc<Inner>);

struct Inner {
    app: App,
    media: Media,
    config: Config,
    public_origin: String,
    links: Links,
    web: WebApp,
    sockets: TaskTracker,
    stopping: CancellationToken,
}

impl Edge {
    pub(crate) fn new(app: App, media: Media, config: Config) -> Self {
        Self(Arc::new(Inner {
            app,
            media,
            public_origin: config.public_url.origin().ascii_serialization(),
            links: Links::new(&config.public_url),
            web: WebApp::embedded(&config.public_url, config.asset_base_url.as_ref()),
            config,
            sockets: TaskTracker::new(),
            stopping: CancellationToken::new(),
        }))
    }

    pub(crate) fn app(&self) -> &App {
        &self.0.app
    }

    /// Where LiveKit clients' connections go.
    pub(crate) fn signal(&self) -> &dyn SignalEndpoint {
        &*self.0.media.signal
    }

    /// The engine behind it.
    pub(crate) fn rtc(&self) -> &dyn RtcEngine {
        &*self.0.media.engine
    }

    pub(crate) fn links(&self) -> &Links {
        &self.0.links
    }

    pub(crate) fn web(&self) -> &WebApp {
        &self.0.web
    }

    /// The tasks that carry WebSockets.
    pub(crate) fn sockets(&self) -> &TaskTracker {
        &self.0.sockets
    }

    /// Cancelled when the server begins to stop.
    pub(crate) fn stopping(&self) -> &CancellationToken {
        &self.0.stopping
    }

    pub(crate) fn public_origin(&self) -> &str {
        &self.0.public_origin
    }

    /// Whether cookies must never travel unencrypted.
    pub(crate) fn is_https(&self) -> bool {
        self.0.config.public_url.scheme() == "https"
    }

    pub(crate) fn trusted_proxies(&self) -> &[IpNet] {
        &self.0.config.trusted_proxies
    }

    pub(crate) fn support_contact(&self) -> Option<&str> {
        self.0.config.support_contact.as_deref()
    }

    pub(crate) fn version(&self) -> &'static str {
        self.0.config.version
    }
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Edge").finish_non_exhaustive()
    }
}
