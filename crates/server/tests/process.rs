//! The real binary: how it starts, what it says, how it stops.

use std::{
    ffi::OsStr,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    os::unix::ffi::OsStrExt as _,
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
};

/// A running server; killed when a test fails before it has stopped.
struct Server {
    process: Child,
    /// Where its plain listener is.
    address: String,
    setup_token: String,
}

impl Server {
    fn start(data_dir: &Path, flags: &[&str]) -> Self {
        let mut process = helpsight()
            .args(["serve", "--http", "127.0.0.1:0", "--data-dir"])
            .arg(data_dir)
            .args(flags)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let stdout = process.stdout.take().expect("a pipe");
        let mut said = String::new();
        let mut lines = BufReader::new(stdout);
        while !said.contains("Stop with Ctrl-C.") {
            let count = lines.read_line(&mut said).expect("text");
            assert_ne!(count, 0, "it ended with {said}");
        }
        let between = |begin: &str, end: char| {
            let (_, rest) = said.split_once(begin).unwrap_or_default();
            rest.split(end).next().unwrap_or_default().to_owned()
        };
        Self {
            process,
            address: between("http://", '\n'),
            setup_token: between("/setup#", '\n'),
        }
    }

    /// Sends one request and gives the whole answer.
    fn ask(&self, head: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        let length = body.len();
        let host = &self.address;
        let request = format!(
            "{head}\r\nhost: {host}\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }

    fn set_up(&self) {
        let body = format!(
            r#"{{"setup_token":"{}","organisation_name":"Acme","name":"Olga","email":"olga@example.com","password":"correct horse"}}"#,
            self.setup_token
        );
        let answer = self.ask("POST /api/v1/setup HTTP/1.1", &body);
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    }

    fn stop(mut self, signal: &str) -> ExitStatus {
        let id = self.process.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status();
        assert!(sent.expect("kill runs").success());
        self.process.wait().expect("it ends")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn helpsight() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_helpsight"));
    command.env("HELPSIGHT_MEDIA__UDP_LISTEN", "127.0.0.1:0");
    command.env("HELPSIGHT_HTTPS__LISTEN", "off");
    command
}

fn admin(data_dir: &Path, arguments: &[&str]) -> Output {
    let mut command = helpsight();
    command.arg("admin").args(arguments);
    command.arg("--data-dir").arg(data_dir);
    command.output().expect("it runs")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn it_answers_when_it_says_so_and_stops_cleanly_when_told() {
    let folder = tempfile::tempdir().expect("a folder");
    for signal in ["-TERM", "-INT"] {
        let server = Server::start(folder.path(), &[]);
        let ready = server.ask("GET /readyz HTTP/1.1", "");
        assert!(ready.starts_with("HTTP/1.1 200"), "{ready}");
        let stopped = server.stop(signal);
        assert_eq!(stopped.code(), Some(0), "{signal}");
    }
}

#[test]
fn a_session_description_of_sixty_kilobytes_fits_into_an_address() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path(), &[]);
    let query = "x".repeat(60 * 1024);
    let head = format!("GET /rtc/v1/validate?join_request={query} HTTP/1.1");
    let answer = server.ask(&head, "");
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
}

#[test]
fn a_taken_port_is_one_sentence_that_names_the_setting() {
    let folder = tempfile::tempdir().expect("a folder");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let output = helpsight()
        .args(["serve", "--http", &address, "--data-dir"])
        .arg(folder.path())
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(said.contains("--http") && said.contains(&address), "{said}");
}

#[test]
fn a_taken_port_for_https_says_how_to_do_without() {
    let folder = tempfile::tempdir().expect("a folder");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let output = helpsight()
        .args(["serve", "--http", "127.0.0.1:0", "--https", &address])
        .arg("--data-dir")
        .arg(folder.path())
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(
        said.contains("--https off") && said.contains("https.listen"),
        "{said}"
    );
}

#[test]
fn a_host_of_media_that_nobody_knows_keeps_it_from_starting() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = helpsight()
        .args(["serve", "--http", "127.0.0.1:0", "--data-dir"])
        .arg(folder.path())
        .env("HELPSIGHT_MEDIA__HOST", "media.invalid")
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(
        said.contains("media.host") && said.contains("media.invalid"),
        "{said}"
    );
}

#[test]
fn a_second_server_on_the_same_folder_is_sent_away_and_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path(), &[]);
    let output = helpsight()
        .args(["serve", "--http", "127.0.0.1:0", "--data-dir"])
        .arg(folder.path())
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    let first = format!("process {}", server.process.id());
    assert!(
        said.contains(&first) && said.contains("--data-dir"),
        "{said}"
    );
    assert_eq!(server.stop("-TERM").code(), Some(0));
    Server::start(folder.path(), &[]);
}

