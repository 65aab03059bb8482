//! What a person at the terminal is told: on standard output when all is well, on standard error
//! when it is not.
//!
//! Nobody may be listening any more (a closed pipe), which must not stop the server.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
};

use domain::SessionId;
use url::Url;

/// What the person who has started the server wants to know.
#[derive(Debug)]
pub(crate) struct Started<'a> {
    pub(crate) public_url: &'a Url,
    /// Where the first owner begins, on a fresh installation.
    pub(crate) setup_link: Option<String>,
    /// Where the encrypted listener is, when the address is not its own.
    pub(crate) other_url: Option<Url>,
    /// Whether the browser will warn of the certificate.
    pub(crate) is_self_signed: bool,
    pub(crate) data_dir: &'a std::path::Path,
    /// Whether somebody simulated will need help.
    pub(crate) is_demo: bool,
}

/// Says that the server is ready.
pub(crate) fn welcome(started: &Started<'_>) {
    say(&welcome_text(started));
}

/// Says where the simulated person waits.
pub(crate) fn demo(public_url: &Url, session: SessionId) {
    say(&demo_text(public_url, session));
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
    let _ = writeln!(io::stderr(), "helpsight: {}", in_one_line(error));
}

/// An error and its causes; some libraries repeat a cause in the text of what it led to.
fn in_one_line(error: &anyhow::Error) -> String {
    let mut said: Vec<String> = Vec::new();
    for cause in error.chain() {
        let text = cause.to_string();
        if !said.last().is_some_and(|before| before.ends_with(&text)) {
            said.push(text);
        }
    }
    said.join(": ")
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
    if let Some(other) = &started.other_url {
        let port = other.port_or_known_default().unwrap_or_default();
        let _ = writeln!(
            text,
            "  Other devices:   https://<this machine>:{port} (self-signed: the browser asks once)"
        );
    }
    if started.is_demo && started.setup_link.is_some() {
        let _ = writeln!(
            text,
            "  Demo:            somebody with a faulty pump waits for you once it is set up."
        );
    }
    let _ = writeln!(text, "  Data folder:     {}", started.data_dir.display());
    let _ = writeln!(text, "  Stop with Ctrl-C.");
    text
}

fn demo_text(public_url: &Url, session: SessionId) -> String {
    let url = public_url.as_str().trim_end_matches('/');
    format!(
        "The demo participant waits for help: sign in and open {url}/sessions/{session}\n\
         (It is simulated. Remove it or end the session when you have seen enough.)\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started(setup_link: Option<String>) -> String {
        welcome_text(&Started {
            public_url: &address(),
            setup_link,
            other_url: Some("https://localhost:8443".parse().expect("an address")),
            is_self_signed: false,
            data_dir: "/var/lib/helpsight".as_ref(),
            is_demo: true,
        })
    }

    fn address() -> Url {
        "https://help.example.com".parse().expect("an address")
    }

    #[test]
    fn a_fresh_server_says_where_to_set_it_up() {
        let text = started(Some("https://help.example.com/setup#secret".to_owned()));
        assert!(text.contains("https://help.example.com/setup#secret\n"));
        assert!(text.contains("/var/lib/helpsight"));
        assert!(text.contains("once it is set up"));
        assert!(text.contains("https://<this machine>:8443 "), "{text}");
    }

    #[test]
    fn the_demo_says_where_it_waits() {
        let session = SessionId::from_random([7; 16]);
        let text = demo_text(&address(), session);
        let link = format!("https://help.example.com/sessions/{session}\n");
        assert!(text.contains(&link) && text.contains("simulated"), "{text}");
    }

    #[test]
    fn a_server_that_is_set_up_says_where_to_sign_in() {
        assert!(started(None).contains("https://help.example.com/sign-in\n"));
    }
}
