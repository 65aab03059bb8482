//! Routes packets to peers, forwards media between them and keeps their deadlines.
//!
//! Flow of a packet: its address (or, for STUN, the ufrag it names) finds the peer; str0m
//! decrypts it; an RTP packet is written to every subscriber of its track; each peer touched is
//! drained until it only waits. Everything happens inside one [`Shard::handle`].

mod bandwidth;
mod forwarding;
mod negotiation;
mod paths;
mod subscriptions;

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    mem,
    sync::Arc,
    time::{Duration, Instant},
};

use str0m::{Event as RtcEvent, Output as RtcOutput, bwe::BweKind};
use tracing::debug;

use crate::{
    io::{
        Channel, Config, Datagram, Event, Input, Link, Offerer, Output, PeerId, Reason, Request,
        TrackId, Transmit, Transports,
    },
    numbers::NumberMap,
    peer::{Announced, Identity, Peer},
    publication::Publication,
};

pub(crate) use self::paths::{Path, Remote};

/// Packets of one burst that leave in one go, before others have their turn.
const BURST_MAX: usize = 64;

/// Whatever is due within this time is done together. Each of hundreds of peers has something to look
/// after some thirty times a second, nothing of which minds a delay that a jitter buffer does not see.
const GRID: Duration = Duration::from_millis(5);

/// Rooms of peers, owned by one thread.
#[derive(Debug)]
pub struct Shard {
    config: Config,
    peers: NumberMap<PeerId, Peer>,
    rooms: HashMap<Arc<str>, BTreeSet<PeerId>>,
    publishers: HashMap<TrackId, PeerId>,
    by_ufrag: HashMap<String, PeerId>,
    by_remote: HashMap<Remote, PeerId>,
    timetable: BTreeSet<(Instant, PeerId)>,
    /// Where the timetable's grid begins.
    origin: Option<Instant>,
    dirty: Vec<PeerId>,
    /// Whose input is being handled, to know whom a panic concerns.
    active: Option<PeerId>,
    outputs: VecDeque<Output>,
    /// Kept for its memory: the stream that each subscriber of a packet's track is to get.
    targets: Vec<Option<u32>>,
}

impl Shard {
    /// A shard without rooms.
    pub fn new(config: Config) -> Self {
        Self {
            config,
            peers: NumberMap::default(),
            rooms: HashMap::new(),
            publishers: HashMap::new(),
            by_ufrag: HashMap::new(),
            by_remote: HashMap::new(),
            timetable: BTreeSet::new(),
            origin: None,
            dirty: Vec::new(),
            active: None,
            outputs: VecDeque::new(),
            targets: Vec::new(),
        }
    }

    /// Takes in what happened. Never blocks; bad input closes that peer, with a reason.
    pub fn handle(&mut self, input: Input<'_>, now: Instant) {
        match input {
            Input::Datagram(datagram) => self.on_datagram(datagram, now),
            Input::Request(request) => self.on_request(request, now),
            Input::Timeout => {}
        }
        self.wake_due(now);
        while let Some(peer) = self.dirty.pop() {
            // Those that have been drained in the meantime are still on the list.
            if self.peers.get(&peer).is_some_and(|peer| peer.is_dirty) {
                self.drain(peer, now);
            }
        }
        self.active = None;
    }

    /// Takes in one of several packets that came together, without sending what follows from it:
    /// call [`Self::handle`] after the last. What one subscriber gets of all of them then leaves in
    /// one go.
    pub fn receive(&mut self, datagram: Datagram<'_>, now: Instant) {
        self.on_datagram(datagram, now);
        if let Some(peer) = self.active {
            // The library wants its answer to each packet taken before the next.
            self.drain(peer, now);
        }
        self.active = None;
    }

    /// After a panic in [`Self::handle`]: drops the room that it happened in, without a call into
    /// anything that may be broken, and names its peers. Empty when the room is not known.
    pub fn abandon_active_room(&mut self) -> Vec<PeerId> {
        let room = self.active.take().and_then(|peer| self.peers.get(&peer));
        let Some(room) = room.map(|peer| Arc::clone(&peer.room)) else {
            return Vec::new();
        };
        let members: Vec<PeerId> = self.rooms.remove(&room).into_iter().flatten().collect();
        let is_member = |peer: &PeerId| members.contains(peer);
        self.peers.retain(|peer, _| !is_member(peer));
        self.publishers.retain(|_, peer| !is_member(peer));
        self.by_ufrag.retain(|_, peer| !is_member(peer));
        self.by_remote.retain(|_, peer| !is_member(peer));
        self.timetable.retain(|(_, peer)| !is_member(peer));
        self.dirty.retain(|peer| !is_member(peer));
        members
    }

