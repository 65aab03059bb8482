//! Shares a link among the pictures that one subscriber receives.
//!
//! Input: what the link carries, and of each picture its layers, what the subscriber wants of it,
//! and what it gets. Output: a layer for each, or none. Sound is taken off before: it is never
//! dropped. First everything gets its lowest layer, the most important first; then the most
//! important climbs as far as it may, then the next.
//!
//! Invariant: the sum of the chosen layers' rates never exceeds the budget, except that the most
//! important picture keeps its lowest layer while at least [`KEEP_SHARE`] of it fits.

use crate::io::Layer;

/// A layer above the present one must fit with this much to spare, or it would be left at once.
const CLIMB_SHARE: f64 = 1.15;
/// A picture of which so much fits is worth keeping: losses are repaired, and estimates are unsure.
const KEEP_SHARE: f64 = 0.85;
/// What a layer is taken to need before it has been measured.
const UNMEASURED_BPS: [u64; 3] = [150_000, 500_000, 1_700_000];

/// One picture that wants a part of the link.
#[derive(Debug, Clone)]
pub(crate) struct Picture {
    /// Larger is more important.
    pub(crate) weight: u64,
    /// No more than this is wanted.
    pub(crate) layer_max: Layer,
    /// What the publisher sends: `None` where it sends nothing, else its rate once measured.
    pub(crate) layers: [Option<Option<u64>>; 3],
    /// What the subscriber gets.
    pub(crate) present: Option<Layer>,
}

/// What a link is used for, and could be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Use {
    /// The chosen layers together.
    pub(crate) chosen_bps: u64,
    /// With the next step upwards, if there is one.
    pub(crate) next_bps: u64,
    /// With everything that is wanted.
    pub(crate) wanted_bps: u64,
    /// A picture that flows has no room at all.
    pub(crate) is_stopping: bool,
}

/// The layers to send, in the order of the pictures.
pub(crate) fn share(budget_bps: u64, pictures: &[Picture]) -> (Vec<Option<Layer>>, Use) {
    let mut order: Vec<usize> = (0..pictures.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(pictures[*index].weight));
    let mut chosen: Vec<Option<Layer>> = vec![None; pictures.len()];
    let mut spent = 0;
    for (rank, &index) in order.iter().enumerate() {
        let picture = &pictures[index];
        let Some((layer, rate)) = picture.steps().next() else {
            continue;
        };
        let needed = if rank == 0 {
            part(rate, KEEP_SHARE)
        } else {
            rate
        };
        if spent + needed <= budget_bps {
            chosen[index] = Some(layer);
            spent += rate;
        }
    }
    // The nearest step upwards of any picture.
    let mut next_bps: Option<u64> = None;
    let mut nearest = |bps: u64| next_bps = Some(next_bps.map_or(bps, |known| known.min(bps)));
    for &index in &order {
        let picture = &pictures[index];
        let Some(mut layer) = chosen[index] else {
            continue;
        };
        for (higher, rate) in picture.steps() {
            if higher <= layer {
                continue;
            }
            let without = spent - picture.rate(layer);
            let needed = if Some(higher) > picture.present {
                part(rate, CLIMB_SHARE)
            } else {
                rate
            };
            if without + needed > budget_bps {
                nearest(without + needed);
                break;
            }
            (layer, spent) = (higher, without + rate);
        }
        chosen[index] = Some(layer);
    }
    let without = pictures.iter().zip(&chosen);
    let without = without.filter(|(_, layer)| layer.is_none());
    let stopped: Vec<u64> = without
        .filter_map(|(picture, _)| picture.steps().next())
        .map(|(_, rate)| rate)
        .collect();
    for rate in &stopped {
        nearest(spent + rate);
    }
    let wanted = pictures.iter().filter_map(|picture| picture.steps().last());
    let used = Use {
        chosen_bps: spent,
        next_bps: next_bps.unwrap_or(spent),
        wanted_bps: wanted.map(|(_, rate)| rate).sum(),
        is_stopping: !stopped.is_empty(),
    };
    (chosen, used)
}

impl Picture {
    /// The layers that may be sent and their rates, upwards.
    fn steps(&self) -> impl Iterator<Item = (Layer, u64)> {
        let flowing = Layer::ALL
            .into_iter()
            .filter(|layer| self.layers[*layer as usize].is_some());
        let lowest = flowing.clone().next();
        // A picture that has nothing as low as is wanted is sent as low as there is.
        flowing
            .filter(move |layer| *layer <= self.layer_max || Some(*layer) == lowest)
            .map(|layer| (layer, self.rate(layer)))
    }

