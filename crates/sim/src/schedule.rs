//! What is under way, in the order in which it arrives.

use std::{cmp::Reverse, collections::BinaryHeap, net::SocketAddr, time::Instant};

use participant::Dial;
use signal::ConnectionId;

use crate::plan::Happening;

/// Something that arrives later. Ordered by time, then by when it was sent.
#[derive(Debug)]
struct UnderWay {
    at: Instant,
    number: u64,
    what: What,
}

#[derive(Debug)]
pub(crate) enum What {
    Happening(Happening),
    Comes(usize),
    Calm,
    Look,
    ToServer {
        public: SocketAddr,
        packet: Vec<u8>,
    },
    ToPerson {
        who: usize,
        private: SocketAddr,
        packet: Vec<u8>,
    },
    Dialled {
        who: usize,
        dial: Dial,
        number: u64,
    },
    FrameToServer {
        connection: ConnectionId,
        frame: Vec<u8>,
    },
    FrameToPerson {
        who: usize,
        connection: ConnectionId,
        frame: Vec<u8>,
    },
    LostToServer(ConnectionId),
    LostToPerson {
        who: usize,
        connection: Option<ConnectionId>,
        status: Option<u16>,
    },
}

#[derive(Debug, Default)]
pub(crate) struct Schedule {
    under_way: BinaryHeap<Reverse<UnderWay>>,
    next_number: u64,
}

impl Schedule {
    pub(crate) fn add(&mut self, at: Instant, what: What) {
        self.next_number += 1;
        self.under_way.push(Reverse(UnderWay {
            at,
            number: self.next_number,
            what,
        }));
    }

    /// When the first of it arrives.
    pub(crate) fn next_at(&self) -> Option<Instant> {
        self.under_way.peek().map(|Reverse(first)| first.at)
    }

    /// What has arrived by now, one after the other.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<What> {
        if self.next_at()? > now {
            return None;
        }
        self.under_way.pop().map(|Reverse(first)| first.what)
    }
}

impl PartialEq for UnderWay {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.number) == (other.at, other.number)
    }
}

impl Eq for UnderWay {}

impl PartialOrd for UnderWay {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for UnderWay {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}
