//! Media: what is published, what arrives, and whether the transports are up.

use std::time::Instant;

use livekit_protocol::{UpdateSubscription, UpdateTrackSettings, signal_request::Message as Asked};
use str0m::{
    Event as RtcEvent, IceConnectionState, RtcError,
    media::KeyframeRequest,
    rtp::{ExtensionValues, RtpPacket, RtpWrite},
};
use tracing::debug;

use super::{DISCONNECTED_MAX, Goal, Participant, State, Trouble};
use crate::{
    connection::{Connection, Step},
    continuity::Arrival,
    io::{Datagram, Event, Kind, Output, Packet, Publish, Received, TrackKey},
    vp8::Vp8Packet,
    wire::{self, RIDS},
};

/// Which of the two connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Publisher,
    Subscriber,
}

impl Participant {
    pub(super) fn publish(&mut self, publish: Publish) {
        self.publications.add(publish);
        if self.state == State::Joined {
            self.announce();
            if self.subscriber.is_some() && !self.publisher.has_offered() {
                self.publisher.wishes().channels = true;
            }
        }
    }

    pub(super) fn unpublish(&mut self, track: TrackKey) {
        if let Some(one) = self.publications.remove(|one| one.publish.track == track) {
            self.publisher.wishes().ended.extend(one.mid);
        }
    }

    pub(super) fn mute(&mut self, track: TrackKey, is_muted: bool) {
        let Some(one) = self.publications.by_key(track) else {
            return;
        };
        one.is_muted = is_muted;
        if let Some(sid) = one.sid.clone()
            && self.state == State::Joined
        {
            self.tell_server(wire::mute(sid, is_muted));
        }
    }

    pub(super) fn write(&mut self, packet: Packet, now: Instant) {
        let is_up = self.publisher.is_connected();
        let Some(one) = self.publications.by_key(packet.track) else {
            return;
        };
        let Some(mid) = one.mid.filter(|_| !one.is_muted) else {
            return;
        };
        let kind = one.kind();
        let layer = one.is_simulcast().then_some(packet.layer);
        let Some(sequence) = one.next_sequence(packet.layer, is_up) else {
            return;
        };
        if !is_up {
            return;
        }
        let make = |pt| {
            let extensions = ExtensionValues {
                audio_level: packet.level_dbov,
                voice_activity: packet.level_dbov.map(|_| true),
                ..ExtensionValues::default()
            };
            RtpWrite::new(pt, sequence.into(), packet.timestamp, now, packet.payload)
                .marker(packet.is_marked)
                .ext_vals(extensions)
                .nackable(kind == Kind::Video)
        };
        self.publisher.write(mid, layer, make, kind);
    }

    pub(super) fn request_keyframe(&mut self, sid: &str) {
        if let Some(ssrc) = self.streams.ssrc_of(sid) {
            let connection = self.subscriber.as_mut().unwrap_or(&mut self.publisher);
            connection.request_keyframe(ssrc);
        }
    }

    pub(super) fn subscribe(&mut self, sid: String, subscribe: bool) {
        if self.state == State::Joined {
            self.tell_server(Asked::Subscription(UpdateSubscription {
                track_sids: vec![sid],
                subscribe,
                ..UpdateSubscription::default()
            }));
        }
    }

    pub(super) fn show(&mut self, sid: String, size: Option<(u32, u32)>) {
        if self.state == State::Joined {
            let (width, height) = size.unwrap_or_default();
            self.tell_server(Asked::TrackSetting(UpdateTrackSettings {
                track_sids: vec![sid],
                disabled: size.is_none(),
                width,
                height,
                ..UpdateTrackSettings::default()
            }));
        }
    }

    /// Offers what is wished, when there is something.
    pub(super) fn negotiate(&mut self, now: Instant) {
        if self.state != State::Joined || self.publisher.offered_at().is_some() {
            return;
        }
        if self.subscriber.is_some() && !self.publisher.has_offered() && self.mailbox.has_waiting()
        {
            self.publisher.wishes().channels = true;
        }
        let is_idle = self.publisher.wishes().is_empty();
        if is_idle && self.publications.unplaced().is_empty() {
            return;
        }
        if let Some(offer) = self.make_offer(now) {
            self.tell_server(Asked::Offer(offer));
        }
    }

    pub(super) fn datagram(&mut self, datagram: Datagram<'_>, now: Instant) {
        let connection = match &mut self.subscriber {
            Some(subscriber) if subscriber.address() == datagram.destination => subscriber,
            _ => &mut self.publisher,
        };
        if let Err(error) = connection.receive(datagram, now) {
            debug!(%error, "media failed");
            self.failed(now);
        }
    }

