use async_trait::async_trait;
use domain::{
    OrganisationId, Participant, ParticipantId, ParticipantRole, Person, PersonName, Presence,
    SessionId, UserId,
};
use sqlx::sqlite::SqliteRow;
use time::OffsetDateTime;

use super::{
    SqliteTransaction,
    columns::{Columns, to_ms},
};
use crate::{Participants, Place, StoreError};

#[async_trait]
impl Participants for SqliteTransaction {
    async fn insert_participant(
        &mut self,
        organisation: OrganisationId,
        participant: &Participant,
    ) -> Result<(), StoreError> {
        let presence = StoredPresence::from(&participant.presence);
        let guest_name = match &participant.person {
            Person::Guest { name } => Some(name.as_str()),
            Person::User { .. } => None,
        };
        sqlx::query(
            "INSERT INTO participants
                 (organisation_id, session_id, id, place, role, user_id, guest_name,
                  is_present, joined_at, left_at, stay, path, is_removed)
             SELECT ?1, ?2, ?3, count(*) + 1, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12
             FROM participants WHERE organisation_id = ?1 AND session_id = ?2",
        )
        .bind(organisation.to_string())
        .bind(participant.session_id.to_string())
        .bind(participant.id.to_string())
        .bind(participant.role.as_str())
        .bind(participant.person.user_id().map(|user| user.to_string()))
        .bind(guest_name)
        .bind(presence.is_present)
        .bind(presence.joined_at)
        .bind(presence.left_at)
        .bind(presence.stay)
        .bind(presence.path)
        .bind(participant.is_removed)
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }

    async fn participant(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        id: ParticipantId,
    ) -> Result<Option<Participant>, StoreError> {
        sqlx::query(concat!(
            select_participants!(),
            "WHERE p.organisation_id = ?1 AND p.session_id = ?2 AND p.id = ?3"
        ))
        .bind(organisation.to_string())
        .bind(session.to_string())
        .bind(id.to_string())
        .fetch_optional(&mut *self.inner)
        .await?
        .map(|row| read_participant(&row))
        .transpose()
    }

    async fn participant_of_user(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        user: UserId,
    ) -> Result<Option<Participant>, StoreError> {
        sqlx::query(concat!(
            select_participants!(),
            "WHERE p.organisation_id = ?1 AND p.session_id = ?2 AND p.user_id = ?3"
        ))
        .bind(organisation.to_string())
        .bind(session.to_string())
        .bind(user.to_string())
        .fetch_optional(&mut *self.inner)
        .await?
        .map(|row| read_participant(&row))
        .transpose()
    }

    async fn participants(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
    ) -> Result<Vec<Participant>, StoreError> {
        sqlx::query(concat!(
            select_participants!(),
            "WHERE p.organisation_id = ?1 AND p.session_id = ?2 ORDER BY p.place"
        ))
        .bind(organisation.to_string())
        .bind(session.to_string())
        .fetch_all(&mut *self.inner)
        .await?
        .iter()
        .map(read_participant)
        .collect()
    }

    async fn taken_count_without(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        uncounted: ParticipantId,
        now: OffsetDateTime,
    ) -> Result<u32, StoreError> {
        sqlx::query(
            "SELECT count(*) AS taken FROM participants
             WHERE organisation_id = ?1 AND session_id = ?2 AND id <> ?3 AND is_removed = 0
                 AND (is_present = 1 OR reserved_until > ?4)",
        )
        .bind(organisation.to_string())
        .bind(session.to_string())
        .bind(uncounted.to_string())
        .bind(to_ms(now))
        .fetch_one(&mut *self.inner)
        .await?
        .count("taken")
    }