    /// The next thing to do; drain to [`Output::Timeout`] before the next [`Self::handle`].
    pub fn poll(&mut self) -> Output {
        self.outputs.pop_front().unwrap_or_else(|| Output::Timeout {
            at: self.timetable.first().map(|(at, _)| *at),
        })
    }

    /// When a peer's last packet came; its joining counts as one.
    pub fn last_heard(&self, peer: PeerId) -> Option<Instant> {
        self.peers.get(&peer).map(|peer| peer.pulse.last())
    }

    /// Whether the way to a peer has most likely died: it should send packets, as far as we know or
    /// the caller does (`is_speaking`), and has sent none for longer than any good way takes.
    pub fn has_broken_off(&self, peer: PeerId, is_speaking: bool, now: Instant) -> bool {
        let peer = self.peers.get(&peer);
        peer.is_some_and(|peer| peer.has_broken_off(is_speaking, now))
    }

    /// Whether a peer has this ICE name here.
    pub fn knows(&self, ufrag: &str) -> bool {
        self.by_ufrag.contains_key(ufrag)
    }

    /// How many peers there are.
    pub fn peer_count(&self) -> usize {
        self.peers.len()
    }

    fn on_request(&mut self, request: Request, now: Instant) {
        self.active = Some(request.peer());
        match request {
            Request::AddPeer {
                peer,
                room,
                label,
                offerer,
                transports,
            } => {
                let id = peer;
                let identity = Identity { id, room, label };
                self.add_peer(identity, offerer, transports, now);
            }
            Request::RemovePeer { peer } => {
                if let Some(peer) = self.peers.get_mut(&peer) {
                    // Tells the client's transport, as far as one packet can.
                    let _ = peer.rtc.close();
                }
                self.touch(peer);
                self.drain(peer, now);
                self.remove(peer, now);
            }
            Request::Offer { peer, id, sdp } => self.offer(peer, id, &sdp, now),
            Request::Answer { peer, id, sdp } => self.answer(peer, id, &sdp, now),
            Request::RestartIce { peer } => {
                if let Some(peer) = self.peers.get_mut(&peer) {
                    peer.restart_ice(now);
                }
                self.touch(peer);
            }
            Request::Announce {
                peer,
                track,
                purpose,
                client_ids,
                sound,
            } => {
                let Some(publisher) = self.peers.get_mut(&peer) else {
                    return;
                };
                let announced = Announced {
                    track,
                    purpose,
                    client_ids,
                    sound,
                };
                if let Some((track, mid)) = publisher.announce(announced) {
                    self.went_live(peer, track, mid.to_string());
                }
            }
            Request::Unpublish { peer, track } => {
                let Some(publisher) = self.peers.get_mut(&peer) else {
                    return;
                };
                if publisher.unpublish(&track) {
                    self.track_ended(peer, track, now);
                }
            }
            Request::Subscribe { peer, track } => self.subscribe(peer, &track, now),
            Request::Unsubscribe { peer, track } => self.unsubscribe(peer, &track, now),
            Request::Configure {
                peer,
                track,
                settings,
            } => self.configure(peer, track, settings, now),
            Request::Send {
                peer,
                channel,
                payload,
            } => self.send(peer, channel, &payload, now),
        }
    }

    fn add_peer(
        &mut self,
        identity: Identity,
        offerer: Offerer,
        transports: Transports,
        now: Instant,
    ) {
        let id = identity.id;
        self.origin.get_or_insert(now);
        let peer = Peer::new(identity, offerer, transports, &mut self.config, now);
        self.by_ufrag.insert(peer.ufrags[0].clone(), id);
        self.rooms
            .entry(Arc::clone(&peer.room))
            .or_default()
            .insert(id);
        self.peers.insert(id, peer);
        self.touch(id);
    }

