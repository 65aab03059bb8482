//! Every setting there is.

use domain::{PathMode, PolicyKind, PolicyLevel, PolicyName, PolicyValue};
use tracing_subscriber::EnvFilter;
use url::Url;

use super::{
    Secret, Settings,
    value::{Form, Value},
};

/// One setting.
#[derive(Debug)]
pub(crate) struct Setting {
    /// The section of the file it stands in, if it stands in one.
    pub(crate) section: Option<&'static str>,
    pub(crate) name: &'static str,
    pub(crate) form: Form,
    /// As TOML; `None` when there is no value unless one is given.
    pub(crate) default: Option<&'static str>,
    /// As TOML, for the example file, where there is no default.
    pub(crate) example: &'static str,
    pub(crate) flag: Option<&'static str>,
    pub(crate) description: &'static str,
    /// Takes the value over, or says what is wrong with it.
    pub(crate) apply: fn(&mut Settings, &Value) -> Result<(), String>,
}

impl Setting {
    /// `section.name`, as in the file.
    pub(crate) fn key(&self) -> String {
        match self.section {
            Some(section) => format!("{section}.{}", self.name),
            None => self.name.to_owned(),
        }
    }

    /// The environment variable.
    pub(crate) fn variable(&self) -> String {
        let name = self.name.replace('.', "_").to_uppercase();
        match self.section {
            Some(section) => format!("HELPSIGHT_{}__{name}", section.to_uppercase()),
            None => format!("HELPSIGHT_{name}"),
        }
    }

    /// Whether the value must not be shown.
    pub(crate) fn is_secret(&self) -> bool {
        self.name == "api_secret"
    }

    /// The name as it is written in its section of a TOML file.
    pub(crate) fn toml_name(&self) -> String {
        if self.name.contains('.') {
            format!("\"{}\"", self.name)
        } else {
            self.name.to_owned()
        }
    }
}

