use std::time::Duration;

use app::live::{LiveMessage, Subscription};
use axum::{
    Error,
    extract::ws::{Message, WebSocket},
};
use tokio::time::{Instant, sleep_until};

use super::messages::{ClientMessage, Goodbye, ServerMessage};
use crate::{
    edge::Edge,
    links::Links,
    socket::{self, Stuck},
    views::{Participant, Session, SessionEvent},
};

/// Carries one client's feed until either side has enough.
pub(super) async fn run(socket: WebSocket, subscription: Subscription, edge: Edge) {
    let connection = Connection {
        socket,
        subscription,
        last_heard: Instant::now(),
    };
    connection.run(edge.links()).await;
}

struct Connection {
    socket: WebSocket,
    subscription: Subscription,
    last_heard: Instant,
}

impl Connection {
    async fn run(mut self, links: &Links) {
        let end = loop {
            let step = tokio::select! {
                message = self.subscription.next() => self.tell(message, links).await,
                received = self.socket.recv() => self.hear(received).await,
                () = sleep_until(self.last_heard + SILENCE_MAX) => Err(End::Close(Goodbye::SILENT)),
            };
            if let Err(end) = step {
                break end;
            }
        };
        match end {
            End::Close(goodbye) => {
                socket::close(&mut self.socket, goodbye.code, goodbye.reason).await;
            }
            End::Gone => {}
        }
    }

    async fn tell(&mut self, message: LiveMessage, links: &Links) -> Result<(), End> {
        let message = match message {
            LiveMessage::Snapshot {
                session,
                participants,
                you,
                after_seq,
                last_seq,
            } => ServerMessage::Snapshot {
                session: Session::new(&session, links),
                participants: participants.iter().map(Participant::from).collect(),
                you: you.to_string(),
                after_seq,
                last_seq,
            },
            LiveMessage::Event(event) => ServerMessage::Event {
                event: SessionEvent::from(&event),
            },
            LiveMessage::Participant(participant) => ServerMessage::Participant {
                participant: Participant::from(&participant),
            },
            LiveMessage::Session(session) => ServerMessage::Session {
                session: Session::new(&session, links),
            },
            LiveMessage::Closed(reason) => {
                let goodbye = Goodbye::from(reason);
                if goodbye == Goodbye::STOPPING {
                    self.send(&ServerMessage::Stopping).await?;
                }
                return Err(End::Close(goodbye));
            }
        };
        self.send(&message).await
    }

    async fn hear(&mut self, received: Option<Result<Message, Error>>) -> Result<(), End> {
        self.last_heard = Instant::now();
        match received {
            Some(Ok(Message::Text(text))) => match serde_json::from_str(&text) {
                Ok(ClientMessage::Ping {}) => self.send(&ServerMessage::Pong).await,
                Err(_) => Err(End::Close(Goodbye::NO_MESSAGE)),
            },
            Some(Ok(Message::Binary(_))) => Err(End::Close(Goodbye::NO_MESSAGE)),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
            Some(Ok(Message::Close(_))) | None => Err(End::Gone),
            Some(Err(error)) => Err(if socket::is_too_large(error) {
                End::Close(Goodbye::TOO_LARGE)
            } else {
                End::Gone
            }),
        }
    }

    async fn send(&mut self, message: &ServerMessage) -> Result<(), End> {
        let json = serde_json::to_string(message).expect("views always serialise");
        let sent = socket::send(&mut self.socket, Message::Text(json.into())).await;
        sent.map_err(|Stuck| End::Close(Goodbye::TOO_SLOW))
    }
}

/// How a connection ends.
enum End {
    /// We hang up and say why.
    Close(Goodbye),
    /// The client is gone already.
    Gone,
}

/// Three of the client's pings.
const SILENCE_MAX: Duration = Duration::from_secs(60);