    fn send(&mut self, id: PeerId, channel: Channel, payload: &Arc<[u8]>, now: Instant) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        match peer.send(channel, payload) {
            Ok(()) => self.touch(id),
            Err(error) => {
                debug!(peer = id.0, %error, "peer closed");
                self.close(id, Reason::TransportFailed, now);
            }
        }
    }

    fn wake_due(&mut self, now: Instant) {
        while let Some(&(at, id)) = self.timetable.first()
            && at <= now
        {
            self.timetable.pop_first();
            if let Some(peer) = self.peers.get_mut(&id) {
                peer.scheduled = None;
                peer.needs_tick = true;
            }
            self.touch(id);
        }
    }

    fn touch(&mut self, id: PeerId) {
        if let Some(peer) = self.peers.get_mut(&id)
            && !mem::replace(&mut peer.is_dirty, true)
        {
            self.dirty.push(id);
        }
    }

    /// Carries out all that a peer wants, until it only waits.
    fn drain(&mut self, id: PeerId, now: Instant) {
        self.active = Some(id);
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        peer.is_dirty = false;
        if peer.is_answer_overdue(now) {
            return self.close(id, Reason::Unanswered, now);
        }
        self.negotiate(id, now);
        self.serve_publications(id, now);
        self.share_link(id, now);
        let mut paced = 0;
        loop {
            let Some(peer) = self.peers.get_mut(&id) else {
                return;
            };
            if mem::take(&mut peer.needs_tick)
                && let Err(error) = peer.tick(now)
            {
                debug!(peer = id.0, %error, "transport failed");
                return self.close(id, Reason::TransportFailed, now);
            }
            match peer.rtc.poll_output() {
                Ok(RtcOutput::Transmit(transmit)) => {
                    if is_media(&transmit.contents) {
                        peer.sent();
                    }
                    let path = peer.path(&transmit);
                    self.outputs.push_back(Output::Transmit(Transmit {
                        transport: path.theirs.transport,
                        source: path.ours,
                        destination: path.theirs.address,
                        payload: transmit.contents.into(),
                    }));
                }
                Ok(RtcOutput::Event(event)) => self.on_event(id, event, now),
                Ok(RtcOutput::Timeout(at)) => {
                    if paced < BURST_MAX && peer.is_burst_going_on(at, now) {
                        paced += 1;
                        continue;
                    }
                    peer.rests();
                    if !peer.rtc.is_alive() {
                        return self.close(id, Reason::TransportClosed, now);
                    }
                    if mem::take(&mut peer.has_moved) {
                        self.moved(id, now);
                    }
                    self.tell_path(id);
                    return self.schedule(id, at, now);
                }
                Err(error) => {
                    debug!(peer = id.0, %error, "transport failed");
                    return self.close(id, Reason::TransportFailed, now);
                }
            }
        }
    }

    fn schedule(&mut self, id: PeerId, rtc_deadline: Instant, now: Instant) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        let deadline = peer
            .own_deadline()
            .map_or(rtc_deadline, |own| own.min(rtc_deadline));
        // A deadline in the past would be served at once and again: time goes on first.
        let deadline = if peer.is_pacing() || deadline <= now {
            deadline.max(now)
        } else {
            on_grid(self.origin, deadline)
        };
        if peer.scheduled != Some(deadline) {
            if let Some(old) = peer.scheduled.replace(deadline) {
                self.timetable.remove(&(old, id));
            }
            self.timetable.insert((deadline, id));
        }
    }

    fn on_event(&mut self, id: PeerId, event: RtcEvent, now: Instant) {
        match event {
            RtcEvent::RtpPacket(packet) => self.forward(id, &packet, now),
            RtcEvent::KeyframeRequest(request) => {
                let track = self
                    .peers
                    .get(&id)
                    .and_then(|peer| peer.sections.placed().get(&*request.mid).cloned());
                if let Some(track) = track {
                    self.want_keyframe(id, &track, now);
                }
            }
            RtcEvent::Connected => self.connected(id, now),
            RtcEvent::EgressBitrateEstimate(BweKind::Twcc { estimate, .. }) => {
                self.estimated(id, estimate.as_u64(), now);
            }
            RtcEvent::PeerStats(stats) => {
                let percent = |share: f32| (share * 100.0).clamp(0.0, 100.0) as u8;
                let estimate_bps = self
                    .peers
                    .get(&id)
                    .and_then(|one| one.allocation.estimate_bps);
                let link = Link {
                    round_trip: stats.rtt,
                    loss_down: stats.egress_loss_fraction.map(percent),
                    loss_up: stats.ingress_loss_fraction.map(percent),
                    estimate_bps,
                };
                self.outputs
                    .push_back(Output::Event(Event::Link { peer: id, link }));
            }
            RtcEvent::ChannelOpen(channel, label) => {
                let Some(peer) = self.peers.get_mut(&id) else {
                    return;
                };
                if peer.channel_opened(channel, &label).is_err() {
                    self.close(id, Reason::TransportFailed, now);
                }
            }
            RtcEvent::ChannelBufferedAmountLow(_) => {
                let Some(peer) = self.peers.get_mut(&id) else {
                    return;
                };
                if peer.flush().is_err() {
                    self.close(id, Reason::TransportFailed, now);
                }
            }
            RtcEvent::ChannelClose(channel) => {
                if let Some(peer) = self.peers.get_mut(&id) {
                    peer.channel_closed(channel);
                }
            }
            RtcEvent::ChannelData(data) => {
                let channel = self.peers.get(&id).and_then(|peer| peer.channel(data.id));
                if let Some(channel) = channel {
                    let payload = data.data;
                    let received = Event::Received {
                        peer: id,
                        channel,
                        payload,
                    };
                    self.outputs.push_back(Output::Event(received));
                }
            }
            _ => {}
        }
    }

    fn connected(&mut self, id: PeerId, now: Instant) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        peer.is_connected = true;
        let tracks: Vec<TrackId> = peer.sections.placed().values().cloned().collect();
        self.outputs
            .push_back(Output::Event(Event::Connected { peer: id }));
        for track in tracks {
            self.want_keyframe(id, &track, now);
        }
    }

    fn publication_mut(&mut self, id: PeerId, track: &TrackId) -> Option<&mut Publication> {
        self.peers.get_mut(&id)?.publication_mut(track)
    }

    fn close(&mut self, id: PeerId, reason: Reason, now: Instant) {
        if self.remove(id, now) {
            self.outputs
                .push_back(Output::Event(Event::Closed { peer: id, reason }));
        }
    }

    fn remove(&mut self, id: PeerId, now: Instant) -> bool {
        let Some(peer) = self.peers.get_mut(&id) else {
            return false;
        };
        let tracks: Vec<TrackId> = peer
            .publications
            .drain(..)
            .map(|publication| publication.track)
            .collect();
        let placed: Vec<TrackId> = peer.sections.placed().values().cloned().collect();
        for track in tracks {
            self.track_ended(id, track, now);
        }
        for track in placed {
            self.stop_forwarding(id, &track, now);
        }
        let Some(peer) = self.peers.remove(&id) else {
            return false;
        };
        for ufrag in &peer.ufrags {
            self.by_ufrag.remove(ufrag);
        }
        for remote in &peer.remotes {
            if self.by_remote.get(remote) == Some(&id) {
                self.by_remote.remove(remote);
            }
        }
        if let Some(at) = peer.scheduled {
            self.timetable.remove(&(at, id));
        }
        if let Some(members) = self.rooms.get_mut(&peer.room) {
            members.remove(&id);
            if members.is_empty() {
                self.rooms.remove(&peer.room);
            }
        }
        true
    }
}

