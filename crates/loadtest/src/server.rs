//! A server of its own for each run: the real binary with an empty data folder.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::Context as _;
use signal::{Grant, Keys};
use tempfile::TempDir;

/// Stopped when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
    address: String,
    keys: Keys,
    _folder: TempDir,
}

impl Server {
    pub(crate) fn start(binary: &Path, estimates_bandwidth: bool) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let keys = Keys {
            api_key: "loadtest".to_owned(),
            api_secret: "good for nothing but this run on loopback".to_owned(),
        };
        let settings = [
            ("DATA_DIR", folder.path().display().to_string()),
            ("HTTP__LISTEN", "127.0.0.1:0".to_owned()),
            // One address must not hold more than a client's share of connections, but a proxy may.
            ("HTTP__TRUSTED_PROXIES", "127.0.0.1/32".to_owned()),
            ("HTTPS__LISTEN", "off".to_owned()),
            ("MEDIA__UDP_LISTEN", "127.0.0.1:0".to_owned()),
            (
                "MEDIA__BANDWIDTH_ESTIMATION",
                estimates_bandwidth.to_string(),
            ),
            ("LIVEKIT__API_KEY", keys.api_key.clone()),
            ("LIVEKIT__API_SECRET", keys.api_secret.clone()),
            ("LOG__FILTER", "warn".to_owned()),
        ];
        let settings = settings.map(|(name, value)| (format!("HELPSIGHT_{name}"), value));
        let mut process = Command::new(binary)
            .arg("serve")
            .envs(settings)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} cannot be started", binary.display()))?;
        let said = process.stdout.take().context("its output is piped")?;
        let mut server = Self {
            process,
            address: String::new(),
            keys,
            _folder: folder,
        };
        for line in BufReader::new(said).lines() {
            if let Some((_, address)) = line?.split_once("ready at http://") {
                address.clone_into(&mut server.address);
                return Ok(server);
            }
        }
        anyhow::bail!("the server ended before it was ready");
    }

    /// As `/proc` names it.
    pub(crate) fn process(&self) -> String {
        self.process.id().to_string()
    }

    pub(crate) fn address(&self) -> client::Server {
        client::Server {
            url: format!("ws://{}", self.address),
        }
    }

    /// What lets a participant into a room.
    pub(crate) fn token(&self, room: usize, person: usize) -> anyhow::Result<String> {
        let grant = Grant {
            room: format!("load-{room}"),
            identity: format!("person-{room}-{person}"),
            name: String::new(),
            can_publish: true,
            can_publish_data: true,
            path_mode: signal::PathMode::Automatic,
        };
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
        Ok(self.keys.mint(&grant, now, TOKEN_LIFETIME))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has nothing to lose, and may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

const TOKEN_LIFETIME: Duration = Duration::from_secs(3600);
