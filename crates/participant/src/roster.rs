//! Who else is in the room, as the server tells it.

use std::collections::BTreeMap;

use livekit_protocol::{ParticipantInfo, participant_info::State};

/// Participants by sid.
#[derive(Debug, Default)]
pub(crate) struct Roster(BTreeMap<String, ParticipantInfo>);

impl Roster {
    /// Takes an update; like the SDKs, an older one than is known is dropped.
    pub(crate) fn update(&mut self, info: ParticipantInfo) {
        let known = self.0.get(&info.sid);
        if known.is_some_and(|known| known.version >= info.version) {
            return;
        }
        if info.state == i32::from(State::Disconnected) {
            self.0.remove(&info.sid);
        } else {
            self.0.insert(info.sid.clone(), info);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &ParticipantInfo> {
        self.0.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(version: u32, name: &str, state: State) -> ParticipantInfo {
        ParticipantInfo {
            sid: "PA_1".into(),
            name: name.into(),
            version,
            state: state.into(),
            ..ParticipantInfo::default()
        }
    }

    #[test]
    fn only_newer_versions_count() {
        let mut roster = Roster::default();
        roster.update(info(2, "new", State::Active));
        roster.update(info(1, "old", State::Active));
        roster.update(info(2, "same", State::Disconnected));
        let names: Vec<_> = roster.all().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["new"]);
        roster.update(info(3, "gone", State::Disconnected));
        assert_eq!(roster.all().count(), 0);
    }
}
