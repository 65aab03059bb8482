//! Messages of a channel (RFC 8656 §12.4): a number, a length, the payload.

use crate::{io::Transport, message::padded};

pub(crate) const HEADER_LENGTH: usize = 4;

/// RFC 8656 §12: the numbers that a channel may have.
pub(crate) fn is_channel(number: u16) -> bool {
    (0x4000..=0x4fff).contains(&number)
}

/// RFC 7983 §7, as RFC 8656 §12 narrows it: the first byte of a channel's message is 64 to 79.
pub(crate) fn is_channel_data(bytes: &[u8]) -> bool {
    matches!(bytes.first(), Some(64..=79))
}

/// How long a message is that begins like this, without padding.
pub(crate) fn length_of(header: [u8; HEADER_LENGTH]) -> usize {
    HEADER_LENGTH + usize::from(u16::from_be_bytes([header[2], header[3]]))
}

/// The channel and the payload. What follows is padding, which a datagram may have as well.
pub(crate) fn read(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let header = *bytes.first_chunk::<HEADER_LENGTH>()?;
    let payload = bytes.get(HEADER_LENGTH..length_of(header))?;
    Some((u16::from_be_bytes([header[0], header[1]]), payload))
}

/// Writes a message behind what `out` holds. Only a stream needs padding (RFC 8656 §12.5).
pub(crate) fn write(out: &mut Vec<u8>, channel: u16, payload: &[u8], transport: Transport) {
    let length = u16::try_from(payload.len()).expect("who writes has seen to the length");
    out.extend_from_slice(&channel.to_be_bytes());
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(payload);
    if transport == Transport::Stream {
        let padding = padded(payload.len()) - payload.len();
        out.extend_from_slice(&[0; 3][..padding]);
    }
}
