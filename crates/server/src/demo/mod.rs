//! A simulated person who needs help, for trying the expert's side alone (`serve --demo`).
//!
//! 1. Once the installation is set up, a session is created and a seat taken in it by its invite.
//! 2. The seat's token opens the room, like any guest's, over the real ports.
//! 3. A clip is played there, in a loop, until the session ends, the person is removed or the
//!    server stops. A server that starts again takes the same seat while it is good.

mod machine;
mod seat;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use app::App;
use client::{Path, Server, Sockets};
use domain::SessionId;
use participant::{Clip, Config, End, Input, Participant, Request};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{announcement, data_dir::DataDir};
use machine::Machine;
use seat::Seat;

/// Where the demonstration takes place.
#[derive(Debug, Clone)]
pub(crate) struct Demo {
    pub(crate) app: App,
    pub(crate) dir: DataDir,
    /// What the person at the terminal opens.
    pub(crate) public_url: Url,
    /// Where signalling is, as seen from this machine.
    pub(crate) http: SocketAddr,
    /// Where media is, as seen from this machine.
    pub(crate) media: SocketAddr,
}

impl Demo {
    /// Takes part until it is over or told to stop.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let outcome = tokio::select! {
            () = stop.cancelled() => return,
            seat = self.take_seat() => seat,
        };
        let result = match outcome {
            Ok(seat) => self.attend(&seat, &stop).await,
            Err(error) => Err(error),
        };
        if let Err(error) = result {
            tracing::error!(error = %format!("{error:#}"), "the demo is over");
        }
    }

    /// The seat of an earlier run, or one in a new session as soon as there can be one.
    async fn take_seat(&self) -> anyhow::Result<Seat> {
        if let Some(seat) = Seat::kept(&self.dir)
            && seat.token_for_room(&self.app).await.is_ok()
        {
            return Ok(seat);
        }
        loop {
            if let Some(session) = app::demo::create_session(&self.app, TITLE).await? {
                let seat = Seat::take(&self.app, &session).await?;
                seat.keep(&self.dir)?;
                return Ok(seat);
            }
            sleep(SET_UP_LOOKED_FOR_EVERY).await;
        }
    }

    /// Plays in the room; joins anew with a fresh token when the old one is not taken any more.
    async fn attend(&self, seat: &Seat, stop: &CancellationToken) -> anyhow::Result<()> {
        let clip = Clip::read(include_bytes!("clip.ivf"), include_bytes!("clip.ogg"))?;
        let clip = Arc::new(clip);
        let mut announced = Some(seat.session);
        loop {
            // Its media may hear of a removal before its signalling does.
            let Some(token) = seat.token_for_room(&self.app).await? else {
                tracing::info!("the demo participant was sent away");
                return Ok(());
            };
            let end = self.play(&clip, token, &mut announced, stop).await?;
            match end {
                End::Dismissed(reason) => {
                    tracing::info!(?reason, "the demo participant was sent away");
                    return Ok(());
                }
                End::Left => return Ok(()),
                End::Refused(_) | End::Failed => sleep(JOINED_ANEW_AFTER).await,
            }
        }
    }

    async fn play(
        &self,
        clip: &Arc<Clip>,
        token: String,
        announced: &mut Option<SessionId>,
        stop: &CancellationToken,
    ) -> io::Result<End> {
        let mut sockets = Sockets::bind(self.media.ip(), false, Path::Always(self.media)).await?;
        let now = std::time::Instant::now();
        let config = Config {
            wire: sockets.wire(),
            is_persistent: true,
            is_auto_subscribing: false,
        };
        let mut participant = Participant::new(config, now);
        let mut machine = Machine::new(Arc::clone(clip), now, || {
            if let Some(session) = announced.take() {
                announcement::demo(&self.public_url, session);
            }
        });
        for request in machine.publish() {
            participant.handle(Input::Request(request), now);
        }
        participant.handle(Input::Request(Request::Join { token }), now);
        let server = Server {
            url: format!("ws://{}", self.http),
        };
        client::drive(&mut participant, &mut machine, &server, &mut sockets, stop).await?;
        Ok(machine.end())
    }
}

/// An address of this machine that reaches a listener.
pub(crate) fn from_here(listener: SocketAddr) -> SocketAddr {
    let ip = match listener {
        address if !address.ip().is_unspecified() => address.ip(),
        SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(ip, listener.port())
}

const TITLE: &str = "Demo: pump 3 shows a fault";
const SET_UP_LOOKED_FOR_EVERY: Duration = Duration::from_millis(500);
const JOINED_ANEW_AFTER: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clip_is_small_and_can_be_played() {
        let ivf = include_bytes!("clip.ivf");
        let ogg = include_bytes!("clip.ogg");
        assert!(ivf.len() + ogg.len() < 500_000);
        let clip = Clip::read(ivf, ogg).expect("a clip");
        assert_eq!(clip.duration(), Duration::from_secs(8));
    }

    #[test]
    fn a_listener_is_reached_from_this_machine() {
        for (listener, reached) in [
            ("0.0.0.0:80", "127.0.0.1:80"),
            ("[::]:80", "[::1]:80"),
            ("10.0.0.7:80", "10.0.0.7:80"),
        ] {
            let listener = listener.parse().expect("an address");
            assert_eq!(from_here(listener).to_string(), reached);
        }
    }
}
