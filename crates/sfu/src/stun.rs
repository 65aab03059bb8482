//! Finds out whom a STUN packet is for.

use str0m::ice::StunMessage;

/// RFC 8489 §5: class and method of the answer to a check that was found good.
const BINDING_SUCCESS: [u8; 2] = [0x01, 0x01];

/// A connectivity check of a client.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Check {
    /// The ufrag of ours that it names (RFC 8445 §7.2.2: `ours:theirs`).
    pub(crate) ufrag: String,
    /// The client says that it will send by this path.
    pub(crate) nominates: bool,
}

impl Check {
    pub(crate) fn read(packet: &[u8]) -> Option<Self> {
        if !is_stun(packet) {
            return None;
        }
        let message = StunMessage::parse(packet).ok()?;
        let (ours, _) = message.split_username()?;
        Some(Self {
            ufrag: ours.to_owned(),
            nominates: message.use_candidate(),
        })
    }
}

/// The ufrag of ours that a STUN binding request names.
pub fn local_ufrag(packet: &[u8]) -> Option<String> {
    Check::read(packet).map(|check| check.ufrag)
}

/// RFC 7983 §7: the first byte of STUN is 0 to 3.
pub(crate) fn is_stun(packet: &[u8]) -> bool {
    matches!(packet.first(), Some(0..=3))
}

/// Whether a packet of ours tells a client that its check was found good.
pub(crate) fn is_success(packet: &[u8]) -> bool {
    packet.starts_with(&BINDING_SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_found_in_rubbish() {
        for packet in [&b""[..], b"\0", b"\x80\x60\0\0", &[0; 20], &[1; 600]] {
            assert_eq!(local_ufrag(packet), None);
        }
    }

    #[test]
    fn a_binding_request_names_our_ufrag() {
        // RFC 8489 §5: type, length, cookie, transaction; then the attributes that a check has:
        // USERNAME, PRIORITY and MESSAGE-INTEGRITY.
        let mut packet = vec![0, 1, 0, 44, 0x21, 0x12, 0xa4, 0x42];
        packet.extend([7; 12]);
        packet.extend([0, 6, 0, 8]);
        packet.extend(b"ours:his");
        packet.extend([0, 0x24, 0, 4, 0, 0, 0, 1]);
        packet.extend([0, 8, 0, 20]);
        packet.extend([0; 20]);
        assert_eq!(local_ufrag(&packet).as_deref(), Some("ours"));
    }
}
