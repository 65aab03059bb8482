//! Cuts the byte stream of a TCP or TLS connection into messages (RFC 8656 §3.1, §12.5).
//!
//! ```text
//! space ◄── read ──► filled ──► next ──► a message …, until None, then read again
//! ```
//!
//! Invariant: a connection never makes us keep more than [`LENGTH_MAX`] bytes; after `None` there
//! is space. What is neither STUN nor a channel's message cannot be skipped, so it ends the
//! connection.

use crate::{
    channel_data,
    message::{self, MAGIC_COOKIE, padded},
};

/// No media packet is above 1500 bytes, and no request above a few hundred.
pub const LENGTH_MAX: usize = 8 * 1024;

/// The bytes of a stream that are not yet a whole message.
#[derive(Debug)]
pub struct Frames {
    buffer: Box<[u8]>,
    /// What has come and was not given out.
    start: usize,
    end: usize,
}

/// The stream is no TURN, or a message is longer than anything that is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Neither STUN nor a channel's message.
    #[error("neither a STUN message nor channel data")]
    Unknown,
    /// Above [`LENGTH_MAX`].
    #[error("a message of {length} bytes, above {LENGTH_MAX}")]
    TooLong {
        /// As the message says, in bytes.
        length: usize,
    },
}

impl Default for Frames {
    fn default() -> Self {
        Self {
            buffer: vec![0; LENGTH_MAX].into(),
            start: 0,
            end: 0,
        }
    }
}

impl Frames {
    /// Where to read to; never empty after [`next`](Self::next) gave `None`.
    pub fn space(&mut self) -> &mut [u8] {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        &mut self.buffer[self.end..]
    }

    /// So many bytes were read to [`space`](Self::space).
    pub fn filled(&mut self, bytes: usize) {
        assert!(bytes <= self.buffer.len() - self.end, "no more than space");
        self.end += bytes;
    }

    /// The next whole message, without padding.
    ///
    /// # Errors
    ///
    /// The stream cannot be read any further.
    #[expect(clippy::should_implement_trait, reason = "it lends from itself")]
    pub fn next(&mut self) -> Result<Option<&[u8]>, FrameError> {
        let Some(length) = length_of(&self.buffer[self.start..self.end])? else {
            return Ok(None);
        };
        let taken = padded(length);
        if taken > LENGTH_MAX {
            return Err(FrameError::TooLong { length });
        }
        if taken > self.end - self.start {
            return Ok(None);
        }
        let message = &self.buffer[self.start..self.start + length];
        self.start += taken;
        Ok(Some(message))
    }
}

/// Of the message at the front of a stream, once its header tells.
fn length_of(bytes: &[u8]) -> Result<Option<usize>, FrameError> {
    let Some(&first) = bytes.first() else {
        return Ok(None);
    };
    if channel_data::is_channel_data(&[first]) {
        return Ok(bytes.first_chunk().copied().map(channel_data::length_of));
    }
    if first > 3 {
        return Err(FrameError::Unknown);
    }
    let cookie = bytes.get(4..).unwrap_or_default();
    let known = cookie.len().min(MAGIC_COOKIE.len());
    if cookie[..known] != MAGIC_COOKIE[..known] {
        return Err(FrameError::Unknown);
    }
    if bytes.len() < 4 {
        return Ok(None);
    }
    message::length_of(bytes)
        .map(Some)
        .ok_or(FrameError::Unknown)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(stream: &[u8], sizes: &[usize]) -> (Vec<Vec<u8>>, Option<FrameError>) {
        let (mut frames, mut messages) = (Frames::default(), Vec::new());
        let mut sizes = sizes.iter().copied().chain(std::iter::repeat(usize::MAX));
        let mut rest = stream;
        while !rest.is_empty() {
            let space = frames.space();
            assert!(!space.is_empty());
            let size = sizes.next().unwrap_or(1).min(space.len()).min(rest.len());
            space[..size].copy_from_slice(&rest[..size]);
            rest = &rest[size..];
            frames.filled(size);
            loop {
                match frames.next() {
                    Ok(Some(message)) => messages.push(message.to_vec()),
                    Ok(None) => break,
                    Err(error) => return (messages, Some(error)),
                }
            }
        }
        (messages, None)
    }

    fn stun(value_length: u16) -> Vec<u8> {
        let mut bytes = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
        bytes[2..4].copy_from_slice(&(value_length * 4).to_be_bytes());
        bytes.resize(20 + usize::from(value_length) * 4, 5);
        bytes
    }

    fn channel(length: u16) -> Vec<u8> {
        let mut bytes = vec![0x40, 3];
        bytes.extend(length.to_be_bytes());
        bytes.resize(4 + usize::from(length), 6);
        bytes
    }

    fn message() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![(0_u16..400).prop_map(stun), (0_u16..1600).prop_map(channel)]
    }

    proptest! {
        #[test]
        fn however_a_stream_is_split_the_messages_are_the_same(
            messages in prop::collection::vec(message(), 0..40),
            sizes in prop::collection::vec(1_usize..3000, 0..60),
        ) {
            let mut stream = Vec::new();
            for message in &messages {
                stream.extend_from_slice(message);
                stream.resize(padded(stream.len()), 0xff);
            }
            prop_assert_eq!(cut(&stream, &sizes), (messages, None));
        }
    }

    #[test]
    fn a_stream_that_comes_byte_by_byte_is_cut_alike() {
        let messages = [
            stun(0),
            channel(0),
            channel(1),
            stun(7),
            channel(4),
            channel(1200),
        ];
        let mut stream = Vec::new();
        for message in &messages {
            stream.extend_from_slice(message);
            stream.resize(padded(stream.len()), 0);
        }
        let ones = vec![1; stream.len()];
        assert_eq!(cut(&stream, &ones), (messages.to_vec(), None));
    }

    #[test]
    fn what_is_neither_stun_nor_a_channel_ends_the_stream_at_its_first_wrong_byte() {
        for (stream, wrong_at) in [
            (&b"POST / HTTP/1.1\r\n"[..], 0),
            (&[0x16, 3, 1], 0),
            (&[0x50, 0, 0, 0], 0),
            (&[0x3f], 0),
            (&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x43], 7),
            (&[0, 1, 0, 3, 0x21], 3),
        ] {
            let (messages, error) = cut(&[&stun(0)[..], &channel(0), stream].concat(), &[20, 4]);
            assert_eq!(error, Some(FrameError::Unknown), "{stream:?}");
            assert_eq!(messages.len(), 2);
            assert_eq!(cut(&stream[..wrong_at], &[]), (Vec::new(), None));
            assert!(cut(&stream[..=wrong_at], &[]).1.is_some(), "{stream:?}");
        }
    }

    #[test]
    fn the_longest_message_passes_and_a_longer_one_ends_the_stream() {
        let longest = u16::try_from(LENGTH_MAX - 4).expect("a length");
        assert_eq!(cut(&channel(longest), &[]), (vec![channel(longest)], None));
        for length in [longest + 1, u16::MAX] {
            let error = FrameError::TooLong {
                length: 4 + usize::from(length),
            };
            assert_eq!(cut(&channel(length)[..4], &[]), (Vec::new(), Some(error)));
        }
        let length = u16::try_from(LENGTH_MAX / 4).expect("a length");
        assert!(matches!(
            cut(&stun(length)[..4], &[]).1,
            Some(FrameError::TooLong { .. })
        ));
    }
}
