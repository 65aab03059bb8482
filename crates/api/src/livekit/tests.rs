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

use serde_json::json;

use crate::testing::{Installation, redemption, rtc_token};

fn request(method: Method, uri: &str) -> Request<Body> {
    let builder = Request::builder().method(method).uri(uri);
    let builder = builder.header("origin", "https://elsewhere.example");
    builder.body(Body::empty()).expect("a request")
}

/// The query with which a program of the operator comes into a room that is no session.
fn of_operator() -> String {
    format!("access_token={}", rtc_token("a room", "a program"))
}

#[tokio::test]
async fn who_was_removed_or_comes_to_an_ended_session_is_refused_whatever_their_token_says() {
    let (installation, mut owner) = Installation::set_up().await;
    let address = installation.serve().await;
    let session = json!({ "role": "expert" });
    let created = owner.post("/api/v1/sessions", &session).await;
    let id = created.text("/session/id").to_owned();
    let path = format!("/api/v1/sessions/{id}");
    let mut member = installation
        .user(&mut owner, "mia@example.com", "member")
        .await;
    let joined = member
        .post("/api/v1/invites/redemptions", &redemption(&created.body))
        .await;
    let mut guests = Vec::new();
    for _ in 0..2 {
        let mut guest = installation.guest(&created.body).await;
        let me = guest.get(&format!("{path}/participants/me")).await;
        guests.push(me.text("/participant/id").to_owned());
    }
    let open = async |identity: &str| {
        let _queues = installation.signal.admit();
        let token = rtc_token(&id, identity);
        let answer = connect_async(format!("ws://{address}/rtc/v1?access_token={token}")).await;
        let _queues = installation.signal.admit();
        let validate = request(
            Method::GET,
            &format!("/rtc/v1/validate?access_token={token}"),
        );
        let validated = installation.browser().send(validate).await;
        match answer {
            Ok(_) => {
                assert_eq!(validated.status, 200);
                None
            }
            Err(Error::Http(response)) => {
                assert_eq!(response.status(), validated.status);
                let body = response.body().as_deref().unwrap_or_default();
                let text = String::from_utf8_lossy(body).into_owned();
                Some((response.status().as_u16(), text))
            }
            Err(other) => panic!("{other}"),
        }
    };
    assert_eq!(open(&guests[0]).await, None);
    let removed = format!("{path}/participants/{}", guests[0]);
    assert_eq!(owner.delete(&removed).await.status, 204);
    let (status, text) = open(&guests[0]).await.expect("refused");
    insta::assert_snapshot!(format!("{status} {text}"), @"403 the participant was removed from the session");

    let member_id = joined.text("/participant/id");
    assert_eq!(open(member_id).await, None);
    let user = format!("/api/v1/users/{}", joined.text("/participant/user_id"));
    let off = json!({ "state": "deactivated" });
    let changed = owner.request(Method::PATCH, &user, Some(&off)).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    let (status, text) = open(member_id).await.expect("refused");
    insta::assert_snapshot!(format!("{status} {text}"), @"403 the participant's account is switched off");

    assert_eq!(open(&guests[1]).await, None);
    assert_eq!(
        owner.post(&format!("{path}/end"), &json!({})).await.status,
        200
    );
    let (status, text) = open(&guests[1]).await.expect("refused");
    insta::assert_snapshot!(format!("{status} {text}"), @"403 the session has ended");

    // The operator's own programs come in with an identity of their own.
    assert_eq!(open("recorder").await, None);
}

#[tokio::test]
async fn frames_go_both_ways_unchanged_and_the_engine_ends_it() {
    let installation = Installation::fresh().await;
    let address = installation.serve().await;
    let (mut from_client, to_client) = installation.signal.admit();
    let query = of_operator();
    let url = format!("ws://{address}/rtc/v1?{query}");
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
    assert!(!asked.is_empty());
    for open in asked.iter() {
        assert_eq!((&*open.query, open.route), (&*query, SignalRoute::V1));
    }
}

#[tokio::test]
async fn the_engine_hears_that_the_client_is_gone() {
    let installation = Installation::fresh().await;
    let address = installation.serve().await;
    let (mut from_client, to_client) = installation.signal.admit();
    let url = format!("ws://{address}/rtc/v1?{}", of_operator());
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
    let url = format!("ws://{address}/rtc/v1?{}", of_operator());
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
        let path = format!("{path}?{}", of_operator());
        let answer = browser.send(request(Method::GET, &path)).await;
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
