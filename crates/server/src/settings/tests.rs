use std::{fs, io::Write as _};

use clap::{Args as _, FromArgMatches as _};
use tempfile::NamedTempFile;

use super::{resolve::SettingsError, *};

fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("a file");
    file.write_all(text.as_bytes()).expect("written");
    file
}

fn resolve_all(
    text: &str,
    variables: &[(&str, &str)],
    arguments: &[&str],
) -> Result<Resolved, SettingsError> {
    let file = file(text);
    let command = Flags::augment_args(clap::Command::new("test").no_binary_name(true));
    let matches = command.get_matches_from(arguments);
    let mut flags = Flags::from_arg_matches(&matches).expect("flags");
    flags.config = Some(file.path().to_owned());
    let variables = variables.iter();
    resolve(
        &flags,
        variables.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    )
}

fn complaint(text: &str, variables: &[(&str, &str)]) -> String {
    let error = resolve_all(text, variables, &[]).expect_err("it is refused");
    let text = error.to_string();
    // The file's own name differs from run to run.
    match text.split_once(", line ") {
        Some((_, rest)) => format!("FILE, line {rest}"),
        None => text,
    }
}

#[test]
fn without_a_word_the_defaults_hold() {
    let settings = resolve_all("", &[], &[]).expect("settings").settings;
    assert_eq!(settings.http_listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.public_url().as_str(), "http://127.0.0.1:8080/");
    let https = settings.https_listen.expect("on");
    assert_eq!(https.to_string(), "0.0.0.0:8443");
    assert_eq!(settings.media_udp_listen().to_string(), "0.0.0.0:8443");
    let other = settings.other_url().expect("both listen");
    assert_eq!(other.as_str(), "https://localhost:8443/");
    assert_eq!(settings.livekit_credential(), None);
    assert_eq!(settings.participants_max, 8);
}

#[test]
fn media_has_the_port_of_https_unless_somebody_says_another() {
    let udp = |text: &str, arguments: &[&str]| {
        let resolved = resolve_all(text, &[], arguments).expect("settings");
        let shown = effective(&resolved);
        let udp = resolved.settings.media_udp_listen().to_string();
        assert!(
            shown.contains(&format!("udp_listen = \"{udp}\"")),
            "{shown}"
        );
        udp
    };
    assert_eq!(udp("", &["--https", "127.0.0.1:9443"]), "0.0.0.0:9443");
    assert_eq!(udp("", &["--https", "off"]), "0.0.0.0:8443");
    let text = "[media]\nudp_listen = \"127.0.0.1:7\"";
    assert_eq!(udp(text, &["--https", "127.0.0.1:9443"]), "127.0.0.1:7");
}

#[test]
fn https_can_be_switched_off() {
    let settings = resolve_all("", &[("HELPSIGHT_HTTPS__LISTEN", "off")], &[]);
    let settings = settings.expect("settings").settings;
    assert_eq!((settings.https_listen, settings.other_url()), (None, None));
    insta::assert_snapshot!(
        complaint("[https]\nlisten = \"of\"", &[]),
        @r#"FILE, line 2: https.listen must be an address with a port, such as 0.0.0.0:8443, or "off""#
    );
}

#[test]
fn the_operators_credential_is_whole_strong_and_never_shown() {
    let key = ("HELPSIGHT_LIVEKIT__API_KEY", "operator");
    let secret = (
        "HELPSIGHT_LIVEKIT__API_SECRET",
        "0123456789abcdef0123456789abcdef",
    );
    let resolved = resolve_all("", &[key, secret], &[]).expect("settings");
    let credential = resolved.settings.livekit_credential();
    assert_eq!(credential, Some((key.1, secret.1)));
    assert!(!effective(&resolved).contains(secret.1));
    assert!(!format!("{:?}", resolved.settings).contains(secret.1));

    insta::assert_snapshot!(
        complaint("", &[key]),
        @"environment variable HELPSIGHT_LIVEKIT__API_KEY: livekit.api_key needs livekit.api_secret beside it"
    );
    insta::assert_snapshot!(
        complaint("", &[key, (secret.0, "short")]),
        @"environment variable HELPSIGHT_LIVEKIT__API_SECRET: livekit.api_secret must have at least 32 characters"
    );
    assert!(complaint("", &[(key.0, "helpsight"), secret]).contains("must not be"));
}

#[test]
fn the_host_of_media_is_a_name_or_an_address() {
    for (host, is_taken) in [
        ("media.example.com", true),
        ("203.0.113.7", true),
        ("[2001:db8::7]", true),
        ("https://media.example.com", false),
        ("media.example.com:8443", false),
    ] {
        let text = format!("[media]\nhost = \"{host}\"");
        assert_eq!(resolve_all(&text, &[], &[]).is_ok(), is_taken, "{host}");
    }
}

