//! For tests: a whole installation behind the real router, and browsers that talk to it.
//!
//! The database is a real file, the media engine a stand-in; the clock stands still until a test
//! moves it, and the random bits are the same in every run.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    time::SystemTime,
};

use app::{App, Clock, HashingCost, Random};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use domain::{
    EmailAddress, Organisation, OrganisationId, OrganisationName, PersonName, SecretToken,
    TokenHash, User, UserId, UserRole, UserState,
};
use rtc::{
    BoxFuture, Grant, RtcEngine, RtcError, RtcToken, SignalConnection, SignalEndpoint, SignalOpen,
    SignalRejection,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::{SignIn, SqliteStore, Store};
use tempfile::TempDir;
use time::{Duration, OffsetDateTime, macros::datetime};
use tokio::{net::TcpSocket, sync::mpsc};
use tower::ServiceExt as _;

use crate::{Api, Config, Media, Peer};

/// A running installation.
pub(crate) struct Installation {
    pub(crate) api: Api,
    pub(crate) app: App,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) engine: Arc<TestEngine>,
    pub(crate) signal: Arc<TestSignal>,
    store: Arc<dyn Store>,
    router: Router,
    _folder: TempDir,
}

impl Installation {
    /// A fresh one, not set up.
    pub(crate) async fn fresh() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SqliteStore::open(&folder.path().join("test.db")).await;
        let store: Arc<dyn Store> = Arc::new(store.expect("a database"));
        let clock = Arc::new(TestClock::default());
        let engine = Arc::new(TestEngine::default());
        let parts = app::Parts {
            store: Arc::clone(&store),
            rtc: Arc::<TestEngine>::clone(&engine),
            clock: Arc::<TestClock>::clone(&clock),
            random: Arc::new(TestRandom::default()),
        };
        let config = app::Config {
            participants_max: 3,
            policies: domain::PolicyLayer::default(),
            hashing: HashingCost {
                memory_kib: 8,
                passes: 1,
                lanes: 1,
            },
            password_workers: 2,
        };
        let app = App::open(parts, config).await.expect("it opens");
        let signal = Arc::new(TestSignal::default());
        let media = Media {
            engine: Arc::<TestEngine>::clone(&engine),
            signal: Arc::<TestSignal>::clone(&signal),
        };
        let api = Api::new(app.clone(), media, edge_config());
        Self {
            router: api.router(),
            api,
            app,
            clock,
            engine,
            signal,
            store,
            _folder: folder,
        }
    }

    /// One that is set up, with its owner's browser.
    pub(crate) async fn set_up() -> (Self, Browser) {
        let installation = Self::fresh().await;
        let token = app::setup::token(&installation.app).await.expect("a read");
        let setup = json!({
            "setup_token": token.expect("not set up").expose(),
            "organisation_name": "Acme",
            "name": "Olga",
            "email": "olga@example.com",
            "password": PASSWORD,
        });
        let mut owner = installation.browser();
        let answer = owner.post("/api/v1/setup", &setup).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        (installation, owner)
    }

    /// A browser that nobody has used, with an address of its own kind.
    pub(crate) fn browser(&self) -> Browser {
        Browser {
            router: self.router.clone(),
            address: ([203, 0, 113, 1], 40_000).into(),
            cookies: Vec::new(),
        }
    }

    /// The browser of the owner of another organisation in the same database.
    pub(crate) async fn foreign_owner(&self) -> Browser {
        let organisation = Organisation {
            id: OrganisationId::from_random([0xEE; 16]),
            name: OrganisationName::parse("Elsewhere").expect("a name"),
            created_at: self.clock.now(),
        };
        let user = User {
            id: UserId::from_random([0xEE; 16]),
            organisation_id: organisation.id,
            name: PersonName::parse("Eve").expect("a name"),
            email: EmailAddress::parse("eve@example.net").expect("an address"),
            role: UserRole::Owner,
            state: UserState::Active,
            created_at: self.clock.now(),
            last_sign_in_at: None,
        };
        let token = SecretToken::from_random([0xEE; 32]);
        let sign_in = SignIn {
            token: TokenHash(Sha256::digest(token.as_bytes()).into()),
            organisation_id: organisation.id,
            user_id: user.id,
            created_at: self.clock.now(),
            expires_at: self.clock.now() + Duration::days(30),
        };
        let mut transaction = self.store.write().await.expect("a transaction");
        let inserted = transaction.insert_organisation(&organisation).await;
        inserted.expect("inserted");
        transaction.insert_user(&user).await.expect("inserted");
        let inserted = transaction.insert_sign_in(&sign_in).await;
        inserted.expect("inserted");
        transaction.commit().await.expect("committed");
        let mut browser = self.browser();
        browser.set_cookie("helpsight_sign_in", "/", &token.expose());
        browser
    }

    /// Adds a user by the owner's hand and signs them in.
    pub(crate) async fn user(&self, owner: &mut Browser, email: &str, role: &str) -> Browser {
        let user = json!({ "name": "Uma", "email": email, "role": role });
        let added = owner.post("/api/v1/users", &user).await;
        assert_eq!(added.status, 201, "{added:?}");
        let link = added.body["password_link"]["url"].as_str().expect("a link");
        let (_, token) = link.split_once('#').expect("a token");
        let redemption = json!({ "token": token, "password": PASSWORD });
        let mut browser = self.browser();
        let redeemed = browser
            .post("/api/v1/password-links/redemptions", &redemption)
            .await;
        assert_eq!(redeemed.status, 201, "{redeemed:?}");
        browser
    }

    /// A guest's browser with a seat in the session that an answer has created.
    pub(crate) async fn guest(&self, session: &Value) -> Browser {
        let mut guest = self.browser();
        let joined = guest
            .post("/api/v1/invites/redemptions", &redemption(session))
            .await;
        assert_eq!(joined.status, 201, "{joined:?}");
        guest
    }

    /// Serves on a real port, for clients that need one.
    pub(crate) async fn serve(&self) -> SocketAddr {
        let socket = TcpSocket::new_v4().expect("a socket");
        // The least that the system gives, so that a client that does not read is soon noticed.
        socket.set_send_buffer_size(4096).expect("a size");
        let any_port = ([127, 0, 0, 1], 0).into();
        socket.bind(any_port).expect("a port");
        let listener = socket.listen(16).expect("it listens");
        let address = listener.local_addr().expect("an address");
        let peer = Peer {
            address: ([127, 0, 0, 1], 1).into(),
            is_tls: false,
        };
        let router = self.router.clone().layer(axum::Extension(peer));
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }
}

