//! Keeps the shape of the workspace: which crate may use which, and what the inner rings never touch.
//!
//! The table below is the only place where an arrow is allowed. Reads `cargo metadata` and the
//! sources; a new crate or arrow fails here first, so that it is decided and not slipped in.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// Ring, crate, and the workspace crates it may use.
const RINGS: &[(u8, &str, &[&str])] = &[
    (0, "domain", &[]),
    (1, "sfu", &[]),
    (1, "signal", &["sfu"]),
    (1, "relay", &[]),
    (1, "participant", &[]),
    (2, "store", &["domain"]),
    (2, "rtc", &["domain"]),
    (3, "media", &["sfu", "signal", "relay", "rtc"]),
    (3, "client", &["participant"]),
    (6, "sim", &["participant", "sfu", "signal"]),
    (6, "loadtest", &["client", "participant", "sfu", "signal"]),
    (4, "app", &["domain", "store", "rtc"]),
    (5, "api", &["app", "domain", "rtc"]),
    (
        6,
        "server",
        &[
            "api",
            "app",
            "client",
            "domain",
            "media",
            "participant",
            "rtc",
            "sfu",
            "signal",
            "store",
        ],
    ),
];

/// Crates of the same ring that only the tests of the first one use.
const TEST_ARROWS: &[(&str, &str)] = &[("signal", "participant")];

/// Rings up to this one think and do no I/O.
const PURE_RING_MAX: u8 = 1;

/// Crates that bring time, randomness, threads, sockets, files or a database with them.
const IMPURE_CRATES: &[&str] = &[
    "async-std",
    "axum",
    "chrono",
    "crossbeam",
    "crossbeam-channel",
    "crossbeam-queue",
    "getrandom",
    "hyper",
    "mio",
    "nix",
    "object_store",
    "parking_lot",
    "rand",
    "rayon",
    "reqwest",
    "rustix",
    "smol",
    "socket2",
    "sqlx",
    "tempfile",
    "tokio",
    "tokio-util",
];

/// What pure sources never say. Time and randomness come in as parameters.
const IMPURE_WORDS: &[&str] = &[
    "Instant::now",
    "SystemTime::now",
    "now_utc",
    "now_local",
    ".elapsed()",
    "std::env",
    "std::fs",
    "std::process",
    "std::thread",
    "thread_local!",
    "UdpSocket",
    "TcpStream",
    "TcpListener",
    "UnixStream",
    "Mutex",
    "RwLock",
    "Condvar",
    "RandomState::new",
    "async fn",
    ".await",
];

const MAIN_LINES_MAX: usize = 60;