#[test]
fn the_command_line_stands_above_the_environment_above_the_file() {
    let text = "[http]\nlisten = \"127.0.0.1:1\"\n[sessions]\nparticipants_max = 3";
    let variable = ("HELPSIGHT_HTTP__LISTEN", "127.0.0.1:2");
    let by_file = resolve_all(text, &[], &[]).expect("settings").settings;
    assert_eq!(by_file.http_listen.port(), 1);
    let by_variable = resolve_all(text, &[variable], &[]).expect("settings");
    assert_eq!(by_variable.settings.http_listen.port(), 2);
    let flag = ["--http", "127.0.0.1:3"];
    let by_flag = resolve_all(text, &[variable], &flag).expect("settings");
    assert_eq!(by_flag.settings.http_listen.port(), 3);
    assert_eq!(by_flag.settings.participants_max, 3);
}

#[test]
fn an_unknown_key_is_an_error_with_its_line_and_the_nearest_key() {
    insta::assert_snapshot!(
        complaint("[http]\n\nlisten = \"127.0.0.1:1\"\nlistn = 1", &[]),
        @"FILE, line 4: there is no setting http.listn; the nearest is http.listen (helpsight config --reference lists all)"
    );
    insta::assert_snapshot!(
        complaint("[htp]\nlisten = \"127.0.0.1:1\"", &[]),
        @"FILE, line 1: there is no setting htp; the nearest is http (helpsight config --reference lists all)"
    );
}

#[test]
fn an_unknown_variable_is_an_error_with_the_nearest_one() {
    insta::assert_snapshot!(
        complaint("", &[("HELPSIGHT_HTTP_LISTEN", "127.0.0.1:1")]),
        @"there is no setting for the environment variable HELPSIGHT_HTTP_LISTEN; the nearest is HELPSIGHT_HTTP__LISTEN (helpsight config --reference lists all)"
    );
    assert!(resolve_all("", &[("PATH", "/bin")], &[]).is_ok());
}

#[test]
fn a_bad_value_is_an_error_with_its_place_and_what_is_taken() {
    insta::assert_snapshot!(
        complaint("[http]\nlisten = \"8080\"", &[]),
        @"FILE, line 2: http.listen must be an address with a port, such as 127.0.0.1:8080"
    );
    insta::assert_snapshot!(
        complaint("[sessions]\nparticipants_max = \"8\"", &[]),
        @"FILE, line 2: sessions.participants_max must be a whole number"
    );
    insta::assert_snapshot!(
        complaint("", &[("HELPSIGHT_SESSIONS__PARTICIPANTS_MAX", "1")]),
        @"environment variable HELPSIGHT_SESSIONS__PARTICIPANTS_MAX: sessions.participants_max must be from 2 to 50"
    );
    insta::assert_snapshot!(
        complaint("[policies]\n\"sessions.code_ttl\" = 5", &[]),
        @"FILE, line 2: policies.sessions.code_ttl must be from 3600 to 2592000"
    );
    insta::assert_snapshot!(
        complaint("[policies]\nfiles.enabled = 5", &[]),
        @"FILE, line 2: policies.files.enabled must be true or false"
    );
    insta::assert_snapshot!(
        complaint("media = 5", &[]),
        @"FILE, line 1: media is a section: write [media] and its settings below"
    );
}

#[test]
fn the_nearest_setting_to_an_unknown_one_is_a_setting_of_its_section() {
    insta::assert_snapshot!(
        complaint("[http]\nfoo = 1", &[]),
        @"FILE, line 2: there is no setting http.foo; the nearest is http.listen (helpsight config --reference lists all)"
    );
    insta::assert_snapshot!(
        complaint("[htpp]\nlisten = 1", &[]),
        @"FILE, line 1: there is no setting htpp; the nearest is http (helpsight config --reference lists all)"
    );
}

#[test]
fn whom_to_ask_is_words_or_an_address_and_never_a_script() {
    insta::assert_snapshot!(
        complaint("[support]\ncontact = \"javascript:alert(1)\"", &[]),
        @"FILE, line 2: support.contact must be an e-mail address, a web address, a telephone number or a line of words"
    );
    for contact in [
        "help@example.com",
        "https://help.example.com",
        "tel:+4930123",
        "Desk: 4040",
    ] {
        let variable = ("HELPSIGHT_SUPPORT__CONTACT", contact);
        let settings = resolve_all("", &[variable], &[])
            .expect("settings")
            .settings;
        assert_eq!(settings.support_contact.as_deref(), Some(contact));
    }
}

