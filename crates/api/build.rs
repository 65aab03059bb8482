//! Compiles again when the web build has changed, in builds that embed it.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Other builds read the folder at run time.
    if env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed=../../web/build");
    }
}
