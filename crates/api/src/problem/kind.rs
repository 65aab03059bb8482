use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

/// Every kind of failure that the API reports; the slug is stable, the texts are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[schema(as = ProblemType)]
pub(crate) enum Kind {
    #[serde(rename = "/problems/invalid-json")]
    InvalidJson,
    #[serde(rename = "/problems/invalid-input")]
    InvalidInput,
    #[serde(rename = "/problems/body-too-large")]
    BodyTooLarge,
    #[serde(rename = "/problems/not-signed-in")]
    NotSignedIn,
    #[serde(rename = "/problems/wrong-credentials")]
    WrongCredentials,
    #[serde(rename = "/problems/forbidden")]
    Forbidden,
    #[serde(rename = "/problems/cross-origin-refused")]
    CrossOriginRefused,
    #[serde(rename = "/problems/not-found")]
    NotFound,
    #[serde(rename = "/problems/method-not-allowed")]
    MethodNotAllowed,
    #[serde(rename = "/problems/upgrade-required")]
    UpgradeRequired,
    #[serde(rename = "/problems/email-taken")]
    EmailTaken,
    #[serde(rename = "/problems/user-deactivated")]
    UserDeactivated,
    #[serde(rename = "/problems/last-owner")]
    LastOwner,
    #[serde(rename = "/problems/already-set-up")]
    AlreadySetUp,
    #[serde(rename = "/problems/setup-token-wrong")]
    SetupTokenWrong,
    #[serde(rename = "/problems/link-expired")]
    LinkExpired,
    #[serde(rename = "/problems/too-many-attempts")]
    TooManyAttempts,
    #[serde(rename = "/problems/too-many-connections")]
    TooManyConnections,
    #[serde(rename = "/problems/idempotency-key-reused")]
    IdempotencyKeyReused,
    #[serde(rename = "/problems/invite-not-found")]
    InviteNotFound,
    #[serde(rename = "/problems/invite-expired")]
    InviteExpired,
    #[serde(rename = "/problems/invite-used-up")]
    InviteUsedUp,
    #[serde(rename = "/problems/session-ended")]
    SessionEnded,
    #[serde(rename = "/problems/session-full")]
    SessionFull,
    #[serde(rename = "/problems/guests-not-allowed")]
    GuestsNotAllowed,
    #[serde(rename = "/problems/removed-from-session")]
    RemovedFromSession,
    #[serde(rename = "/problems/seat-needed")]
    SeatNeeded,
    #[serde(rename = "/problems/unknown-policy")]
    UnknownPolicy,
    #[serde(rename = "/problems/unavailable")]
    Unavailable,
    #[serde(rename = "/problems/internal")]
    Internal,
}

impl Kind {
    /// The HTTP status that goes with it.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::InvalidJson => StatusCode::BAD_REQUEST,
            Self::NotSignedIn | Self::WrongCredentials | Self::SeatNeeded => {
                StatusCode::UNAUTHORIZED
            }
            Self::Forbidden
            | Self::CrossOriginRefused
            | Self::SetupTokenWrong
            | Self::GuestsNotAllowed
            | Self::RemovedFromSession => StatusCode::FORBIDDEN,
            Self::NotFound | Self::InviteNotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::UpgradeRequired => StatusCode::UPGRADE_REQUIRED,
            Self::EmailTaken
            | Self::UserDeactivated
            | Self::LastOwner
            | Self::AlreadySetUp
            | Self::SessionEnded
            | Self::SessionFull => StatusCode::CONFLICT,
            Self::LinkExpired | Self::InviteExpired | Self::InviteUsedUp => StatusCode::GONE,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::InvalidInput | Self::UnknownPolicy | Self::IdempotencyKeyReused => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::TooManyAttempts | Self::TooManyConnections => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// A short sentence for people who read raw answers.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::InvalidJson => "The body is not the JSON this endpoint takes",
            Self::InvalidInput => "Some values can't be accepted",
            Self::BodyTooLarge => "The body is too large",
            Self::NotSignedIn => "Sign in first",
            Self::WrongCredentials => "The e-mail or the password is wrong",
            Self::Forbidden => "You may not do this",
            Self::CrossOriginRefused => "The request came from another site",
            Self::NotFound => "There is no such thing here",
            Self::MethodNotAllowed => "This address does not take that method",
            Self::UpgradeRequired => "This address takes WebSockets only",
            Self::EmailTaken => "Another user has this e-mail",
            Self::UserDeactivated => "The user is deactivated",
            Self::LastOwner => "An organisation needs at least one active owner",
            Self::AlreadySetUp => "The installation is set up already",
            Self::SetupTokenWrong => "The set-up link is wrong",
            Self::LinkExpired => "The link is used up or has expired",
            Self::TooManyAttempts => "Too many attempts: wait before the next",
            Self::TooManyConnections => "Too many connections: close some of them",
            Self::IdempotencyKeyReused => "The Idempotency-Key belongs to another request",
            Self::InviteNotFound => "No invite has this code or link",
            Self::InviteExpired => "The invite has expired",
            Self::InviteUsedUp => "Too many guests have used the invite: ask for a new one",
            Self::SessionEnded => "The session has ended",
            Self::SessionFull => "The session is full",
            Self::GuestsNotAllowed => "This session takes signed-in users only",
            Self::RemovedFromSession => {
                "Somebody removed you from the session, and can let you back in"
            }
            Self::SeatNeeded => "This browser has no place in the session",
            Self::UnknownPolicy => "There is no such policy",
            Self::Unavailable => "Not available at the moment: try again",
            Self::Internal => "Something went wrong on the server",
        }
    }

    /// The slug, as it stands at the end of the type's address.
    pub(crate) fn slug(self) -> String {
        let address = serde_json::to_value(self).expect("a unit variant is a JSON string");
        let address = address.as_str().expect("a unit variant is a JSON string");
        address.trim_start_matches("/problems/").to_owned()
    }
}
