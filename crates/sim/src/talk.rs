//! What people say to each other over the reliable channel: numbers, one after the other.
//!
//! Whoever listens is told each number once and in order, and misses none but while somebody comes
//! anew: a new stay knows nothing of what was said before it.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use participant::{Channel, Data, Message};

const INTERVAL: Duration = Duration::from_millis(500);
/// How long what is said may take where nothing is lost for good.
const UNDER_WAY: Duration = Duration::from_secs(3);
const MARK: u8 = 0x5a;

/// What somebody says, and hears of others.
#[derive(Debug)]
pub(crate) struct Talk {
    room: u8,
    person: u8,
    /// When each number was said, from 1.
    said: Vec<Instant>,
    pub(crate) next: Instant,
    heard: BTreeMap<u8, Vec<(usize, Instant)>>,
    /// When a stay began.
    stays: Vec<Instant>,
}

impl Talk {
    pub(crate) fn new(room: usize, person: usize, now: Instant) -> Self {
        Self {
            room: room as u8,
            person: person as u8,
            said: Vec::new(),
            next: now,
            heard: BTreeMap::new(),
            stays: Vec::new(),
        }
    }

    pub(crate) fn joined(&mut self, now: Instant) {
        self.stays.push(now);
    }

    /// The next number, when it is time and there has been a stay.
    pub(crate) fn due(&mut self, now: Instant) -> Option<Message> {
        if self.next > now {
            return None;
        }
        self.next = now + INTERVAL;
        if self.stays.is_empty() {
            return None;
        }
        self.said.push(now);
        let mut payload = vec![MARK, self.room, self.person];
        payload.extend((self.said.len() as u64).to_be_bytes());
        Some(Message {
            channel: Channel::Reliable,
            topic: None,
            recipients: Vec::new(),
            payload,
        })
    }

    /// Notes what was heard; tells whether it is not for this room.
    pub(crate) fn hear(&mut self, data: &Data, now: Instant) -> bool {
        let [MARK, room, person, number @ ..] = data.payload.as_slice() else {
            return true;
        };
        let Ok(number) = number.try_into().map(u64::from_be_bytes) else {
            return true;
        };
        let heard = self.heard.entry(*person).or_default();
        heard.push((number as usize, now));
        *room != self.room || data.identity != format!("person{person}")
    }

    /// What went wrong between a speaker and this listener.
    pub(crate) fn faults(&self, speaker: &Self, end: Option<Instant>) -> Vec<String> {
        let heard = self
            .heard
            .get(&speaker.person)
            .map_or(&[][..], Vec::as_slice);
        let mut faults = Vec::new();
        for pair in heard.windows(2) {
            let [(before, since), (after, at)] = [pair[0], pair[1]];
            if after <= before {
                faults.push(format!("{after} after {before}"));
            } else if after > before + 1 && !self.has_begun_anew(speaker, since, at) {
                faults.push(format!("{after} after {before}, and nothing between"));
            }
        }
        let Some(end) = end else { return faults };
        let stays = self.stays.iter().chain(&speaker.stays);
        let since = stays.max().map_or(end, |last| *last + UNDER_WAY);
        let due = speaker.said.iter().rposition(|at| *at + UNDER_WAY < end);
        let due = due.filter(|index| speaker.said[*index] > since);
        let last = heard.last().map_or(0, |(number, _)| *number);
        if let Some(index) = due
            && last <= index
        {
            faults.push(format!("{} is not heard, {last} was the last", index + 1));
        }
        faults
    }

    /// Whether one of the two came anew between two times.
    fn has_begun_anew(&self, speaker: &Self, since: Instant, until: Instant) -> bool {
        let mut stays = self.stays.iter().chain(&speaker.stays);
        stays.any(|at| since <= *at && *at <= until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a listener finds wrong with the numbers that it heard, a second apart.
    fn faults(numbers: &[u64], begins_anew_at_s: Option<u64>) -> Vec<String> {
        let start = Instant::now();
        let at = |second: u64| start + Duration::from_secs(second);
        let mut speaker = Talk::new(0, 1, start);
        speaker.joined(start);
        for second in 0..6 {
            assert!(speaker.due(at(second)).is_some());
        }
        let mut listener = Talk::new(0, 0, start);
        listener.joined(start);
        for (second, number) in (0..).zip(numbers) {
            let payload = [&[MARK, 0, 1][..], &number.to_be_bytes()].concat();
            let data = Data {
                identity: "person1".into(),
                channel: Channel::Reliable,
                topic: None,
                payload,
            };
            assert!(!listener.hear(&data, at(second)));
        }
        if let Some(second) = begins_anew_at_s {
            listener.joined(at(second));
        }
        listener.faults(&speaker, Some(at(30)))
    }

    #[test]
    fn numbers_come_once_in_order_and_none_is_missing() {
        assert!(faults(&[1, 2, 3, 4, 5, 6], None).is_empty());
        assert_eq!(faults(&[1, 2, 2, 3, 4, 5, 6], None), ["2 after 2"]);
        assert_eq!(faults(&[1, 2, 4, 3, 4, 5, 6], None).len(), 2);
        assert_eq!(
            faults(&[1, 2, 5, 6], None),
            ["5 after 2, and nothing between"]
        );
        assert!(faults(&[1, 2, 5, 6], Some(1)).is_empty(), "a new stay");
        assert_eq!(faults(&[1, 2, 3], None).len(), 1, "the last ones");
    }
}
