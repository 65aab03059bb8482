//! Reliable data packets of the last seconds, to repeat to somebody who comes back.
//!
//! A client that resumes says what it has had of each sender; what came after is sent again, and
//! what it has after all it recognises by its number. Bounded: the oldest goes first.

use std::{collections::VecDeque, sync::Arc};

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
}

impl Recent {
    pub(crate) fn keep(&mut self, sequence: u32, recipients: Vec<String>, payload: Arc<[u8]>) {
        self.bytes += payload.len();
        self.packets.push_back(Packet {
            sequence,
            recipients,
            payload,
        });
        while self.bytes > BYTES_MAX
            && let Some(oldest) = self.packets.pop_front()
        {
            self.bytes -= oldest.payload.len();
        }
    }

    /// What a recipient has missed after a number.
    pub(crate) fn after(&self, sequence: u32, identity: &str) -> Vec<Arc<[u8]>> {
        let missed = self.packets.iter().filter(|packet| {
            let is_for = packet.recipients.is_empty()
                || packet
                    .recipients
                    .iter()
                    .any(|recipient| recipient == identity);
            packet.sequence > sequence && is_for
        });
        missed.map(|packet| Arc::clone(&packet.payload)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_later_is_repeated_to_those_it_was_for() {
        let mut recent = Recent::default();
        for sequence in 1..=4 {
            let recipients = if sequence == 3 {
                vec!["bob".to_owned()]
            } else {
                Vec::new()
            };
            recent.keep(sequence, recipients, vec![sequence as u8].into());
        }
        let missed = recent.after(2, "ida");
        assert_eq!(missed, [Arc::from([4_u8])]);
        assert_eq!(recent.after(2, "bob").len(), 2);
    }

    #[test]
    fn the_oldest_is_forgotten_first() {
        let mut recent = Recent::default();
        for sequence in 1..=10 {
            recent.keep(sequence, Vec::new(), vec![0; BYTES_MAX / 4].into());
        }
        assert_eq!(recent.after(0, "ida").len(), 4);
    }
}
