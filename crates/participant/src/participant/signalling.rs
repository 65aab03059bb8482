//! The signalling connection: dialling, the first frame, and everything that the server tells.

use std::time::{Duration, Instant};

use livekit_protocol::{
    AddTrackRequest, DisconnectReason, JoinResponse, LeaveRequest, ReconnectResponse,
    RequestResponse, SessionDescription, SignalTarget, SubscribedQualityUpdate, SyncState,
    TrackPublishedResponse, TrickleRequest, leave_request::Action, request_response,
    signal_request::Message as Asked, signal_response::Message as Told,
};
use tracing::debug;

use super::{Goal, MEDIA_MAX, Participant, Pings, State, Trouble, connections, dialled};
use crate::{
    backoff,
    io::{End, Event, Output, Wire},
    join::Opening,
    sdp::Placement,
    wire,
};

/// Sections of each kind that a client with one connection offers to begin with.
const SECTIONS: u32 = 3;

impl Participant {
    pub(super) fn dial(&mut self, goal: Goal, now: Instant) {
        self.state = State::Opening { goal, since: now };
        self.trouble = None;
        let mut opening = Opening {
            is_auto_subscribing: self.config.is_auto_subscribing,
            ..Opening::default()
        };
        match goal {
            Goal::Join => self.restart(&mut opening, now),
            Goal::Resume => opening.resumed_sid = Some(self.sid.clone()),
        }
        let target = match self.config.wire {
            Wire::Single { .. } => opening.single(),
            Wire::Dual { .. } => opening.dual(),
        };
        self.outputs.push_back(dialled(target, &self.token));
    }

    /// Forgets the stay. With one connection, the first offer goes with the request to join.
    fn restart(&mut self, opening: &mut Opening, now: Instant) {
        (self.publisher, self.subscriber) = connections(self.config.wire, now);
        self.publications.restart();
        self.mailbox.restart();
        self.streams.forget_numbers();
        self.roster.clear();
        self.sid.clear();
        self.pings = None;
        self.was_connected = false;
        if self.subscriber.is_some() {
            return;
        }
        opening.tracks = self.take_announcements();
        let wishes = self.publisher.wishes();
        wishes.channels = true;
        wishes.audio = SECTIONS;
        wishes.video = SECTIONS;
        opening.offer = self.make_offer(now);
    }

    /// Tracks that the server has not been asked to take.
    fn take_announcements(&mut self) -> Vec<AddTrackRequest> {
        let mut requests = Vec::new();
        for one in self.publications.iter_mut() {
            if one.sid.is_none() {
                one.is_announced = true;
                requests.push(wire::add_track(&one.publish, &one.cid, one.is_muted));
            }
        }
        requests
    }

    pub(super) fn make_offer(&mut self, now: Instant) -> Option<SessionDescription> {
        let unplaced = self.publications.unplaced();
        let (offer, mids) = self.publisher.offer(&unplaced, now)?;
        self.publications.place(&mids);
        Some(wire::description(true, offer.id, offer.sdp))
    }

    /// The connection is gone, or was not let in.
    pub(super) fn lost(&mut self, status: Option<u16>, now: Instant) {
        let goal = match self.state {
            State::Idle | State::Apart { .. } => return,
            State::Joined => Goal::Resume,
            State::Opening { goal, .. } => goal,
        };
        if let Some(status @ (400..=404)) = status {
            return self.end(End::Refused(status));
        }
        self.tell(Event::Lost);
        self.apart(goal, now);
    }

    pub(super) fn apart(&mut self, goal: Goal, now: Instant) {
        let goal = if self.attempts > backoff::RESUMES_MAX {
            Goal::Join
        } else {
            goal
        };
        let at = self
            .config
            .is_persistent
            .then(|| now + backoff::delay(self.attempts));
        self.attempts += 1;
        self.pings = None;
        self.trouble = None;
        self.state = State::Apart { goal, at };
    }

    pub(super) fn leave(&mut self) {
        if self.state == State::Idle {
            return;
        }
        if self.state == State::Joined {
            self.tell_server(Asked::Leave(LeaveRequest {
                reason: DisconnectReason::ClientInitiated.into(),
                ..LeaveRequest::default()
            }));
        }
        self.outputs.push_back(Output::Hangup);
        self.end(End::Left);
    }

