use std::{future::Future, pin::Pin};

use futures_util::{SinkExt as _, StreamExt as _};
use participant::Dial;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Bytes, Error, Message, client::IntoClientRequest as _},
};

use crate::{SEND_WITHIN, Server};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;
type Dialling = Pin<Box<dyn Future<Output = Result<Socket, Option<u16>>> + Send>>;

/// The signalling connection, if there is one.
#[derive(Default)]
pub(crate) enum Line {
    #[default]
    Closed,
    Dialling(Dialling),
    Open(Box<Socket>),
}

/// What a connection brings.
pub(crate) enum News {
    Frame(Bytes),
    Gone { status: Option<u16> },
}

impl Line {
    /// Dials instead of whatever was there.
    pub(crate) fn dial(&mut self, server: &Server, dial: &Dial) {
        let url = format!("{}{}", server.url, dial.target);
        let bearer = format!("Bearer {}", dial.bearer);
        *self = Self::Dialling(Box::pin(async move {
            let mut request = url.into_client_request().map_err(|_| None)?;
            let value = bearer.try_into().map_err(|_| None)?;
            request.headers_mut().insert("authorization", value);
            match connect_async(request).await {
                Ok((socket, _)) => Ok(socket),
                Err(Error::Http(answer)) => Err(Some(answer.status().as_u16())),
                Err(_) => Err(None),
            }
        }));
    }

    /// The next frame, or the end. Waits for ever while there is no connection.
    pub(crate) async fn next(&mut self) -> News {
        loop {
            match self {
                Self::Closed => return std::future::pending().await,
                Self::Dialling(dialling) => match dialling.await {
                    Ok(socket) => *self = Self::Open(Box::new(socket)),
                    Err(status) => {
                        *self = Self::Closed;
                        return News::Gone { status };
                    }
                },
                Self::Open(socket) => match socket.next().await {
                    Some(Ok(Message::Binary(bytes))) => return News::Frame(bytes),
                    Some(Ok(Message::Close(_)) | Err(_)) | None => {
                        *self = Self::Closed;
                        return News::Gone { status: None };
                    }
                    Some(Ok(_)) => {}
                },
            }
        }
    }

    /// Sends a frame; `false` when the connection is broken.
    pub(crate) async fn send(&mut self, frame: Vec<u8>) -> bool {
        let Self::Open(socket) = self else {
            // The participant speaks only after the server has: this connection is gone already.
            return true;
        };
        let sent = timeout(SEND_WITHIN, socket.send(Message::binary(frame))).await;
        if matches!(sent, Ok(Ok(()))) {
            return true;
        }
        *self = Self::Closed;
        false
    }

    /// Says good-bye, if somebody is there to hear it.
    pub(crate) async fn close(&mut self) {
        if let Self::Open(mut socket) = std::mem::take(self) {
            let _ = timeout(SEND_WITHIN, (*socket).close(None)).await;
        }
    }
}