#[test]
fn the_address_of_assets_means_one_host_wherever_it_stands() {
    insta::assert_snapshot!(
        complaint("[web]\nasset_base_url = \"https://*\"", &[]),
        @"FILE, line 2: web.asset_base_url must be a web address of a plain host and path, such as https://cdn.example.com/helpsight"
    );
    for (url, is_taken) in [
        ("https://cdn.example.com/helpsight", true),
        ("https://cdn.example.com:8443", true),
        ("https://[2001:db8::1]/a", true),
        ("https://cdn.example.com/a;script-src", false),
        ("https://cdn.example.com/a,b", false),
        ("https://cdn..example.com", false),
        ("nonsense", false),
        ("https://", false),
    ] {
        let variable = ("HELPSIGHT_WEB__ASSET_BASE_URL", url);
        assert_eq!(resolve_all("", &[variable], &[]).is_ok(), is_taken, "{url}");
    }
}

#[test]
fn the_public_address_is_a_host_and_nothing_else() {
    for (url, is_taken) in [
        ("https://help.example.com", true),
        ("https://help.example.com:8443/", true),
        ("https://help.example.com/sub", false),
        ("https://:secret@help.example.com", false),
        ("https://somebody@help.example.com", false),
    ] {
        let resolved = resolve_all("", &[("HELPSIGHT_PUBLIC_URL", url)], &[]);
        assert_eq!(resolved.is_ok(), is_taken, "{url}");
    }
}

#[test]
fn what_is_not_toml_is_an_error_with_its_line() {
    let text = complaint("[http]\nlisten = ", &[]);
    assert!(text.starts_with("FILE, line 2: this is not TOML"), "{text}");
}

#[test]
fn policies_are_read_with_and_without_quotes() {
    for text in [
        "[policies]\n\"sessions.guests\" = false",
        "[policies]\nsessions.guests = false",
    ] {
        let settings = resolve_all(text, &[], &[]).expect("settings").settings;
        assert!(!domain::Policies::resolve([&settings.policies]).guests);
    }
    let variable = ("HELPSIGHT_POLICIES__SESSIONS_GUESTS", "false");
    let settings = resolve_all("", &[variable], &[])
        .expect("settings")
        .settings;
    assert!(!domain::Policies::resolve([&settings.policies]).guests);
}

#[test]
fn lists_are_repeated_on_the_command_line_and_have_commas_in_the_environment() {
    let arguments = ["--public-address", "10.0.0.1", "--public-address", "::1"];
    let by_flag = resolve_all("", &[], &arguments).expect("settings");
    assert_eq!(by_flag.settings.media_public_addresses.len(), 2);
    let variable = (
        "HELPSIGHT_HTTP__TRUSTED_PROXIES",
        "10.0.0.0/8, 127.0.0.1/32",
    );
    let by_variable = resolve_all("", &[variable], &[]).expect("settings");
    assert_eq!(by_variable.settings.trusted_proxies.len(), 2);
}

#[test]
fn links_lead_to_the_encrypted_listener_and_never_to_no_address() {
    let arguments = ["--https", "0.0.0.0:8443"];
    let settings = resolve_all("", &[], &arguments).expect("settings").settings;
    assert_eq!(settings.public_url().as_str(), "https://localhost:8443/");
}

#[test]
fn the_settings_in_force_are_shown_with_their_places() {
    let text = "[support]\ncontact = \"help@example.com\"";
    let variable = ("HELPSIGHT_DATA_DIR", "/data");
    let resolved = resolve_all(text, &[variable], &["--http", "127.0.0.1:1"]).expect("settings");
    let shown = effective(&resolved);
    for line in [
        "data_dir = \"/data\"  # environment variable HELPSIGHT_DATA_DIR",
        "listen = \"127.0.0.1:1\"  # flag --http",
        "participants_max = 8  # default",
    ] {
        assert!(shown.contains(line), "{line} is not in\n{shown}");
    }
    assert!(shown.contains(", line 2\n"), "{shown}");
}

#[test]
fn the_settings_in_force_can_be_used_as_a_file() {
    let first = resolve_all("", &[], &["--https", "0.0.0.0:1"]).expect("settings");
    let again = resolve_all(&effective(&first), &[], &[]).expect("settings");
    assert_eq!(again.settings.https_listen, first.settings.https_listen);
}

#[test]
fn every_line_of_the_example_can_be_used() {
    let example = example();
    let settings: String = example
        .lines()
        .filter(|line| line.starts_with('[') || line.contains(" = "))
        .map(|line| line.trim_start_matches("# ").to_owned() + "\n")
        .collect();
    let resolved = resolve_all(&settings, &[], &[]).expect("settings");
    assert_eq!(resolved.in_force.len(), list::ALL.len());
}

#[test]
fn the_committed_documents_are_fresh() {
    assert_fresh("helpsight.example.toml", &example());
    assert_fresh("docs/reference/settings.md", &reference());
}

/// Fails when the committed file differs; `UPDATE_GENERATED=1` rewrites it instead.
pub(crate) fn assert_fresh(path: &str, fresh: &str) {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = root.join(path);
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        fs::write(&path, fresh).expect("the file can be written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == fresh,
        "{} is stale: run UPDATE_GENERATED=1 cargo test -p server",
        path.display()
    );
}