pub(crate) static ALL: &[Setting] = &[
    Setting {
        section: None,
        name: "data_dir",
        form: Form::Text,
        default: Some(r#""./.helpsight""#),
        example: "",
        flag: Some("data-dir"),
        description: "The folder that holds everything Helpsight keeps: the database, keys and certificates.",
        apply: |settings, value| {
            settings.data_dir = text(value)?.into();
            Ok(())
        },
    },
    Setting {
        section: None,
        name: "public_url",
        form: Form::Text,
        default: None,
        example: r#""https://help.example.com""#,
        flag: Some("public-url"),
        description: "The address at which people's browsers find Helpsight; links and cookies are made for it. Without one it is that of the listener.",
        apply: |settings, value| {
            let url = web_address(value)?;
            if url.path() != "/" {
                return Err("must end with the host or its port: Helpsight takes the whole of a host, and no path below it".to_owned());
            }
            settings.public_url = Some(url);
            Ok(())
        },
    },
    Setting {
        section: Some("http"),
        name: "listen",
        form: Form::Text,
        default: Some(r#""127.0.0.1:8080""#),
        example: "",
        flag: Some("http"),
        description: "Address and port for plain HTTP: for this machine, or behind a proxy that ends TLS.",
        apply: |settings, value| {
            settings.http_listen = parsed(value, LISTEN)?;
            Ok(())
        },
    },
    Setting {
        section: Some("http"),
        name: "trusted_proxies",
        form: Form::List,
        default: Some("[]"),
        example: "",
        flag: None,
        description: "Networks of reverse proxies whose X-Forwarded-For header tells the client's address.",
        apply: |settings, value| {
            settings.trusted_proxies = list(value, "must be networks, such as 10.0.0.0/8")?;
            Ok(())
        },
    },
    Setting {
        section: Some("https"),
        name: "listen",
        form: Form::Text,
        default: Some(r#""0.0.0.0:8443""#),
        example: "",
        flag: Some("https"),
        description: "Address and port for HTTPS with a self-signed certificate, which is made at the first start and kept in the data folder; \"off\" for none.",
        apply: |settings, value| {
            settings.https_listen = match text(value)?.as_str() {
                "off" => None,
                _ => Some(parsed(value, LISTEN_OR_OFF)?),
            };
            Ok(())
        },
    },
    Setting {
        section: Some("media"),
        name: "udp_listen",
        form: Form::Text,
        default: None,
        example: r#""0.0.0.0:8443""#,
        flag: None,
        description: "Address and port for all audio and video. Clients must reach this UDP port. Without one it is the number of https.listen at every address of this machine (8443 when HTTPS is off).",
        apply: |settings, value| {
            settings.media_udp_listen = Some(parsed(value, LISTEN)?);
            Ok(())
        },
    },
    Setting {
        section: Some("media"),
        name: "host",
        form: Form::Text,
        default: None,
        example: r#""media.example.com""#,
        flag: None,
        description: "The host name or IP address at which clients reach the media port, when public_url leads to a proxy or CDN, or a NAT hides this machine. It is looked up once at the start; clients are told its addresses, together with media.public_address.",
        apply: |settings, value| {
            let host = url::Host::parse(&text(value)?);
            settings.media_host = Some(host.map_err(|_| HOST)?);
            Ok(())
        },
    },
    Setting {
        section: Some("media"),
        name: "public_address",
        form: Form::List,
        default: Some("[]"),
        example: "",
        flag: Some("public-address"),
        description: "The IP addresses at which clients reach the media port, when a NAT hides them. Without any, and without media.host, they are those of this machine.",
        apply: |settings, value| {
            settings.media_public_addresses =
                list(value, "must be IP addresses, such as 203.0.113.7")?;
            Ok(())
        },
    },
    Setting {
        section: Some("media"),
        name: "bandwidth_estimation",
        form: Form::Switch,
        default: Some("true"),
        example: "",
        flag: None,
        description: "Whether the server measures how much each participant's link carries, and chooses the sizes of pictures by it. False: everybody is sent all that they ask for, which costs less and is for networks that are wide everywhere.",
        apply: |settings, value| {
            settings.media_bandwidth_estimation = switch(value)?;
            Ok(())
        },
    },
    Setting {
        section: Some("media"),
        name: "mends_ways",
        form: Form::Switch,
        default: Some("false"),
        example: "",
        flag: None,
        description: "On trial. True: a way of media that dies under a call is noticed within a second and replaced by another one of the ladder, and the better one is taken again when it is back. On links with heavy loss a data message may get lost on the way.",
        apply: |settings, value| {
            settings.media_mends_ways = switch(value)?;
            Ok(())
        },
    },
    Setting {
        section: Some("media"),
        name: "svc_codecs",
        form: Form::Switch,
        default: Some("false"),
        example: "",
        flag: None,
        description: "Whether clients may publish VP9 and AV1. Such a picture is sent to everybody with all its layers, whatever their links carry: for networks that are wide everywhere. False: who wants to publish them publishes VP8.",
        apply: |settings, value| {
            settings.media_svc_codecs = switch(value)?;
            Ok(())
        },
    },
    Setting {
        section: Some("livekit"),
        name: "api_key",
        form: Form::Text,
        default: None,
        example: r#""operator""#,
        flag: None,
        description: "Names the operator's own credential for every room of the installation, with which LiveKit tools sign tokens (a room's name is the session's id). Off unless given, together with livekit.api_secret.",
        apply: |settings, value| {
            let key = text(value)?;
            if key == Settings::OWN_API_KEY {
                return Err(format!("must not be {key:?}, with which the server signs"));
            }
            settings.livekit_api_key = Some(key);
            Ok(())
        },
    },
    Setting {
        section: Some("livekit"),
        name: "api_secret",
        form: Form::Text,
        default: None,
        example: r#""at least 32 characters that nobody guesses""#,
        flag: None,
        description: "The secret of livekit.api_key: at least 32 characters. Whoever has it can enter every session: never give it to an organisation.",
        apply: |settings, value| {
            let secret = text(value)?;
            if secret.chars().count() < API_SECRET_CHARS_MIN {
                return Err(format!(
                    "must have at least {API_SECRET_CHARS_MIN} characters"
                ));
            }
            settings.livekit_api_secret = Some(Secret(secret));
            Ok(())
        },
    },
    Setting {
        section: Some("livekit"),
        name: "simulate",
        form: Form::Switch,
        default: Some("false"),
        example: "",
        flag: None,
        description: "Whether a client may ask for faults of its own connection (LiveKit's SimulateScenario), to see how it bears them. For those who build clients; false everywhere else.",
        apply: |settings, value| {
            settings.livekit_simulate = switch(value)?;
            Ok(())
        },
    },
    Setting {
        section: Some("web"),
        name: "asset_base_url",
        form: Form::Text,
        default: None,
        example: r#""https://cdn.example.com/helpsight""#,
        flag: None,
        description: "Where browsers fetch the web app's unchanging files instead of from here: a CDN in front of this server.",
        apply: |settings, value| {
            settings.asset_base_url = Some(asset_address(value)?);
            Ok(())
        },
    },
    Setting {
        section: Some("support"),
        name: "contact",
        form: Form::Text,
        default: None,
        example: r#""help@example.com""#,
        flag: None,
        description: "Whom people can ask when nothing works; shown on every page of failure.",
        apply: |settings, value| {
            settings.support_contact = Some(contact(value)?);
            Ok(())
        },
    },
    Setting {
        section: Some("sessions"),
        name: "participants_max",
        form: Form::Number,
        default: Some("8"),
        example: "",
        flag: None,
        description: "How many people one session takes at the same time: 2 to 50.",
        apply: |settings, value| {
            settings.participants_max = number(value, 2, 50)?;
            Ok(())
        },
    },
    Setting {
        section: Some("policies"),
        name: "sessions.guests",
        form: Form::Switch,
        default: None,
        example: "true",
        flag: None,
        description: "False: nobody without an account may join a session, whatever organisations say.",
        apply: |settings, value| policy(settings, PolicyName::SessionsGuests, value),
    },
    Setting {
        section: Some("policies"),
        name: "sessions.code_ttl",
        form: Form::Number,
        default: None,
        example: "604800",
        flag: None,
        description: "How long join codes and links work, in seconds (3600 to 2592000), where organisations say nothing.",
        apply: |settings, value| policy(settings, PolicyName::SessionsCodeTtl, value),
    },
    Setting {
        section: Some("policies"),
        name: "files.enabled",
        form: Form::Switch,
        default: None,
        example: "true",
        flag: None,
        description: "False: no recordings and no shared files, whatever organisations say.",
        apply: |settings, value| policy(settings, PolicyName::FilesEnabled, value),
    },
    Setting {
        section: Some("policies"),
        name: "media.path_mode",
        form: Form::Text,
        default: None,
        example: r#""automatic""#,
        flag: None,
        description: "Which ways through the network media may take: automatic (all), no-relay (UDP and TCP), tcp-443 (TCP and the relay) or relay. Organisations and people can only narrow it.",
        apply: |settings, value| policy(settings, PolicyName::MediaPathMode, value),
    },
    Setting {
        section: Some("metrics"),
        name: "listen",
        form: Form::Text,
        default: None,
        example: r#""127.0.0.1:9090""#,
        flag: None,
        description: "Address and port for GET /metrics in Prometheus' text format, without a password: for your monitoring only. Off unless given.",
        apply: |settings, value| {
            settings.metrics_listen = Some(parsed(value, LISTEN)?);
            Ok(())
        },
    },
    Setting {
        section: Some("log"),
        name: "filter",
        form: Form::Text,
        default: Some(r#""info""#),
        example: "",
        flag: None,
        description: "What goes to the log on standard error: error, warn, info, debug or trace, also by part, as in \"info,api=debug\" (which logs every request).",
        apply: |settings, value| {
            let filter = text(value)?;
            EnvFilter::try_new(&filter)
                .map_err(|_| "must be a level or a list such as \"info,api=debug\"")?;
            settings.log_filter = filter;
            Ok(())
        },
    },
];

const LISTEN: &str = "must be an address with a port, such as 127.0.0.1:8080";
const LISTEN_OR_OFF: &str = "must be an address with a port, such as 0.0.0.0:8443, or \"off\"";
const HOST: &str = "must be a host name or an IP address, such as media.example.com";
/// As many as HMAC-SHA-256 makes use of.
const API_SECRET_CHARS_MIN: usize = 32;

fn text(value: &Value) -> Result<String, String> {
    match value {
        Value::Text(text) if !text.trim().is_empty() => Ok(text.clone()),
        Value::Text(_) => Err("must not be empty".to_owned()),
        _ => Err(Form::Text.expectation()),
    }
}

fn parsed<T: std::str::FromStr>(value: &Value, expectation: &str) -> Result<T, String> {
    text(value)?.parse().map_err(|_| expectation.to_owned())
}

fn list<T: std::str::FromStr>(value: &Value, expectation: &str) -> Result<Vec<T>, String> {
    let Value::List(items) = value else {
        return Err(Form::List.expectation());
    };
    let items = items.iter().map(|item| item.parse());
    items
        .collect::<Result<_, _>>()
        .map_err(|_| expectation.to_owned())
}

fn number(value: &Value, min: u32, max: u32) -> Result<u32, String> {
    let Value::Number(number) = value else {
        return Err(Form::Number.expectation());
    };
    u32::try_from(*number)
        .ok()
        .filter(|number| (min..=max).contains(number))
        .ok_or_else(|| format!("must be from {min} to {max}"))
}

fn switch(value: &Value) -> Result<bool, String> {
    match value {
        Value::Switch(on) => Ok(*on),
        _ => Err(Form::Switch.expectation()),
    }
}

fn web_address(value: &Value) -> Result<Url, String> {
    let url: Url = parsed(value, WEB_ADDRESS)?;
    let is_anybodys = url.username().is_empty() && url.password().is_none();
    let is_plain = url.query().is_none() && url.fragment().is_none() && is_anybodys;
    if matches!(url.scheme(), "http" | "https") && url.has_host() && is_plain {
        Ok(url)
    } else {
        Err(WEB_ADDRESS.to_owned())
    }
}

/// It stands in the content security policy, where some signs mean something else.
fn asset_address(value: &Value) -> Result<Url, String> {
    let url = web_address(value)?;
    let is_host = match url.host() {
        Some(url::Host::Domain(name)) => name.split('.').all(|label| {
            !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        }),
        Some(url::Host::Ipv4(_) | url::Host::Ipv6(_)) => true,
        None => false,
    };
    let is_path = url
        .path()
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "/-._~%".contains(c));
    if is_host && is_path {
        Ok(url)
    } else {
        Err(ASSET_ADDRESS.to_owned())
    }
}

/// People read it and may follow it: an address of e-mail or the web, a number, or words.
fn contact(value: &Value) -> Result<String, String> {
    let contact = text(value)?;
    let scheme = Url::parse(contact.trim()).map(|url| url.scheme().to_owned());
    let is_harmful = scheme.is_ok_and(|scheme| HARMFUL_SCHEMES.contains(&scheme.as_str()));
    let is_line =
        contact.chars().count() <= CONTACT_CHARS_MAX && !contact.contains(char::is_control);
    if is_harmful || !is_line {
        return Err(CONTACT.to_owned());
    }
    Ok(contact)
}

const HARMFUL_SCHEMES: [&str; 6] = ["javascript", "data", "vbscript", "blob", "file", "about"];
const CONTACT_CHARS_MAX: usize = 200;
const CONTACT: &str =
    "must be an e-mail address, a web address, a telephone number or a line of words";
const ASSET_ADDRESS: &str =
    "must be a web address of a plain host and path, such as https://cdn.example.com/helpsight";
const WEB_ADDRESS: &str = "must be a web address, such as https://help.example.com";

fn policy(settings: &mut Settings, name: PolicyName, value: &Value) -> Result<(), String> {
    let kind = name.kind();
    let expectation = match kind {
        PolicyKind::Switch => Form::Switch.expectation(),
        PolicyKind::Seconds { min, max } => format!("must be from {min} to {max}"),
        PolicyKind::PathMode => format!("must be one of {}", PathMode::WORDS.join(", ")),
    };
    let value = match (kind, value) {
        (PolicyKind::Switch, Value::Switch(on)) => PolicyValue::Switch(*on),
        (PolicyKind::Seconds { .. }, Value::Number(seconds)) => {
            PolicyValue::Seconds(u64::try_from(*seconds).map_err(|_| expectation.clone())?)
        }
        (PolicyKind::PathMode, Value::Text(mode)) => {
            PolicyValue::PathMode(mode.parse().map_err(|_| expectation.clone())?)
        }
        (PolicyKind::Switch | PolicyKind::Seconds { .. } | PolicyKind::PathMode, _) => {
            return Err(expectation);
        }
    };
    settings
        .policies
        .set(PolicyLevel::Installation, name, value)
        .map_err(|_| expectation)
}
