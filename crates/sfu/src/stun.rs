//! Finds out whom a STUN packet is for.

use str0m::ice::StunMessage;

/// The ufrag of ours that a STUN binding request names (RFC 8445 §7.2.2: `ours:theirs`).
pub fn local_ufrag(packet: &[u8]) -> Option<String> {
    // RFC 7983 §7: the first byte of STUN is 0 to 3.
    if !matches!(packet.first(), Some(0..=3)) {
        return None;
    }
    let message = StunMessage::parse(packet).ok()?;
    let (ours, _) = message.split_username()?;
    Some(ours.to_owned())
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
