//! What is written about the settings: the values in force, the example file, the reference.

use std::fmt::Write as _;

use super::{
    list::{self, Setting},
    resolve::{Resolved, Source},
};

/// The settings in force as a file, each with the place that it comes from.
pub(crate) fn effective(resolved: &Resolved) -> String {
    let mut text = String::new();
    let mut section = None;
    for given in &resolved.in_force {
        begin_section(&mut text, &mut section, given.setting);
        let name = given.setting.toml_name();
        let _ = if given.setting.is_secret() {
            writeln!(text, "# {name} is not shown: {}", given.source)
        } else {
            writeln!(text, "{name} = {}  # {}", given.value, given.source)
        };
    }
    let has_public_url = |source: &Source| *source != Source::Default;
    let is_given = resolved
        .in_force
        .iter()
        .any(|given| given.setting.name == "public_url" && has_public_url(&given.source));
    if !is_given {
        let url = resolved.settings.public_url();
        text.insert_str(0, &format!("# public_url follows the listener: {url}\n"));
    }
    text
}

/// A file with every setting, commented out unless it is a default.
pub(crate) fn example() -> String {
    let mut text = EXAMPLE_HEAD.to_owned();
    let mut section = None;
    for setting in list::ALL {
        begin_section(&mut text, &mut section, setting);
        for line in wrapped(setting.description) {
            let _ = writeln!(text, "# {line}");
        }
        let value = setting.default.unwrap_or(setting.example);
        let _ = writeln!(text, "# {} = {value}\n", setting.toml_name());
    }
    text.trim_end().to_owned() + "\n"
}

/// Every setting with its names, as Markdown.
pub(crate) fn reference() -> String {
    let mut text = REFERENCE_HEAD.to_owned();
    for setting in list::ALL {
        let flag = setting
            .flag
            .map_or_else(|| "none".to_owned(), |flag| format!("`--{flag}`"));
        let default = setting
            .default
            .map_or_else(|| "none".to_owned(), |default| format!("`{default}`"));
        let _ = write!(
            text,
            "\n## `{}`\n\n{}\n\n- Default: {default}\n- Environment: `{}`\n- Flag: {flag}\n",
            setting.key(),
            setting.description,
            setting.variable(),
        );
        if setting.default.is_none() {
            let _ = writeln!(text, "- Example: `{}`", setting.example);
        }
    }
    text
}

fn begin_section(text: &mut String, section: &mut Option<&'static str>, setting: &Setting) {
    if *section == setting.section {
        return;
    }
    *section = setting.section;
    if let Some(name) = setting.section {
        if !text.is_empty() && !text.ends_with("\n\n") {
            text.push('\n');
        }
        let _ = writeln!(text, "[{name}]");
    }
}

fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is a line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.len() + 1 + word.len() <= LINE_CHARS_MAX {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

const LINE_CHARS_MAX: usize = 96;

const EXAMPLE_HEAD: &str = "\
# Every setting of Helpsight. What is commented out shows the default, or an example where there
# is none. Use it with: helpsight serve --config helpsight.toml
# The environment (HELPSIGHT_HTTP__LISTEN for [http] listen) stands above this file, and the
# command line above both. This file is generated: helpsight config --example

";

const REFERENCE_HEAD: &str = "\
# Settings

A setting comes from its default, the settings file (`--config`), the environment, or the command
line; the last of them that names it counts. Nothing is ignored: an unknown key, an unknown
`HELPSIGHT_` variable and a value that cannot be used stop the start with a message that says
where. `helpsight config` prints what is in force and where each value comes from.

Lists are separated by commas in the environment; on the command line the flag is repeated.

This page is generated: `helpsight config --reference`.
";
