use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, builder::PathBufValueParser};

use super::{
    list,
    value::{Form, Value},
};

/// The settings that the command line can give.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flags {
    /// The settings file.
    pub(crate) config: Option<PathBuf>,
    /// Flag and value, for each that was given.
    pub(crate) given: Vec<(&'static str, Value)>,
}

impl clap::Args for Flags {
    fn augment_args(command: Command) -> Command {
        let config = Arg::new("config")
            .long("config")
            .value_name("FILE")
            .value_parser(PathBufValueParser::new())
            .help("Read settings from this file");
        list::ALL
            .iter()
            .fold(command.arg(config), |command, setting| {
                let Some(flag) = setting.flag else {
                    return command;
                };
                let repeats = match setting.form {
                    Form::List => ArgAction::Append,
                    Form::Text | Form::Number | Form::Switch => ArgAction::Set,
                };
                let default = setting.default.unwrap_or("none");
                let help = format!(
                    "{} [{}, default: {default}]",
                    setting.description,
                    setting.key()
                );
                command.arg(Arg::new(flag).long(flag).action(repeats).help(help))
            })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl clap::FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut given = Vec::new();
        for setting in list::ALL {
            let Some(flag) = setting.flag else { continue };
            let Some(mut texts) = matches.get_many::<String>(flag) else {
                continue;
            };
            let value = match setting.form {
                Form::List => Ok(Value::List(texts.cloned().collect())),
                form @ (Form::Text | Form::Number | Form::Switch) => form.read(
                    texts
                        .next_back()
                        .expect("a flag that was given has a value"),
                ),
            };
            let value = value.map_err(|problem| {
                let message = format!("--{flag} {problem}\n");
                clap::Error::raw(clap::error::ErrorKind::InvalidValue, message)
            })?;
            given.push((flag, value));
        }
        Ok(Self {
            config: matches.get_one::<PathBuf>("config").cloned(),
            given,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
