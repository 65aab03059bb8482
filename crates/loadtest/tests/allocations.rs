//! How often the engine allocates for a forwarded packet: an allocation that is added fails here.

use allocation_counter::measure;
use loadtest::steady::{Shape, hand_over, play_with};

/// For each packet and subscriber the library allocates once: the sealed packet
/// (`Rtc::poll_output`). The rest, counted 1.31, is for what arrives (the opened packet, its section's
/// name, its payload to be shared; reports; checks of paths), and for what our own code does a few
/// times a second for each subscriber (sharing its link, the timetable). Our own code allocates
/// nothing for a packet.
const ALLOWANCE_OFF: f64 = 1.4;
/// Besides, what clients report of each packet, read and handed to the estimator: counted 2.3.
const ALLOWANCE_ON: f64 = 2.6;

fn allocations(estimates_bandwidth: bool) -> f64 {
    let shape = Shape {
        subscribers: 20,
        estimates_bandwidth,
        lost_every: None,
    };
    let mut allocations = 0;
    let done = play_with(shape, 4, |edge, packets, now| {
        allocations += measure(|| hand_over(edge, packets, now)).count_total;
    });
    allocations as f64 / done.expect("a good room").received as f64
}

#[test]
fn a_packet_costs_no_more_allocations_than_it_is_allowed() {
    let off = allocations(false);
    assert!(off < ALLOWANCE_OFF, "{off} for a packet");
    let on = allocations(true);
    assert!(on < ALLOWANCE_ON, "{on} for a packet, with estimation");
}
