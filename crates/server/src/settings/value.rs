use std::fmt;

/// A setting's value, whatever place it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    Number(i64),
    Switch(bool),
    List(Vec<String>),
}

/// What values a setting takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    Number,
    Switch,
    List,
}

impl Form {
    /// Reads a value from plain text, as the environment and the command line have it.
    pub(crate) fn read(self, text: &str) -> Result<Value, String> {
        match self {
            Self::Text => Ok(Value::Text(text.to_owned())),
            Self::Number => text
                .parse()
                .map(Value::Number)
                .map_err(|_| self.expectation()),
            Self::Switch => text
                .parse()
                .map(Value::Switch)
                .map_err(|_| self.expectation()),
            Self::List => {
                let items = text
                    .split(',')
                    .map(str::trim)
                    .filter(|item| !item.is_empty());
                Ok(Value::List(items.map(str::to_owned).collect()))
            }
        }
    }

    /// Says what is taken, for whoever wrote something else.
    pub(crate) fn expectation(self) -> String {
        match self {
            Self::Text => "must be a text in quotes",
            Self::Number => "must be a whole number",
            Self::Switch => "must be true or false",
            Self::List => "must be a list of texts, such as [\"a\", \"b\"]",
        }
        .to_owned()
    }
}

/// As TOML.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{}", toml::Value::from(text.as_str())),
            Self::Number(number) => write!(f, "{number}"),
            Self::Switch(on) => write!(f, "{on}"),
            Self::List(items) => write!(f, "{}", toml::Value::from(items.clone())),
        }
    }
}
