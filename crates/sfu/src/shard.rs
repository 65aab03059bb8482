//! Routes packets to peers, forwards media between them and keeps their deadlines.
//!
//! Flow of a packet: its address (or, for STUN, the ufrag it names) finds the peer; str0m
//! decrypts it; an RTP packet is written to every subscriber of its track; each peer touched is
//! drained until it only waits. Everything happens inside one [`Shard::handle`].

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    mem,
    net::SocketAddr,
    sync::Arc,
    time::Instant,
};

use str0m::{
    Event as RtcEvent, Input as RtcInput, Output as RtcOutput,
    net::{Protocol, Receive},
    rtp::{ExtensionValues, RtpPacket, RtpWrite, Vp8Descriptor},
};
use tracing::debug;

use crate::{
    forward::{Forward, Incoming},
    io::{
        Channel, Config, Datagram, Event, Input, Kind, Output, PeerId, Reason, Request, TrackId,
        Transmit, Transport,
    },
    peer::{Negotiated, Peer},
    publication::Publication,
    rewriter::Position,
    stun::local_ufrag,
};

/// A client has a few addresses (interfaces, NAT rebinding); the oldest is forgotten.
const ADDRESSES_MAX: usize = 16;

/// Rooms of peers, owned by one thread.
#[derive(Debug)]
pub struct Shard {
    config: Config,
    peers: HashMap<PeerId, Peer>,
    rooms: HashMap<Arc<str>, BTreeSet<PeerId>>,
    publishers: HashMap<TrackId, PeerId>,
    by_ufrag: HashMap<String, PeerId>,
    by_address: HashMap<SocketAddr, PeerId>,
    timetable: BTreeSet<(Instant, PeerId)>,
    dirty: Vec<PeerId>,
    /// Whose input is being handled, to know whom a panic concerns.
    active: Option<PeerId>,
    outputs: VecDeque<Output>,
}

