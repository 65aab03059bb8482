//! Rebuilds the crate when a migration is added, because they are embedded into it.

#[allow(clippy::print_stdout)] // that is how a build script talks to Cargo
fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
