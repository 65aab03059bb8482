use std::{fmt, future::Future, pin::Pin, time::Duration, time::SystemTime};

use domain::PathMode;

use crate::metrics::Sample;

/// A boxed future, so that [`RtcEngine`] can be used as a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What the product asks of a media engine.
pub trait RtcEngine: fmt::Debug + Send + Sync + 'static {
    /// Where clients find the LiveKit endpoint; `None` means the origin that served the page.
    fn client_url(&self) -> Option<String>;

    /// A short-lived token with which one participant joins one room.
    fn mint_token(&self, grant: &Grant, now: SystemTime) -> RtcToken;

    /// Removes a participant; the client is told why. Unknown names are not an error.
    fn remove_participant<'a>(
        &'a self,
        room: &'a str,
        identity: &'a str,
    ) -> BoxFuture<'a, Result<(), RtcError>>;

    /// Changes what a participant who is in may do; what it may not publish or receive any
    /// more ends at once. Unknown names are not an error.
    fn set_permission<'a>(
        &'a self,
        room: &'a str,
        identity: &'a str,
        permission: Permission,
    ) -> BoxFuture<'a, Result<(), RtcError>>;

    /// Mutes what a participant publishes from one source; only they can unmute. Unknown names are
    /// not an error.
    fn mute<'a>(
        &'a self,
        room: &'a str,
        identity: &'a str,
        source: Source,
    ) -> BoxFuture<'a, Result<(), RtcError>>;

    /// Ends a room for everybody in it; the clients are told why. Unknown names are not an error.
    fn close_room<'a>(&'a self, room: &'a str) -> BoxFuture<'a, Result<(), RtcError>>;

    /// Answers once every part that carries media has shown that it runs. A part that hangs keeps
    /// the answer back: the caller bounds the wait.
    fn health(&self) -> BoxFuture<'_, Result<(), RtcError>>;

    /// What the engine has counted so far. One outside of this process publishes its own.
    fn metrics(&self) -> Vec<Sample> {
        Vec::new()
    }

    /// Tells every client that the server stops and that it should join anew, then stops media.
    fn shut_down(&self) -> BoxFuture<'_, ()>;
}

/// What a participant may do in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// May receive what others publish.
    pub can_subscribe: bool,
    /// May publish camera, microphone and screen.
    pub can_publish: bool,
    /// Which of them; empty means all.
    pub can_publish_sources: Vec<Source>,
    /// May send data packets.
    pub can_publish_data: bool,
    /// May change its own name, metadata and attributes.
    pub can_update_own_metadata: bool,
}

/// Where a track comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A microphone.
    Microphone,
    /// A camera.
    Camera,
    /// A shared screen, or its sound.
    Screen,
}

/// What a token allows, and for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The room's name: the session's id.
    pub room: String,
    /// The participant's id; a second client with the same one replaces the first.
    pub identity: String,
    /// The name that other participants see.
    pub name: String,
    /// May publish camera, microphone and screen.
    pub can_publish: bool,
    /// May send data packets.
    pub can_publish_data: bool,
    /// Which ways through the network its media may take.
    pub path_mode: PathMode,
    /// How long the token opens the door; a running connection gets fresh ones by itself.
    pub lifetime: Duration,
}

/// A signed access token.
#[derive(Clone, PartialEq, Eq)]
pub struct RtcToken {
    /// The JWT, as the LiveKit client wants it.
    pub token: String,
    /// When it stops opening the door.
    pub expires_at: SystemTime,
}

impl fmt::Debug for RtcToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RtcToken")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Why an order to the engine failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RtcError {
    /// The engine's queue is full; trying again later may work.
    #[error("the media engine is overloaded")]
    Overloaded,
    /// The engine has stopped.
    #[error("the media engine has stopped")]
    Stopped,
}
