//! Nonces that need no list (RFC 8489 §9.2): when one was given, and a MAC over that and to whom.
//!
//! Invariant: a nonce is good for the address that it was given to, and for [`LIFETIME`].

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use hmac::Mac;

use crate::credentials::{Purpose, Secret};

/// How long before a client must fetch a new one: a stolen request can be played again so long.
pub(crate) const LIFETIME: Duration = Duration::from_secs(600);

const TIME_LENGTH: usize = 8;
/// 128 bits cannot be guessed, and a challenge stays short.
const MAC_LENGTH: usize = 16;
const ADDRESS_LENGTH: usize = 18;

/// 32 characters of base64.
pub(crate) fn mint(secret: &Secret, client: SocketAddr, now: Duration) -> String {
    let time = now.as_secs().to_be_bytes();
    let mac = secret
        .mac(Purpose::Nonce, &signed(time, client))
        .finalize()
        .into_bytes();
    BASE64.encode([&time[..], &mac[..MAC_LENGTH]].concat())
}

/// Whether a nonce is one of ours that this client was given not too long ago.
pub(crate) fn is_good(secret: &Secret, nonce: &[u8], client: SocketAddr, now: Duration) -> bool {
    let mut bytes = [0; TIME_LENGTH + MAC_LENGTH];
    if BASE64.decode_slice(nonce, &mut bytes) != Ok(bytes.len()) {
        return false;
    }
    let (time, mac) = bytes
        .split_first_chunk::<TIME_LENGTH>()
        .expect("the time is the first part");
    let is_ours = secret
        .mac(Purpose::Nonce, &signed(*time, client))
        .verify_truncated_left(mac)
        .is_ok();
    let given = Duration::from_secs(u64::from_be_bytes(*time));
    is_ours && now >= given && now - given <= LIFETIME
}

fn signed(time: [u8; TIME_LENGTH], client: SocketAddr) -> [u8; TIME_LENGTH + ADDRESS_LENGTH] {
    let ip = match client.ip() {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    };
    let mut bytes = [0; TIME_LENGTH + ADDRESS_LENGTH];
    bytes[..TIME_LENGTH].copy_from_slice(&time);
    bytes[TIME_LENGTH..TIME_LENGTH + 16].copy_from_slice(&ip.octets());
    bytes[TIME_LENGTH + 16..].copy_from_slice(&client.port().to_be_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_700_000_000);

    #[test]
    fn a_nonce_is_good_for_its_client_and_its_time() {
        let secret = Secret::new([7; 32]);
        let [client, other_port, other_ip] =
            ["198.51.100.1:1", "198.51.100.1:2", "[2001:db8::1]:1"]
                .map(|text| text.parse::<SocketAddr>().expect("an address"));
        let nonce = mint(&secret, client, NOW);
        assert_eq!(nonce.len(), 32);
        let second = Duration::from_secs(1);
        let is_good = |client, now| is_good(&secret, nonce.as_bytes(), client, now);
        assert!(is_good(client, NOW) && is_good(client, NOW + LIFETIME));
        assert!(!is_good(client, NOW + LIFETIME + second), "too old");
        assert!(!is_good(client, NOW - second), "not given yet");
        assert!(!is_good(other_port, NOW) && !is_good(other_ip, NOW));
    }

    #[test]
    fn a_nonce_changed_in_any_byte_is_none() {
        let secret = Secret::new([7; 32]);
        let client = "198.51.100.1:1".parse().expect("an address");
        let nonce = mint(&secret, client, NOW);
        for position in 0..nonce.len() {
            let mut bytes = nonce.clone().into_bytes();
            bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
            assert!(!is_good(&secret, &bytes, client, NOW), "byte {position}");
        }
        for other in [&b""[..], b"A", &[b'A'; 31], &[b'A'; 36], &[0xff; 32]] {
            assert!(!is_good(&secret, other, client, NOW));
        }
    }
}