    pub(super) fn frame(&mut self, frame: &[u8], now: Instant) {
        let Some(message) = wire::read(frame) else {
            return debug!("a frame that cannot be read");
        };
        if let Some(pings) = &mut self.pings {
            pings.heard = now;
        }
        match (self.state, message) {
            (State::Idle | State::Apart { .. }, _) => {}
            (_, Told::Leave(leave)) => self.dismissed(&leave, now),
            (_, Told::RefreshToken(token)) => self.token = token,
            (
                State::Opening {
                    goal: Goal::Join, ..
                },
                Told::Join(join),
            ) => {
                self.joined(join, now);
            }
            (
                State::Opening {
                    goal: Goal::Resume, ..
                },
                Told::Reconnect(answer),
            ) => {
                self.resumed(&answer, now);
            }
            // What was on its way before the answer to the dialling belongs to the past.
            (State::Opening { .. }, _) => {}
            (State::Joined, message) => self.told(message, now),
        }
    }

    fn joined(&mut self, join: JoinResponse, now: Instant) {
        self.state = State::Joined;
        self.counts.joins += 1;
        self.ping_times_s = (join.ping_interval, join.ping_timeout);
        self.start_pings(now);
        let own = join.participant.unwrap_or_default();
        self.sid.clone_from(&own.sid);
        for info in join.other_participants.into_iter().chain([own]) {
            self.roster.update(info);
        }
        self.trouble = Some(Trouble {
            remedy: Goal::Join,
            at: now + MEDIA_MAX,
        });
        self.tell(Event::Joined);
        if self.subscriber.is_some() && join.fast_publish {
            self.publisher.wishes().channels = true;
        }
        self.announce();
    }

    fn start_pings(&mut self, now: Instant) {
        let (interval_s, timeout_s) = self.ping_times_s;
        let seconds = |number: i32| Duration::from_secs(u64::try_from(number.max(1)).unwrap_or(1));
        let interval = seconds(interval_s);
        self.pings = Some(Pings {
            interval,
            timeout: seconds(timeout_s),
            next: now + interval,
            heard: now,
        });
    }

    /// Asks the server to take what it has not taken yet.
    pub(super) fn announce(&mut self) {
        let unannounced = self.publications.iter_mut().filter(|one| !one.is_announced);
        let mut requests = Vec::new();
        for one in unannounced {
            one.is_announced = true;
            requests.push(wire::add_track(&one.publish, &one.cid, one.is_muted));
        }
        for request in requests {
            self.tell_server(Asked::AddTrack(request));
        }
    }

    fn resumed(&mut self, answer: &ReconnectResponse, now: Instant) {
        self.state = State::Joined;
        self.counts.resumes += 1;
        self.start_pings(now);
        let sync = self.sync_state();
        self.tell_server(Asked::SyncState(sync));
        self.mailbox.resume(answer.last_message_seq);
        for request in self.take_announcements() {
            self.tell_server(Asked::AddTrack(request));
        }
        let mutes = self.publications.iter().filter_map(|one| {
            let sid = one.sid.clone()?;
            Some(wire::mute(sid, one.is_muted))
        });
        for mute in mutes.collect::<Vec<_>>() {
            self.tell_server(mute);
        }
        if self.publisher.has_offered() {
            self.publisher.wishes().restart = true;
        }
        if let Some(offer) = self.publisher.repeat_offer(now) {
            self.tell_server(Asked::Offer(wire::description(true, offer.id, offer.sdp)));
        }
        self.trouble = Some(Trouble {
            remedy: Goal::Join,
            at: now + MEDIA_MAX,
        });
        self.tell(Event::Resumed);
    }

    fn sync_state(&self) -> SyncState {
        let published = self.publications.iter().filter_map(|one| {
            Some(TrackPublishedResponse {
                cid: one.cid.clone(),
                track: Some(livekit_protocol::TrackInfo {
                    sid: one.sid.clone()?,
                    ..livekit_protocol::TrackInfo::default()
                }),
            })
        });
        SyncState {
            publish_tracks: published.collect(),
            datachannel_receive_states: self.mailbox.receive_states(),
            ..SyncState::default()
        }
    }

    fn dismissed(&mut self, leave: &LeaveRequest, now: Instant) {
        let (reason, action) = (leave.reason(), leave.action());
        self.outputs.push_back(Output::Hangup);
        self.tell(Event::Dismissed { reason, action });
        match action {
            Action::Disconnect => self.end(End::Dismissed(reason)),
            _ if !self.config.is_persistent => self.end(End::Dismissed(reason)),
            Action::Resume => self.apart(Goal::Resume, now),
            Action::Reconnect => self.apart(Goal::Join, now),
        }
    }

