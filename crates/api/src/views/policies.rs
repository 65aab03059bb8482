use app::policies::PoliciesView;
use domain::{PolicyLayer, PolicyName};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The policies of every level, and what comes out of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Policies {
    pub(crate) installation: PolicyLevel,
    pub(crate) organisation: PolicyLevel,
    pub(crate) effective: EffectivePolicies,
    pub(crate) defaults: EffectivePolicies,
}

/// What one level says; `null` leaves it to the level above.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct PolicyLevel {
    #[serde(rename = "sessions.guests")]
    #[schema(required = true)]
    pub(crate) sessions_guests: Option<bool>,
    #[serde(rename = "sessions.code_ttl")]
    #[schema(required = true)]
    pub(crate) sessions_code_ttl: Option<u64>,
    #[serde(rename = "files.enabled")]
    #[schema(required = true)]
    pub(crate) files_enabled: Option<bool>,
    #[serde(rename = "media.path_mode")]
    #[schema(required = true)]
    pub(crate) media_path_mode: Option<PathMode>,
}

/// What holds.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EffectivePolicies {
    /// People without an account may join.
    #[serde(rename = "sessions.guests")]
    pub(crate) sessions_guests: bool,
    /// How long a join code and link work, in seconds.
    #[serde(rename = "sessions.code_ttl")]
    pub(crate) sessions_code_ttl: u64,
    /// Files may be shared and kept.
    #[serde(rename = "files.enabled")]
    pub(crate) files_enabled: bool,
    /// Which ways through the network media may take.
    #[serde(rename = "media.path_mode")]
    pub(crate) media_path_mode: PathMode,
}

/// A policy's value: yes or no, a number of seconds, or a mode.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum PolicyValue {
    Switch(bool),
    Seconds(u64),
    PathMode(PathMode),
}

/// Which ways through the network media may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PathMode {
    /// UDP, TCP, the relay.
    Automatic,
    /// UDP and TCP.
    NoRelay,
    /// TCP and the relay.
    #[serde(rename = "tcp-443")]
    Tcp443,
    /// The relay.
    Relay,
}

impl From<domain::PathMode> for PathMode {
    fn from(mode: domain::PathMode) -> Self {
        match mode {
            domain::PathMode::Automatic => Self::Automatic,
            domain::PathMode::NoRelay => Self::NoRelay,
            domain::PathMode::Tcp443 => Self::Tcp443,
            domain::PathMode::Relay => Self::Relay,
        }
    }
}

impl From<PathMode> for domain::PathMode {
    fn from(mode: PathMode) -> Self {
        match mode {
            PathMode::Automatic => Self::Automatic,
            PathMode::NoRelay => Self::NoRelay,
            PathMode::Tcp443 => Self::Tcp443,
            PathMode::Relay => Self::Relay,
        }
    }
}

impl From<&PoliciesView> for Policies {
    fn from(view: &PoliciesView) -> Self {
        Self {
            installation: (&view.installation).into(),
            organisation: (&view.organisation).into(),
            effective: (&view.effective).into(),
            defaults: (&domain::Policies::DEFAULT).into(),
        }
    }
}

impl From<&PolicyLayer> for PolicyLevel {
    fn from(layer: &PolicyLayer) -> Self {
        let mut level = Self::default();
        for (name, value) in layer.entries() {
            match (name, value) {
                (PolicyName::SessionsGuests, domain::PolicyValue::Switch(on)) => {
                    level.sessions_guests = Some(on);
                }
                (PolicyName::FilesEnabled, domain::PolicyValue::Switch(on)) => {
                    level.files_enabled = Some(on);
                }
                (PolicyName::SessionsCodeTtl, domain::PolicyValue::Seconds(seconds)) => {
                    level.sessions_code_ttl = Some(seconds);
                }
                (PolicyName::MediaPathMode, domain::PolicyValue::PathMode(mode)) => {
                    level.media_path_mode = Some(mode.into());
                }
                (
                    PolicyName::SessionsGuests
                    | PolicyName::FilesEnabled
                    | PolicyName::SessionsCodeTtl
                    | PolicyName::MediaPathMode,
                    _,
                ) => unreachable!("a layer takes only values of the policy's kind"),
            }
        }
        level
    }
}

impl From<&domain::Policies> for EffectivePolicies {
    fn from(policies: &domain::Policies) -> Self {
        Self {
            sessions_guests: policies.guests,
            sessions_code_ttl: policies.code_ttl.as_secs(),
            files_enabled: policies.files,
            media_path_mode: policies.path_mode.into(),
        }
    }
}

impl From<PolicyValue> for domain::PolicyValue {
    fn from(value: PolicyValue) -> Self {
        match value {
            PolicyValue::Switch(on) => Self::Switch(on),
            PolicyValue::Seconds(seconds) => Self::Seconds(seconds),
            PolicyValue::PathMode(mode) => Self::PathMode(mode.into()),
        }
    }
}
