use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use app::{
    sign_ins::{self, ChangePasswordError, CreateError, Credentials, PasswordChange},
    users::{self, ChangeUser},
};
use domain::{Activation, UserRole};
use time::Duration;

use crate::stage::{ADDRESS, PASSWORD, Stage};

fn credentials(email: &str, password: &str, address: IpAddr) -> Credentials {
    Credentials {
        email: email.to_owned(),
        password: password.to_owned(),
        address,
    }
}

fn address(number: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(198, 51, 100, number))
}

async fn token_of_owner(stage: &Stage) -> String {
    let credentials = credentials("olga@example.com", PASSWORD, ADDRESS);
    let new = sign_ins::create(&stage.app, credentials)
        .await
        .expect("the password is right");
    new.token.expose()
}

#[tokio::test]
async fn a_signed_in_browser_is_known_by_its_token() {
    let (stage, owner) = Stage::new().await;
    let token = token_of_owner(&stage).await;
    let known = sign_ins::authenticate(&stage.app, &token)
        .await
        .expect("it answers");
    let known = known.expect("it is signed in");
    assert_eq!(known.signed_in.user.id, owner.user.id);
    assert_eq!(known.renewed_until, None);
    assert!(known.signed_in.user.last_sign_in_at.is_some());
    for unknown in ["", "nonsense", &"0".repeat(52)] {
        let found = sign_ins::authenticate(&stage.app, unknown)
            .await
            .expect("it answers");
        assert_eq!(found, None);
    }
}

#[tokio::test]
async fn an_address_is_written_as_one_likes() {
    let (stage, _owner) = Stage::new().await;
    assert!(stage.sign_in("  OLGA@Example.COM ").await.is_ok());
}

