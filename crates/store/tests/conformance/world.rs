//! An organisation with one of everything.

use domain::{
    EmailAddress, EventData, EventId, Invite, InviteToken, NewEvent, Organisation, OrganisationId,
    OrganisationName, PageLimit, Participant, ParticipantId, ParticipantRole, Person, PersonName,
    PolicyName, PolicyValue, Presence, Session, SessionId, SessionState, SessionTitle, TokenHash,
    User, UserId, UserRole, UserState,
};
use store::{
    KeptRedemption, KeptResult, PasswordLink, Seat, SessionFilter, SignIn, StateFilter, Store,
    Transaction,
};
use time::{Duration, OffsetDateTime, macros::datetime};

pub(crate) const START: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);

/// The ids of an organisation's things.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) organisation: OrganisationId,
    pub(crate) owner: User,
    pub(crate) session: Session,
    pub(crate) invite: Invite,
    pub(crate) participant: Participant,
    pub(crate) guest: Participant,
    pub(crate) secret: TokenHash,
    pub(crate) created: KeptResult,
}

impl World {
    /// Fills a database; worlds of different numbers share nothing.
    pub(crate) async fn insert(store: &dyn Store, number: u8) -> Self {
        let world = Self::new(number);
        let mut transaction = store.write().await.expect("the database is there");
        world
            .insert_into(&mut *transaction)
            .await
            .expect("a new world is taken");
        transaction.commit().await.expect("it is committed");
        world
    }

    pub(crate) fn new(number: u8) -> Self {
        let organisation = OrganisationId::from_random([number; 16]);
        let owner = user(organisation, number, UserRole::Owner);
        let session = session(organisation, &owner, number);
        let participant = participant(
            &session,
            number,
            Person::User {
                id: owner.id,
                name: Some(owner.name.clone()),
            },
        );
        let guest = self::participant(
            &session,
            number + 100,
            Person::Guest {
                name: PersonName::parse("Guest Gustav").expect("a fine name"),
            },
        );
        let secret = TokenHash([number; 32]);
        Self {
            organisation,
            invite: invite(&session, number),
            created: KeptResult {
                organisation_id: organisation,
                user_id: owner.id,
                operation: "sessions.create".to_owned(),
                key: "key".to_owned(),
                fingerprint: [number; 32],
                created_id: session.id.to_string(),
                created_at: START,
            },
            owner,
            session,
            participant,
            guest,
            secret,
        }
    }

    async fn insert_into(
        &self,
        transaction: &mut dyn Transaction,
    ) -> Result<(), store::StoreError> {
        let organisation = Organisation {
            id: self.organisation,
            name: OrganisationName::parse("Acme").expect("a fine name"),
            created_at: START,
        };
        transaction.insert_organisation(&organisation).await?;
        assert!(transaction.insert_user(&self.owner).await?);
        transaction
            .set_password(
                self.organisation,
                self.owner.id,
                "$argon2id$…",
                UserState::Active,
            )
            .await?;
        transaction.insert_sign_in(&self.sign_in()).await?;
        transaction
            .replace_password_link(&self.password_link())
            .await?;
        transaction.insert_session(&self.session).await?;
        assert!(
            transaction
                .insert_invite(self.organisation, &self.invite, self.secret)
                .await?
        );
        transaction
            .insert_participant(self.organisation, &self.participant)
            .await?;
        transaction
            .insert_participant(self.organisation, &self.guest)
            .await?;
        transaction.insert_seat(&self.seat()).await?;
        let event = event(1, Some("first"));
        transaction
            .append_event(self.organisation, self.session.id, &event)
            .await?;
        let (name, value) = (PolicyName::SessionsGuests, PolicyValue::Switch(false));
        transaction
            .set_organisation_policy(self.organisation, name, value)
            .await?;
        transaction
            .insert_session_policy(self.organisation, self.session.id, name, value)
            .await?;
        transaction
            .insert_kept_redemption(self.organisation, self.session.id, &self.redemption())
            .await?;
        transaction.insert_kept_result(&self.created).await
    }

    pub(crate) fn redemption(&self) -> KeptRedemption {
        KeptRedemption {
            key: self.secret,
            fingerprint: self.secret.0,
            participant_id: self.guest.id,
            created_at: START,
        }
    }

