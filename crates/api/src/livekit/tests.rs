use axum::{
    body::Body,
    http::{Method, Request},
};
use futures_util::{SinkExt as _, StreamExt as _};
use rtc::{Frame, SignalRoute};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Error, Message},
};

use crate::testing::Installation;

fn request(method: Method, uri: &str) -> Request<Body> {
    let builder = Request::builder().method(method).uri(uri);
    let builder = builder.header("origin", "https://elsewhere.example");
    builder.body(Body::empty()).expect("a request")
}

#[tokio::test]
async fn frames_go_both_ways_unchanged_and_the_engine_ends_it() {
    let installation = Installation::fresh().await;
    let address = installation.serve().await;
    let (mut from_client, to_client) = installation.signal.admit();
    let url = format!("ws://{address}/rtc/v1?access_token=secret");
    let (mut socket, _) = connect_async(url).await.expect("it opens");

    socket
        .send(Message::binary(vec![1, 2]))
        .await
        .expect("sent");
    socket.send(Message::text("{}")).await.expect("sent");
    let binary = Frame::Binary(vec![1, 2].into());
    assert_eq!(from_client.recv().await, Some(binary.clone()));
    assert_eq!(from_client.recv().await, Some(Frame::Text("{}".to_owned())));

    to_client.send(binary).await.expect("taken");
    drop(to_client);
    let received = socket.next().await.expect("a frame").expect("a frame");
    assert_eq!(received, Message::binary(vec![1, 2]));
    assert!(matches!(
        socket.next().await,
        Some(Ok(Message::Close(Some(_))))
    ));

    let asked = installation.signal.asked.lock().expect("no panic");
    assert_eq!(asked[0].query, "access_token=secret");
    assert_eq!(asked[0].route, SignalRoute::V1);
}

#[tokio::test]
async fn the_engine_hears_that_the_client_is_gone() {
    let installation = Installation::fresh().await;
    let address = installation.serve().await;
    let (mut from_client, to_client) = installation.signal.admit();
    let url = format!("ws://{address}/rtc/v1");
    let (socket, _) = connect_async(url).await.expect("it opens");
    drop(socket);
    assert_eq!(from_client.recv().await, None);
    to_client.closed().await;
}

#[tokio::test]
async fn a_message_that_is_too_large_is_the_last_one_and_the_client_is_told_why() {
    let installation = Installation::fresh().await;
    let address = installation.serve().await;
    let (mut from_client, _to_client) = installation.signal.admit();
    let url = format!("ws://{address}/rtc/v1");
    let (mut socket, _) = connect_async(url).await.expect("it opens");
    let largest = Message::binary(vec![7; 2 * 1024 * 1024]);
    socket.send(largest).await.expect("sent");
    let passed = from_client.recv().await;
    assert!(matches!(passed, Some(Frame::Binary(bytes)) if bytes.len() == 2 * 1024 * 1024));

    let larger = Message::binary(vec![7; 2 * 1024 * 1024 + 1]);
    // The server may hang up before it has read all of it.
    let _ = socket.send(larger).await;
    let Some(Ok(Message::Close(Some(goodbye)))) = socket.next().await else {
        panic!("it ends without a word");
    };
    assert_eq!(u16::from(goodbye.code), 1009);
    assert_eq!(from_client.recv().await, None);
}

#[tokio::test]
async fn a_refusal_is_an_http_status_before_the_upgrade() {
    let installation = Installation::fresh().await;
    let address = installation.serve().await;
    let refused = connect_async(format!("ws://{address}/rtc/v1")).await;
    let Err(Error::Http(response)) = refused else {
        panic!("not refused: {refused:?}");
    };
    assert_eq!(response.status(), 401);
    assert_eq!(response.body().as_deref(), Some(&b"a token is needed"[..]));
}

#[tokio::test]
async fn any_origin_may_validate_with_and_without_the_extra_slash() {
    let installation = Installation::fresh().await;
    let mut browser = installation.browser();
    for (path, route) in [
        ("/rtc/validate", SignalRoute::V0),
        ("//rtc/validate", SignalRoute::V0),
        ("/rtc/v1/validate", SignalRoute::V1),
        ("//rtc/v1/validate", SignalRoute::V1),
    ] {
        let _queues = installation.signal.admit();
        let answer = browser.send(request(Method::GET, path)).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.headers["access-control-allow-origin"], "*");
        let asked = installation.signal.asked.lock().expect("no panic");
        assert_eq!(asked.last().map(|open| open.route), Some(route), "{path}");
    }
    let preflight = browser
        .send(request(Method::OPTIONS, "/rtc/v1/validate"))
        .await;
    assert_eq!(preflight.status, 204);
    let allowed = &preflight.headers["access-control-allow-headers"];
    assert!(allowed.to_str().expect("ASCII").contains("Authorization"));
}

#[tokio::test]
async fn a_plain_request_where_a_socket_belongs_is_not_found() {
    let installation = Installation::fresh().await;
    let answer = installation
        .browser()
        .send(request(Method::GET, "/rtc/v1"))
        .await;
    assert_eq!(answer.status, 404);
}
