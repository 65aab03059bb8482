//! Committed files that come from the code: each has a test that compares, or rewrites on request.

use std::{env, fs, path::Path};

/// Fails when the committed file differs from `fresh`; `UPDATE_GENERATED=1` rewrites it instead.
pub(crate) fn assert_fresh(path: &str, fresh: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path);
    if env::var_os("UPDATE_GENERATED").is_some() {
        let folder = path.parent().expect("the file is in a folder");
        fs::create_dir_all(folder).expect("the folder can be made");
        fs::write(&path, fresh).expect("the file can be written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == fresh,
        "{} is stale: run UPDATE_GENERATED=1 cargo test -p api",
        path.display()
    );
}
