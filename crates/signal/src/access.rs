//! Who may receive what a participant publishes; everybody, unless it says otherwise.

use std::collections::{HashMap, HashSet};

use livekit_protocol::{ParticipantInfo, SubscriptionPermission};

#[derive(Debug, Default)]
pub(crate) struct Access {
    /// `None` lets everybody in.
    rules: Option<Vec<Rule>>,
}

#[derive(Debug)]
struct Rule {
    participant_sid: String,
    identity: String,
    /// `None` is every track.
    tracks: Option<HashSet<String>>,
}

/// More rules than a room has people.
const RULES_MAX: usize = 1_000;

impl Access {
    pub(crate) fn new(permission: &SubscriptionPermission) -> Self {
        if permission.all_participants {
            return Self::default();
        }
        let given = permission.track_permissions.iter().take(RULES_MAX);
        let rules = given.map(|one| Rule {
            participant_sid: one.participant_sid.clone(),
            identity: one.participant_identity.clone(),
            tracks: (!one.all_tracks).then(|| one.track_sids.iter().cloned().collect()),
        });
        Self {
            rules: Some(rules.collect()),
        }
    }

    pub(crate) fn allows(&self, subscriber: &ParticipantInfo, track: &str) -> bool {
        self.rules.as_ref().is_none_or(|rules| {
            rules.iter().any(|rule| {
                rule.is_about(subscriber)
                    && rule
                        .tracks
                        .as_ref()
                        .is_none_or(|tracks| tracks.contains(track))
            })
        })
    }

    /// What changes for a subscriber, by track.
    pub(crate) fn difference<'a>(
        &self,
        newer: &Self,
        subscriber: &ParticipantInfo,
        tracks: impl Iterator<Item = &'a str>,
    ) -> HashMap<&'a str, bool> {
        tracks
            .map(|track| (track, newer.allows(subscriber, track)))
            .filter(|(track, allows)| self.allows(subscriber, track) != *allows)
            .collect()
    }
}

impl Rule {
    fn is_about(&self, subscriber: &ParticipantInfo) -> bool {
        // Newer clients name the identity, older ones the stay.
        if self.identity.is_empty() {
            self.participant_sid == subscriber.sid
        } else {
            self.identity == subscriber.identity
        }
    }
}

#[cfg(test)]
mod tests {
    use livekit_protocol::TrackPermission;

    use super::*;

    fn subscriber(identity: &str) -> ParticipantInfo {
        ParticipantInfo {
            identity: identity.into(),
            sid: format!("PA_{identity}"),
            ..ParticipantInfo::default()
        }
    }

    fn only(identity: &str, tracks: &[&str]) -> Access {
        let permission = TrackPermission {
            participant_identity: identity.into(),
            all_tracks: tracks.is_empty(),
            track_sids: tracks.iter().map(|&track| track.to_owned()).collect(),
            ..TrackPermission::default()
        };
        Access::new(&SubscriptionPermission {
            all_participants: false,
            track_permissions: vec![permission],
        })
    }

    #[test]
    fn everybody_may_unless_told_otherwise() {
        assert!(Access::default().allows(&subscriber("ida"), "TR_1"));
        let access = only("ida", &["TR_1"]);
        assert!(access.allows(&subscriber("ida"), "TR_1"));
        assert!(!access.allows(&subscriber("ida"), "TR_2"));
        assert!(!access.allows(&subscriber("bob"), "TR_1"));
    }

    #[test]
    fn the_difference_is_what_changed() {
        let (open, closed) = (Access::default(), only("ida", &[]));
        let tracks = ["TR_1", "TR_2"];
        let lost = open.difference(&closed, &subscriber("bob"), tracks.into_iter());
        assert_eq!(lost, HashMap::from([("TR_1", false), ("TR_2", false)]));
        let same = open.difference(&closed, &subscriber("ida"), tracks.into_iter());
        assert!(same.is_empty());
    }
}
