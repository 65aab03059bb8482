use super::{
    list::{self, Setting},
    resolve::{Given, SettingsError, Source, nearest},
};

/// Reads the variables that begin with `HELPSIGHT_`; an unknown one is most likely a mistyped one.
pub(super) fn read(
    variables: impl IntoIterator<Item = (String, String)>,
) -> Result<Vec<Given>, SettingsError> {
    let mut given = Vec::new();
    for (name, text) in variables {
        if !name.starts_with(PREFIX) {
            continue;
        }
        let setting = list::ALL
            .iter()
            .find(|setting| setting.variable() == name)
            .ok_or_else(|| SettingsError::UnknownVariable {
                nearest: nearest(&name, list::ALL.iter().map(Setting::variable)),
                name: name.clone(),
            })?;
        let source = Source::Environment { name };
        match setting.form.read(&text) {
            Ok(value) => given.push(Given {
                setting,
                value,
                source,
            }),
            Err(problem) => {
                return Err(SettingsError::BadValue {
                    key: setting.key(),
                    problem,
                    source_place: source,
                });
            }
        }
    }
    Ok(given)
}

/// What the names of our variables begin with.
pub(crate) const PREFIX: &str = "HELPSIGHT_";
