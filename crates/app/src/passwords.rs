//! Hashing and checking passwords, which is slow on purpose.
//!
//! A few threads of their own do the work. The queue before them is bounded, and when it is full
//! the request is refused.
//!
//! Invariant: the memory in use is that of one password per thread, however many come at once.
//! (On changing threads the allocator would keep it once for each of them.)

mod hasher;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
};

use domain::Password;
use tokio::sync::oneshot;

use hasher::Hasher;

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

/// The sized pool. Its threads end with it.
pub(crate) struct Passwords {
    queue: SyncSender<Job>,
    /// Checked when there is no such user, so that the answer takes as long as for a wrong
    /// password.
    decoy: String,
}

type Job = Box<dyn FnOnce(&mut Hasher) + Send>;

impl Passwords {
    pub(crate) fn new(cost: HashingCost, workers: usize, decoy_salt: [u8; SALT_BYTES]) -> Self {
        let (queue, jobs) = sync_channel(WAITING_MAX);
        let jobs = Arc::new(Mutex::new(jobs));
        for _ in 0..workers.max(1) {
            let jobs = Arc::clone(&jobs);
            let hasher = Hasher::new(cost);
            thread::Builder::new()
                .name("password".to_owned())
                .spawn(move || work(&jobs, hasher))
                .expect("a system that can run the server gives it threads");
        }
        Self {
            decoy: Hasher::new(cost).hash("nobody's password", decoy_salt),
            queue,
        }
    }

    /// The PHC string of a password.
    pub(crate) async fn hash(
        &self,
        password: Password,
        salt: [u8; SALT_BYTES],
    ) -> Result<String, Overloaded> {
        self.run(move |hasher| hasher.hash(password.expose(), salt))
            .await
    }

    /// Whether this is the password; takes as long when there is nothing to compare it with.
    pub(crate) async fn verify(
        &self,
        password: String,
        stored: Option<String>,
    ) -> Result<bool, Overloaded> {
        let is_real = stored.is_some();
        let phc = stored.unwrap_or_else(|| self.decoy.clone());
        let matches = self
            .run(move |hasher| hasher.is_match(&password, &phc))
            .await?;
        Ok(matches && is_real)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Hasher) -> T + Send + 'static,
    ) -> Result<T, Overloaded> {
        let (answer, result) = oneshot::channel();
        let job = Box::new(move |hasher: &mut Hasher| {
            // Whoever went away while they waited needs no answer.
            if !answer.is_closed() {
                let _ = answer.send(work(hasher));
            }
        });
        self.queue.try_send(job).map_err(|_| Overloaded)?;
        Ok(result.await.expect("hashing does not panic"))
    }
}

/// Takes one job after the other until the pool is gone.
fn work(jobs: &Mutex<Receiver<Job>>, mut hasher: Hasher) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            Ok(job) => job(&mut hasher),
            Err(_) => return,
        }
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

pub(crate) const SALT_BYTES: usize = 16;
const WAITING_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, Version};
    use tokio::task::JoinSet;

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
    async fn hashes_are_those_of_argon2s_own_writer() {
        let params = Params::new(64, 3, 2, None).expect("within bounds");
        let theirs = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_with_salt(b"correct horse", &[1; SALT_BYTES])
            .expect("it is made")
            .to_string();
        let cost = HashingCost {
            memory_kib: 64,
            passes: 3,
            lanes: 2,
        };
        assert_eq!(
            Hasher::new(cost).hash("correct horse", [1; SALT_BYTES]),
            theirs
        );
        // What a password costs may be changed; those of before are still good.
        let passwords = Passwords::new(CHEAP, 1, [0; SALT_BYTES]);
        for (password, is_right) in [("correct horse", true), ("correct horses", false)] {
            let checked = passwords.verify(password.to_owned(), Some(theirs.clone()));
            assert_eq!(checked.await, Ok(is_right));
        }
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
        let (started, has_started) = std::sync::mpsc::channel();
        let (release, is_released) = std::sync::mpsc::channel::<()>();
        let blocking: Job = Box::new(move |_| {
            started.send(()).expect("the test waits for it");
            let _ = is_released.recv();
        });
        passwords.queue.try_send(blocking).expect("nobody waits");
        has_started.recv().expect("it starts");
        for _ in 0..WAITING_MAX {
            let waiting: Job = Box::new(|_| {});
            passwords.queue.try_send(waiting).expect("there is room");
        }
        assert_eq!(
            passwords.verify("whatever".to_owned(), None).await,
            Err(Overloaded)
        );
        drop(release);
    }

    #[tokio::test]
    async fn however_many_come_at_once_the_same_few_threads_and_memories_serve_them() {
        let passwords = Arc::new(Passwords::new(CHEAP, 2, [0; SALT_BYTES]));
        let mut used = HashSet::new();
        for _ in 0..10 {
            let mut at_once = JoinSet::new();
            for _ in 0..WAITING_MAX {
                let passwords = Arc::clone(&passwords);
                at_once.spawn(async move {
                    let served = passwords.run(|hasher| {
                        hasher.hash("whatever", [1; SALT_BYTES]);
                        (thread::current().id(), hasher.memory_address())
                    });
                    served.await.expect("there is room")
                });
            }
            used.extend(at_once.join_all().await);
        }
        assert!((1..=2).contains(&used.len()), "{used:?}");
    }

    #[test]
    fn the_default_cost_is_the_one_that_owasp_recommends() {
        let cost = HashingCost::default();
        assert_eq!((cost.memory_kib, cost.passes, cost.lanes), (19_456, 2, 1));
    }
}