#[tokio::test]
async fn wrong_password_unknown_and_impossible_address_are_answered_alike() {
    let (stage, _owner) = Stage::new().await;
    for (email, password) in [
        ("olga@example.com", "wrong horse battery"),
        ("nobody@example.com", PASSWORD),
        ("not an address", PASSWORD),
    ] {
        let refused = sign_ins::create(&stage.app, credentials(email, password, ADDRESS)).await;
        assert!(
            matches!(refused, Err(CreateError::WrongCredentials)),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn a_switched_off_account_signs_nobody_in() {
    let (stage, owner) = Stage::new().await;
    let expert = stage.add(&owner, "Emil Expert", UserRole::Expert).await;
    let off = ChangeUser {
        activation: Some(Activation::Off),
        ..ChangeUser::default()
    };
    users::change(&stage.app, &owner, expert.user.id, off)
        .await
        .expect("it is allowed");
    let refused = stage.sign_in("emil@example.com").await;
    assert!(
        matches!(refused, Err(CreateError::WrongCredentials)),
        "{refused:?}"
    );

    let on = ChangeUser {
        activation: Some(Activation::On),
        ..ChangeUser::default()
    };
    users::change(&stage.app, &owner, expert.user.id, on)
        .await
        .expect("it is allowed");
    assert!(stage.sign_in("emil@example.com").await.is_ok());
}

#[tokio::test]
async fn use_renews_a_sign_in_once_a_day_and_disuse_ends_it() {
    let (stage, _owner) = Stage::new().await;
    let token = token_of_owner(&stage).await;
    stage.clock.advance(Duration::days(29));
    let known = sign_ins::authenticate(&stage.app, &token)
        .await
        .expect("it answers");
    let renewed = known
        .expect("it is signed in")
        .renewed_until
        .expect("it is renewed");
    stage.clock.advance(Duration::days(29));
    let known = sign_ins::authenticate(&stage.app, &token)
        .await
        .expect("it answers");
    assert!(known.expect("it is signed in").renewed_until > Some(renewed));

    stage.clock.advance(Duration::days(30));
    let known = sign_ins::authenticate(&stage.app, &token)
        .await
        .expect("it answers");
    assert_eq!(known, None);
}

#[tokio::test]
async fn signing_out_ends_this_browsers_sign_in_only() {
    let (stage, _owner) = Stage::new().await;
    let (here, there) = (token_of_owner(&stage).await, token_of_owner(&stage).await);
    sign_ins::delete(&stage.app, &here)
        .await
        .expect("it answers");
    sign_ins::delete(&stage.app, &here)
        .await
        .expect("a second time is no failure");
    assert_eq!(
        sign_ins::authenticate(&stage.app, &here)
            .await
            .expect("it answers"),
        None
    );
    assert!(
        sign_ins::authenticate(&stage.app, &there)
            .await
            .expect("it answers")
            .is_some()
    );
}

#[tokio::test]
async fn guessing_one_users_password_from_many_addresses_is_slowed_down_and_keeps_nobody_out() {
    let (stage, owner) = Stage::new().await;
    stage.add(&owner, "Emil Expert", UserRole::Expert).await;
    let guess = async |number| {
        let guess = credentials("olga@example.com", "a wrong guess", address(number));
        sign_ins::create(&stage.app, guess)
            .await
            .expect_err("it is wrong")
    };
    // What all share, and then three of each address and nine of their site.
    for number in 0..10 {
        assert!(matches!(guess(number).await, CreateError::WrongCredentials));
    }
    for number in [1, 1, 1, 2, 2, 2, 3, 3, 3] {
        assert!(matches!(guess(number).await, CreateError::WrongCredentials));
    }
    for number in 0..20 {
        let refused = guess(number).await;
        assert!(
            matches!(refused, CreateError::TooManyAttempts { .. }),
            "{refused:?}"
        );
    }
    let CreateError::TooManyAttempts { retry_after } = guess(20).await else {
        panic!("the site's last guess was let through");
    };
    assert!(
        stage.sign_in("emil@example.com").await.is_ok(),
        "others sign in as ever"
    );
    // She knows her password and is somewhere else; being right costs nothing.
    let elsewhere = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));
    for password in ["a slip", "another", PASSWORD, PASSWORD, PASSWORD] {
        let attempt = credentials("olga@example.com", password, elsewhere);
        let result = sign_ins::create(&stage.app, attempt).await;
        assert_eq!(result.is_ok(), password == PASSWORD, "{result:?}");
    }

    stage
        .clock
        .advance(retry_after.try_into().expect("a short time"));
    assert!(stage.sign_in("olga@example.com").await.is_ok());
}

/// One of the 65,536 networks that the owner of this IPv6 site has.
fn network_of_site(site: u16, network: u16) -> IpAddr {
    Ipv6Addr::new(0x2001, 0xdb8, site, network, 0, 0, 0, 1).into()
}

#[tokio::test]
async fn whoever_has_all_networks_of_a_site_keeps_nobody_else_from_signing_in() {
    let (stage, owner) = Stage::new().await;
    stage.add(&owner, "Emil Expert", UserRole::Expert).await;
    let mut looked_at = 0;
    let mut guess = async |email: &str, address| {
        let guess = credentials(email, "a wrong guess", address);
        match sign_ins::create(&stage.app, guess).await {
            Err(CreateError::WrongCredentials) => looked_at += 1,
            Err(CreateError::TooManyAttempts { .. }) => {}
            other => panic!("a wrong password was answered with {other:?}"),
        }
    };
    for network in 0..12_000 {
        // One in four goes for people who may not even exist.
        let email = match network % 4 {
            0 => format!("user{network}@example.com"),
            _ => "olga@example.com".to_owned(),
        };
        guess(&email, network_of_site(1, network)).await;
    }
    for number in 0..=255 {
        guess("olga@example.com", address(number)).await;
    }
    assert!(looked_at <= 100, "{looked_at} passwords could be tried");

    let elsewhere = [
        network_of_site(2, 0),
        IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9)),
    ];
    for address in elsewhere {
        for email in ["olga@example.com", "emil@example.com"] {
            for password in ["a slip", "another", PASSWORD, PASSWORD, PASSWORD] {
                let attempt = credentials(email, password, address);
                let result = sign_ins::create(&stage.app, attempt).await;
                assert_eq!(result.is_ok(), password == PASSWORD, "{result:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_try_that_the_site_may_not_make_costs_the_address_nothing() {
    let (stage, _owner) = Stage::new().await;
    let mut retry_after = None;
    for number in 0..=255 {
        let guess = credentials("olga@example.com", "a wrong guess", address(number));
        if let Err(CreateError::TooManyAttempts { retry_after: wait }) =
            sign_ins::create(&stage.app, guess).await
        {
            retry_after = Some(wait);
        }
    }
    // Every address of the site was refused in vain; one of them tries when the site may again.
    let wait = retry_after.expect("the site's tries come to an end");
    stage.clock.advance(wait.try_into().expect("a short time"));
    let attempt = credentials("olga@example.com", PASSWORD, address(200));
    assert!(sign_ins::create(&stage.app, attempt).await.is_ok());
}

#[tokio::test]
async fn guessing_many_users_passwords_from_one_address_is_slowed_down() {
    let (stage, _owner) = Stage::new().await;
    for number in 0..30 {
        let guess = credentials(&format!("user{number}@example.com"), PASSWORD, ADDRESS);
        let refused = sign_ins::create(&stage.app, guess).await;
        assert!(
            matches!(refused, Err(CreateError::WrongCredentials)),
            "{refused:?}"
        );
    }
    let refused = stage.sign_in("olga@example.com").await;
    assert!(
        matches!(refused, Err(CreateError::TooManyAttempts { .. })),
        "{refused:?}"
    );
    let elsewhere = credentials("olga@example.com", PASSWORD, address(1));
    assert!(sign_ins::create(&stage.app, elsewhere).await.is_ok());
}

#[tokio::test]
async fn who_knows_their_password_changes_it_and_is_signed_out_everywhere_else() {
    let (stage, _owner) = Stage::new().await;
    let (here, there) = (token_of_owner(&stage).await, token_of_owner(&stage).await);
    let signed_in = async |token: &str| {
        let found = sign_ins::authenticate(&stage.app, token).await;
        found.expect("it answers").map(|found| found.signed_in)
    };
    let caller = signed_in(&here).await.expect("it is signed in");
    let change = async |current: &str, new: &str| {
        let change = PasswordChange {
            current: current.to_owned(),
            new: new.to_owned(),
            address: ADDRESS,
        };
        sign_ins::change_password(&stage.app, &caller, change).await
    };
    let new = "another horse entirely";
    let refused = change("a wrong guess", new).await;
    assert!(
        matches!(refused, Err(ChangePasswordError::WrongPassword)),
        "{refused:?}"
    );
    let refused = change(PASSWORD, "short").await;
    assert!(
        matches!(refused, Err(ChangePasswordError::InvalidInput(_))),
        "{refused:?}"
    );
    assert!(signed_in(&there).await.is_some(), "nothing has changed");

    change(PASSWORD, new).await.expect("it is right");
    assert!(signed_in(&here).await.is_some());
    assert_eq!(signed_in(&there).await, None);
    for (password, is_right) in [(PASSWORD, false), (new, true)] {
        let attempt = credentials("olga@example.com", password, ADDRESS);
        let result = sign_ins::create(&stage.app, attempt).await;
        assert_eq!(result.is_ok(), is_right, "{result:?}");
    }
}

#[tokio::test]
async fn guessing_the_current_password_is_slowed_down_like_signing_in() {
    let (stage, owner) = Stage::new().await;
    let mut looked_at = 0;
    for _ in 0..100 {
        let change = PasswordChange {
            current: "a wrong guess".to_owned(),
            new: "another horse entirely".to_owned(),
            address: ADDRESS,
        };
        match sign_ins::change_password(&stage.app, &owner, change).await {
            Err(ChangePasswordError::WrongPassword) => looked_at += 1,
            Err(ChangePasswordError::TooManyAttempts { .. }) => {}
            other => panic!("a wrong password was answered with {other:?}"),
        }
    }
    assert!(looked_at <= 13, "{looked_at} passwords could be tried");
}

#[tokio::test]
async fn signing_in_rightly_costs_nothing() {
    let (stage, _owner) = Stage::new().await;
    for _ in 0..40 {
        assert!(stage.sign_in("olga@example.com").await.is_ok());
    }
}
