use async_trait::async_trait;
use domain::{
    OrganisationId, Participant, ParticipantId, ParticipantRole, Presence, SessionId, UserId,
};
use time::OffsetDateTime;

use crate::StoreError;

/// People's places in sessions.
#[async_trait]
pub trait Participants {
    /// Keeps a new participant.
    async fn insert_participant(
        &mut self,
        organisation: OrganisationId,
        participant: &Participant,
    ) -> Result<(), StoreError>;

    /// One participant.
    async fn participant(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        id: ParticipantId,
    ) -> Result<Option<Participant>, StoreError>;

    /// A user's place in a session.
    async fn participant_of_user(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        user: UserId,
    ) -> Result<Option<Participant>, StoreError>;

    /// All participants of a session in the order in which they took their places.
    async fn participants(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
    ) -> Result<Vec<Participant>, StoreError>;

    /// How many participants are in the room or have a place in it reserved, not counting one nor
    /// those whose place was taken away.
    async fn taken_count_without(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        uncounted: ParticipantId,
        now: OffsetDateTime,
    ) -> Result<u32, StoreError>;

    /// The users among those who are counted so.
    async fn taken_users_without(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        uncounted: ParticipantId,
        now: OffsetDateTime,
    ) -> Result<Vec<UserId>, StoreError>;

    /// How many participants are in the room, not counting one nor those whose place was taken
    /// away.
    async fn present_count_without(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        uncounted: ParticipantId,
    ) -> Result<u32, StoreError>;

    /// The users among those who are counted so.
    async fn present_users_without(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        uncounted: ParticipantId,
    ) -> Result<Vec<UserId>, StoreError>;

    /// How many guests have a place in which they have never been.
    async fn expected_guest_count(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
    ) -> Result<u32, StoreError>;

    /// Takes the places away from guests who have never been in and are not on their way.
    async fn remove_expected_guests(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        now: OffsetDateTime,
    ) -> Result<(), StoreError>;

    /// Stores until when a place in the room is kept for a participant.
    async fn set_reservation(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        id: ParticipantId,
        until: Option<OffsetDateTime>,
    ) -> Result<(), StoreError>;

    /// The places in which a user is present, or which were still reserved for them after a time.
    async fn places_of_user_held_after(
        &mut self,
        organisation: OrganisationId,
        user: UserId,
        at: OffsetDateTime,
    ) -> Result<Vec<Place>, StoreError>;

    /// The places of all organisations in which somebody is present. For the start of the server.
    async fn present_places(&mut self) -> Result<Vec<Place>, StoreError>;

    /// Stores the role.
    async fn set_participant_role(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        id: ParticipantId,
        role: ParticipantRole,
    ) -> Result<(), StoreError>;

    /// Stores whether they are in the room.
    async fn set_presence(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        id: ParticipantId,
        presence: &Presence,
    ) -> Result<(), StoreError>;

    /// Stores whether the place was taken away.
    async fn set_removed(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        id: ParticipantId,
        is_removed: bool,
    ) -> Result<(), StoreError>;
}

/// Where somebody takes part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The session's organisation.
    pub organisation_id: OrganisationId,
    /// The session.
    pub session_id: SessionId,
    /// The participant.
    pub participant_id: ParticipantId,
}