#[test]
fn every_arrow_between_crates_is_on_the_whitelist() {
    let problems = forbidden_arrows(&workspace());
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn a_forbidden_arrow_and_an_unknown_crate_are_found() {
    let workspace = BTreeMap::from([
        ("domain".to_owned(), uses(&["app"], &[])),
        ("app".to_owned(), uses(&["domain"], &["store"])),
        ("store".to_owned(), uses(&["domain"], &["api"])),
        ("gadgets".to_owned(), uses(&[], &[])),
    ]);
    assert_eq!(
        forbidden_arrows(&workspace),
        [
            "domain may not use app",
            "gadgets is not in the table of rings",
            "the tests of store may not use api, which is not below it",
        ]
    );
}

#[test]
fn inner_rings_depend_on_nothing_that_does_io() {
    let workspace = workspace();
    let mut problems = Vec::new();
    for name in pure_crates() {
        for dependency in &workspace[name].normal {
            if IMPURE_CRATES.contains(&dependency.as_str()) {
                problems.push(format!("{name} may not use {dependency}"));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn inner_rings_call_no_clock_socket_file_thread_or_lock() {
    let mut problems = Vec::new();
    for name in pure_crates() {
        for file in rust_files(&root().join("crates").join(name).join("src")) {
            let source = fs::read_to_string(&file).expect("a listed file can be read");
            for (line, word) in impure_words(&source) {
                let place = file.strip_prefix(root()).expect("below the root").display();
                problems.push(format!("{place}:{line}: {word}"));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn impure_words_are_found_in_code_but_not_in_comments_or_tests() {
    let source = "//! No Mutex here.\nlet now = Instant::now();\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n";
    assert_eq!(impure_words(source), [(2, "Instant::now")]);
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    for (_, name, _) in RINGS {
        let manifest = root().join("crates").join(name).join("Cargo.toml");
        let text = fs::read_to_string(&manifest).expect("every crate has a manifest");
        assert!(
            text.contains("[lints]\nworkspace = true"),
            "{name} has lints of its own"
        );
    }
}

#[test]
fn the_main_function_only_starts_things() {
    let main = fs::read_to_string(root().join("crates/server/src/main.rs")).expect("main.rs");
    assert!(main.lines().count() <= MAIN_LINES_MAX);
}

#[test]
fn every_dependency_is_a_written_decision() {
    let written = fs::read_to_string(root().join("docs/decisions/dependencies.md"))
        .expect("the list of dependencies");
    let crates = workspace()
        .into_values()
        .flat_map(|uses| uses.normal.into_iter().chain(uses.tests))
        .filter(|name| entry(name).is_none());
    let packages = ["web/package.json", "web/e2e/package.json"]
        .iter()
        .flat_map(|manifest| npm_packages(&root().join(manifest)));
    let missing: BTreeSet<String> = crates
        .chain(packages)
        .filter(|name| !written.contains(&format!("`{name}`")))
        .collect();
    assert!(
        missing.is_empty(),
        "not in docs/decisions/dependencies.md: {missing:?}"
    );
}

/// The names of the crates that one crate uses.
#[derive(Debug, Default)]
struct Uses {
    normal: BTreeSet<String>,
    tests: BTreeSet<String>,
}

fn uses(normal: &[&str], tests: &[&str]) -> Uses {
    let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    Uses {
        normal: owned(normal),
        tests: owned(tests),
    }
}

fn forbidden_arrows(workspace: &BTreeMap<String, Uses>) -> Vec<String> {
    let mut problems = Vec::new();
    for (name, uses) in workspace {
        let Some((ring, _, allowed)) = entry(name) else {
            problems.push(format!("{name} is not in the table of rings"));
            continue;
        };
        let ours = |names: &BTreeSet<String>| -> Vec<String> {
            names
                .iter()
                .filter(|&name| entry(name).is_some() || workspace.contains_key(name))
                .cloned()
                .collect()
        };
        for other in ours(&uses.normal) {
            if !allowed.contains(&other.as_str()) {
                problems.push(format!("{name} may not use {other}"));
            }
        }
        for other in ours(&uses.tests) {
            let is_below = entry(&other).is_some_and(|(its_ring, ..)| its_ring < ring);
            let is_written = TEST_ARROWS.contains(&(name.as_str(), other.as_str()));
            if !is_below && !is_written && !allowed.contains(&other.as_str()) {
                problems.push(format!(
                    "the tests of {name} may not use {other}, which is not below it"
                ));
            }
        }
    }
    problems
}

/// Lines (from 1) of code outside of comments and test modules that say an impure word.
fn impure_words(source: &str) -> Vec<(usize, &'static str)> {
    source
        .lines()
        .enumerate()
        .take_while(|(_, line)| !is_for_tests_from(line))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .flat_map(|(index, line)| {
            IMPURE_WORDS
                .iter()
                .filter(|&&word| line.contains(word))
                .map(move |&word| (index + 1, word))
        })
        .collect()
}

fn entry(name: &str) -> Option<(u8, &'static str, &'static [&'static str])> {
    RINGS.iter().find(|(_, known, _)| *known == name).copied()
}

fn pure_crates() -> impl Iterator<Item = &'static str> {
    RINGS
        .iter()
        .filter(|(ring, ..)| *ring <= PURE_RING_MAX)
        .map(|(_, name, _)| *name)
}

fn workspace() -> BTreeMap<String, Uses> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root())
        .output()
        .expect("cargo runs, since it runs this test");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let packages = metadata["packages"].as_array().expect("a list of packages");
    packages.iter().map(package).collect()
}

fn package(package: &Value) -> (String, Uses) {
    let mut uses = Uses::default();
    for dependency in package["dependencies"].as_array().expect("a list") {
        let name = text(&dependency["name"]);
        let is_for_tests = dependency["kind"] == "dev";
        let names = if is_for_tests {
            &mut uses.tests
        } else {
            &mut uses.normal
        };
        names.insert(name);
    }
    (text(&package["name"]), uses)
}

/// The direct dependencies of a package.json.
fn npm_packages(manifest: &Path) -> Vec<String> {
    let text = fs::read_to_string(manifest).expect("a package.json");
    let package: Value = serde_json::from_str(&text).expect("package.json is JSON");
    ["dependencies", "devDependencies"]
        .iter()
        .filter_map(|&group| package[group].as_object())
        .flat_map(|group| group.keys().cloned())
        .collect()
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .expect("cargo metadata names are text")
        .to_owned()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("the crate lies in crates/server")
        .to_owned()
}

/// All Rust files below a folder but those that hold only tests.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("every crate has sources") {
        let path = entry.expect("a folder can be listed").path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if name == "tests" || name == "tests.rs" {
            continue;
        }
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// Tests come last in a file, or are all of it.
fn is_for_tests_from(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("#[cfg(test)]") || line.starts_with("#![cfg(test)]")
}