    async fn taken_users_without(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        uncounted: ParticipantId,
        now: OffsetDateTime,
    ) -> Result<Vec<UserId>, StoreError> {
        sqlx::query(
            "SELECT user_id FROM participants
             WHERE organisation_id = ?1 AND session_id = ?2 AND id <> ?3 AND is_removed = 0
                 AND (is_present = 1 OR reserved_until > ?4) AND user_id IS NOT NULL",
        )
        .bind(organisation.to_string())
        .bind(session.to_string())
        .bind(uncounted.to_string())
        .bind(to_ms(now))
        .fetch_all(&mut *self.inner)
        .await?
        .iter()
        .map(|row| row.parse("user_id"))
        .collect()
    }

    async fn expected_guest_count(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
    ) -> Result<u32, StoreError> {
        sqlx::query(
            "SELECT count(*) AS expected FROM participants
             WHERE organisation_id = ?1 AND session_id = ?2
                 AND user_id IS NULL AND joined_at IS NULL AND is_removed = 0",
        )
        .bind(organisation.to_string())
        .bind(session.to_string())
        .fetch_one(&mut *self.inner)
        .await?
        .count("expected")
    }

    async fn remove_expected_guests(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE participants SET is_removed = 1
             WHERE organisation_id = ?1 AND session_id = ?2
                 AND user_id IS NULL AND joined_at IS NULL AND is_removed = 0
                 AND coalesce(reserved_until, 0) <= ?3",
        )
        .bind(organisation.to_string())
        .bind(session.to_string())
        .bind(to_ms(now))
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }

    async fn set_reservation(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        id: ParticipantId,
        until: Option<OffsetDateTime>,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE participants SET reserved_until = ?4
             WHERE organisation_id = ?1 AND session_id = ?2 AND id = ?3",
        )
        .bind(organisation.to_string())
        .bind(session.to_string())
        .bind(id.to_string())
        .bind(until.map(to_ms))
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }

    async fn present_count_without(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        uncounted: ParticipantId,
    ) -> Result<u32, StoreError> {
        sqlx::query(
            "SELECT count(*) AS present FROM participants
             WHERE organisation_id = ?1 AND session_id = ?2 AND id <> ?3
                 AND is_removed = 0 AND is_present = 1",
        )
        .bind(organisation.to_string())
        .bind(session.to_string())
        .bind(uncounted.to_string())
        .fetch_one(&mut *self.inner)
        .await?
        .count("present")
    }

    async fn present_users_without(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        uncounted: ParticipantId,
    ) -> Result<Vec<UserId>, StoreError> {
        sqlx::query(
            "SELECT user_id FROM participants
             WHERE organisation_id = ?1 AND session_id = ?2 AND id <> ?3
                 AND is_removed = 0 AND is_present = 1 AND user_id IS NOT NULL",
        )
        .bind(organisation.to_string())
        .bind(session.to_string())
        .bind(uncounted.to_string())
        .fetch_all(&mut *self.inner)
        .await?
        .iter()
        .map(|row| row.parse("user_id"))
        .collect()
    }

    async fn places_of_user_held_after(
        &mut self,
        organisation: OrganisationId,
        user: UserId,
        at: OffsetDateTime,
    ) -> Result<Vec<Place>, StoreError> {
        sqlx::query(
            "SELECT organisation_id, session_id, id FROM participants
             WHERE organisation_id = ?1 AND user_id = ?2
                 AND (is_present = 1 OR reserved_until > ?3)",
        )
        .bind(organisation.to_string())
        .bind(user.to_string())
        .bind(to_ms(at))
        .fetch_all(&mut *self.inner)
        .await?
        .iter()
        .map(read_place)
        .collect()
    }

    async fn present_places(&mut self) -> Result<Vec<Place>, StoreError> {
        sqlx::query("SELECT organisation_id, session_id, id FROM participants WHERE is_present = 1")
            .fetch_all(&mut *self.inner)
            .await?
            .iter()
            .map(read_place)
            .collect()
    }

    async fn set_participant_role(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        id: ParticipantId,
        role: ParticipantRole,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE participants SET role = ?4
             WHERE organisation_id = ?1 AND session_id = ?2 AND id = ?3",
        )
        .bind(organisation.to_string())
        .bind(session.to_string())
        .bind(id.to_string())
        .bind(role.as_str())
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }

    async fn set_presence(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        id: ParticipantId,
        presence: &Presence,
    ) -> Result<(), StoreError> {
        let presence = StoredPresence::from(presence);
        sqlx::query(
            "UPDATE participants
             SET is_present = ?4, joined_at = ?5, left_at = ?6, stay = ?7, path = ?8
             WHERE organisation_id = ?1 AND session_id = ?2 AND id = ?3",
        )
        .bind(organisation.to_string())
        .bind(session.to_string())
        .bind(id.to_string())
        .bind(presence.is_present)
        .bind(presence.joined_at)
        .bind(presence.left_at)
        .bind(presence.stay)
        .bind(presence.path)
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }

    async fn set_removed(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        id: ParticipantId,
        is_removed: bool,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE participants SET is_removed = ?4
             WHERE organisation_id = ?1 AND session_id = ?2 AND id = ?3",
        )
        .bind(organisation.to_string())
        .bind(session.to_string())
        .bind(id.to_string())
        .bind(is_removed)
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }
}

