use std::{fmt, io, path::PathBuf};

use super::{
    Flags, Settings, environment, file,
    list::{self, Setting},
    value::Value,
};

/// The settings in force, and where each comes from.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) settings: Settings,
    /// In the order of the list; without those that have no value.
    pub(crate) in_force: Vec<Given>,
}

/// A value that some place gives to a setting.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    pub(crate) setting: &'static Setting,
    pub(crate) value: Value,
    pub(crate) source: Source,
}

/// Where a value comes from, the weakest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    Default,
    /// The number of another setting.
    Follows(&'static str),
    File {
        path: PathBuf,
        line: usize,
    },
    Environment {
        name: String,
    },
    Flag {
        name: &'static str,
    },
}

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    #[error("the settings file {} cannot be read", path.display())]
    Unreadable {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{}, line {line}: this is not TOML: {problem}", path.display())]
    NotToml {
        path: PathBuf,
        line: usize,
        problem: String,
    },
    #[error("{}, line {line}: there is no setting {key}; the nearest is {nearest} (helpsight config --reference lists all)", path.display())]
    UnknownKey {
        path: PathBuf,
        line: usize,
        key: String,
        nearest: String,
    },
    #[error(
        "there is no setting for the environment variable {name}; the nearest is {nearest} (helpsight config --reference lists all)"
    )]
    UnknownVariable { name: String, nearest: String },
    #[error("{source_place}: {key} {problem}")]
    BadValue {
        key: String,
        problem: String,
        source_place: Source,
    },
}

/// Reads all places; the last word counts, and every word must be right.
pub(crate) fn resolve(
    flags: &Flags,
    variables: impl IntoIterator<Item = (String, String)>,
) -> Result<Resolved, SettingsError> {
    let mut words = defaults();
    if let Some(path) = &flags.config {
        words.extend(file::read(path)?);
    }
    words.extend(environment::read(variables)?);
    words.extend(from_flags(flags));

    let mut settings = Settings::default();
    for given in &words {
        (given.setting.apply)(&mut settings, &given.value).map_err(|problem| {
            SettingsError::BadValue {
                key: given.setting.key(),
                problem,
                source_place: given.source.clone(),
            }
        })?;
    }
    let last_word = |setting: &'static Setting| {
        let of_setting = |given: &&Given| std::ptr::eq(given.setting, setting);
        words.iter().rev().find(of_setting).cloned()
    };
    let mut in_force: Vec<Given> = list::ALL.iter().filter_map(last_word).collect();
    let is_https = |given: &Given| given.setting.key() == "https.listen";
    settings.is_https_given = in_force
        .iter()
        .any(|given| is_https(given) && given.source != Source::Default);
    check_pair(&in_force)?;
    follow_https(&settings, &mut in_force);
    Ok(Resolved { settings, in_force })
}

/// Half of a credential would be off without a word.
fn check_pair(in_force: &[Given]) -> Result<(), SettingsError> {
    let given = |key: &str| in_force.iter().find(|given| given.setting.key() == key);
    let (key, secret) = ("livekit.api_key", "livekit.api_secret");
    let (alone, missing) = match (given(key), given(secret)) {
        (Some(alone), None) => (alone, secret),
        (None, Some(alone)) => (alone, key),
        (Some(_), Some(_)) | (None, None) => return Ok(()),
    };
    Err(SettingsError::BadValue {
        key: alone.setting.key(),
        problem: format!("needs {missing} beside it"),
        source_place: alone.source.clone(),
    })
}

/// Shows what the media port is when nobody said one.
fn follow_https(settings: &Settings, in_force: &mut Vec<Given>) {
    if settings.media_udp_listen.is_some() {
        return;
    }
    let setting = list::ALL
        .iter()
        .find(|setting| setting.key() == "media.udp_listen")
        .expect("it is on the list");
    let follower = Given {
        setting,
        value: Value::Text(settings.media_udp_listen().to_string()),
        source: Source::Follows("https.listen"),
    };
    let is_before = |given: &Given| given.setting.section != setting.section;
    let place = in_force.iter().position(|given| !is_before(given));
    let place = place.expect("media.public_address has a default");
    in_force.insert(place, follower);
}

/// The known name that a mistyped one most likely means.
pub(super) fn nearest(name: &str, known: impl Iterator<Item = String>) -> String {
    known
        .min_by_key(|candidate| strsim::damerau_levenshtein(name, candidate))
        .expect("there are settings")
}

fn defaults() -> Vec<Given> {
    let given = |setting: &'static Setting| {
        Some(Given {
            setting,
            value: read_toml(setting.default?),
            source: Source::Default,
        })
    };
    list::ALL.iter().filter_map(given).collect()
}

fn from_flags(flags: &Flags) -> impl Iterator<Item = Given> + '_ {
    flags.given.iter().filter_map(|(flag, value)| {
        let setting = list::ALL.iter().find(|it| it.flag == Some(flag))?;
        Some(Given {
            setting,
            value: value.clone(),
            source: Source::Flag { name: flag },
        })
    })
}

/// A default, which the list has as it stands in a file.
fn read_toml(text: &str) -> Value {
    match text.parse().expect("defaults are TOML") {
        toml::Value::String(text) => Value::Text(text),
        toml::Value::Integer(number) => Value::Number(number),
        toml::Value::Boolean(on) => Value::Switch(on),
        toml::Value::Array(items) => {
            let texts = items.iter().filter_map(toml::Value::as_str);
            Value::List(texts.map(str::to_owned).collect())
        }
        toml::Value::Float(_) | toml::Value::Datetime(_) | toml::Value::Table(_) => {
            unreachable!("no setting takes such a value")
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => write!(f, "default"),
            Self::Follows(key) => write!(f, "default: the port of {key}"),
            Self::File { path, line } => write!(f, "{}, line {line}", path.display()),
            Self::Environment { name } => write!(f, "environment variable {name}"),
            Self::Flag { name } => write!(f, "flag --{name}"),
        }
    }
}