/// The next moment at which what is not urgent is done.
fn on_grid(origin: Option<Instant>, at: Instant) -> Instant {
    let Some(origin) = origin else { return at };
    let steps = at.saturating_duration_since(origin).as_micros() as u64;
    origin + Duration::from_micros(steps.next_multiple_of(GRID.as_micros() as u64))
}

/// RFC 7983 §7 and RFC 5761 §4: RTP, and not what reports of it.
fn is_media(packet: &[u8]) -> bool {
    matches!(packet, [128..=191, kind, ..] if !(192..=223).contains(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_urgent_is_done_together_and_never_early() {
        let origin = Instant::now();
        let at = |micros| origin + Duration::from_micros(micros);
        for (due, done) in [(0, 0), (1, 5_000), (5_000, 5_000), (5_001, 10_000)] {
            let found = on_grid(Some(origin), at(due));
            assert_eq!(found, at(done));
        }
    }

    #[test]
    fn media_is_told_from_what_reports_of_it() {
        assert!(is_media(&[0x80, 96]) && is_media(&[0x90, 0x80 | 111]));
        assert!(!is_media(&[0x80, 200]) && !is_media(&[0x81, 206]));
        assert!(!is_media(&[22, 96]) && !is_media(&[0x80]) && !is_media(&[]));
    }
}
