//! Policies: what an installation, an organisation and a session allow.
//!
//! Each level says something about some policies; the resolver goes from the installation down.
//! A switch that is off above stays off below, and a mode can only be narrowed. Of a duration the
//! organisation's word counts before the installation's, and what holds there is the most that a
//! session can have.
//!
//! Invariant: no level can allow what a level above it forbids, whatever is stored.

use std::{collections::BTreeMap, time::Duration};

use crate::{PathMode, words::words};

/// What is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policies {
    /// `sessions.guests`: people without an account may join sessions.
    pub guests: bool,
    /// `sessions.code_ttl`: how long an invite opens its session.
    pub code_ttl: Duration,
    /// `files.enabled`: recordings and shared files exist.
    pub files: bool,
    /// `media.path_mode`: which ways through the network media may take.
    pub path_mode: PathMode,
}

impl Policies {
    /// What holds when nobody says anything.
    pub const DEFAULT: Self = Self {
        guests: true,
        code_ttl: Duration::from_secs(7 * 24 * 3600),
        files: true,
        path_mode: PathMode::Automatic,
    };

    /// What holds when the levels, the installation's first, say this.
    pub fn resolve<'a>(levels: impl IntoIterator<Item = &'a PolicyLayer>) -> Self {
        let mut in_force = Self::DEFAULT;
        for (rank, level) in PolicyLevel::ALL.into_iter().zip(levels) {
            in_force.guests &= level.switch(PolicyName::SessionsGuests).unwrap_or(true);
            in_force.files &= level.switch(PolicyName::FilesEnabled).unwrap_or(true);
            if let Some(ttl) = level.duration(PolicyName::SessionsCodeTtl) {
                in_force.code_ttl = match rank {
                    PolicyLevel::Installation | PolicyLevel::Organisation => ttl,
                    PolicyLevel::Session => ttl.min(in_force.code_ttl),
                };
            }
            if let Some(mode) = level.path_mode() {
                in_force.path_mode = in_force.path_mode.narrowed_by(mode);
            }
        }
        in_force
    }

    /// The value of one policy.
    pub fn value(&self, name: PolicyName) -> PolicyValue {
        match name {
            PolicyName::SessionsGuests => PolicyValue::Switch(self.guests),
            PolicyName::SessionsCodeTtl => PolicyValue::Seconds(self.code_ttl.as_secs()),
            PolicyName::FilesEnabled => PolicyValue::Switch(self.files),
            PolicyName::MediaPathMode => PolicyValue::PathMode(self.path_mode),
        }
    }

    /// Whether this level, with these above it, may be given this value.
    ///
    /// # Errors
    /// [`PolicyError::ForbiddenAbove`] for a switch that is to go on below one that is off, and for a
    /// mode that allows more than the one above; [`PolicyError::MoreThanAbove`] for a session that is
    /// to have more than its organisation.
    pub fn check_below(
        &self,
        level: PolicyLevel,
        name: PolicyName,
        value: PolicyValue,
    ) -> Result<(), PolicyError> {
        match (self.value(name), value) {
            (PolicyValue::Switch(false), PolicyValue::Switch(true)) => {
                Err(PolicyError::ForbiddenAbove { name })
            }
            (PolicyValue::PathMode(above), PolicyValue::PathMode(below))
                if !below.is_within(above) =>
            {
                Err(PolicyError::ForbiddenAbove { name })
            }
            (PolicyValue::Seconds(above), PolicyValue::Seconds(seconds))
                if level == PolicyLevel::Session && seconds > above =>
            {
                Err(PolicyError::MoreThanAbove { name })
            }
            (PolicyValue::Switch(_) | PolicyValue::Seconds(_) | PolicyValue::PathMode(_), _) => {
                Ok(())
            }
        }
    }
}

/// The registry: every policy there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyName {
    /// People without an account may join sessions.
    SessionsGuests,
    /// How long an invite opens its session, in seconds.
    SessionsCodeTtl,
    /// Recordings and shared files exist.
    FilesEnabled,
    /// Which ways through the network media may take.
    MediaPathMode,
}

words!(PolicyName {
    SessionsGuests = "sessions.guests",
    SessionsCodeTtl = "sessions.code_ttl",
    FilesEnabled = "files.enabled",
    MediaPathMode = "media.path_mode",
});

impl PolicyName {
    /// Every policy, in the order of the registry.
    pub const ALL: [Self; 4] = [
        Self::SessionsGuests,
        Self::SessionsCodeTtl,
        Self::FilesEnabled,
        Self::MediaPathMode,
    ];

    /// What values it takes.
    pub fn kind(self) -> PolicyKind {
        match self {
            Self::SessionsGuests | Self::FilesEnabled => PolicyKind::Switch,
            Self::SessionsCodeTtl => PolicyKind::Seconds {
                min: 3600,
                max: 30 * 24 * 3600,
            },
            Self::MediaPathMode => PolicyKind::PathMode,
        }
    }

