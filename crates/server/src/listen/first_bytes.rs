//! Tells by its first bytes what a client speaks.
//!
//! | first bytes | what it is |
//! | --- | --- |
//! | 22 | TLS (RFC 8446 §5.1) |
//! | a capital letter | HTTP: the name of a method |
//! | 0 to 3, the magic cookie at 4 | STUN or TURN (RFC 8489 §5) |
//! | a length, 0 to 3 at 2, the magic cookie at 6 | ICE over TCP: STUN in a frame (RFC 4571 §2) |
//!
//! Invariant: no more is read than is needed to tell, and what was read is read again.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What a connection carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Tls,
    Http,
    Turn,
    Ice,
}

/// What the bytes so far say.
#[derive(Debug, PartialEq, Eq)]
enum Guess {
    Known(Protocol),
    /// None of ours, whatever comes.
    Nothing,
    NotYet,
}

/// A stream of which the first bytes have been looked at.
#[derive(Debug)]
pub(super) struct Known<S> {
    stream: S,
    seen: [u8; SEEN_MAX],
    /// Of the bytes seen, those that nobody has read yet.
    unread: std::ops::Range<usize>,
}

/// The magic cookie's end, in a frame.
const SEEN_MAX: usize = 10;
const COOKIE: [u8; 4] = 0x2112_a442_u32.to_be_bytes();

impl Protocol {
    /// Reads until it is clear what comes; `None` when that is nothing of ours.
    pub(super) async fn of<S>(mut stream: S) -> io::Result<Option<(Self, Known<S>)>>
    where
        S: AsyncRead + Unpin,
    {
        let mut seen = [0; SEEN_MAX];
        let mut length = 0;
        loop {
            match guess(&seen[..length]) {
                Guess::Known(protocol) => {
                    let unread = 0..length;
                    let known = Known {
                        stream,
                        seen,
                        unread,
                    };
                    return Ok(Some((protocol, known)));
                }
                Guess::Nothing => return Ok(None),
                Guess::NotYet => {}
            }
            let mut buffer = ReadBuf::new(&mut seen[length..]);
            std::future::poll_fn(|context| Pin::new(&mut stream).poll_read(context, &mut buffer))
                .await?;
            match buffer.filled().len() {
                0 => return Ok(None),
                count => length += count,
            }
        }
    }
}

fn guess(seen: &[u8]) -> Guess {
    let cookie_at = |at: usize| seen.get(at..at + COOKIE.len()) == Some(&COOKIE[..]);
    match seen {
        [] => Guess::NotYet,
        [22, ..] => Guess::Known(Protocol::Tls),
        [b'A'..=b'Z', ..] => Guess::Known(Protocol::Http),
        _ if seen[0] <= 3 && cookie_at(4) => Guess::Known(Protocol::Turn),
        // Neither the one nor the other is longer than that.
        [length, ..] if *length > 15 => Guess::Nothing,
        _ if seen.len() < SEEN_MAX => Guess::NotYet,
        _ if seen[2] <= 3 && cookie_at(6) => Guess::Known(Protocol::Ice),
        _ => Guess::Nothing,
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Known<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.unread.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        let from = self.unread.start;
        let until = self.unread.end.min(from + buffer.remaining());
        buffer.put_slice(&self.seen[from..until]);
        self.unread.start = until;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Known<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    /// An ICE check's beginning: binding request, length, cookie.
    const STUN: [u8; 8] = [0, 1, 0, 80, 0x21, 0x12, 0xa4, 0x42];

    fn framed() -> Vec<u8> {
        [&[0, 100][..], &STUN, &[7; 12]].concat()
    }

    #[tokio::test]
    async fn each_protocol_is_told_by_its_first_bytes_however_they_come() {
        let cases: [(Vec<u8>, Option<Protocol>); 12] = [
            (vec![22, 3, 1, 2, 0, 1], Some(Protocol::Tls)),
            (b"GET / HTTP/1.1\r\n".to_vec(), Some(Protocol::Http)),
            (b"PRI * HTTP/2.0\r\n".to_vec(), Some(Protocol::Http)),
            ([&STUN[..], &[9; 12]].concat(), Some(Protocol::Turn)),
            (
                [&[0, 3][..], &STUN[2..], &[9; 12]].concat(),
                Some(Protocol::Turn),
            ),
            (framed(), Some(Protocol::Ice)),
            (b"get / http/1.1\r\n".to_vec(), None),
            (b"SSH-2.0-x\r\n".to_vec(), Some(Protocol::Http)),
            (vec![0; 64], None),
            (vec![0xff; 64], None),
            (vec![0, 100, 9, 1, 0, 80, 0x21, 0x12, 0xa4, 0x42], None),
            (vec![0, 1], None),
        ];
        for (bytes, expected) in cases {
            for step in [1, 3, bytes.len()] {
                let (mut client, server) = duplex(1);
                let sent = bytes.clone();
                let sending = tokio::spawn(async move {
                    for part in sent.chunks(step) {
                        // It fails when the other side has seen enough.
                        let _ = client.write_all(part).await;
                    }
                });
                let told = Protocol::of(server).await.expect("it can be read");
                assert_eq!(told.as_ref().map(|(one, _)| *one), expected, "{bytes:?}");
                if let Some((_, mut known)) = told {
                    let mut read = Vec::new();
                    known.read_to_end(&mut read).await.expect("it can be read");
                    assert_eq!(read, bytes, "what was seen is read again");
                }
                sending.await.expect("it ends");
            }
        }
    }
}
