//! Closes a connection so that the client hears our last words.
//!
//! A socket that is closed while something unread lies in it, or still comes in, is reset (RFC 9293
//! §3.6.1), and the reset throws away what the client has not read yet: why it was hung up on.
//! So our side is closed first, and what still comes is dropped until the client has closed its own.
//!
//! Invariant: it lasts [`LINGERS_FOR`] at most, keeps the connection's place, and remembers nothing.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    runtime::Handle,
    time::timeout,
};
use tokio_util::task::TaskTracker;

/// A stream that is closed in this way when it is dropped. It holds the connection's place, because
/// it goes along when the connection becomes a WebSocket.
pub(super) struct Lingering<P: Send + 'static> {
    /// Taken only when it is dropped.
    open: Option<(TcpStream, P)>,
    /// Nothing more can come: the client has closed its side, or is gone.
    is_at_end: bool,
    tasks: TaskTracker,
}

impl<P: Send + 'static> Lingering<P> {
    pub(super) fn new(stream: TcpStream, place: P, tasks: TaskTracker) -> Self {
        Self {
            open: Some((stream, place)),
            is_at_end: false,
            tasks,
        }
    }

    pub(super) fn tcp(&self) -> &TcpStream {
        let (stream, _) = self.open.as_ref().expect("only dropping takes it");
        stream
    }

    fn pinned(&mut self) -> Pin<&mut TcpStream> {
        let (stream, _) = self.open.as_mut().expect("only dropping takes it");
        Pin::new(stream)
    }
}

impl<P: Send + 'static> Drop for Lingering<P> {
    fn drop(&mut self) {
        let Some((stream, place)) = self.open.take() else {
            return;
        };
        // Without a runtime the process is ending, and the system closes what is open.
        if !self.is_at_end && Handle::try_current().is_ok() {
            self.tasks.spawn(linger(stream, place));
        }
    }
}

async fn linger<P>(mut stream: TcpStream, place: P) {
    let rest = async {
        std::future::poll_fn(|context| Pin::new(&mut stream).poll_shutdown(context)).await?;
        let mut dropped = [0; DROPPED_AT_ONCE];
        loop {
            stream.readable().await?;
            match stream.try_read(&mut dropped) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err::<(), io::Error>(error),
            }
        }
    };
    // However it ends, it was the last thing to do.
    let _ = timeout(LINGERS_FOR, rest).await;
    drop(place);
}

impl<P: Send + Unpin + 'static> AsyncRead for Lingering<P> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let room = buffer.remaining();
        let outcome = self.pinned().poll_read(context, buffer);
        self.is_at_end |= match &outcome {
            Poll::Ready(Ok(())) => room > 0 && buffer.filled().len() == before,
            Poll::Ready(Err(_)) => true,
            Poll::Pending => false,
        };
        outcome
    }
}

impl<P: Send + Unpin + 'static> AsyncWrite for Lingering<P> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.pinned().poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.pinned().poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp().is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pinned().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pinned().poll_shutdown(context)
    }
}

/// Longer than a far client takes to read and to close.
const LINGERS_FOR: Duration = Duration::from_secs(1);
const DROPPED_AT_ONCE: usize = 4096;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
        time::Instant,
    };

    use super::*;

    async fn pair() -> (TcpStream, Lingering<Arc<()>>, Arc<()>, TaskTracker) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let client = TcpStream::connect(address).await.expect("a connection");
        let (server, _) = listener.accept().await.expect("a connection");
        let (place, tasks) = (Arc::new(()), TaskTracker::new());
        let server = Lingering::new(server, place.clone(), tasks.clone());
        tasks.close();
        (client, server, place, tasks)
    }

    #[tokio::test]
    async fn a_client_that_is_still_sending_hears_the_last_words() {
        let (mut client, mut server, place, tasks) = pair().await;
        let sent = vec![7; 1_000_000];
        let (mut read, mut write) = client.split();
        let (_, heard) = tokio::join!(write.write_all(&sent), async {
            let mut first = [0; 100];
            server.read_exact(&mut first).await.expect("it comes");
            server.write_all(b"too much").await.expect("it goes");
            drop(server);
            let mut heard = String::new();
            read.read_to_string(&mut heard).await.expect("no reset");
            heard
        });
        assert_eq!(heard, "too much");
        assert_eq!(Arc::strong_count(&place), 2, "its place is still taken");
        drop(client);
        tasks.wait().await;
        assert_eq!(Arc::strong_count(&place), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_stays_is_left_after_a_second() {
        let (mut client, server, place, tasks) = pair().await;
        let begin = Instant::now();
        drop(server);
        assert_eq!(client.read(&mut [0; 8]).await.expect("a close"), 0);
        tasks.wait().await;
        assert_eq!(begin.elapsed().as_secs(), 1);
        assert_eq!(Arc::strong_count(&place), 1);
    }

    #[tokio::test]
    async fn a_client_that_closed_first_is_left_at_once() {
        let (client, mut server, place, tasks) = pair().await;
        drop(client);
        assert_eq!(server.read(&mut [0; 8]).await.expect("a close"), 0);
        drop(server);
        assert_eq!(Arc::strong_count(&place), 1);
        assert!(tasks.is_empty());
    }
}
