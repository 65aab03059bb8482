//! What a person at the terminal is told: on standard output when all is well, on standard error
//! when it is not.
//!
//! Nobody may be listening any more (a closed pipe), which must not stop the server.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
};

use url::Url;

/// What the person who has started the server wants to know.
#[derive(Debug)]
pub(crate) struct Started<'a> {
    pub(crate) public_url: &'a Url,
    /// Where the first owner begins, on a fresh installation.
    pub(crate) setup_link: Option<String>,
    /// Whether the browser will warn of the certificate.
    pub(crate) is_self_signed: bool,
    pub(crate) data_dir: &'a std::path::Path,
}

/// Says that the server is ready.
pub(crate) fn welcome(started: &Started<'_>) {
    say(&welcome_text(started));
}

/// Prints what was asked for.
pub(crate) fn print(text: &str) {
    say(text);
}

/// Says that the server stops.
pub(crate) fn farewell() {
    say("Stopping: telling everybody who is in a session.\n");
}

/// Says in one line why nothing more happens.
pub(crate) fn complain(error: &anyhow::Error) {
    let _ = writeln!(io::stderr(), "helpsight: {error:#}");
}

fn say(text: &str) {
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes());
    let _ = stdout.flush();
}

fn welcome_text(started: &Started<'_>) -> String {
    let url = started.public_url.as_str().trim_end_matches('/');
    let mut text = format!("Helpsight is ready at {url}\n");
    let _ = match &started.setup_link {
        Some(link) => writeln!(text, "  Set it up here:  {link}"),
        None => writeln!(text, "  Sign in here:    {url}/sign-in"),
    };
    if started.is_self_signed {
        let _ = writeln!(
            text,
            "  The certificate is self-signed: the browser asks once whether to go on."
        );
    }
    let _ = writeln!(text, "  Data folder:     {}", started.data_dir.display());
    let _ = writeln!(text, "  Stop with Ctrl-C.");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started(setup_link: Option<String>) -> String {
        welcome_text(&Started {
            public_url: &"https://help.example.com".parse().expect("an address"),
            setup_link,
            is_self_signed: false,
            data_dir: "/var/lib/helpsight".as_ref(),
        })
    }

    #[test]
    fn a_fresh_server_says_where_to_set_it_up() {
        let text = started(Some("https://help.example.com/setup#secret".to_owned()));
        assert!(text.contains("https://help.example.com/setup#secret\n"));
        assert!(text.contains("/var/lib/helpsight"));
    }

    #[test]
    fn a_server_that_is_set_up_says_where_to_sign_in() {
        assert!(started(None).contains("https://help.example.com/sign-in\n"));
    }
}
