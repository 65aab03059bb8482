//! Messages over the data channels.
//!
//! Reliable messages are numbered and kept for a while: after a lost connection the server says
//! which it has, and the rest is sent again. What others sent again is dropped here by its number.

use std::collections::{HashMap, VecDeque};

use livekit_protocol::{DataChannelReceiveState, DataPacket, UserPacket, data_packet::Value};
use prost::Message as _;

use crate::io::{Channel, Data, Message};

/// Messages that wait for a channel, and as many that may have to be sent again.
const KEPT_MAX: usize = 256;

/// What goes out and what has come in.
#[derive(Debug)]
pub(crate) struct Mailbox {
    next_sequence: u32,
    waiting: VecDeque<Letter>,
    sent: VecDeque<Letter>,
    last_taken: HashMap<String, u32>,
    repeats: u64,
}

#[derive(Debug)]
struct Letter {
    channel: Channel,
    /// 0 for lossy ones.
    sequence: u32,
    bytes: Vec<u8>,
}

impl Default for Mailbox {
    fn default() -> Self {
        Self {
            next_sequence: 1,
            waiting: VecDeque::new(),
            sent: VecDeque::new(),
            last_taken: HashMap::new(),
            repeats: 0,
        }
    }
}

impl Mailbox {
    /// Takes a message to be sent. When too many wait, the oldest is dropped.
    pub(crate) fn post(&mut self, message: Message) {
        let channel = message.channel;
        let mut packet = DataPacket {
            destination_identities: message.recipients,
            value: Some(Value::User(UserPacket {
                payload: message.payload,
                topic: message.topic,
                ..UserPacket::default()
            })),
            ..DataPacket::default()
        };
        if channel == Channel::Reliable {
            packet.sequence = self.next_sequence;
            self.next_sequence += 1;
        }
        push(
            &mut self.waiting,
            Letter {
                channel,
                sequence: packet.sequence,
                bytes: packet.encode_to_vec(),
            },
        );
    }

    pub(crate) fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Sends what can be sent. `send` tells whether it did.
    pub(crate) fn flush(&mut self, mut send: impl FnMut(Channel, &[u8]) -> bool) {
        let mut is_reliable_stuck = false;
        for letter in std::mem::take(&mut self.waiting) {
            match letter.channel {
                Channel::Lossy => {
                    // Late is worse than never.
                    send(Channel::Lossy, &letter.bytes);
                }
                Channel::Reliable if !is_reliable_stuck && send(letter.channel, &letter.bytes) => {
                    push(&mut self.sent, letter);
                }
                Channel::Reliable => {
                    is_reliable_stuck = true;
                    self.waiting.push_back(letter);
                }
            }
        }
    }

    /// The stay goes on, and the server has everything up to this number.
    pub(crate) fn resume(&mut self, last_sequence: u32) {
        for letter in self.sent.drain(..).rev() {
            if letter.sequence > last_sequence {
                self.waiting.push_front(letter);
            }
        }
    }

    /// A new stay: what waits is sent in it, what was sent was sent.
    pub(crate) fn restart(&mut self) {
        self.sent.clear();
        self.last_taken.clear();
    }

    /// Reads what arrived; `None` for repeats and for what is no plain message.
    pub(crate) fn take(&mut self, channel: Channel, bytes: &[u8]) -> Option<Data> {
        let packet = DataPacket::decode(bytes).ok()?;
        if packet.sequence > 0 {
            let last = self.last_taken.entry(packet.participant_sid).or_default();
            if packet.sequence <= *last {
                self.repeats += 1;
                return None;
            }
            *last = packet.sequence;
        }
        let Some(Value::User(user)) = packet.value else {
            return None;
        };
        Some(Data {
            identity: packet.participant_identity,
            channel,
            topic: user.topic,
            payload: user.payload,
        })
    }

    /// How many messages came again.
    pub(crate) fn repeats(&self) -> u64 {
        self.repeats
    }

    /// What was taken of whom, for a server that is to go on from there.
    pub(crate) fn receive_states(&self) -> Vec<DataChannelReceiveState> {
        let states = self.last_taken.iter();
        let mut states: Vec<_> = states
            .map(|(sid, last)| DataChannelReceiveState {
                publisher_sid: sid.clone(),
                last_seq: *last,
            })
            .collect();
        states.sort_by(|a, b| a.publisher_sid.cmp(&b.publisher_sid));
        states
    }
}

fn push(queue: &mut VecDeque<Letter>, letter: Letter) {
    if queue.len() == KEPT_MAX {
        queue.pop_front();
    }
    queue.push_back(letter);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(channel: Channel, payload: &[u8]) -> Message {
        Message {
            channel,
            topic: None,
            recipients: Vec::new(),
            payload: payload.to_vec(),
        }
    }

    /// What a mailbox sends, as another one reads it.
    fn sent(mailbox: &mut Mailbox, reader: &mut Mailbox) -> Vec<Vec<u8>> {
        let mut payloads = Vec::new();
        mailbox.flush(|channel, bytes| {
            payloads.extend(reader.take(channel, bytes).map(|data| data.payload));
            true
        });
        payloads
    }

    #[test]
    fn what_the_server_does_not_have_is_sent_again_and_taken_once() {
        let (mut mailbox, mut reader) = (Mailbox::default(), Mailbox::default());
        for payload in [b"1", b"2", b"3"] {
            mailbox.post(message(Channel::Reliable, payload));
        }
        assert_eq!(sent(&mut mailbox, &mut reader), [b"1", b"2", b"3"]);
        mailbox.resume(1);
        mailbox.post(message(Channel::Reliable, b"4"));
        let mut late = Mailbox::default();
        assert_eq!(sent(&mut mailbox, &mut late), [b"2", b"3", b"4"]);
        mailbox.resume(1);
        assert_eq!(sent(&mut mailbox, &mut reader), [b"4"]);
    }

    #[test]
    fn reliable_messages_wait_in_order_and_lossy_ones_do_not() {
        let mut mailbox = Mailbox::default();
        mailbox.post(message(Channel::Reliable, b"first"));
        mailbox.post(message(Channel::Lossy, b"gone"));
        mailbox.post(message(Channel::Reliable, b"second"));
        mailbox.flush(|_, _| false);
        let payloads = sent(&mut mailbox, &mut Mailbox::default());
        assert_eq!(payloads, [b"first".to_vec(), b"second".to_vec()]);
        assert!(!mailbox.has_waiting());
    }
}