/// What a guest joins the session with.
pub(crate) fn redemption(session: &Value) -> Value {
    let code = &session["session"]["invite"]["code"];
    json!({ "code": code, "name": "Gus", "role": "assisted" })
}

/// A browser: keeps its cookies and says where its requests come from.
#[derive(Clone)]
pub(crate) struct Browser {
    router: Router,
    pub(crate) address: SocketAddr,
    /// Name, path and value.
    cookies: Vec<(String, String, String)>,
}

impl Browser {
    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.request(Method::GET, path, None).await
    }

    pub(crate) async fn post(&mut self, path: &str, body: &Value) -> Answer {
        self.request(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn delete(&mut self, path: &str) -> Answer {
        self.request(Method::DELETE, path, None).await
    }

    pub(crate) async fn request(
        &mut self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Answer {
        let builder = Request::builder()
            .method(method)
            .uri(path)
            .header(header::ORIGIN, ORIGIN)
            .header(header::COOKIE, self.cookies_for(path))
            .header(header::CONTENT_TYPE, "application/json");
        let body = body.map_or_else(Body::empty, |json| Body::from(json.to_string()));
        self.send(builder.body(body).expect("a request")).await
    }

    /// Asks for a WebSocket.
    pub(crate) async fn upgrade(&mut self, path: &str) -> Answer {
        let request = Request::builder()
            .uri(path)
            .header(header::ORIGIN, ORIGIN)
            .header(header::COOKIE, self.cookies_for(path))
            .header(header::CONNECTION, "upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .header(header::SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ==");
        self.send(request.body(Body::empty()).expect("a request"))
            .await
    }

    /// What another site makes this browser send.
    pub(crate) async fn lured(&mut self, method: Method, path: &str) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::ORIGIN, "https://evil.example")
            .header(header::COOKIE, self.cookies_for(path))
            .header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from("{}")).expect("a request"))
            .await
    }

    /// Sends a request as it is, without cookies of its own.
    pub(crate) async fn send(&mut self, mut request: Request<Body>) -> Answer {
        request.extensions_mut().insert(Peer {
            address: self.address,
            is_tls: false,
        });
        let router = self.router.clone();
        let response = router.oneshot(request).await.expect("an answer");
        let (head, body) = response.into_parts();
        for cookie in head.headers.get_all(header::SET_COOKIE) {
            self.take_cookie(cookie.to_str().expect("ASCII"));
        }
        let bytes = to_bytes(body, 1 << 20).await.expect("a body");
        Answer {
            status: head.status,
            headers: head.headers,
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        }
    }

    pub(crate) fn set_cookie(&mut self, name: &str, path: &str, value: &str) {
        self.cookies
            .retain(|(kept, at, _)| kept != name || at != path);
        let cookie = (name.to_owned(), path.to_owned(), value.to_owned());
        self.cookies.push(cookie);
    }

    /// The `Cookie` header for a path.
    pub(crate) fn cookies_for(&self, path: &str) -> String {
        let sent = self
            .cookies
            .iter()
            .filter(|(_, at, _)| path.starts_with(at.as_str()));
        let pairs = sent.map(|(name, _, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    fn take_cookie(&mut self, cookie: &str) {
        let mut parts = cookie.split("; ");
        let pair = parts.next().and_then(|pair| pair.split_once('='));
        let (name, value) = pair.expect("a name and a value");
        let path = parts.find_map(|part| part.strip_prefix("Path="));
        self.set_cookie(name, path.expect("a path"), value);
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// The problem's slug, after a look at what all problems have in common.
    pub(crate) fn problem(&self) -> &str {
        assert_eq!(
            self.headers[header::CONTENT_TYPE],
            "application/problem+json",
            "{self:?}"
        );
        assert_eq!(self.headers[header::CACHE_CONTROL], "no-store");
        assert_eq!(self.body["status"], self.status.as_u16());
        let kind = self.body["type"].as_str().expect("a type");
        kind.strip_prefix("/problems/").expect("a slug")
    }

    /// A text of the body, by its JSON pointer.
    pub(crate) fn text(&self, pointer: &str) -> &str {
        let value = self.body.pointer(pointer).and_then(Value::as_str);
        value.unwrap_or_else(|| panic!("no text at {pointer} in {self:?}"))
    }

    /// What a snapshot should show of the headers.
    pub(crate) fn headers_of_interest(&self) -> String {
        let names = ["content-type", "cache-control", "set-cookie", "retry-after"];
        let lines = names.iter().filter_map(|name| {
            let value = self.headers.get(*name)?.to_str().expect("ASCII");
            Some(format!("{name}: {value}\n"))
        });
        lines.collect()
    }
}

/// A clock that a test moves.
#[derive(Debug, Default)]
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn advance(&self, by: Duration) {
        self.0.fetch_add(by.whole_seconds(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> OffsetDateTime {
        BEGIN + Duration::seconds(self.0.load(Ordering::SeqCst))
    }
}

/// The same bits in every run.
#[derive(Debug, Default)]
struct TestRandom(AtomicU64);

impl Random for TestRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let count = self.0.fetch_add(1, Ordering::SeqCst);
            chunk.copy_from_slice(&Sha256::digest(count.to_le_bytes())[..chunk.len()]);
        }
    }
}

/// An engine with nobody in its rooms.
#[derive(Debug, Default)]
pub(crate) struct TestEngine {
    has_stopped: AtomicBool,
    hangs: AtomicBool,
}

impl TestEngine {
    /// From here on it takes no order.
    pub(crate) fn stop(&self) {
        self.has_stopped.store(true, Ordering::SeqCst);
    }

    /// From here on it answers nobody who asks for its health.
    pub(crate) fn hang(&self) {
        self.hangs.store(true, Ordering::SeqCst);
    }

    async fn obey(&self) -> Result<(), RtcError> {
        match self.has_stopped.load(Ordering::SeqCst) {
            true => Err(RtcError::Stopped),
            false => Ok(()),
        }
    }
}

impl RtcEngine for TestEngine {
    fn client_url(&self) -> Option<String> {
        None
    }

    fn mint_token(&self, grant: &Grant, now: SystemTime) -> RtcToken {
        RtcToken {
            token: format!("{} in {}", grant.identity, grant.room),
            expires_at: now + grant.lifetime,
        }
    }

    fn remove_participant<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
    ) -> BoxFuture<'a, Result<(), RtcError>> {
        Box::pin(self.obey())
    }

    fn set_permission<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
        _: rtc::Permission,
    ) -> BoxFuture<'a, Result<(), RtcError>> {
        Box::pin(self.obey())
    }

    fn mute<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
        _: rtc::Source,
    ) -> BoxFuture<'a, Result<(), RtcError>> {
        Box::pin(self.obey())
    }

    fn close_room<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<(), RtcError>> {
        Box::pin(self.obey())
    }

    fn health(&self) -> BoxFuture<'_, Result<(), RtcError>> {
        if self.hangs.load(Ordering::SeqCst) {
            return Box::pin(std::future::pending());
        }
        Box::pin(self.obey())
    }

    fn shut_down(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}

