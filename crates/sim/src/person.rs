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
};

#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) plan: plan::Person,
    pub(crate) participant: Participant,
    pub(crate) devices: Devices,
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
    /// Whose sounds and pictures it got, at all and in the last look.
    pub(crate) heard: BTreeSet<(u8, bool)>,
    pub(crate) heard_last: BTreeSet<(u8, bool)>,
    /// By stream: the numbers of packets, and the layer and kind of those that begin a picture.
    pub(crate) pictures: BTreeMap<u32, BTreeMap<u64, Option<(u8, bool)>>>,
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
            heard: BTreeSet::new(),
            heard_last: BTreeSet::new(),
            pictures: BTreeMap::new(),
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

    pub(crate) fn rebind(&mut self) {
        self.nat += 1;
    }

    /// Notes a packet; tells whose it is.
    pub(crate) fn note(&mut self, packet: &Received, is_last_look: bool) -> Option<Origin> {
        let origin = Origin::read(packet);
        if packet.kind == participant::Kind::Video {
            let begins = origin.map(|origin| (origin.layer, packet.is_keyframe));
            let stream = self.pictures.entry(packet.ssrc).or_default();
            stream.insert(packet.sequence, begins);
        }
        let origin = origin?;
        let heard = (origin.person, origin.is_video);
        self.heard.insert(heard);
        if is_last_look {
            self.heard_last.insert(heard);
        }
        Some(origin)
    }

    /// Whether the picture that a packet belongs to, or the next one, is a key frame. The first
    /// picture of a stream is one, also when its beginning is lost.
    ///
    /// There the engine does not repair everything: packets of the layer before that come after the
    /// first one of a key frame are not sent to the subscriber.
    pub(crate) fn is_beside_keyframe(&self, ssrc: u32, sequence: u64) -> bool {
        let Some(stream) = self.pictures.get(&ssrc) else {
            return false;
        };
        let is_key = |begins: &Option<(u8, bool)>| begins.map(|(_, is_keyframe)| is_keyframe);
        let before = stream
            .range(..=sequence)
            .rev()
            .find_map(|(_, it)| is_key(it));
        let after = stream.range(sequence + 1..).find_map(|(_, it)| is_key(it));
        before != Some(false) || after == Some(true)
    }

    /// Where a stream changed its layer without a key frame. What was lost excuses what follows.
    pub(crate) fn blind_switches(&self) -> usize {
        let streams = self.pictures.values();
        streams.map(blind_switches).sum()
    }
}

fn blind_switches(stream: &BTreeMap<u64, Option<(u8, bool)>>) -> usize {
    let mut count = 0;
    let mut last: Option<(u64, Option<u8>)> = None;
    for (sequence, begins) in stream {
        let known = last.filter(|(before, _)| before + 1 == *sequence);
        let layer = known.and_then(|(_, layer)| layer);
        let next = match begins {
            Some((this, is_keyframe)) => {
                count += usize::from(layer.is_some_and(|layer| layer != *this) && !is_keyframe);
                Some(*this)
            }
            None => layer,
        };
        last = Some((*sequence, next));
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_of_layers_needs_a_key_frame() {
        let stream = |packets: &[(u64, Option<(u8, bool)>)]| packets.iter().copied().collect();
        let good = [(1, Some((0, true))), (2, None), (3, Some((1, true)))];
        assert_eq!(blind_switches(&stream(&good)), 0);
        let bad = [(1, Some((0, true))), (2, None), (3, Some((1, false)))];
        assert_eq!(blind_switches(&stream(&bad)), 1);
        let excused = [(1, Some((0, true))), (3, Some((1, false)))];
        assert_eq!(blind_switches(&stream(&excused)), 0);
    }
}
