//! What the real binary tells monitoring, and where.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
};

/// A running server; killed when the test is over.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("a connection");
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("text");
    answer
}

#[test]
fn metrics_are_told_on_their_own_listener_and_nowhere_else() {
    let data_dir = tempfile::tempdir().expect("a folder");
    let mut process = Command::new(env!("CARGO_BIN_EXE_helpsight"))
        .env("HELPSIGHT_MEDIA__UDP_LISTEN", "127.0.0.1:0")
        .env("HELPSIGHT_METRICS__LISTEN", "127.0.0.1:0")
        .args(["serve", "--http", "127.0.0.1:0", "--https", "off"])
        .arg("--data-dir")
        .arg(data_dir.path())
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("it starts");
    let log = BufReader::new(process.stderr.take().expect("a pipe"));
    let _server = Server(process);
    let (mut public, mut metrics) = (String::new(), String::new());
    let mut lines = log.lines().map(|line| line.expect("text"));
    while let Some(line) = lines.next().filter(|line| !line.contains("ready")) {
        let address = line.split("address=").nth(1).unwrap_or_default();
        let address = address.split_whitespace().next().unwrap_or_default();
        if line.contains("http.listen") {
            address.clone_into(&mut public);
        } else if line.contains("metrics.listen") {
            address.clone_into(&mut metrics);
        }
    }
    let told = get(&metrics, "/metrics");
    assert!(told.starts_with("HTTP/1.1 200 OK\r\n"), "{told}");
    assert!(told.contains("text/plain; version=0.0.4"), "{told}");
    assert!(
        told.contains("\nhelpsight_media_participants{shard=\"0\"} 0\n"),
        "{told}"
    );
    assert!(get(&metrics, "/").starts_with("HTTP/1.1 404"));
    let told = get(&public, "/metrics");
    assert!(!told.contains("helpsight_media"), "{told}");
}
