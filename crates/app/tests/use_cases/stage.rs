//! An application to act on, and the usual first acts.

use std::{
    net::{IpAddr, Ipv4Addr},
    path::Path,
    sync::Arc,
};

use app::{
    App, Caller, Config, HashingCost, NewSignIn, Parts, Seat, SignedIn, Store,
    invites::{self, InviteKey, Redeem, Redeemed},
    live::{Backlog, LiveMessage, Subscription},
    password_links, seats,
    sessions::{self, CreateSession, CreatedSession},
    setup::{self, SetUp},
    sign_ins::{self, Credentials},
    users::{self, AddUser},
};
use domain::{
    EmailAddress, EventData, Organisation, OrganisationId, OrganisationName, PageLimit,
    Participant, ParticipantRole, PersonName, PolicyLayer, SessionId, TokenHash, User, UserId,
    UserRole, UserState,
};
use rtc::RtcEvent;
use store::{SignIn, SqliteStore};
use tempfile::TempDir;
use tokio::sync::mpsc;

use crate::doubles::{TestClock, TestRandom, TestRtc};

pub(crate) struct Stage {
    directory: TempDir,
    pub(crate) app: App,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) random: Arc<TestRandom>,
    pub(crate) rtc: Arc<TestRtc>,
}

pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

pub(crate) fn config() -> Config {
    Config {
        participants_max: 8,
        policies: PolicyLayer::default(),
        hashing: HashingCost {
            memory_kib: 8,
            passes: 1,
            lanes: 1,
        },
        password_workers: 2,
    }
}

impl Stage {
    /// A fresh installation that nobody has set up.
    pub(crate) async fn empty() -> Self {
        Self::with(config()).await
    }

    /// An installation with its owner.
    pub(crate) async fn new() -> (Self, SignedIn) {
        let stage = Self::empty().await;
        let owner = stage.set_up().await;
        (stage, owner)
    }

