//! The folder that holds everything Helpsight keeps.
//!
//! Nobody but its owner may look into the files, whatever the folder allows: one that is made here
//! is private, one that was there before stays as it is. One server uses it at a time.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError},
    io::{self, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
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
            if !path.is_dir() {
                if let Some(parent) = path.parent() {
                    fs::create_dir_all(parent)?;
                }
                DirBuilder::new().mode(0o700).create(path)?;
            }
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

    /// Keeps every other server out for as long as the answer lives.
    pub(crate) fn lock(&self) -> anyhow::Result<Lock> {
        let path = self.file(LOCK);
        let unusable = || format!("{} cannot be used", path.display());
        let mut options = OpenOptions::new();
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .with_context(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // It may be about to write its number.
                let _ = file.read_to_string(&mut holder);
                anyhow::bail!(
                    "the data folder {} is in use by another helpsight serve (process {}): stop that one, or give this one a folder of its own with --data-dir",
                    self.0.display(),
                    Some(holder.trim())
                        .filter(|text| !text.is_empty())
                        .unwrap_or("unknown"),
                );
            }
            Err(TryLockError::Error(error)) => return Err(error).with_context(unusable),
        }
        let mut write = || {
            file.set_len(0)?;
            writeln!(file, "{}", std::process::id())
        };
        write().with_context(unusable)?;
        Ok(Lock { _file: file })
    }

    /// Makes the database's file before the database does, which would let others read it.
    pub(crate) fn keep_database_private(&self) -> anyhow::Result<()> {
        let path = self.database();
        let make = || {
            let mut options = OpenOptions::new();
            let options = options.append(true).create(true).mode(0o600);
            options
                .open(&path)?
                .set_permissions(Permissions::from_mode(0o600))
        };
        make().with_context(|| format!("the database {} cannot be written", path.display()))
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

/// The right to be the one server of a data folder. The system takes it back from a process that
/// ends in whatever way.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

const LOCK: &str = "serve.lock";

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

    fn mode(path: &Path) -> u32 {
        let found = fs::metadata(path).expect("it is there");
        found.permissions().mode() & 0o777
    }

    #[test]
    fn a_new_folder_is_private_and_one_that_was_there_stays_as_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let new = folder.path().join("a/b");
        DataDir::create(&new).expect("made");
        assert_eq!(mode(&new), 0o700);

        let shared = folder.path().join("shared");
        fs::create_dir(&shared).expect("made");
        fs::set_permissions(&shared, Permissions::from_mode(0o755)).expect("set");
        let dir = DataDir::create(&shared).expect("it is there");
        assert_eq!(mode(&shared), 0o755);
        dir.keep_database_private().expect("made");
        assert_eq!(mode(&dir.database()), 0o600);
    }

    #[test]
    fn a_folder_in_use_names_who_uses_it_and_is_free_afterwards() {
        let folder = tempfile::tempdir().expect("a folder");
        let dir = DataDir::create(folder.path()).expect("it is there");
        let lock = dir.lock().expect("nobody uses it");
        let refused = dir.lock().expect_err("it is in use").to_string();
        let holder = format!("(process {})", std::process::id());
        assert!(
            refused.contains(&holder) && refused.contains("--data-dir"),
            "{refused}"
        );
        drop(lock);
        assert!(dir.lock().is_ok());
    }

    #[test]
    fn a_folder_that_cannot_be_made_says_what_to_do() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let error = DataDir::create(&file.path().join("inside")).expect_err("a file is no folder");
        assert!(error.to_string().contains("--data-dir"), "{error}");
    }
}