/// A LiveKit endpoint that answers as a test wants it.
#[derive(Default)]
pub(crate) struct TestSignal {
    /// What the next open gets, or a refusal.
    pub(crate) next: Mutex<Option<SignalConnection>>,
    /// What was asked, in order.
    pub(crate) asked: Mutex<Vec<SignalOpen>>,
}

impl TestSignal {
    /// Lets the next client in; the engine's ends of its queues.
    pub(crate) fn admit(&self) -> (mpsc::Receiver<rtc::Frame>, mpsc::Sender<rtc::Frame>) {
        let (incoming, from_client) = mpsc::channel(8);
        let (to_client, outgoing) = mpsc::channel(8);
        let connection = SignalConnection { incoming, outgoing };
        *self.next.lock().expect("no panic") = Some(connection);
        (from_client, to_client)
    }

    fn answer(&self, request: SignalOpen) -> Result<SignalConnection, SignalRejection> {
        self.asked.lock().expect("no panic").push(request);
        let next = self.next.lock().expect("no panic").take();
        next.ok_or_else(|| SignalRejection {
            status: 401,
            message: "a token is needed".to_owned(),
        })
    }
}

impl SignalEndpoint for TestSignal {
    fn open(
        &self,
        request: SignalOpen,
    ) -> BoxFuture<'_, Result<SignalConnection, SignalRejection>> {
        Box::pin(async move { self.answer(request) })
    }

    fn validate(&self, request: SignalOpen) -> BoxFuture<'_, Result<(), SignalRejection>> {
        Box::pin(async move { self.answer(request).map(|_| ()) })
    }
}

fn edge_config() -> Config {
    Config {
        public_url: ORIGIN.parse().expect("an address"),
        asset_base_url: None,
        support_contact: Some("help@example.com".to_owned()),
        trusted_proxies: Vec::new(),
        version: "0.0.0",
    }
}

/// Where the installation is.
pub(crate) const ORIGIN: &str = "https://help.example.com";
/// Everybody's.
pub(crate) const PASSWORD: &str = "correct horse battery";
const BEGIN: OffsetDateTime = datetime!(2026-11-23 06:00 UTC);