    fn told(&mut self, message: Told, now: Instant) {
        match message {
            Told::Answer(answer) => self.answered(&answer, now),
            Told::Offer(offer) => self.offered(&offer, now),
            Told::Trickle(trickle) => self.trickled(&trickle),
            Told::Update(update) => {
                for info in update.participants {
                    self.roster.update(info);
                }
            }
            Told::TrackPublished(published) => self.published(published),
            Told::RequestResponse(response) => self.responded(response),
            Told::MediaSectionsRequirement(wanted) => {
                let wishes = self.publisher.wishes();
                wishes.audio = wishes.audio.max(wanted.num_audios);
                wishes.video = wishes.video.max(wanted.num_videos);
                wishes.anything = true;
            }
            Told::Mute(mute) => {
                if let Some(one) = self.publications.by_sid(&mute.sid) {
                    one.is_muted = mute.muted;
                    let track = one.publish.track;
                    self.tell(Event::Muted { track });
                }
            }
            Told::TrackUnpublished(gone) => {
                let is_it = |one: &crate::publications::Publication| {
                    one.sid.as_deref() == Some(&*gone.track_sid)
                };
                if let Some(one) = self.publications.remove(is_it) {
                    self.publisher.wishes().ended.extend(one.mid);
                    let track = one.publish.track;
                    self.tell(Event::NotPublished { track });
                }
            }
            Told::SubscribedQualityUpdate(update) => self.layers_wanted(&update),
            // Nothing here depends on them.
            _ => {}
        }
    }

    fn answered(&mut self, answer: &SessionDescription, now: Instant) {
        self.place(answer);
        if let Err(error) = self.publisher.answered(answer.id, &answer.sdp) {
            debug!(%error, "an answer that cannot be used");
            self.failed(now);
        }
    }

    fn offered(&mut self, offer: &SessionDescription, now: Instant) {
        self.place(offer);
        let Some(subscriber) = &mut self.subscriber else {
            return debug!("an offer to a client that makes all offers");
        };
        match subscriber.offered(&offer.sdp) {
            Ok(sdp) => {
                let answer = wire::description(false, offer.id, sdp);
                self.tell_server(Asked::Answer(answer));
            }
            Err(error) => {
                debug!(%error, "an offer that cannot be used");
                self.failed(now);
            }
        }
    }

    fn place(&mut self, description: &SessionDescription) {
        self.streams.place(&Placement::read(&description.sdp));
    }

    fn trickled(&mut self, trickle: &TrickleRequest) {
        let is_subscriber = trickle.target() == SignalTarget::Subscriber;
        let connection = match &mut self.subscriber {
            Some(subscriber) if is_subscriber => subscriber,
            _ => &mut self.publisher,
        };
        if let Some(candidate) = wire::candidate(&trickle.candidate_init) {
            connection.add_candidate(&candidate);
        }
    }

    fn published(&mut self, published: TrackPublishedResponse) {
        let sid = published.track.unwrap_or_default().sid;
        let Some(one) = self.publications.by_cid(&published.cid) else {
            return;
        };
        one.sid = Some(sid.clone());
        let (track, is_muted) = (one.publish.track, one.is_muted);
        if is_muted {
            self.tell_server(wire::mute(sid.clone(), true));
        }
        self.tell(Event::Published { track, sid });
    }

    fn responded(&mut self, response: RequestResponse) {
        let is_refusal = response.reason() != request_response::Reason::Ok;
        if let Some(request_response::Request::AddTrack(request)) = response.request
            && is_refusal
            && let Some(one) = self.publications.remove(|one| one.cid == request.cid)
        {
            self.publisher.wishes().ended.extend(one.mid);
            let track = one.publish.track;
            self.tell(Event::NotPublished { track });
        }
    }

    fn layers_wanted(&mut self, update: &SubscribedQualityUpdate) {
        let Some(one) = self.publications.by_sid(&update.track_sid) else {
            return;
        };
        let track = one.publish.track;
        let mut is_wanted = [false; 3];
        let qualities = update.subscribed_codecs.iter().flat_map(|it| &it.qualities);
        for quality in qualities {
            let layer = usize::try_from(quality.quality).unwrap_or(usize::MAX);
            if let Some(slot) = is_wanted.get_mut(layer) {
                *slot |= quality.enabled;
            }
        }
        self.tell(Event::LayersWanted { track, is_wanted });
    }
}