    fn rate(&self, layer: Layer) -> u64 {
        let index = layer as usize;
        self.layers[index]
            .flatten()
            .unwrap_or(UNMEASURED_BPS[index])
    }
}

fn part(rate: u64, share: f64) -> u64 {
    (rate as f64 * share) as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn picture(weight: u64, rates: [u64; 3]) -> Picture {
        Picture {
            weight,
            layer_max: Layer::High,
            layers: rates.map(|rate| (rate > 0).then_some(Some(rate))),
            present: None,
        }
    }

    const CAMERA: [u64; 3] = [150, 500, 1_700];

    #[test]
    fn a_wide_link_gets_everything() {
        let (chosen, used) = share(10_000, &[picture(1, CAMERA), picture(2, CAMERA)]);
        assert_eq!(chosen, [Some(Layer::High), Some(Layer::High)]);
        assert_eq!(used.chosen_bps, 3_400);
        assert_eq!(used.next_bps, 3_400);
        assert!(!used.is_stopping);
    }

    #[test]
    fn the_stage_climbs_before_thumbnails_do() {
        let (chosen, used) = share(2_200, &[picture(1, CAMERA), picture(9, CAMERA)]);
        assert_eq!(chosen, [Some(Layer::Low), Some(Layer::High)]);
        assert_eq!(used.wanted_bps, 3_400);
    }

    #[test]
    fn everybody_gets_the_lowest_before_anybody_climbs() {
        let (chosen, _) = share(600, &[picture(1, CAMERA), picture(9, CAMERA)]);
        assert_eq!(chosen, [Some(Layer::Low), Some(Layer::Low)]);
    }

    #[test]
    fn what_does_not_fit_is_paused_and_the_most_important_last() {
        let (chosen, used) = share(200, &[picture(1, CAMERA), picture(9, CAMERA)]);
        assert_eq!(chosen, [None, Some(Layer::Low)]);
        assert_eq!(used.next_bps, 300);
        assert!(used.is_stopping);
        let (chosen, _) = share(130, &[picture(1, CAMERA), picture(9, CAMERA)]);
        assert_eq!(chosen, [None, Some(Layer::Low)], "most of it fits");
        let (chosen, _) = share(120, &[picture(1, CAMERA), picture(9, CAMERA)]);
        assert_eq!(chosen, [None, None]);
    }

    #[test]
    fn a_layer_is_kept_where_it_would_not_be_climbed_to() {
        let mut stage = picture(1, CAMERA);
        assert_eq!(share(1_800, &[stage.clone()]).0, [Some(Layer::Medium)]);
        stage.present = Some(Layer::High);
        assert_eq!(share(1_800, &[stage]).0, [Some(Layer::High)]);
    }

    #[test]
    fn no_more_than_wanted_is_sent() {
        let mut thumbnail = picture(1, CAMERA);
        thumbnail.layer_max = Layer::Low;
        assert_eq!(share(10_000, &[thumbnail.clone()]).0, [Some(Layer::Low)]);
        thumbnail.layers[0] = None;
        assert_eq!(share(10_000, &[thumbnail]).0, [Some(Layer::Medium)]);
    }

    proptest! {
        #[test]
        fn the_budget_is_kept(
            budget in 0u64..6_000,
            rates in prop::collection::vec((1u64..9, prop::array::uniform3(0u64..3_000), 0usize..4), 0..6),
        ) {
            let pictures: Vec<Picture> = rates.iter().map(|(weight, rates, present)| {
                let mut sorted = *rates;
                sorted.sort_unstable();
                let mut one = picture(*weight, sorted);
                one.present = Layer::ALL.get(*present).copied();
                one
            }).collect();
            let (chosen, used) = share(budget, &pictures);
            let sent: u64 = pictures.iter().zip(&chosen).filter_map(|(one, layer)| layer.map(|layer| one.rate(layer))).sum();
            prop_assert_eq!(sent, used.chosen_bps);
            let only_kept = chosen.iter().flatten().count() == 1;
            prop_assert!(sent <= budget || only_kept && part(sent, KEEP_SHARE) <= budget);
            for (one, layer) in pictures.iter().zip(&chosen) {
                if let Some(layer) = layer {
                    prop_assert!(one.layers[*layer as usize].is_some(), "a layer is chosen that nobody sends");
                }
            }
        }
    }
}