    pub(crate) fn sign_in(&self) -> SignIn {
        SignIn {
            token: self.secret,
            organisation_id: self.organisation,
            user_id: self.owner.id,
            created_at: START,
            expires_at: START + Duration::days(30),
        }
    }

    pub(crate) fn password_link(&self) -> PasswordLink {
        PasswordLink {
            token: self.secret,
            organisation_id: self.organisation,
            user_id: self.owner.id,
            expires_at: START + Duration::days(7),
        }
    }

    pub(crate) fn seat(&self) -> Seat {
        Seat {
            token: self.secret,
            organisation_id: self.organisation,
            session_id: self.session.id,
            participant_id: self.guest.id,
            expires_at: START + Duration::days(7),
        }
    }

    /// Everything that the organisation owns, as text, to see whether anything changed.
    pub(crate) async fn describe(&self, store: &dyn Store) -> String {
        let mut transaction = store.read().await.expect("the database is there");
        let filter = SessionFilter {
            state: StateFilter::All,
            is_viewers_only: false,
            after: None,
            limit: PageLimit::BIGGEST,
        };
        let (organisation, session, t) = (self.organisation, self.session.id, &mut *transaction);
        let stored = t
            .user_by_email(organisation, &self.owner.email)
            .await
            .expect("it answers");
        format!(
            "{:#?}",
            (
                t.users(organisation, None, PageLimit::BIGGEST)
                    .await
                    .expect("it answers"),
                stored.and_then(|found| found.password_hash),
                t.sign_in(self.secret).await.expect("it answers"),
                t.password_link(self.secret).await.expect("it answers"),
                t.sessions(organisation, self.owner.id, &filter)
                    .await
                    .expect("it answers"),
                t.participants(organisation, session)
                    .await
                    .expect("it answers"),
                t.taken_count_without(organisation, session, self.guest.id, START)
                    .await
                    .expect("it answers"),
                t.seat(session, self.secret).await.expect("it answers"),
                t.events(organisation, session, 0, PageLimit::BIGGEST)
                    .await
                    .expect("it answers"),
                t.organisation_policies(organisation)
                    .await
                    .expect("it answers"),
                t.session_policies(organisation, session)
                    .await
                    .expect("it answers"),
                (
                    t.kept_redemption(organisation, session, self.secret)
                        .await
                        .expect("it answers"),
                    t.kept_result(organisation, self.owner.id, "sessions.create", "key")
                        .await
                        .expect("it answers"),
                ),
            )
        )
    }
}

pub(crate) fn user(organisation: OrganisationId, number: u8, role: UserRole) -> User {
    User {
        id: UserId::from_random([number; 16]),
        organisation_id: organisation,
        name: PersonName::parse(&format!("Person {number}")).expect("a fine name"),
        email: EmailAddress::parse(&format!("person{number}@example.com")).expect("an address"),
        role,
        state: UserState::Active,
        created_at: START + Duration::seconds(i64::from(number)),
        last_sign_in_at: None,
    }
}

pub(crate) fn session(organisation: OrganisationId, creator: &User, number: u8) -> Session {
    Session {
        id: SessionId::from_random([number; 16]),
        organisation_id: organisation,
        title: Some(SessionTitle::parse("Pump 4 leaks").expect("a fine title")),
        state: SessionState::Open,
        created_at: START + Duration::seconds(i64::from(number)),
        created_by: creator.id,
    }
}

pub(crate) fn invite(session: &Session, number: u8) -> Invite {
    Invite {
        session_id: session.id,
        code: format!("{number:09}").parse().expect("nine digits"),
        token: InviteToken::from_random([number; 16]),
        created_by: session.created_by,
        created_at: START,
        expires_at: START + Duration::days(7),
    }
}

pub(crate) fn participant(session: &Session, number: u8, person: Person) -> Participant {
    Participant {
        id: ParticipantId::from_random([number; 16]),
        session_id: session.id,
        role: ParticipantRole::Expert,
        person,
        presence: Presence::Expected,
        is_removed: false,
    }
}

pub(crate) fn present(stay: &str) -> Presence {
    Presence::Present {
        joined_at: START,
        stay: stay.to_owned(),
        path: None,
    }
}

pub(crate) fn event(number: u8, key: Option<&str>) -> NewEvent {
    NewEvent {
        id: EventId::from_random([number; 16]),
        at: START,
        participant_id: None,
        data: EventData::SessionCreated,
        idempotency_key: key.map(str::to_owned),
    }
}
