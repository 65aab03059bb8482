//! For tests: a whole installation behind the real router, and browsers that talk to it.
//!
//! The database is a real file, the media engine a stand-in; the clock stands still until a test
//! moves it, and the random bits are the same in every run.

mod browser;
mod doubles;

use std::{net::SocketAddr, sync::Arc};

use app::{App, Clock as _, HashingCost};
use axum::Router;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use domain::{
    EmailAddress, Organisation, OrganisationId, OrganisationName, PersonName, SecretToken,
    TokenHash, User, UserId, UserRole, UserState,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use store::{SignIn, SqliteStore, Store};
use tempfile::TempDir;
use time::Duration;
use tokio::net::TcpSocket;

pub(crate) use browser::{Answer, Browser};
pub(crate) use doubles::{TestClock, TestEngine, TestSignal};

use crate::{Api, Config, Media, Peer};
use doubles::TestRandom;

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
        Browser::new(self.router.clone(), ([203, 0, 113, 1], 40_000).into())
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

/// A token that a LiveKit client shows; the stand-in of the engine looks at no signature.
pub(crate) fn rtc_token(room: &str, identity: &str) -> String {
    let claims = json!({ "sub": identity, "video": { "room": room } });
    format!("header.{}.signature", BASE64.encode(claims.to_string()))
}

/// What a guest joins the session with.
pub(crate) fn redemption(session: &Value) -> Value {
    let code = &session["session"]["invite"]["code"];
    json!({ "code": code, "name": "Gus", "role": "assisted" })
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
