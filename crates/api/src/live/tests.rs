use std::net::SocketAddr;

use axum::http::Method;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{
        Error, Message, client::IntoClientRequest as _, http::Response, protocol::CloseFrame,
    },
};

use crate::testing::{Answer, Browser, Installation, ORIGIN};

type Socket = WebSocketStream<TcpStream>;

/// An installation on a real port, its owner's browser, and a session of theirs.
async fn session() -> (Installation, SocketAddr, Browser, Answer) {
    let (installation, mut owner) = Installation::set_up().await;
    let address = installation.serve().await;
    let created = owner
        .post("/api/v1/sessions", &json!({ "role": "expert" }))
        .await;
    assert_eq!(created.status, 201, "{created:?}");
    (installation, address, owner, created)
}

fn path(created: &Answer) -> String {
    format!("/api/v1/sessions/{}/live", created.text("/session/id"))
}

async fn connect(
    address: SocketAddr,
    path: &str,
    browser: &Browser,
    origin: &'static str,
) -> Result<Socket, Box<Response<Option<Vec<u8>>>>> {
    let mut request = format!("ws://{address}{path}")
        .into_client_request()
        .expect("a request");
    let headers = request.headers_mut();
    let cookies = browser.cookies_for(path);
    headers.insert("cookie", cookies.parse().expect("a header"));
    headers.insert("origin", origin.parse().expect("a header"));
    // The least that the system gives, so that a client that does not read is soon noticed.
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a size");
    let stream = socket.connect(address).await.expect("a connection");
    match client_async(request, stream).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => Err(response),
        Err(error) => panic!("{error}"),
    }
}

async fn open(address: SocketAddr, created: &Answer, browser: &Browser) -> Socket {
    let opened = connect(address, &path(created), browser, ORIGIN).await;
    opened.expect("it opens")
}

/// The next message.
async fn told(socket: &mut Socket) -> Value {
    match socket.next().await {
        Some(Ok(Message::Text(text))) => serde_json::from_str(&text).expect("JSON"),
        other => panic!("no message: {other:?}"),
    }
}

/// The next event, whatever stands before it.
async fn event(socket: &mut Socket) -> Value {
    loop {
        let message = told(socket).await;
        if message["type"] == "event" {
            return message["event"].clone();
        }
    }
}

/// The close frame, whatever stands before it.
async fn closed(socket: &mut Socket) -> CloseFrame {
    loop {
        match socket.next().await {
            Some(Ok(Message::Close(Some(frame)))) => return frame,
            Some(Ok(_)) => {}
            other => panic!("not closed: {other:?}"),
        }
    }
}

/// The code that a connection ended with, if it came with one.
async fn let_go(socket: &mut Socket) -> Option<u16> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Close(frame))) => return frame.as_ref().map(code),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return None,
        }
    }
}

fn code(frame: &CloseFrame) -> u16 {
    frame.code.into()
}

#[tokio::test]
async fn a_snapshot_comes_first_then_the_log_then_what_happens() {
    let (_installation, address, mut owner, created) = session().await;
    let mut socket = open(address, &created, &owner).await;
    let snapshot = told(&mut socket).await;
    assert_eq!(snapshot["type"], "snapshot");
    assert_eq!(snapshot["you"], created.body["participant"]["id"]);
    assert_eq!(snapshot["last_seq"], 1);
    assert_eq!(event(&mut socket).await["kind"], "session_created");

    let end = format!("/api/v1/sessions/{}/end", created.text("/session/id"));
    owner.post(&end, &json!(null)).await;
    let ended = event(&mut socket).await;
    assert_eq!(
        (&ended["kind"], &ended["seq"]),
        (&json!("session_ended"), &json!(2))
    );
}

#[tokio::test]
async fn what_the_client_has_is_not_told_again() {
    let (_installation, address, mut owner, created) = session().await;
    let renewals = format!(
        "/api/v1/sessions/{}/invite/renewals",
        created.text("/session/id")
    );
    owner.post(&renewals, &json!(null)).await;
    let path = format!("{}?after=1", path(&created));
    let socket = connect(address, &path, &owner, ORIGIN).await;
    let mut socket = socket.expect("it opens");
    assert_eq!(event(&mut socket).await["seq"], 2);
}