    /// The lowest level that may say something about it.
    pub fn lowest_level(self) -> PolicyLevel {
        match self {
            Self::SessionsGuests | Self::SessionsCodeTtl => PolicyLevel::Session,
            Self::FilesEnabled | Self::MediaPathMode => PolicyLevel::Organisation,
        }
    }
}

/// What values a policy takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyKind {
    /// On or off.
    Switch,
    /// Whole seconds in a range, both ends included.
    Seconds {
        /// The fewest.
        min: u64,
        /// The most.
        max: u64,
    },
    /// One of the modes.
    PathMode,
}

/// Who says it, from the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyLevel {
    /// The operator's settings.
    Installation,
    /// The organisation's administrators.
    Organisation,
    /// Who creates the session.
    Session,
}

impl PolicyLevel {
    /// From the top.
    pub const ALL: [Self; 3] = [Self::Installation, Self::Organisation, Self::Session];
}

/// The value of one policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyValue {
    /// On or off.
    Switch(bool),
    /// Whole seconds.
    Seconds(u64),
    /// A mode.
    PathMode(PathMode),
}

/// What one level says; it may be silent about any policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyLayer(BTreeMap<PolicyName, PolicyValue>);

impl PolicyLayer {
    /// Reads what a level says, by the policies' names.
    ///
    /// # Errors
    /// [`PolicyError`] for an unknown name, a value of the wrong kind or range, or a policy about
    /// which this level has no say.
    pub fn parse<'a>(
        level: PolicyLevel,
        entries: impl IntoIterator<Item = (&'a str, PolicyValue)>,
    ) -> Result<Self, PolicyError> {
        let mut layer = Self::default();
        for (name, value) in entries {
            let name = name.parse().map_err(|_| PolicyError::Unknown {
                name: name.to_owned(),
            })?;
            layer.set(level, name, value)?;
        }
        Ok(layer)
    }

    /// Says something about one policy.
    ///
    /// # Errors
    /// [`PolicyError`] for a value of the wrong kind or range, or a policy about which this level
    /// has no say.
    pub fn set(
        &mut self,
        level: PolicyLevel,
        name: PolicyName,
        value: PolicyValue,
    ) -> Result<(), PolicyError> {
        if level > name.lowest_level() {
            return Err(PolicyError::NotAtThisLevel { name });
        }
        let fits = match (name.kind(), value) {
            (PolicyKind::Switch, PolicyValue::Switch(_)) => true,
            (PolicyKind::Seconds { min, max }, PolicyValue::Seconds(seconds)) => {
                (min..=max).contains(&seconds)
            }
            (PolicyKind::PathMode, PolicyValue::PathMode(_)) => true,
            (PolicyKind::Switch | PolicyKind::Seconds { .. } | PolicyKind::PathMode, _) => false,
        };
        if !fits {
            return Err(PolicyError::InvalidValue { name });
        }
        self.0.insert(name, value);
        Ok(())
    }

    /// What it says, in the order of the registry.
    pub fn entries(&self) -> impl Iterator<Item = (PolicyName, PolicyValue)> + '_ {
        self.0.iter().map(|(name, value)| (*name, *value))
    }

    fn switch(&self, name: PolicyName) -> Option<bool> {
        match self.0.get(&name) {
            Some(PolicyValue::Switch(on)) => Some(*on),
            Some(PolicyValue::Seconds(_) | PolicyValue::PathMode(_)) | None => None,
        }
    }

    fn duration(&self, name: PolicyName) -> Option<Duration> {
        match self.0.get(&name) {
            Some(PolicyValue::Seconds(seconds)) => Some(Duration::from_secs(*seconds)),
            Some(PolicyValue::Switch(_) | PolicyValue::PathMode(_)) | None => None,
        }
    }

    fn path_mode(&self) -> Option<PathMode> {
        match self.0.get(&PolicyName::MediaPathMode) {
            Some(PolicyValue::PathMode(mode)) => Some(*mode),
            Some(PolicyValue::Switch(_) | PolicyValue::Seconds(_)) | None => None,
        }
    }
}

/// Why a policy cannot be said like this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// There is no such policy.
    #[error("there is no policy {name:?}")]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// The value has the wrong kind or is out of range.
    #[error("{name} does not take this value")]
    InvalidValue {
        /// The policy.
        name: PolicyName,
    },
    /// The level has no say about this policy.
    #[error("{name} is not decided at this level")]
    NotAtThisLevel {
        /// The policy.
        name: PolicyName,
    },
    /// The level above allows less.
    #[error("{name} is limited to less above")]
    MoreThanAbove {
        /// The policy.
        name: PolicyName,
    },
    /// A level above switched it off.
    #[error("{name} is switched off above")]
    ForbiddenAbove {
        /// The policy.
        name: PolicyName,
    },
}

#[cfg(test)]
mod tests;
