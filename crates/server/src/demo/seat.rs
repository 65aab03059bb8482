use std::{fs, net::Ipv4Addr};

use anyhow::Context as _;
use app::{
    App, Caller,
    demo::DemoSession,
    invites::{InviteKey, Redeem},
};
use domain::{ParticipantRole, PathMode, SecretToken, SessionId};

use crate::data_dir::{DataDir, write_private};

/// The simulated person's place in a session: what a guest's browser keeps in a cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seat {
    pub(super) session: SessionId,
    token: SecretToken,
}

impl Seat {
    /// Takes a place by the session's invite.
    pub(super) async fn take(app: &App, session: &DemoSession) -> anyhow::Result<Self> {
        let redeem = Redeem {
            key: InviteKey::Token(session.invite),
            name: Some(NAME.to_owned()),
            role: ParticipantRole::Assisted,
            address: Ipv4Addr::LOCALHOST.into(),
            idempotency_key: None,
            seats: Vec::new(),
        };
        let redeemed = app::invites::redeem(app, None, redeem).await?;
        let seat = redeemed.seat.context("a guest gets a seat")?;
        Ok(Self {
            session: session.id,
            token: seat.token,
        })
    }

    /// The place of an earlier run.
    pub(super) fn kept(dir: &DataDir) -> Option<Self> {
        let text = fs::read_to_string(dir.file(FILE)).ok()?;
        let (session, token) = text.trim().split_once(' ')?;
        Some(Self {
            session: session.parse().ok()?,
            token: SecretToken::parse(token)?,
        })
    }

    /// Keeps the place for later runs.
    pub(super) fn keep(&self, dir: &DataDir) -> anyhow::Result<()> {
        let text = format!("{} {}\n", self.session, self.token.expose());
        write_private(&dir.file(FILE), text.as_bytes())
    }

    /// What opens the session's room; `None` when the place was taken away.
    pub(super) async fn token_for_room(&self, app: &App) -> anyhow::Result<Option<String>> {
        let token = self.token.expose();
        let Some(seat) = app::seats::authenticate(app, self.session, &token).await? else {
            return Ok(None);
        };
        let caller = Caller::Seat(seat);
        let access =
            app::participants::mint_rtc_token(app, &caller, self.session, PathMode::Automatic)
                .await?;
        Ok(Some(access.token))
    }
}

/// What others see, so that nobody takes it for a person.
const NAME: &str = "Demo (simulated)";
const FILE: &str = "demo.seat";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_is_kept_from_run_to_run() {
        let folder = tempfile::tempdir().expect("a folder");
        let dir = DataDir::create(folder.path()).expect("it is there");
        assert_eq!(Seat::kept(&dir), None);
        let seat = Seat {
            session: SessionId::from_random([7; 16]),
            token: SecretToken::from_random([9; 32]),
        };
        seat.keep(&dir).expect("kept");
        assert_eq!(Seat::kept(&dir), Some(seat));
        fs::write(dir.file(FILE), "damaged").expect("written");
        assert_eq!(Seat::kept(&dir), None);
    }
}
