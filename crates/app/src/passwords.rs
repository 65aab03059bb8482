//! Hashing and checking passwords, which is slow on purpose.
//!
//! The work is done on blocking threads, a few at a time; the queue before them is bounded, and
//! when it is full the request is refused.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use domain::Password;
use tokio::sync::Semaphore;

/// What hashing a password costs: argon2id, by the OWASP Password Storage Cheat Sheet unless
/// somebody says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashingCost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Degree of parallelism.
    pub lanes: u32,
}

impl Default for HashingCost {
    fn default() -> Self {
        Self {
            memory_kib: 19 * 1024,
            passes: 2,
            lanes: 1,
        }
    }
}

/// The sized pool.
pub(crate) struct Passwords {
    argon2: Argon2<'static>,
    workers: Arc<Semaphore>,
    places: Arc<Semaphore>,
    /// Checked when there is no such user, so that the answer takes as long as for a wrong
    /// password.
    decoy: String,
}

impl Passwords {
    pub(crate) fn new(cost: HashingCost, workers: usize, decoy_salt: [u8; SALT_BYTES]) -> Self {
        let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, None)
            .expect("the cost of hashing is within argon2's bounds");
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let workers = workers.max(1);
        Self {
            decoy: hash(&argon2, "nobody's password", decoy_salt),
            argon2,
            workers: Arc::new(Semaphore::new(workers)),
            places: Arc::new(Semaphore::new(workers + WAITING_MAX)),
        }
    }

    /// The PHC string of a password.
    pub(crate) async fn hash(
        &self,
        password: Password,
        salt: [u8; SALT_BYTES],
    ) -> Result<String, Overloaded> {
        let argon2 = self.argon2.clone();
        self.run(move || hash(&argon2, password.expose(), salt))
            .await
    }

    /// Whether this is the password; takes as long when there is nothing to compare it with.
    pub(crate) async fn verify(
        &self,
        password: String,
        stored: Option<String>,
    ) -> Result<bool, Overloaded> {
        let argon2 = self.argon2.clone();
        let is_real = stored.is_some();
        let phc = stored.unwrap_or_else(|| self.decoy.clone());
        let matches = self
            .run(move || {
                PasswordHash::new(&phc)
                    .is_ok_and(|phc| argon2.verify_password(password.as_bytes(), &phc).is_ok())
            })
            .await?;
        Ok(matches && is_real)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Overloaded> {
        let place = self
            .places
            .clone()
            .try_acquire_owned()
            .map_err(|_| Overloaded)?;
        let worker = self
            .workers
            .clone()
            .acquire_owned()
            .await
            .expect("it is never closed");
        let result = tokio::task::spawn_blocking(move || {
            // Held by the thread: a caller who goes away does not make room for another.
            let _held = (place, worker);
            work()
        })
        .await;
        Ok(result.expect("hashing does not panic"))
    }
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Passwords").finish_non_exhaustive()
    }
}

/// Too many passwords wait to be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords wait to be checked")]
pub(crate) struct Overloaded;

fn hash(argon2: &Argon2<'_>, password: &str, salt: [u8; SALT_BYTES]) -> String {
    argon2
        .hash_password_with_salt(password.as_bytes(), &salt)
        .expect("argon2 takes any password and a salt of this length")
        .to_string()
}

pub(crate) const SALT_BYTES: usize = 16;
const WAITING_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: HashingCost = HashingCost {
        memory_kib: 8,
        passes: 1,
        lanes: 1,
    };

    #[tokio::test]
    async fn only_the_password_itself_matches_its_hash() {
        let passwords = Passwords::new(CHEAP, 1, [0; SALT_BYTES]);
        let password = Password::parse("correct horse".to_owned()).expect("long enough");
        let phc = passwords
            .hash(password, [1; SALT_BYTES])
            .await
            .expect("nobody waits");
        assert!(phc.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{phc}");
        let right = passwords
            .verify("correct horse".to_owned(), Some(phc.clone()))
            .await;
        let wrong = passwords
            .verify("correct horses".to_owned(), Some(phc))
            .await;
        assert_eq!((right, wrong), (Ok(true), Ok(false)));
    }

    #[tokio::test]
    async fn the_decoys_password_signs_nobody_in() {
        let passwords = Passwords::new(CHEAP, 1, [0; SALT_BYTES]);
        assert_eq!(
            passwords.verify("nobody's password".to_owned(), None).await,
            Ok(false)
        );
    }

    #[tokio::test]
    async fn a_full_queue_refuses() {
        let passwords = Passwords::new(CHEAP, 1, [0; SALT_BYTES]);
        let all = u32::try_from(1 + WAITING_MAX).expect("a small number");
        let _taken = passwords
            .places
            .try_acquire_many(all)
            .expect("nobody else is here");
        assert_eq!(
            passwords.verify("whatever".to_owned(), None).await,
            Err(Overloaded)
        );
    }

    #[test]
    fn the_default_cost_is_the_one_that_owasp_recommends() {
        let cost = HashingCost::default();
        assert_eq!((cost.memory_kib, cost.passes, cost.lanes), (19_456, 2, 1));
    }
}
