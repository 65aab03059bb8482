use std::{
    fs,
    path::{Path, PathBuf},
};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    list::{self, Setting},
    resolve::{Given, SettingsError, Source, nearest},
    value::Value,
};

/// Reads a settings file; sections become the first part of a key.
pub(super) fn read(path: &Path) -> Result<Vec<Given>, SettingsError> {
    let text = fs::read_to_string(path).map_err(|source| SettingsError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let reader = Reader { path, text: &text };
    let table = DeTable::parse(&text).map_err(|error| SettingsError::NotToml {
        path: path.to_owned(),
        line: reader.line(error.span().map_or(0, |span| span.start)),
        problem: error.message().to_owned(),
    })?;
    let mut given = Vec::new();
    reader.read_table(table.get_ref(), "", &mut given)?;
    Ok(given)
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Reader<'_> {
    fn read_table(
        &self,
        table: &DeTable<'_>,
        section: &str,
        given: &mut Vec<Given>,
    ) -> Result<(), SettingsError> {
        for (name, value) in table {
            let key = format!("{section}{}", name.get_ref());
            let line = self.line(name.span().start);
            if let Some(setting) = list::ALL.iter().find(|setting| setting.key() == key) {
                given.push(self.read_value(setting, value, line)?);
            } else if let DeValue::Table(inner) = value.get_ref()
                && is_section(&key)
            {
                self.read_table(inner, &format!("{key}."), given)?;
            } else if is_section(&key) {
                return Err(SettingsError::BadValue {
                    key: key.clone(),
                    problem: format!("is a section: write [{key}] and its settings below"),
                    source_place: Source::File {
                        path: self.path.to_owned(),
                        line,
                    },
                });
            } else {
                return Err(SettingsError::UnknownKey {
                    path: self.path.to_owned(),
                    line,
                    nearest: nearest(&key, known_beside(section)),
                    key,
                });
            }
        }
        Ok(())
    }

    fn read_value(
        &self,
        setting: &'static Setting,
        value: &Spanned<DeValue<'_>>,
        line: usize,
    ) -> Result<Given, SettingsError> {
        let source = Source::File {
            path: PathBuf::from(self.path),
            line,
        };
        let read = match value.get_ref() {
            DeValue::String(text) => Some(Value::Text(text.to_string())),
            DeValue::Boolean(on) => Some(Value::Switch(*on)),
            DeValue::Integer(number) => {
                let number = i64::from_str_radix(number.as_str(), number.radix());
                number.ok().map(Value::Number)
            }
            DeValue::Array(items) => {
                let items = items
                    .iter()
                    .map(|item| item.get_ref().as_str().map(str::to_owned));
                items.collect::<Option<_>>().map(Value::List)
            }
            DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Table(_) => None,
        };
        match read {
            Some(value) => Ok(Given {
                setting,
                value,
                source,
            }),
            None => Err(SettingsError::BadValue {
                key: setting.key(),
                problem: setting.form.expectation(),
                source_place: source,
            }),
        }
    }

    /// The line, counted from 1, of a byte of the text.
    fn line(&self, offset: usize) -> usize {
        let before = self.text.as_bytes().iter().take(offset);
        1 + before.filter(|byte| **byte == b'\n').count()
    }
}

/// What can be meant by a name: in a section its settings, outside also a section.
fn known_beside(section: &str) -> impl Iterator<Item = String> + '_ {
    let keys = list::ALL.iter().map(Setting::key);
    let sections = list::ALL.iter().filter_map(|setting| setting.section);
    let sections = sections
        .filter(move |_| section.is_empty())
        .map(str::to_owned);
    keys.filter(move |key| key.starts_with(section))
        .chain(sections)
}

/// Whether some setting's key begins with this.
fn is_section(key: &str) -> bool {
    let prefix = format!("{key}.");
    list::ALL
        .iter()
        .any(|setting| setting.key().starts_with(&prefix))
}