    /// Lets both connections do what they want, until neither wants anything.
    pub(super) fn pump(&mut self, now: Instant) {
        if self.state == State::Idle {
            return;
        }
        loop {
            self.send_messages();
            let result = self
                .pump_side(Side::Publisher, now)
                .and_then(|()| self.pump_side(Side::Subscriber, now));
            if let Err(error) = result {
                debug!(%error, "media failed");
                return self.failed(now);
            }
            let sides = [Some(&self.publisher), self.subscriber.as_ref()];
            if !sides.into_iter().flatten().any(Connection::needs_tick) {
                break;
            }
        }
        self.judge_media(now);
    }

    fn pump_side(&mut self, side: Side, now: Instant) -> Result<(), RtcError> {
        if let Some(connection) = self.side(side) {
            connection.tick(now)?;
        }
        while let Some(connection) = self.side(side) {
            match connection.poll()? {
                Step::Wait => break,
                Step::Transmit(transmit) => self.outputs.push_back(Output::Transmit(transmit)),
                Step::Event(event) => self.happened(side, *event, now),
            }
        }
        Ok(())
    }

    fn side(&mut self, side: Side) -> Option<&mut Connection> {
        match side {
            Side::Publisher => Some(&mut self.publisher),
            Side::Subscriber => self.subscriber.as_mut(),
        }
    }

    fn happened(&mut self, side: Side, event: RtcEvent, now: Instant) {
        match event {
            RtcEvent::RtpPacket(packet) => self.received(side, packet, now),
            RtcEvent::KeyframeRequest(request) => self.keyframe_wanted(&request),
            RtcEvent::ChannelData(data) => {
                let channel = self.side(side).and_then(|it| it.channel(data.id));
                let taken = channel.and_then(|it| self.mailbox.take(it, &data.data));
                if let Some(data) = taken {
                    self.counts.messages += 1;
                    self.tell(Event::Data(data));
                }
            }
            RtcEvent::IceConnectionStateChange(IceConnectionState::Disconnected) => {
                self.trouble.get_or_insert(Trouble {
                    remedy: Goal::Resume,
                    at: now + DISCONNECTED_MAX,
                });
            }
            RtcEvent::Closed => self.failed(now),
            _ => {}
        }
    }

    fn received(&mut self, side: Side, packet: RtpPacket, now: Instant) {
        let ssrc = *packet.header.ssrc;
        let Some(kind) = self.side(side).and_then(|it| it.section_of(ssrc)) else {
            return;
        };
        let vp8 = match kind {
            Kind::Audio => None,
            Kind::Video => Vp8Packet::read(&packet.payload),
        };
        let arrival = Arrival {
            sequence: *packet.seq_no,
            timestamp: packet.header.timestamp,
            is_marked: packet.header.marker,
            length: packet.payload.len(),
            vp8,
            at: now,
        };
        let sid = self.streams.take(ssrc, kind, arrival);
        self.tell(Event::Received(Received {
            sid,
            ssrc,
            kind,
            sequence: arrival.sequence,
            timestamp: arrival.timestamp,
            is_marked: arrival.is_marked,
            is_keyframe: vp8.is_some_and(|packet| packet.is_keyframe),
            payload: packet.payload,
        }));
    }

    fn keyframe_wanted(&mut self, request: &KeyframeRequest) {
        let Some(one) = self.publications.by_mid(request.mid) else {
            return;
        };
        let track = one.publish.track;
        let rid = request.rid.as_deref();
        let layer = rid.and_then(|rid| RIDS.iter().position(|known| *known == rid));
        let layer = layer.unwrap_or_default();
        self.tell(Event::KeyframeWanted { track, layer });
    }

    fn send_messages(&mut self) {
        if self.mailbox.has_waiting() {
            let publisher = &mut self.publisher;
            self.mailbox
                .flush(|channel, bytes| publisher.send(channel, bytes));
        }
    }

    /// Media is up again: the next trouble is a first one.
    fn judge_media(&mut self, now: Instant) {
        let is_up = self.is_media_up();
        if !is_up || self.state != State::Joined {
            return;
        }
        if self.trouble.is_some_and(|trouble| now < trouble.at) {
            self.trouble = None;
            self.attempts = 0;
        }
        if !self.was_connected {
            self.was_connected = true;
            self.tell(Event::Connected);
        }
    }

    /// Whether every connection that should be up is.
    pub(super) fn is_media_up(&self) -> bool {
        match &self.subscriber {
            None => self.publisher.is_connected(),
            Some(subscriber) => {
                let publishes = self.publisher.has_offered();
                subscriber.is_connected() && (!publishes || self.publisher.is_connected())
            }
        }
    }
}
