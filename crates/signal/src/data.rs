//! Data packets: who sent them is stamped, who gets them is read, the rest passes untouched.

use livekit_protocol::{DataPacket, data_packet::Value};
use prost::{DecodeError, Message as _};
use sfu::Channel;

use crate::fields::{self, fields};

/// LiveKit's clients keep below 64 kB; what they wrap around it stays below this.
const PACKET_LENGTH_MAX: usize = 65_535;

/// The sender, as the connection knows it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sender<'a> {
    pub(crate) sid: &'a str,
    pub(crate) identity: &'a str,
    /// The last reliable packet that was taken from it.
    pub(crate) last_sequence: u32,
}

/// A packet to pass on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stamped {
    pub(crate) payload: Vec<u8>,
    /// Empty means everybody else.
    pub(crate) recipients: Vec<String>,
    pub(crate) sequence: u32,
}

/// Why a packet is not passed on.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("the packet cannot be read")]
    Unreadable,
    #[error("the packet has been taken before")]
    Repeated,
}

/// Checks and stamps a packet. Repeats happen when a client resumes: it sends again what it does
/// not know to have arrived.
pub(crate) fn stamp(
    payload: &[u8],
    channel: Channel,
    sender: Sender<'_>,
) -> Result<Stamped, Refused> {
    if payload.len() > PACKET_LENGTH_MAX {
        return Err(Refused::Unreadable);
    }
    let packet = DataPacket::decode(payload).map_err(|_| Refused::Unreadable)?;
    let is_numbered = channel == Channel::Reliable && packet.sequence != 0;
    if is_numbered && packet.sequence <= sender.last_sequence {
        return Err(Refused::Repeated);
    }
    let mut recipients = packet.destination_identities;
    #[expect(deprecated, reason = "older clients write the inner field")]
    if let (Some(Value::User(user)), true) = (packet.value, recipients.is_empty()) {
        recipients = user.destination_identities;
    }
    let sequence = if is_numbered {
        packet.sequence
    } else {
        sender.last_sequence
    };
    let payload = signed(payload, PACKET, sender).map_err(|_| Refused::Unreadable)?;
    Ok(Stamped {
        payload,
        recipients,
        sequence,
    })
}

/// The numbers of the fields that say who sent a message.
#[derive(Debug, Clone, Copy)]
struct Signature {
    sid: u32,
    identity: u32,
    /// A message inside that says it again.
    inner: Option<u32>,
}

const PACKET: Signature = Signature {
    sid: 17,
    identity: 4,
    inner: Some(2),
};
/// Older clients read it here.
const USER: Signature = Signature {
    sid: 1,
    identity: 5,
    inner: None,
};

/// The message with the sender's signature instead of whatever it has; all else is as it was.
fn signed(
    message: &[u8],
    signature: Signature,
    sender: Sender<'_>,
) -> Result<Vec<u8>, DecodeError> {
    let mut signed = Vec::with_capacity(message.len() + SIGNATURES_LENGTH);
    for field in fields(message) {
        let field = field?;
        match field.content {
            Some(user) if Some(field.tag) == signature.inner => {
                fields::write(field.tag, &self::signed(user, USER, sender)?, &mut signed);
            }
            _ if [signature.sid, signature.identity].contains(&field.tag) => {}
            _ => signed.extend_from_slice(field.bytes),
        }
    }
    fields::write(signature.sid, sender.sid.as_bytes(), &mut signed);
    fields::write(signature.identity, sender.identity.as_bytes(), &mut signed);
    Ok(signed)
}

/// Two of a sid and an identity as they usually are.
const SIGNATURES_LENGTH: usize = 128;

#[cfg(test)]
mod tests {
    use livekit_protocol::UserPacket;
    use proptest::prelude::*;

    use super::*;

