//! Somebody in a run: a participant, its network and devices, and what came of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Instant,
};

use participant::{Config, Participant, Received, Wire};
use signal::ConnectionId;

use crate::{
    camera::{Devices, Origin},
    network::Way,
    plan,
    random::Random,
    stream::{Begins, Stream},
    talk::Talk,
};

#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) plan: plan::Person,
    pub(crate) participant: Participant,
    pub(crate) devices: Devices,
    pub(crate) talk: Talk,
    pub(crate) up: Way,
    pub(crate) down: Way,
    pub(crate) deadline: Option<Instant>,
    pub(crate) has_come: bool,
    /// The signalling connection that counts.
    pub(crate) connection: Option<ConnectionId>,
    /// The last dialling; earlier ones come to nothing.
    pub(crate) dials: u64,
    /// Frames of a connection keep their order.
    pub(crate) last_up: Instant,
    pub(crate) last_down: Instant,
    /// Counts the addresses that its NAT has given it.
    nat: u8,
    index: u8,
    /// Whose sounds, or pictures, it got last when.
    heard: BTreeMap<(u8, bool), Instant>,
    /// What came of each stream of pictures, by its number.
    pub(crate) streams: BTreeMap<u32, Stream>,
}

impl Person {
    pub(crate) fn new(seed: u64, index: usize, plan: plan::Person, now: Instant) -> Self {
        let private = |port| SocketAddr::new(Ipv4Addr::new(10, 0, index as u8, 1).into(), port);
        let wire = if plan.is_dual {
            Wire::Dual {
                publisher: private(5000),
                subscriber: private(5001),
            }
        } else {
            Wire::Single {
                address: private(5000),
            }
        };
        let config = Config {
            wire,
            is_persistent: true,
            is_auto_subscribing: true,
        };
        let way = |purpose: u64| Random::of(seed, purpose * 1000 + index as u64).draw();
        Self {
            participant: Participant::new(config, now),
            devices: Devices::new(plan.room, index, now),
            talk: Talk::new(plan.room, index, now),
            up: Way::new(way(10), plan.up),
            down: Way::new(way(11), plan.down),
            plan,
            deadline: None,
            has_come: false,
            connection: None,
            dials: 0,
            last_up: now,
            last_down: now,
            nat: 1,
            index: index as u8,
            heard: BTreeMap::new(),
            streams: BTreeMap::new(),
        }
    }

    pub(crate) fn name(&self) -> String {
        format!("person{}", self.index)
    }

    /// How the server sees one of its addresses.
    pub(crate) fn public(&self, private: SocketAddr) -> SocketAddr {
        let ip = Ipv4Addr::new(198, 51, self.index, self.nat);
        SocketAddr::new(ip.into(), private.port())
    }

    /// The address behind a public one, if the NAT still knows it.
    pub(crate) fn private(&self, public: SocketAddr) -> Option<SocketAddr> {
        let ip = Ipv4Addr::new(198, 51, self.index, self.nat);
        let private = Ipv4Addr::new(10, 0, self.index, 1);
        (public.ip() == IpAddr::V4(ip)).then(|| SocketAddr::new(private.into(), public.port()))
    }

    /// Whether the server sees it at an address.
    pub(crate) fn is_at(&self, public: SocketAddr) -> bool {
        self.private(public).is_some()
    }

    /// How much came of each stream, one line each.
    pub(crate) fn counts(&self) -> Vec<String> {
        let name = self.name();
        let report = self.participant.report();
        let tracks = report.tracks.iter();
        let streams =
            tracks.flat_map(|(track, streams)| streams.iter().map(move |one| (track, one)));
        let mut counts: Vec<String> = streams
            .map(|(track, one)| {
                let stream = self.streams.get(&one.ssrc);
                let switches = stream.map_or(0, Stream::switches);
                let packets = one.packets;
                format!("{name} got {packets} packets of {track}, {switches} switches")
            })
            .collect();
        counts.push(format!("{name} got {} messages", report.messages));
        counts
    }

    pub(crate) fn rebind(&mut self) {
        self.nat += 1;
    }

    /// Notes a packet; tells whose it is.
    pub(crate) fn note(&mut self, packet: &Received, now: Instant) -> Option<Origin> {
        let origin = Origin::read(packet);
        if packet.kind == participant::Kind::Video {
            let begins = origin.map(|origin| Begins {
                layer: origin.layer,
                is_keyframe: packet.is_keyframe,
            });
            let stream = self.streams.entry(packet.ssrc).or_default();
            stream.note(packet.sequence, begins, now);
        }
        let origin = origin?;
        self.heard.insert((origin.person, origin.is_video), now);
        Some(origin)
    }

    /// Whose sounds and pictures it has got since a time.
    pub(crate) fn heard_since(&self, since: Instant) -> BTreeSet<(u8, bool)> {
        let recent = self.heard.iter().filter(|(_, at)| **at >= since);
        recent.map(|(what, _)| *what).collect()
    }
}