macro_rules! select_participants {
    () => {
        "SELECT p.id, p.session_id, p.role, p.user_id, u.name AS user_name, p.guest_name,
                p.is_present, p.joined_at, p.left_at, p.stay, p.path, p.is_removed
         FROM participants p
         LEFT JOIN users u ON u.organisation_id = p.organisation_id AND u.id = p.user_id
         "
    };
}
use select_participants;

/// [`Presence`] as columns.
struct StoredPresence<'a> {
    is_present: bool,
    joined_at: Option<i64>,
    left_at: Option<i64>,
    stay: Option<&'a str>,
    path: Option<&'static str>,
}

impl<'a> From<&'a Presence> for StoredPresence<'a> {
    fn from(presence: &'a Presence) -> Self {
        match presence {
            Presence::Expected => Self {
                is_present: false,
                joined_at: None,
                left_at: None,
                stay: None,
                path: None,
            },
            Presence::Present {
                joined_at,
                stay,
                path,
            } => Self {
                is_present: true,
                joined_at: Some(to_ms(*joined_at)),
                left_at: None,
                stay: Some(stay),
                path: path.map(|path| path.as_str()),
            },
            Presence::Gone { joined_at, left_at } => Self {
                is_present: false,
                joined_at: Some(to_ms(*joined_at)),
                left_at: Some(to_ms(*left_at)),
                stay: None,
                path: None,
            },
        }
    }
}

fn read_participant(row: &SqliteRow) -> Result<Participant, StoreError> {
    let person = match row.parse_optional("user_id")? {
        Some(id) => Person::User {
            id,
            name: row.read_optional("user_name", PersonName::parse)?,
        },
        None => Person::Guest {
            name: row.read("guest_name", PersonName::parse)?,
        },
    };
    Ok(Participant {
        id: row.parse("id")?,
        session_id: row.parse("session_id")?,
        role: row.parse("role")?,
        person,
        presence: read_presence(row)?,
        is_removed: row.flag("is_removed")?,
    })
}

fn read_presence(row: &SqliteRow) -> Result<Presence, StoreError> {
    let Some(joined_at) = row.time_optional("joined_at")? else {
        return Ok(Presence::Expected);
    };
    Ok(if row.flag("is_present")? {
        Presence::Present {
            joined_at,
            stay: row.parse("stay")?,
            path: row.parse_optional("path")?,
        }
    } else {
        Presence::Gone {
            joined_at,
            left_at: row.time("left_at")?,
        }
    })
}

fn read_place(row: &SqliteRow) -> Result<Place, StoreError> {
    Ok(Place {
        organisation_id: row.parse("organisation_id")?,
        session_id: row.parse("session_id")?,
        participant_id: row.parse("id")?,
    })
}
