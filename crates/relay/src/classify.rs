//! Tells TURN and plain STUN queries from the other traffic of a UDP port (RFC 7983).

use std::net::SocketAddr;

use crate::{
    attributes::{USERNAME, XOR_MAPPED_ADDRESS, is_understood},
    channel_data,
    failure::Code,
    message::{Class, Message, Method, has_cookie, method_number},
    writer::Writer,
};

/// What one answer lists of the attributes that are not understood; a list as long as the request
/// would be work for nothing.
pub(crate) const UNKNOWN_MAX: usize = 16;

/// Whether a packet on a port that is also that of ICE, DTLS and RTP is for the relay: STUN of
/// another method than Binding, or a channel's message. Looks at its first bytes only.
pub fn is_turn(packet: &[u8]) -> bool {
    if channel_data::is_channel_data(packet) {
        return packet.len() >= channel_data::HEADER_LENGTH;
    }
    has_cookie(packet) && method_number(packet) != Method::Binding.number()
}

/// Whether a packet asks for nothing but the address that it came from. Connectivity checks
/// (RFC 8445 §7.2.2) always name somebody.
pub fn is_binding_query(packet: &[u8]) -> bool {
    query(packet).is_some()
}

/// The answer to a packet that [asks for its address](is_binding_query): the source, or 420. No
/// longer than some 60 bytes, so that it is of little use to who forges a source.
pub fn binding_answer(packet: &[u8], source: SocketAddr) -> Option<Vec<u8>> {
    query(packet).map(|query| answer(&query, source))
}

/// Answers a Binding request (RFC 8489 §6.3).
pub(crate) fn answer(query: &Message<'_>, source: SocketAddr) -> Vec<u8> {
    let source = SocketAddr::new(source.ip().to_canonical(), source.port());
    let unknown = unknown_attributes(query);
    let class = if unknown.is_empty() {
        Class::Success
    } else {
        Class::Error
    };
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out, class, Method::Binding, query.transaction());
    if unknown.is_empty() {
        writer.address(XOR_MAPPED_ADDRESS, source);
    } else {
        writer.error(Code::UnknownAttribute);
        writer.unknown(&unknown);
    }
    if query.has_fingerprint() {
        writer.fingerprint();
    }
    out
}

/// What has to be understood and is not, up to [`UNKNOWN_MAX`] of them.
pub(crate) fn unknown_attributes(message: &Message<'_>) -> Vec<u16> {
    message
        .attributes()
        .map(|(kind, _)| kind)
        .filter(|&kind| !is_understood(kind))
        .take(UNKNOWN_MAX)
        .collect()
}

fn query(packet: &[u8]) -> Option<Message<'_>> {
    if !has_cookie(packet) || method_number(packet) != Method::Binding.number() {
        return None;
    }
    let message = Message::read(packet).ok()?;
    let is_anonymous = message.first(USERNAME).is_none() && message.proof().is_none();
    (message.class() == Class::Request && is_anonymous).then_some(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(class: Class, method: Method, kinds: &[u16]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut writer = Writer::new(&mut out, class, method, [7; 12]);
        for &kind in kinds {
            writer.attribute(kind, b"ours:his");
        }
        writer.fingerprint();
        out
    }

    #[test]
    fn turn_is_told_from_what_else_comes_to_the_port() {
        for method in [Method::Allocate, Method::Refresh, Method::CreatePermission] {
            assert!(is_turn(&message(Class::Request, method, &[])));
        }
        assert!(is_turn(&message(Class::Indication, Method::Send, &[])));
        assert!(is_turn(&[0x40, 0, 0, 1, 9]) && is_turn(&[0x4f, 0xff, 0, 0]));

        assert!(!is_turn(&message(
            Class::Request,
            Method::Binding,
            &[USERNAME]
        )));
        assert!(!is_turn(&message(Class::Success, Method::Binding, &[])));
        let mut without_cookie = message(Class::Request, Method::Allocate, &[]);
        without_cookie[4] = 0;
        assert!(!is_turn(&without_cookie));
        // DTLS, RTP, ZRTP, QUIC, RTCP, and what is cut short.
        for first in [16, 20, 22, 63, 80, 127, 128, 191, 200, 255] {
            assert!(!is_turn(&[first, 3, 0, 4, 0x21, 0x12, 0xa4, 0x42, 0, 0]));
        }
        assert!(!is_turn(&[]) && !is_turn(&[0x40, 0, 0]) && !is_turn(&[0, 3]));
    }

    #[test]
    fn a_plain_query_is_told_the_address_that_it_came_from() {
        let source = "[::ffff:198.51.100.7]:4000".parse().expect("an address");
        let packet = message(Class::Request, Method::Binding, &[]);
        assert!(is_binding_query(&packet));
        let answer = binding_answer(&packet, source).expect("it is a query");
        let read = Message::read(&answer).expect("a message");
        assert_eq!(read.class(), Class::Success);
        assert_eq!(read.transaction(), [7; 12]);
        let mapped = read.first(XOR_MAPPED_ADDRESS).expect("the address");
        assert_eq!(
            crate::address::read(mapped, &[7; 12]),
            Some("198.51.100.7:4000".parse().expect("an address"))
        );
        assert!(read.has_fingerprint());
    }

    #[test]
    fn checks_answers_and_other_methods_are_no_queries() {
        for packet in [
            message(Class::Request, Method::Binding, &[USERNAME]),
            message(Class::Success, Method::Binding, &[]),
            message(Class::Indication, Method::Binding, &[]),
            message(Class::Request, Method::Allocate, &[]),
            b"\0\x01\0\0".to_vec(),
        ] {
            assert!(!is_binding_query(&packet));
        }
    }

    #[test]
    fn a_query_that_must_be_understood_and_is_not_is_told_so_briefly() {
        let source = "198.51.100.7:4000".parse().expect("an address");
        let kinds: Vec<u16> = (0x7000..0x7100).collect();
        let packet = message(Class::Request, Method::Binding, &kinds);
        let answer = binding_answer(&packet, source).expect("it is a query");
        let read = Message::read(&answer).expect("a message");
        assert_eq!(read.class(), Class::Error);
        let listed = read
            .first(crate::attributes::UNKNOWN_ATTRIBUTES)
            .expect("the list");
        assert_eq!(listed.len(), UNKNOWN_MAX * 2);
        assert_eq!(&listed[..4], &[0x70, 0, 0x70, 1]);
    }
}