    const SENDER: Sender<'_> = Sender {
        sid: "PA_1",
        identity: "ida",
        last_sequence: 4,
    };

    fn packet(sequence: u32) -> DataPacket {
        DataPacket {
            sequence,
            participant_identity: "somebody else".into(),
            value: Some(Value::User(UserPacket {
                payload: b"hi".to_vec(),
                ..UserPacket::default()
            })),
            ..DataPacket::default()
        }
    }

    #[test]
    fn a_forged_sender_is_overwritten() {
        let stamped = stamp(&packet(5).encode_to_vec(), Channel::Reliable, SENDER).expect("taken");
        let sent = DataPacket::decode(&*stamped.payload).expect("readable");
        assert_eq!(sent.participant_identity, "ida");
        assert_eq!(sent.participant_sid, "PA_1");
        assert_eq!(stamped.sequence, 5);
    }

    #[test]
    fn a_repeated_reliable_packet_is_refused() {
        let repeated = stamp(&packet(4).encode_to_vec(), Channel::Reliable, SENDER);
        assert_eq!(repeated, Err(Refused::Repeated));
        let lossy = stamp(&packet(4).encode_to_vec(), Channel::Lossy, SENDER);
        assert!(lossy.is_ok(), "lossy packets are not numbered");
    }

    #[test]
    fn recipients_are_read_from_either_place() {
        let mut to_two = packet(5);
        to_two.destination_identities = vec!["a".into(), "b".into()];
        let stamped = stamp(&to_two.encode_to_vec(), Channel::Lossy, SENDER).expect("taken");
        assert_eq!(stamped.recipients, ["a", "b"]);
    }

    /// A field of a kind that nobody knows yet.
    fn unknown(number: u32, content: &[u8]) -> Vec<u8> {
        let mut field = Vec::new();
        fields::write(1_000 + number, content, &mut field);
        field
    }

    /// The fields that only their writer understands, at the top and in the user's part.
    fn unknown_fields(packet: &[u8]) -> Vec<Vec<u8>> {
        let mut found = Vec::new();
        for field in fields(packet).map(|field| field.expect("readable")) {
            match field.content {
                Some(user) if field.tag == 2 => found.extend(unknown_fields(user)),
                _ if field.tag >= 1_000 => found.push(field.bytes.to_vec()),
                _ => {}
            }
        }
        found
    }

    #[test]
    fn a_forged_sender_is_nowhere_in_what_is_sent() {
        let mut forged = packet(5);
        forged.participant_sid = "PA_forged".into();
        forged.participant_identity = "forged".into();
        #[expect(deprecated, reason = "older clients read the inner fields")]
        if let Some(Value::User(user)) = &mut forged.value {
            user.participant_sid = "PA_forged".into();
            user.participant_identity = "forged".into();
        }
        let twice = [forged.encode_to_vec(), forged.encode_to_vec()].concat();
        let hidden = Sender {
            identity: "",
            ..SENDER
        };
        for sender in [SENDER, hidden] {
            let stamped = stamp(&twice, Channel::Reliable, sender).expect("taken");
            let text = String::from_utf8_lossy(&stamped.payload);
            assert!(!text.contains("forged"), "{text}");
            let sent = DataPacket::decode(&*stamped.payload).expect("readable");
            assert_eq!(sent.participant_identity, sender.identity);
            let Some(Value::User(user)) = sent.value else {
                panic!("the user's part is gone")
            };
            #[expect(deprecated, reason = "older clients read the inner fields")]
            let inner = (user.participant_sid, user.participant_identity);
            assert_eq!(inner, ("PA_1".into(), sender.identity.into()));
            assert_eq!(user.payload, b"hi");
        }
    }

    proptest! {
        #[test]
        fn what_only_newer_clients_know_is_passed_on(
            outer in prop::collection::vec((0_u32..50, prop::collection::vec(any::<u8>(), 1..20)), 0..6),
            inner in prop::collection::vec((0_u32..50, prop::collection::vec(any::<u8>(), 1..20)), 0..6),
        ) {
            let unknown = |of: &[(u32, Vec<u8>)]| -> Vec<u8> {
                of.iter().flat_map(|(number, content)| unknown(*number, content)).collect()
            };
            let user = [UserPacket { payload: b"hi".to_vec(), ..UserPacket::default() }.encode_to_vec(), unknown(&inner)];
            let mut written = unknown(&outer);
            fields::write(2, &user.concat(), &mut written);
            written.extend(unknown(&outer));
            let stamped = stamp(&written, Channel::Lossy, SENDER).expect("taken");
            prop_assert_eq!(unknown_fields(&stamped.payload), unknown_fields(&written));
            let sent = DataPacket::decode(&*stamped.payload).expect("readable");
            prop_assert_eq!(sent.participant_identity, "ida");
        }

        #[test]
        fn no_bytes_break_it(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(stamped) = stamp(&bytes, Channel::Reliable, SENDER) {
                let sent = DataPacket::decode(&*stamped.payload).expect("we wrote it");
                prop_assert_eq!(sent.participant_identity, "ida");
            }
        }
    }
}
