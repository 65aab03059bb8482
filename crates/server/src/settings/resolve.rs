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
    File { path: PathBuf, line: usize },
    Environment { name: String },
    Flag { name: &'static str },
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
    Ok(Resolved {
        settings,
        in_force: list::ALL.iter().filter_map(last_word).collect(),
    })
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
            Self::File { path, line } => write!(f, "{}, line {line}", path.display()),
            Self::Environment { name } => write!(f, "environment variable {name}"),
            Self::Flag { name } => write!(f, "flag --{name}"),
        }
    }
}
