use super::settings;
use crate::{announcement, command_line::Config, settings};

/// `helpsight config`
pub(crate) fn run(config: &Config) -> anyhow::Result<()> {
    let text = if config.example {
        settings::example()
    } else if config.reference {
        settings::reference()
    } else {
        settings::effective(&settings(&config.flags)?)
    };
    announcement::print(&text);
    Ok(())
}
