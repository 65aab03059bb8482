//! The folder that holds everything Helpsight keeps. Nobody but its owner may look inside.

use std::{
    fs::{self, OpenOptions, Permissions},
    io::{self, Write as _},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use domain::SecretToken;

/// The data folder, which exists.
#[derive(Debug, Clone)]
pub(crate) struct DataDir(PathBuf);

impl DataDir {
    /// Makes the folder unless it is there.
    pub(crate) fn create(path: &Path) -> anyhow::Result<Self> {
        let create = || {
            fs::create_dir_all(path)?;
            fs::set_permissions(path, Permissions::from_mode(0o700))?;
            path.canonicalize()
        };
        let path = create().with_context(|| {
            format!(
                "the data folder {} cannot be made: choose another with --data-dir",
                path.display()
            )
        })?;
        Ok(Self(path))
    }

    /// The folder of a server that has run before.
    pub(crate) fn existing(path: &Path) -> anyhow::Result<Self> {
        let dir = Self(path.to_owned());
        anyhow::ensure!(
            dir.database().is_file(),
            "there is no database in {}: name the server's data folder with --data-dir",
            path.display()
        );
        Ok(dir)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.0.join("helpsight.db")
    }

    /// A file of the folder, by its name.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A secret that stays the same from run to run; made at the first.
    pub(crate) fn secret(&self, name: &str) -> anyhow::Result<SecretToken> {
        let path = self.file(name);
        match fs::read_to_string(&path) {
            Ok(text) => SecretToken::parse(text.trim())
                .with_context(|| format!("{} is damaged: delete it", path.display())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut bytes = [0; 32];
                getrandom::fill(&mut bytes).context("the system gives no random bits")?;
                let secret = SecretToken::from_random(bytes);
                write_private(&path, secret.expose().as_bytes())?;
                Ok(secret)
            }
            Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())),
        }
    }
}

/// Writes a file that only its owner can read; either all of it is there or nothing.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let unfinished = path.with_extension("unfinished");
    let write = || {
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&unfinished)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&unfinished, path)
    };
    write().with_context(|| format!("{} cannot be written", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_stays_the_same_and_is_private() {
        let folder = tempfile::tempdir().expect("a folder");
        let dir = DataDir::create(folder.path()).expect("it is there");
        let first = dir.secret("media.key").expect("made");
        assert_eq!(dir.secret("media.key").expect("read"), first);
        let file = fs::metadata(dir.file("media.key")).expect("a file");
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_folder_that_cannot_be_made_says_what_to_do() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let error = DataDir::create(&file.path().join("inside")).expect_err("a file is no folder");
        assert!(error.to_string().contains("--data-dir"), "{error}");
    }
}
