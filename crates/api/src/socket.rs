//! What the WebSockets have in common: sends that a stuck client can't hold up for ever.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes};
use futures_util::{Sink, SinkExt};

/// The client is gone, or takes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the client takes no more messages")]
pub(crate) struct Stuck;

/// Sends one message, unless the client does not take it within [`TAKEN_WITHIN`].
pub(crate) async fn send<S>(sink: &mut S, message: Message) -> Result<(), Stuck>
where
    S: Sink<Message> + Unpin,
{
    match tokio::time::timeout(TAKEN_WITHIN, sink.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Stuck),
    }
}

/// Ends a connection with a reason, as far as the client still listens.
pub(crate) async fn close<S>(sink: &mut S, code: u16, reason: &'static str)
where
    S: Sink<Message> + Unpin,
{
    let reason = Utf8Bytes::from_static(reason);
    let frame = Message::Close(Some(CloseFrame { code, reason }));
    let _ = tokio::time::timeout(CLOSE_TAKEN_WITHIN, sink.send(frame)).await;
}

/// A client that takes nothing for this long is as good as gone.
const TAKEN_WITHIN: Duration = Duration::from_secs(10);

/// A goodbye is worth less waiting.
const CLOSE_TAKEN_WITHIN: Duration = Duration::from_secs(2);

/// Whether a receive failed because the client's message is over the limit.
pub(crate) fn is_too_large(error: axum::Error) -> bool {
    use tokio_tungstenite::tungstenite::error::{CapacityError, Error};
    let error = error.into_inner().downcast::<Error>();
    error.is_ok_and(|error| {
        matches!(
            *error,
            Error::Capacity(CapacityError::MessageTooLong { .. })
        )
    })
}