#[test]
fn an_unknown_variable_keeps_it_from_starting() {
    let output = helpsight()
        .arg("config")
        .env("HELPSIGHT_HTTP__LISTN", "127.0.0.1:1")
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("HELPSIGHT_HTTP__LISTEN"));
}

#[test]
fn a_variable_that_is_no_text_keeps_it_from_starting() {
    let broken = OsStr::from_bytes(b"\xff");
    let value_broken = [(OsStr::new("HELPSIGHT_PUBLIC_URL"), broken)];
    let name_broken = [(OsStr::from_bytes(b"HELPSIGHT_\xff"), OsStr::new("1"))];
    for variables in [value_broken, name_broken] {
        let output = helpsight()
            .arg("config")
            .envs(variables)
            .output()
            .expect("it runs");
        assert_eq!(output.status.code(), Some(1));
        let said = stderr(&output);
        assert!(
            said.contains("HELPSIGHT_") && said.contains("UTF-8"),
            "{said}"
        );
    }
}

#[test]
fn a_damaged_database_is_named_with_what_to_do_about_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("helpsight.db");
    std::fs::write(
        &database,
        "this is no database, and long enough to look like one",
    )
    .expect("written");
    let serve = helpsight()
        .args(["serve", "--http", "127.0.0.1:0", "--data-dir"])
        .arg(folder.path())
        .output()
        .expect("it runs");
    for output in [serve, admin(folder.path(), &["owner", "list"])] {
        assert_eq!(output.status.code(), Some(1));
        let said = stderr(&output);
        assert!(
            said.contains("helpsight.db") && said.contains("backup"),
            "{said}"
        );
        assert_eq!(said.matches("file is not a database").count(), 1, "{said}");
    }
}

#[test]
fn an_owner_who_cannot_be_added_is_told_why() {
    let folder = tempfile::tempdir().expect("a folder");
    Server::start(folder.path(), &[]).set_up();
    let output = admin(
        folder.path(),
        &["owner", "add", "--name", "", "--email", "zz"],
    );
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(
        said.contains("name must not be empty") && said.contains("email"),
        "{said}"
    );
}

#[test]
fn a_lost_owner_is_helped_while_the_server_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path(), &[]);
    server.set_up();

    let list = admin(folder.path(), &["owner", "list"]);
    let owners = String::from_utf8(list.stdout).expect("text");
    assert!(owners.contains("olga@example.com"), "{owners}");

    let email = ["--email", "olga@example.com"];
    let reset = admin(folder.path(), &[&["owner", "reset"][..], &email].concat());
    let said = String::from_utf8(reset.stdout).expect("text");
    let (_, token) = said.trim_end().split_once("/welcome#").expect("a link");
    let body = format!(r#"{{"token":"{token}"}}"#);
    let found = server.ask("POST /api/v1/password-links/look-ups HTTP/1.1", &body);
    assert!(found.contains("olga@example.com"), "{found}");

    let new = ["--name", "Otto", "--email", "otto@example.com"];
    let add = admin(folder.path(), &[&["owner", "add"][..], &new].concat());
    assert!(add.status.success(), "{}", stderr(&add));
    assert_eq!(server.stop("-TERM").code(), Some(0));
}

#[test]
fn helping_needs_the_folder_of_a_server_that_has_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = admin(folder.path(), &["owner", "list"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("--data-dir"));
}
