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
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use domain::PolicyLayer;
use ipnet::IpNet;
use url::Url;

pub(crate) use documents::{effective, example, reference};
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
    pub(crate) media_udp_listen: SocketAddr,
    pub(crate) media_public_addresses: Vec<IpAddr>,
    pub(crate) asset_base_url: Option<Url>,
    pub(crate) support_contact: Option<String>,
    pub(crate) participants_max: u32,
    pub(crate) policies: PolicyLayer,
    pub(crate) log_filter: String,
}

impl Settings {
    /// Where people's browsers find this installation.
    ///
    /// Unless it is set, that is the encrypted listener, because browsers give camera and
    /// microphone to encrypted pages and to `localhost` only.
    pub(crate) fn public_url(&self) -> Url {
        if let Some(url) = &self.public_url {
            return url.clone();
        }
        let (scheme, address) = match self.https_listen {
            Some(address) => ("https", address),
            None => ("http", self.http_listen),
        };
        let text = if address.ip().is_unspecified() {
            format!("{scheme}://localhost:{}", address.port())
        } else {
            format!("{scheme}://{address}")
        };
        text.parse().expect("a socket address makes a URL")
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::new(),
            public_url: None,
            http_listen: ([127, 0, 0, 1], 0).into(),
            trusted_proxies: Vec::new(),
            https_listen: None,
            media_udp_listen: ([0, 0, 0, 0], 0).into(),
            media_public_addresses: Vec::new(),
            asset_base_url: None,
            support_contact: None,
            participants_max: 0,
            policies: PolicyLayer::default(),
            log_filter: String::new(),
        }
    }
}

#[cfg(test)]
mod tests;
