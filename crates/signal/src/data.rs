//! Data packets: who sent them is stamped, who gets them is read, the rest passes untouched.

use livekit_protocol::{DataPacket, data_packet::Value};
use prost::Message as _;
use sfu::Channel;

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
    let mut packet = DataPacket::decode(payload).map_err(|_| Refused::Unreadable)?;
    let is_numbered = channel == Channel::Reliable && packet.sequence != 0;
    if is_numbered && packet.sequence <= sender.last_sequence {
        return Err(Refused::Repeated);
    }
    sender.sid.clone_into(&mut packet.participant_sid);
    sender.identity.clone_into(&mut packet.participant_identity);
    let mut recipients = packet.destination_identities.clone();
    #[expect(deprecated, reason = "older clients read and write the inner fields")]
    if let Some(Value::User(user)) = &mut packet.value {
        sender.sid.clone_into(&mut user.participant_sid);
        sender.identity.clone_into(&mut user.participant_identity);
        if recipients.is_empty() {
            recipients.clone_from(&user.destination_identities);
        }
    }
    let sequence = if is_numbered {
        packet.sequence
    } else {
        sender.last_sequence
    };
    Ok(Stamped {
        payload: packet.encode_to_vec(),
        recipients,
        sequence,
    })
}

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

    proptest! {
        #[test]
        fn no_bytes_break_it(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(stamped) = stamp(&bytes, Channel::Reliable, SENDER) {
                let sent = DataPacket::decode(&*stamped.payload).expect("we wrote it");
                prop_assert_eq!(sent.participant_identity, "ida");
            }
        }
    }
}