impl Shard {
    /// A shard without rooms.
    pub fn new(config: Config) -> Self {
        Self {
            config,
            peers: HashMap::new(),
            rooms: HashMap::new(),
            publishers: HashMap::new(),
            by_ufrag: HashMap::new(),
            by_address: HashMap::new(),
            timetable: BTreeSet::new(),
            dirty: Vec::new(),
            active: None,
            outputs: VecDeque::new(),
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
        self.by_address.retain(|_, peer| !is_member(peer));
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
        self.peers.get(&peer).map(|peer| peer.last_heard)
    }

    /// How many peers there are.
    pub fn peer_count(&self) -> usize {
        self.peers.len()
    }

    fn on_datagram(&mut self, datagram: Datagram<'_>, now: Instant) {
        let Some(id) = self.peer_of(&datagram) else {
            return;
        };
        self.active = Some(id);
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        let proto = match datagram.transport {
            Transport::Udp => Protocol::Udp,
            Transport::Tcp => Protocol::Tcp,
        };
        let Ok(receive) = Receive::new(
            proto,
            datagram.source,
            datagram.destination,
            datagram.payload,
        ) else {
            return;
        };
        let result = peer.rtc.handle_input(RtcInput::Receive(now, receive));
        peer.last_heard = now;
        let path = Some(datagram.transport);
        if peer.is_connected && peer.transport != path {
            peer.transport = path;
            let transport = datagram.transport;
            self.outputs.push_back(Output::Event(Event::PathChanged {
                peer: id,
                transport,
            }));
        }
        match result {
            Ok(()) => self.touch(id),
            Err(error) => {
                debug!(peer = id.0, %error, "transport failed");
                self.close(id, Reason::TransportFailed, now);
            }
        }
    }

    fn peer_of(&mut self, datagram: &Datagram<'_>) -> Option<PeerId> {
        let Some(ufrag) = local_ufrag(datagram.payload) else {
            return self.by_address.get(&datagram.source).copied();
        };
        let id = *self.by_ufrag.get(&ufrag)?;
        if self.by_address.get(&datagram.source) != Some(&id) {
            let peer = self.peers.get_mut(&id)?;
            if peer.addresses.len() == ADDRESSES_MAX
                && let Some(oldest) = peer.addresses.pop_front()
            {
                self.by_address.remove(&oldest);
            }
            peer.addresses.push_back(datagram.source);
            self.by_address.insert(datagram.source, id);
        }
        Some(id)
    }

    fn on_request(&mut self, request: Request, now: Instant) {
        self.active = Some(request.peer());
        match request {
            Request::AddPeer { peer, room, label } => self.add_peer(peer, &room, label, now),
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
            Request::Announce {
                peer,
                track,
                kind,
                client_ids,
            } => {
                let Some(publisher) = self.peers.get_mut(&peer) else {
                    return;
                };
                if let Some((track, mid)) = publisher.announce(track, kind, client_ids) {
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
            Request::Send {
                peer,
                channel,
                payload,
            } => self.send(peer, channel, &payload, now),
        }
    }

    fn add_peer(&mut self, id: PeerId, room: &Arc<str>, label: Arc<str>, now: Instant) {
        let peer = Peer::new(id, Arc::clone(room), label, &mut self.config, now);
        self.by_ufrag.insert(peer.ufrag.clone(), id);
        self.rooms.entry(Arc::clone(room)).or_default().insert(id);
        self.peers.insert(id, peer);
        self.touch(id);
    }

    fn offer(&mut self, id: PeerId, offer_id: u32, sdp: &str, now: Instant) {
        let labels = self.labels(id);
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        match peer.negotiate(sdp, |track| labels.get(track).cloned(), now) {
            Ok(negotiated) => self.negotiated(id, offer_id, negotiated, now),
            Err(error) => {
                debug!(peer = id.0, %error, "offer refused");
                self.close(id, Reason::BadOffer, now);
            }
        }
    }

    fn negotiated(&mut self, id: PeerId, offer_id: u32, negotiated: Negotiated, now: Instant) {
        let Negotiated {
            answer,
            placement,
            live,
            ended,
        } = negotiated;
        for track in ended {
            self.track_ended(id, track, now);
        }
        for (track, mid) in live {
            self.went_live(id, track, mid.to_string());
        }
        for (_, track) in &placement.freed {
            self.stop_forwarding(id, track);
        }
        for (mid, track) in &placement.filled {
            self.start_forwarding(id, mid, track, now);
        }
        let Some(peer) = self.peers.get(&id) else {
            return;
        };
        let tracks_by_mid = peer.sections.placed().clone();
        self.outputs.push_back(Output::Event(Event::Answer {
            peer: id,
            id: offer_id,
            sdp: answer,
            tracks_by_mid,
        }));
        self.touch(id);
    }

    /// Who publishes the tracks of a peer's room.
    fn labels(&self, id: PeerId) -> HashMap<TrackId, Arc<str>> {
        let members = self
            .peers
            .get(&id)
            .and_then(|peer| self.rooms.get(&peer.room));
        let publishers = members
            .into_iter()
            .flatten()
            .filter_map(|member| self.peers.get(member));
        publishers
            .flat_map(|peer| {
                peer.publications
                    .iter()
                    .map(|publication| (publication.track.clone(), Arc::clone(&peer.label)))
            })
            .collect()
    }

    fn went_live(&mut self, id: PeerId, track: TrackId, mid: String) {
        self.publishers.insert(track.clone(), id);
        self.outputs.push_back(Output::Event(Event::TrackLive {
            peer: id,
            track,
            mid,
        }));
    }

    fn track_ended(&mut self, publisher: PeerId, track: TrackId, now: Instant) {
        self.publishers.remove(&track);
        let room = self
            .peers
            .get(&publisher)
            .map(|peer| Arc::clone(&peer.room));
        let members = room
            .and_then(|room| self.rooms.get(&room).cloned())
            .unwrap_or_default();
        for member in members {
            if let Some(peer) = self.peers.get_mut(&member) {
                peer.sections.unwant(&track);
                peer.want_negotiation(now);
                self.touch(member);
            }
        }
        self.outputs.push_back(Output::Event(Event::TrackEnded {
            peer: publisher,
            track,
        }));
    }

    fn subscribe(&mut self, id: PeerId, track: &TrackId, now: Instant) {
        let Some(publisher) = self
            .publishers
            .get(track)
            .and_then(|peer| self.peers.get(peer))
        else {
            return;
        };
        let kind = publisher
            .publications
            .iter()
            .find(|publication| publication.track == *track)
            .map(|publication| publication.kind);
        let room = Arc::clone(&publisher.room);
        let (Some(kind), Some(peer)) = (kind, self.peers.get_mut(&id)) else {
            return;
        };
        if peer.room != room {
            return;
        }
        peer.sections.want(track.clone(), kind);
        peer.want_negotiation(now);
        let placed = peer
            .sections
            .placed()
            .iter()
            .find(|(_, placed)| *placed == track);
        if let Some(mid) = placed.map(|(mid, _)| mid.clone()) {
            // Wanted again before the client offered: its section still says so.
            self.start_forwarding(id, &mid, track, now);
        }
        self.touch(id);
    }

    fn unsubscribe(&mut self, id: PeerId, track: &TrackId, now: Instant) {
        self.stop_forwarding(id, track);
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.sections.unwant(track);
            peer.want_negotiation(now);
            self.touch(id);
        }
    }

    fn start_forwarding(&mut self, id: PeerId, mid: &str, track: &TrackId, now: Instant) {
        let Some(&publisher) = self.publishers.get(track) else {
            return;
        };
        let Some(kind) = self
            .publication_mut(publisher, track)
            .map(|publication| publication.kind)
        else {
            return;
        };
        let Some(payload_type) = self.peers.get(&id).and_then(|peer| peer.payload_type(kind))
        else {
            return;
        };
        self.stop_forwarding(id, track);
        if let Some(publication) = self.publication_mut(publisher, track) {
            publication
                .forwards
                .push(Forward::new(id, mid.into(), payload_type));
            publication.want_keyframe(id, now);
            self.touch(publisher);
        }
    }

    fn stop_forwarding(&mut self, id: PeerId, track: &TrackId) {
        if let Some(&publisher) = self.publishers.get(track)
            && let Some(publication) = self.publication_mut(publisher, track)
        {
            publication.forwards.retain(|forward| forward.peer != id);
        }
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
        peer.request_due_keyframes(now);
        if peer.take_negotiation_due(now) {
            let shortage = peer.sections.shortage();
            self.outputs.push_back(Output::Event(Event::SectionsWanted {
                peer: id,
                audio: shortage.audio,
                video: shortage.video,
            }));
        }
        loop {
            let Some(peer) = self.peers.get_mut(&id) else {
                return;
            };
            if mem::take(&mut peer.needs_tick)
                && let Err(error) = peer.rtc.handle_input(RtcInput::Timeout(now))
            {
                debug!(peer = id.0, %error, "transport failed");
                return self.close(id, Reason::TransportFailed, now);
            }
            match peer.rtc.poll_output() {
                Ok(RtcOutput::Transmit(transmit)) => {
                    let transport = match transmit.proto {
                        Protocol::Udp => Transport::Udp,
                        _ => Transport::Tcp,
                    };
                    self.outputs.push_back(Output::Transmit(Transmit {
                        transport,
                        source: transmit.source,
                        destination: transmit.destination,
                        payload: transmit.contents.into(),
                    }));
                }
                Ok(RtcOutput::Event(event)) => self.on_event(id, event, now),
                Ok(RtcOutput::Timeout(at)) => {
                    if !peer.rtc.is_alive() {
                        return self.close(id, Reason::TransportClosed, now);
                    }
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
        let deadline = deadline.max(now);
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

    fn want_keyframe(&mut self, subscriber: PeerId, track: &TrackId, now: Instant) {
        let Some(&publisher) = self.publishers.get(track) else {
            return;
        };
        if let Some(publication) = self.publication_mut(publisher, track) {
            publication.want_keyframe(subscriber, now);
            self.touch(publisher);
        }
    }

    /// Writes a packet to everybody who subscribes to its track.
    fn forward(&mut self, id: PeerId, packet: &RtpPacket, now: Instant) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        let Some(index) = stream_of(peer, packet, now) else {
            return;
        };
        let publication = &mut peer.publications[index];
        let incoming = incoming(publication.kind, packet);
        let Some(best_ssrc) = publication.best_ssrc(now) else {
            return;
        };
        if incoming.is_entry
            && let Some(layer) = publication.layer_mut(incoming.ssrc)
        {
            layer.keyframes.arrived();
        }
        let is_video = publication.kind == Kind::Video;
        let mut forwards = mem::take(&mut publication.forwards);
        let mut is_stuck = false;
        for forward in &mut forwards {
            let Some(subscriber) = self.peers.get_mut(&forward.peer) else {
                continue;
            };
            if !subscriber.is_connected {
                continue;
            }
            is_stuck |= is_video && forward.current() != Some(best_ssrc);
            let Some(position) = forward.take(&incoming, best_ssrc, now) else {
                continue;
            };
            write(subscriber, forward, packet, position, is_video);
            if !mem::replace(&mut subscriber.is_dirty, true) {
                self.dirty.push(forward.peer);
            }
        }
        if let Some(peer) = self.peers.get_mut(&id) {
            let publication = &mut peer.publications[index];
            publication.forwards = forwards;
            if is_stuck
                && !incoming.is_entry
                && let Some(layer) = publication.layer_mut(best_ssrc)
            {
                layer.keyframes.want(now);
            }
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
            self.stop_forwarding(id, &track);
        }
        let Some(peer) = self.peers.remove(&id) else {
            return false;
        };
        self.by_ufrag.remove(&peer.ufrag);
        for address in &peer.addresses {
            if self.by_address.get(address) == Some(&id) {
                self.by_address.remove(address);
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

/// The publication that a packet belongs to, after noting that it arrived.
fn stream_of(peer: &mut Peer, packet: &RtpPacket, now: Instant) -> Option<usize> {
    let ssrc = *packet.header.ssrc;
    let known = peer
        .publications
        .iter()
        .position(|publication| publication.layers.iter().any(|layer| layer.ssrc == ssrc));
    if let Some(index) = known {
        peer.publications[index].heard(ssrc, None, now);
        return Some(index);
    }
    let mut api = peer.rtc.direct_api();
    let stream = api.stream_rx(&packet.header.ssrc)?;
    let (mid, rid) = (stream.mid(), stream.rid());
    let index = peer
        .publications
        .iter()
        .position(|publication| publication.mid == mid)?;
    peer.publications[index].heard(ssrc, rid, now);
    Some(index)
}

fn incoming(kind: Kind, packet: &RtpPacket) -> Incoming {
    let (is_entry, clock_rate_hz) = match kind {
        Kind::Audio => (true, 48_000),
        Kind::Video => {
            let starts = Vp8Descriptor::parse(&packet.payload)
                .is_ok_and(|descriptor| descriptor.starts_keyframe(&packet.payload));
            (starts, 90_000)
        }
    };
    let position = Position {
        sequence: *packet.seq_no,
        timestamp: packet.header.timestamp,
    };
    Incoming {
        ssrc: *packet.header.ssrc,
        position,
        is_entry,
        clock_rate_hz,
    }
}

fn write(
    subscriber: &mut Peer,
    forward: &Forward,
    packet: &RtpPacket,
    position: Position,
    is_video: bool,
) {
    let mut api = subscriber.rtc.direct_api();
    let Some(stream) = api.stream_tx_by_mid(forward.mid, None) else {
        return;
    };
    let from = &packet.header.ext_vals;
    // Ids of streams are the subscriber's own; the rest describes the picture or the sound.
    let extensions = ExtensionValues {
        audio_level: from.audio_level,
        voice_activity: from.voice_activity,
        video_orientation: from.video_orientation,
        abs_capture_time: from.abs_capture_time,
        mid: Some(forward.mid),
        ..ExtensionValues::default()
    };
    stream.write_rtp(
        RtpWrite::new(
            forward.payload_type,
            position.sequence.into(),
            position.timestamp,
            packet.timestamp,
            Arc::clone(&packet.payload),
        )
        .marker(packet.header.marker)
        .ext_vals(extensions)
        .nackable(is_video),
    );
    subscriber.needs_tick = true;
}
