use proptest::prelude::*;

use super::*;

fn layer(entries: &[(&str, PolicyValue)]) -> PolicyLayer {
    PolicyLayer::parse(PolicyLevel::Organisation, entries.iter().copied()).expect("fine entries")
}

fn any_layer() -> impl Strategy<Value = PolicyLayer> {
    let switch = proptest::option::of(any::<bool>());
    let seconds = proptest::option::of(3600_u64..=2_592_000);
    let mode = proptest::option::of(proptest::sample::select(PathMode::WORDS));
    (switch.clone(), seconds, switch, mode).prop_map(|(guests, ttl, files, mode)| {
        let mode = mode.map(|word| word.parse().expect("a mode"));
        let entries = [
            ("sessions.guests", guests.map(PolicyValue::Switch)),
            ("sessions.code_ttl", ttl.map(PolicyValue::Seconds)),
            ("files.enabled", files.map(PolicyValue::Switch)),
            ("media.path_mode", mode.map(PolicyValue::PathMode)),
        ];
        layer(
            &entries
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)))
                .collect::<Vec<_>>(),
        )
    })
}

proptest! {
    #[test]
    fn nothing_said_below_allows_what_is_forbidden_above(
        above in proptest::collection::vec(any_layer(), 0..3),
        below in proptest::collection::vec(any_layer(), 0..3),
    ) {
        let upper = Policies::resolve(&above);
        let all = Policies::resolve(above.iter().chain(&below));
        prop_assert!(upper.guests || !all.guests);
        prop_assert!(upper.files || !all.files);
        prop_assert!(all.path_mode.is_within(upper.path_mode));
    }

    #[test]
    fn above_sessions_the_lowest_level_that_speaks_decides_a_duration(levels in proptest::collection::vec(any_layer(), 0..3)) {
        let said = levels.iter().rev().find_map(|level| level.duration(PolicyName::SessionsCodeTtl));
        prop_assert_eq!(
            Policies::resolve(&levels).code_ttl,
            said.unwrap_or(Policies::DEFAULT.code_ttl)
        );
    }

    #[test]
    fn no_session_has_a_longer_duration_than_holds_above_it(above in any_layer(), session in any_layer()) {
        let silent = PolicyLayer::default();
        let upper = Policies::resolve([&silent, &above]);
        let all = Policies::resolve([&silent, &above, &session]);
        prop_assert!(all.code_ttl <= upper.code_ttl);
        let said = session.duration(PolicyName::SessionsCodeTtl);
        let value = PolicyValue::Seconds(said.unwrap_or(upper.code_ttl).as_secs());
        let checked = upper.check_below(PolicyLevel::Session, PolicyName::SessionsCodeTtl, value);
        prop_assert_eq!(checked.is_ok(), all.value(PolicyName::SessionsCodeTtl) == value);
    }

    #[test]
    fn a_value_that_passes_the_check_takes_effect_unchanged(above in any_layer(), on: bool) {
        let upper = Policies::resolve([&above]);
        let value = PolicyValue::Switch(on);
        if upper.check_below(PolicyLevel::Organisation, PolicyName::SessionsGuests, value).is_ok() {
            let below = layer(&[("sessions.guests", value)]);
            let all = Policies::resolve([&above, &below]);
            prop_assert_eq!(all.value(PolicyName::SessionsGuests), value);
        }
    }
}

#[test]
fn silence_means_the_defaults() {
    let silent = PolicyLayer::default();
    assert_eq!(Policies::resolve([&silent, &silent]), Policies::DEFAULT);
}

#[test]
fn an_unknown_policy_is_refused_by_its_name() {
    let refused = PolicyLayer::parse(
        PolicyLevel::Installation,
        [("sessions.gests", PolicyValue::Switch(true))],
    );
    assert_eq!(
        refused,
        Err(PolicyError::Unknown {
            name: "sessions.gests".to_owned()
        })
    );
}

#[test]
fn values_of_the_wrong_kind_or_range_are_refused() {
    for (name, value) in [
        (PolicyName::SessionsGuests, PolicyValue::Seconds(1)),
        (PolicyName::SessionsCodeTtl, PolicyValue::Switch(true)),
        (PolicyName::SessionsCodeTtl, PolicyValue::Seconds(3599)),
        (PolicyName::SessionsCodeTtl, PolicyValue::Seconds(2_592_001)),
        (PolicyName::MediaPathMode, PolicyValue::Switch(true)),
        (
            PolicyName::FilesEnabled,
            PolicyValue::PathMode(PathMode::Relay),
        ),
    ] {
        let refused = PolicyLayer::default().set(PolicyLevel::Organisation, name, value);
        assert_eq!(refused, Err(PolicyError::InvalidValue { name }));
    }
}

#[test]
fn a_session_has_no_say_about_files() {
    let name = PolicyName::FilesEnabled;
    let refused =
        PolicyLayer::default().set(PolicyLevel::Session, name, PolicyValue::Switch(false));
    assert_eq!(refused, Err(PolicyError::NotAtThisLevel { name }));
}

#[test]
fn an_organisation_can_narrow_the_ways_of_media_and_not_widen_them() {
    let name = PolicyName::MediaPathMode;
    let mode = PolicyValue::PathMode;
    let operator = layer(&[("media.path_mode", mode(PathMode::Tcp443))]);
    let above = Policies::resolve([&operator]);
    assert_eq!(
        above.check_below(PolicyLevel::Organisation, name, mode(PathMode::Relay)),
        Ok(())
    );
    for wider in [PathMode::Automatic, PathMode::NoRelay] {
        let refused = above.check_below(PolicyLevel::Organisation, name, mode(wider));
        assert_eq!(refused, Err(PolicyError::ForbiddenAbove { name }));
    }
}

#[test]
fn the_registry_lists_every_policy_once() {
    let names: Vec<_> = PolicyName::ALL.iter().map(|name| name.as_str()).collect();
    assert_eq!(names, PolicyName::WORDS);
}