#[tokio::test]
async fn pings_are_answered_and_anything_else_ends_the_connection() {
    let (_installation, address, owner, created) = session().await;
    let mut socket = open(address, &created, &owner).await;
    let ping = Message::text(r#"{"type":"ping"}"#);
    socket.send(ping).await.expect("sent");
    while told(&mut socket).await["type"] != "pong" {}

    for bad in [
        Message::text("{"),
        Message::text(r#"{"type":"shout"}"#),
        Message::binary(vec![1, 2, 3]),
    ] {
        let mut socket = open(address, &created, &owner).await;
        socket.send(bad).await.expect("sent");
        assert_eq!(code(&closed(&mut socket).await), 1003);
    }
    let mut socket = open(address, &created, &owner).await;
    let large = Message::text("x".repeat(65 * 1024));
    // The server may hang up before it has read all of it.
    let _ = socket.send(large).await;
    assert_eq!(code(&closed(&mut socket).await), 1009);
}

#[tokio::test]
async fn nobody_without_a_place_or_from_another_site_gets_in() {
    let (installation, address, owner, created) = session().await;
    let path = path(&created);
    let stranger = installation.browser();
    let foreign = installation.foreign_owner().await;
    let plain = owner.clone().get(&path).await;
    assert_eq!(plain.problem(), "upgrade-required");
    for (browser, origin, status) in [
        (&stranger, ORIGIN, 401),
        (&foreign, ORIGIN, 404),
        (&owner, "https://evil.example", 403),
    ] {
        let refused = connect(address, &path, browser, origin).await;
        assert_eq!(refused.expect_err("it is refused").status(), status);
    }
}

#[tokio::test]
async fn a_removed_guest_is_told_so() {
    let (installation, address, mut owner, created) = session().await;
    let guest = installation.guest(&created.body).await;
    let mut socket = open(address, &created, &guest).await;
    let snapshot = told(&mut socket).await;
    let place = format!(
        "/api/v1/sessions/{}/participants/{}",
        created.text("/session/id"),
        snapshot["you"].as_str().expect("an id")
    );
    assert_eq!(owner.delete(&place).await.status, 204);
    assert_eq!(code(&closed(&mut socket).await), 4001);
}

#[tokio::test]
async fn signing_out_hangs_up() {
    let (_installation, address, mut owner, created) = session().await;
    let mut socket = open(address, &created, &owner).await;
    told(&mut socket).await;
    let signed_out = owner.delete("/api/v1/sign-ins/current").await;
    assert_eq!(signed_out.status, 204);
    let frame = closed(&mut socket).await;
    assert_eq!((code(&frame), frame.reason.as_str()), (4002, "signed out"));
}

#[tokio::test]
async fn a_deactivated_user_is_hung_up_on() {
    let (installation, address, mut owner, created) = session().await;
    let mut user = installation
        .user(&mut owner, "uma@example.com", "expert")
        .await;
    let places = format!(
        "/api/v1/sessions/{}/participants",
        created.text("/session/id")
    );
    let seated = user.post(&places, &json!({ "role": "expert" })).await;
    assert_eq!(seated.status, 201, "{seated:?}");
    let mut socket = open(address, &created, &user).await;
    told(&mut socket).await;
    let me = user.get("/api/v1/sign-ins/current").await;
    let path = format!("/api/v1/users/{}", me.text("/user/id"));
    let off = json!({ "state": "deactivated" });
    let changed = owner.request(Method::PATCH, &path, Some(&off)).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(code(&closed(&mut socket).await), 4003);
}

#[tokio::test]
async fn a_stopping_server_says_so_and_lets_go() {
    let (installation, address, owner, created) = session().await;
    let mut socket = open(address, &created, &owner).await;
    told(&mut socket).await;
    installation.api.stop();
    installation.app.stop().await;
    while told(&mut socket).await["type"] != "stopping" {}
    assert_eq!(code(&closed(&mut socket).await), 1001);
    installation.api.sockets_closed().await;
}

#[tokio::test]
async fn a_client_that_stops_reading_is_let_go_and_others_miss_nothing() {
    let (_installation, address, mut owner, created) = session().await;
    let mut reader = open(address, &created, &owner).await;
    let mut stuck = open(address, &created, &owner).await;
    let path = format!("/api/v1/sessions/{}", created.text("/session/id"));
    let changes = tokio::spawn(async move {
        // Each is told with the whole session, which is far more than queue and buffers hold.
        for count in 0..CHANGES {
            let title = json!({ "title": format!("{count:04}{}", "🦀".repeat(116)) });
            let changed = owner.request(Method::PATCH, &path, Some(&title)).await;
            assert_eq!(changed.status, 200, "{changed:?}");
        }
    });
    let last = format!("{:04}", CHANGES - 1);
    loop {
        let message = told(&mut reader).await;
        let title = message["session"]["title"].as_str().unwrap_or_default();
        if title.starts_with(&last) {
            break;
        }
    }
    changes.await.expect("all changes are made");
    // Who reads again soon enough still finds the reason; who does not finds the connection gone.
    let reason = let_go(&mut stuck).await;
    assert!(matches!(reason, Some(4008) | None), "{reason:?}");
}

const CHANGES: u32 = 1500;
