use axum::extract::ws::{Message, WebSocket};
use futures_util::{
    Sink, Stream, StreamExt,
    future::{Either, select},
};
use rtc::{Frame, SignalConnection};
use tokio::sync::mpsc;

use crate::socket;

/// Carries frames between a client and the engine until either has enough.
///
/// Each direction waits for its own taker only, so that a client that reads slowly is still heard.
pub(super) async fn run(socket: WebSocket, frames: SignalConnection) {
    let (mut to_client, from_client) = socket.split();
    let end = {
        let upwards = std::pin::pin!(carry_up(from_client, frames.incoming));
        let downwards = std::pin::pin!(carry_down(frames.outgoing, &mut to_client));
        match select(upwards, downwards).await {
            Either::Left((Up::ClientGone, _)) => Down::Stuck,
            Either::Left((Up::TooLarge, _)) => Down::TooLarge,
            // What the engine has said already, its farewell above all, still goes out.
            Either::Left((Up::EngineDone, downwards)) => downwards.await,
            Either::Right((end, _)) => end,
        }
    };
    match end {
        Down::EngineDone => socket::close(&mut to_client, NORMAL, "").await,
        Down::TooLarge => {
            socket::close(&mut to_client, TOO_LARGE, "the message is too large").await;
        }
        Down::Stuck => {}
    }
}

async fn carry_up<S>(mut from_client: S, incoming: mpsc::Sender<Frame>) -> Up
where
    S: Stream<Item = Result<Message, axum::Error>> + Unpin,
{
    while let Some(received) = from_client.next().await {
        let message = match received {
            Ok(message) => message,
            Err(error) => {
                return match socket::is_too_large(error) {
                    true => Up::TooLarge,
                    false => Up::ClientGone,
                };
            }
        };
        let frame = match message {
            Message::Binary(bytes) => Frame::Binary(bytes),
            Message::Text(text) => Frame::Text(text.as_str().to_owned()),
            // The answer to a close frame goes out while the end of the stream is waited for.
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => continue,
        };
        if incoming.send(frame).await.is_err() {
            return Up::EngineDone;
        }
    }
    Up::ClientGone
}

async fn carry_down<S>(mut outgoing: mpsc::Receiver<Frame>, to_client: &mut S) -> Down
where
    S: Sink<Message> + Unpin,
{
    while let Some(frame) = outgoing.recv().await {
        let message = match frame {
            Frame::Binary(bytes) => Message::Binary(bytes),
            Frame::Text(text) => Message::Text(text.into()),
        };
        if socket::send(to_client, message).await.is_err() {
            return Down::Stuck;
        }
    }
    Down::EngineDone
}

/// How the way from the client ended.
enum Up {
    ClientGone,
    /// The client says more than may be said at once.
    TooLarge,
    EngineDone,
}

/// How the way to the client ended.
enum Down {
    /// The client takes nothing any more.
    Stuck,
    /// The client is told why it is not heard any more.
    TooLarge,
    /// The engine has said all that it had to say.
    EngineDone,
}

/// RFC 6455 §7.4.1: the connection has fulfilled its purpose.
const NORMAL: u16 = 1000;
/// RFC 6455 §7.4.1: a message that is too big to process.
const TOO_LARGE: u16 = 1009;
