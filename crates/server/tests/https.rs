//! The encrypted listener of the real binary with its self-signed certificate: the page, the API and a
//! WebSocket over it.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
};

use futures_util::StreamExt as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, ServerName, pem::PemObject as _},
    },
};
use tokio_tungstenite::{
    client_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};

/// A running server; killed when the test is over.
struct Server {
    process: Child,
    address: String,
    setup_token: String,
    tls: TlsConnector,
}

impl Server {
    fn start(data_dir: &Path) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_helpsight"))
            .env("HELPSIGHT_MEDIA__UDP_LISTEN", "127.0.0.1:0")
            .args(["serve", "--http", "127.0.0.1:0", "--https", "127.0.0.1:0"])
            .arg("--data-dir")
            .arg(data_dir)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut lines = BufReader::new(process.stdout.take().expect("a pipe"));
        let mut said = String::new();
        while !said.contains("Stop with Ctrl-C.") {
            let count = lines.read_line(&mut said).expect("text");
            assert_ne!(count, 0, "it ended with {said}");
        }
        let (_, rest) = said.split_once("https://").expect("an encrypted address");
        let (address, _) = rest.split_once('\n').expect("a line");
        let (_, port) = address.rsplit_once(':').expect("a port");
        let (_, token) = said.split_once("/setup#").expect("a set-up link");
        Self {
            process,
            address: format!("127.0.0.1:{port}"),
            setup_token: token.lines().next().expect("a token").to_owned(),
            tls: trusting(data_dir),
        }
    }

    async fn connect(&self) -> TlsStream<TcpStream> {
        let stream = TcpStream::connect(&self.address).await;
        let name = ServerName::try_from("127.0.0.1").expect("a name");
        let opened = self.tls.connect(name, stream.expect("a connection")).await;
        opened.expect("the certificate is the one of the data folder")
    }

    /// Sends one request and gives the whole answer.
    async fn ask(&self, head: &str, body: &str) -> String {
        let mut stream = self.connect().await;
        let (address, length) = (&self.address, body.len());
        let request = format!(
            "{head}\r\nhost: {address}\r\norigin: https://{address}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.expect("an answer");
        String::from_utf8(answer).expect("text")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Trusts the certificate that the server has made, and nothing else.
fn trusting(data_dir: &Path) -> TlsConnector {
    let certificate = CertificateDer::from_pem_file(data_dir.join("https.pem"));
    let mut roots = RootCertStore::empty();
    let added = roots.add(certificate.expect("it was made at the start"));
    added.expect("it is well formed");
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider has the default versions' cipher suites")
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

fn cookie(answer: &str) -> &str {
    let (_, rest) = answer.split_once("set-cookie: ").expect("a cookie");
    rest.split(';').next().expect("a name and a value")
}

fn text<'a>(answer: &'a str, before: &str) -> &'a str {
    let (_, rest) = answer.split_once(before).expect("it is in the answer");
    rest.split('"').next().expect("a text")
}

#[tokio::test]
async fn page_api_and_websocket_work_over_the_encrypted_listener() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path());
    let page = server.ask("GET /join HTTP/1.1", "").await;
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(page.contains("<!doctype html>"), "{page}");

    let setup = format!(
        r#"{{"setup_token":"{}","organisation_name":"Acme","name":"Olga","email":"olga@example.com","password":"correct horse"}}"#,
        server.setup_token
    );
    let owner = server.ask("POST /api/v1/setup HTTP/1.1", &setup).await;
    assert!(owner.starts_with("HTTP/1.1 201"), "{owner}");
    assert!(owner.contains("; Secure"), "{owner}");
    let head = format!(
        "POST /api/v1/sessions HTTP/1.1\r\ncookie: {}",
        cookie(&owner)
    );
    let created = server.ask(&head, r#"{"role":"expert"}"#).await;
    assert!(created.starts_with("HTTP/1.1 201"), "{created}");

    let id = text(&created, r#""session":{"id":""#);
    let address = &server.address;
    let request = format!("wss://{address}/api/v1/sessions/{id}/live");
    let mut request = request.into_client_request().expect("a request");
    let headers = request.headers_mut();
    headers.insert("cookie", cookie(&owner).parse().expect("a header"));
    let origin = format!("https://{address}");
    headers.insert("origin", origin.parse().expect("a header"));
    let opened = client_async(request, server.connect().await).await;
    let (mut socket, _) = opened.expect("it opens");
    let first = socket
        .next()
        .await
        .expect("a message")
        .expect("it is whole");
    let Message::Text(first) = first else {
        panic!("no snapshot: {first:?}");
    };
    assert!(first.contains(r#""type":"snapshot""#), "{first}");
}
