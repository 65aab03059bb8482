//! Reliable data packets of the last seconds, to repeat to somebody who comes back.
//!
//! A client that resumes says what it has had of each sender; what came after is sent again, and
//! what it has after all it recognises by its number. Of a sender that it has had nothing of lately it
//! says nothing: then what was passed on since it was last there is sent. Bounded: the oldest goes
//! first.

use std::{collections::VecDeque, sync::Arc, time::Instant};

/// Twice what a sender can have waiting for a slow receiver.
const BYTES_MAX: usize = 256 * 1024;

#[derive(Debug, Default)]
pub(crate) struct Recent {
    packets: VecDeque<Packet>,
    bytes: usize,
}

#[derive(Debug)]
struct Packet {
    sequence: u32,
    /// Empty means everybody else.
    recipients: Vec<String>,
    payload: Arc<[u8]>,
    passed_on: Instant,
}

impl Recent {
    pub(crate) fn keep(
        &mut self,
        sequence: u32,
        recipients: Vec<String>,
        payload: Arc<[u8]>,
        now: Instant,
    ) {
        self.bytes += payload.len();
        self.packets.push_back(Packet {
            sequence,
            recipients,
            payload,
            passed_on: now,
        });
        while self.bytes > BYTES_MAX
            && let Some(oldest) = self.packets.pop_front()
        {
            self.bytes -= oldest.payload.len();
        }
    }

    /// What a recipient has missed after a number.
    pub(crate) fn after(&self, sequence: u32, identity: &str) -> Vec<Arc<[u8]>> {
        self.missed(identity, |packet| packet.sequence > sequence)
    }

    /// What a recipient has missed since a time.
    pub(crate) fn since(&self, at: Instant, identity: &str) -> Vec<Arc<[u8]>> {
        self.missed(identity, |packet| packet.passed_on >= at)
    }

    fn missed(&self, identity: &str, is_missed: impl Fn(&Packet) -> bool) -> Vec<Arc<[u8]>> {
        let missed = self
            .packets
            .iter()
            .filter(|packet| packet.is_for(identity) && is_missed(packet));
        missed.map(|packet| Arc::clone(&packet.payload)).collect()
    }
}

impl Packet {
    fn is_for(&self, identity: &str) -> bool {
        self.recipients.is_empty() || self.recipients.iter().any(|one| one == identity)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_came_later_is_repeated_to_those_it_was_for() {
        let (mut recent, start) = (Recent::default(), Instant::now());
        for sequence in 1..=4 {
            let recipients = if sequence == 3 {
                vec!["bob".to_owned()]
            } else {
                Vec::new()
            };
            recent.keep(sequence, recipients, vec![sequence as u8].into(), start);
        }
        let missed = recent.after(2, "ida");
        assert_eq!(missed, [Arc::from([4_u8])]);
        assert_eq!(recent.after(2, "bob").len(), 2);
    }

    #[test]
    fn of_a_sender_that_was_never_heard_what_came_since_is_repeated() {
        let (mut recent, start) = (Recent::default(), Instant::now());
        for second in 1..=4 {
            let now = start + Duration::from_secs(second);
            recent.keep(second as u32, Vec::new(), vec![second as u8].into(), now);
        }
        let missed = recent.since(start + Duration::from_secs(3), "ida");
        assert_eq!(missed, [Arc::from([3_u8]), Arc::from([4_u8])]);
    }

    #[test]
    fn the_oldest_is_forgotten_first() {
        let (mut recent, start) = (Recent::default(), Instant::now());
        for sequence in 1..=10 {
            recent.keep(sequence, Vec::new(), vec![0; BYTES_MAX / 4].into(), start);
        }
        assert_eq!(recent.after(0, "ida").len(), 4);
    }
}
