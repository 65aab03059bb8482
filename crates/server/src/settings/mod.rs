//! The settings: one list, four places they come from.
//!
//! Every setting is declared once, in [`list::ALL`]; parsing, the example file, the reference and
//! the flags come from there. Each is read from its default, then the file, the environment and
//! the command line, and the last word counts. Invariant: nothing is ignored; an unknown key, an
//! unknown variable and a bad value are errors that say where they stand.

mod documents;
mod environment;
mod file;
mod flags;
mod list;
mod resolve;
mod value;

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use domain::PolicyLayer;
use ipnet::IpNet;
use url::{Host, Url};

pub(crate) use documents::{effective, example, reference};
pub(crate) use environment::PREFIX;
pub(crate) use flags::Flags;
pub(crate) use resolve::{Resolved, resolve};

/// The settings in force.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) data_dir: PathBuf,
    /// `None` follows the listeners; see [`Settings::public_url`].
    public_url: Option<Url>,
    pub(crate) http_listen: SocketAddr,
    pub(crate) trusted_proxies: Vec<IpNet>,
    pub(crate) https_listen: Option<SocketAddr>,
    /// Whether somebody asked for the encrypted listener.
    is_https_given: bool,
    /// `None` follows the encrypted listener; see [`Settings::media_udp_listen`].
    media_udp_listen: Option<SocketAddr>,
    pub(crate) media_host: Option<Host>,
    pub(crate) media_public_addresses: Vec<IpAddr>,
    pub(crate) media_bandwidth_estimation: bool,
    pub(crate) media_mends_ways: bool,
    pub(crate) media_svc_codecs: bool,
    livekit_api_key: Option<String>,
    livekit_api_secret: Option<Secret>,
    pub(crate) livekit_simulate: bool,
    pub(crate) asset_base_url: Option<Url>,
    pub(crate) support_contact: Option<String>,
    pub(crate) participants_max: u32,
    pub(crate) policies: PolicyLayer,
    /// `None`: nobody is told.
    pub(crate) metrics_listen: Option<SocketAddr>,
    pub(crate) log_filter: String,
}

impl Settings {
    /// Where people's browsers find this installation.
    ///
    /// Unless it is set, that is the encrypted listener if somebody asked for it, because browsers
    /// give camera and microphone to encrypted pages and to this machine's own only. The listener
    /// that is there by default does not lead the first visitor into a warning of its certificate.
    pub(crate) fn public_url(&self) -> Url {
        if let Some(url) = &self.public_url {
            return url.clone();
        }
        match self.https_listen.filter(|_| self.is_https_given) {
            Some(address) => url_of("https", address),
            None => url_of("http", self.http_listen),
        }
    }

    /// What the certificate is for besides the web host.
    pub(crate) fn names_of_media(&self) -> Vec<String> {
        let addresses = self.media_public_addresses.iter().map(IpAddr::to_string);
        let host = self.media_host.as_ref().map(|host| match host {
            Host::Domain(name) => name.clone(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        });
        addresses.chain(host).collect()
    }

    /// Where the encrypted listener is, when `public_url` follows the plain one.
    pub(crate) fn other_url(&self) -> Option<Url> {
        let follows_plain = self.public_url.is_none() && !self.is_https_given;
        let https = self.https_listen.filter(|_| follows_plain)?;
        Some(url_of("https", https))
    }

    /// Where media comes in.
    pub(crate) fn media_udp_listen(&self) -> SocketAddr {
        let port = self.https_listen.map_or(PORT, |https| https.port());
        self.media_udp_listen
            .unwrap_or_else(|| (Ipv4Addr::UNSPECIFIED, port).into())
    }

    /// Where clients find the relay, best first, and the name it goes by: on the port for everything.
    pub(crate) fn relay(&self) -> Option<(Vec<String>, String)> {
        let port = self.https_listen?.port();
        let public = self.public_url();
        let host = self.media_host.as_ref().map(Host::to_string);
        let host = host.or_else(|| public.host_str().map(str::to_owned))?;
        let mut urls = Vec::new();
        // There is a certificate for a name only, and Firefox takes no other.
        if host.parse::<IpAddr>().is_err() && !host.starts_with('[') {
            urls.push(format!("turns:{host}:{port}?transport=tcp"));
        }
        // Browsers do without the relay rather than trust a certificate that nobody vouches for.
        urls.push(format!("turn:{host}:{port}?transport=tcp"));
        Some((urls, host))
    }

    /// The operator's key and secret for the rooms.
    pub(crate) fn livekit_credential(&self) -> Option<(&str, &str)> {
        let key = self.livekit_api_key.as_deref()?;
        let Secret(secret) = self.livekit_api_secret.as_ref()?;
        Some((key, secret))
    }

    /// The key that the server's own tokens name.
    pub(crate) const OWN_API_KEY: &str = "helpsight";
}

/// What no debug output shows.
#[derive(Clone)]
struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

fn url_of(scheme: &str, address: SocketAddr) -> Url {
    let text = if address.ip().is_unspecified() {
        format!("{scheme}://localhost:{}", address.port())
    } else {
        format!("{scheme}://{address}")
    };
    text.parse().expect("a socket address makes a URL")
}

/// Of media when nothing else says one.
const PORT: u16 = 8443;

impl Default for Settings {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::new(),
            public_url: None,
            http_listen: ([127, 0, 0, 1], 0).into(),
            trusted_proxies: Vec::new(),
            https_listen: None,
            is_https_given: false,
            media_udp_listen: None,
            media_host: None,
            media_public_addresses: Vec::new(),
            media_bandwidth_estimation: true,
            media_mends_ways: false,
            media_svc_codecs: false,
            metrics_listen: None,
            livekit_api_key: None,
            livekit_api_secret: None,
            livekit_simulate: false,
            asset_base_url: None,
            support_contact: None,
            participants_max: 0,
            policies: PolicyLayer::default(),
            log_filter: String::new(),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