    pub(crate) async fn with(config: Config) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let store = SqliteStore::open(&directory.path().join("test.sqlite"))
            .await
            .expect("a new file can be opened");
        let store: Arc<dyn Store> = Arc::new(store);
        let clock = Arc::new(TestClock::new());
        let random = Arc::new(TestRandom::default());
        let rtc = Arc::new(TestRtc::default());
        let parts = Parts {
            store: store.clone(),
            rtc: rtc.clone(),
            clock: clock.clone(),
            random: random.clone(),
        };
        let app = App::open(parts, config).await.expect("it opens");
        Self {
            directory,
            app,
            store,
            clock,
            random,
            rtc,
        }
    }

    /// Stops the application and starts another one on the same database.
    pub(crate) async fn restart(&mut self) {
        self.restart_with(config()).await;
    }

    pub(crate) async fn restart_with(&mut self, config: Config) {
        self.app.stop().await;
        let parts = Parts {
            store: self.store.clone(),
            rtc: self.rtc.clone(),
            clock: self.clock.clone(),
            random: self.random.clone(),
        };
        self.app = App::open(parts, config).await.expect("it opens");
    }

    pub(crate) fn files(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) async fn set_up(&self) -> SignedIn {
        let token = setup::token(&self.app)
            .await
            .expect("it answers")
            .expect("it is not set up");
        let request = SetUp {
            token: token.expose(),
            organisation_name: "Acme".to_owned(),
            name: "Olga Owner".to_owned(),
            email: "olga@example.com".to_owned(),
            password: PASSWORD.to_owned(),
        };
        let new = setup::complete(&self.app, request)
            .await
            .expect("the token is right");
        self.signed_in(new).await
    }

    /// Adds somebody and sets their password.
    pub(crate) async fn add(&self, by: &SignedIn, name: &str, role: UserRole) -> SignedIn {
        let added = users::add(&self.app, by, someone(name, role))
            .await
            .expect("it is allowed");
        let token = added.password_link.token.expose();
        let redeemed = password_links::redeem(&self.app, &token, PASSWORD.to_owned()).await;
        self.signed_in(redeemed.expect("the link works")).await
    }

    /// The user whose browser keeps this sign-in.
    pub(crate) async fn signed_in(&self, new: NewSignIn) -> SignedIn {
        let found = sign_ins::authenticate(&self.app, &new.token.expose()).await;
        found.expect("it answers").expect("it is good").signed_in
    }

    pub(crate) async fn sign_in(&self, email: &str) -> Result<SignedIn, sign_ins::CreateError> {
        let credentials = Credentials {
            email: email.to_owned(),
            password: PASSWORD.to_owned(),
            address: ADDRESS,
        };
        let new = sign_ins::create(&self.app, credentials).await?;
        Ok(self.signed_in(new).await)
    }

    /// A user of another organisation on the same installation.
    pub(crate) async fn foreigner(&self) -> SignedIn {
        let organisation = Organisation {
            id: OrganisationId::from_random([250; 16]),
            name: OrganisationName::parse("Globex").expect("a fine name"),
            created_at: domain_now(self) + time::Duration::days(1),
        };
        let user = User {
            id: UserId::from_random([250; 16]),
            organisation_id: organisation.id,
            name: PersonName::parse("Felix Foreign").expect("a fine name"),
            email: EmailAddress::parse("felix@globex.example").expect("a fine address"),
            role: UserRole::Owner,
            state: UserState::Active,
            created_at: organisation.created_at,
            last_sign_in_at: None,
        };
        let mut transaction = self.store.write().await.expect("the database is there");
        transaction
            .insert_organisation(&organisation)
            .await
            .expect("it is taken");
        assert!(transaction.insert_user(&user).await.expect("it answers"));
        let sign_in = SignIn {
            token: TokenHash([250; 32]),
            organisation_id: organisation.id,
            user_id: user.id,
            created_at: organisation.created_at,
            expires_at: organisation.created_at + time::Duration::days(30),
        };
        let inserted = transaction.insert_sign_in(&sign_in).await;
        inserted.expect("it is taken");
        transaction.commit().await.expect("it is committed");
        SignedIn {
            user,
            organisation,
            sign_in: sign_in.token,
        }
    }

    pub(crate) async fn create_session(&self, by: &SignedIn) -> CreatedSession {
        sessions::create(&self.app, by, new_session())
            .await
            .expect("it is allowed")
    }

    /// Lets a guest in by the session's link.
    pub(crate) async fn join(&self, created: &CreatedSession, name: &str) -> Redeemed {
        let invite = created
            .session
            .invite
            .as_ref()
            .expect("its creator may invite");
        let request = Redeem {
            key: InviteKey::Token(invite.token),
            name: Some(name.to_owned()),
            role: ParticipantRole::Assisted,
            address: ADDRESS,
            idempotency_key: None,
            seats: Vec::new(),
        };
        invites::redeem(&self.app, None, request)
            .await
            .expect("the link works")
    }

    /// A user's place, taken with the session's link.
    pub(crate) async fn redeem(
        &self,
        created: &CreatedSession,
        user: &SignedIn,
        role: ParticipantRole,
    ) -> Participant {
        let invite = created.session.invite.as_ref();
        let request = Redeem {
            key: InviteKey::Token(invite.expect("its creator may invite").token),
            name: None,
            role,
            address: ADDRESS,
            idempotency_key: None,
            seats: Vec::new(),
        };
        let redeemed = invites::redeem(&self.app, Some(user), request).await;
        redeemed.expect("the link works").participant
    }

    pub(crate) async fn seat(&self, guest: &Redeemed) -> Option<Seat> {
        let token = guest
            .seat
            .as_ref()
            .expect("a guest gets a seat")
            .token
            .expose();
        seats::authenticate(&self.app, guest.session_id, &token)
            .await
            .expect("it answers")
    }

    pub(crate) async fn guest_caller(&self, guest: &Redeemed) -> Caller {
        self.seat(guest).await.expect("the seat is good").into()
    }

    /// Lets the application hear what happened in the rooms, to the last word.
    pub(crate) async fn hear(&self, events: impl IntoIterator<Item = RtcEvent>) {
        let events: Vec<RtcEvent> = events.into_iter().collect();
        let (engine, news) = mpsc::channel(events.len().max(1));
        for event in events {
            engine.try_send(event).expect("there is room");
        }
        drop(engine);
        self.app.follow_rtc(news).await;
    }

    /// What happened in a session, as its owner reads it.
    pub(crate) async fn log(&self, by: &SignedIn, session: SessionId) -> Vec<EventData> {
        let caller = Caller::User(by.clone());
        let page = sessions::events(&self.app, &caller, session, 0, PageLimit::BIGGEST).await;
        let events = page.expect("it is visible").items;
        let seqs: Vec<u64> = events.iter().map(|event| event.seq).collect();
        assert_eq!(seqs, (1..=events.len() as u64).collect::<Vec<_>>());
        events.into_iter().map(|event| event.data).collect()
    }

    pub(crate) async fn watch(&self, caller: &Caller, session: SessionId) -> Subscription {
        self.app
            .live()
            .subscribe(caller, session, Backlog::ALL)
            .await
            .expect("they have a place")
    }
}

/// Somebody whose address is made of their first name.
pub(crate) fn someone(name: &str, role: UserRole) -> AddUser {
    let first = name.split(' ').next().unwrap_or(name).to_lowercase();
    AddUser {
        name: name.to_owned(),
        email: format!("{first}@example.com"),
        role,
        idempotency_key: None,
    }
}

pub(crate) fn new_session() -> CreateSession {
    CreateSession {
        title: Some("Pump 4 leaks".to_owned()),
        role: ParticipantRole::Expert,
        policies: Vec::new(),
        idempotency_key: None,
    }
}

pub(crate) fn joined(session: SessionId, identity: impl ToString + Copy, stay: &str) -> RtcEvent {
    RtcEvent::Joined {
        room: session.to_string(),
        identity: identity.to_string(),
        stay: stay.to_owned(),
    }
}

pub(crate) fn left(
    session: SessionId,
    identity: impl ToString + Copy,
    stay: &str,
    reason: rtc::LeaveReason,
) -> RtcEvent {
    RtcEvent::Left {
        room: session.to_string(),
        identity: identity.to_string(),
        stay: stay.to_owned(),
        reason,
    }
}

/// The next message; a test that waits for one that never comes fails instead of hanging.
pub(crate) async fn next(subscription: &mut Subscription) -> LiveMessage {
    tokio::time::timeout(std::time::Duration::from_secs(30), subscription.next())
        .await
        .expect("a message comes")
}

fn domain_now(stage: &Stage) -> time::OffsetDateTime {
    app::Clock::now(&*stage.clock)
}
