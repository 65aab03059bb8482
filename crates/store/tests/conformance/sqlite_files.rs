//! What the SQLite files hold, byte by byte, and what happens to them.

use std::{collections::HashSet, fs, path::Path};

use domain::{EmailAddress, PersonName, User, UserId, UserRole, UserState};
use store::{SqliteStore, Store};

use crate::world::{START, World, user};

#[tokio::test]
async fn an_erased_user_is_in_no_file() {
    let (directory, store) = crate::sqlite().await;
    let world = World::insert(&*store, 1).await;
    let (name, email) = ("Ottilie Zwirnknäuel", "ottilie.zwirnknaeuel@example.com");
    let mut person = user(world.organisation, 2, UserRole::Expert);
    person.name = PersonName::parse(name).expect("a fine name");
    person.email = EmailAddress::parse(email).expect("a fine address");
    let mut transaction = store.write().await.expect("the database is there");
    assert!(transaction.insert_user(&person).await.expect("it answers"));
    transaction.commit().await.expect("it is committed");
    assert!(files_hold(directory.path(), name) && files_hold(directory.path(), email));

    erase(&*store, &world, &[person.id]).await;
    assert!(!files_hold(directory.path(), name));
    assert!(!files_hold(directory.path(), email));
    store.close().await;
    assert!(!files_hold(directory.path(), name));
}

#[tokio::test]
async fn erased_users_leave_nothing_in_pages_that_were_split_and_moved() {
    let (directory, store) = crate::sqlite().await;
    let world = World::insert(&*store, 1).await;
    let people: Vec<_> = (0..2_000).map(|number| someone(&world, number)).collect();
    for chunk in people.chunks(50) {
        let mut transaction = store.write().await.expect("the database is there");
        for person in chunk {
            assert!(transaction.insert_user(person).await.expect("it answers"));
            transaction
                .set_password(
                    world.organisation,
                    person.id,
                    PASSWORD_HASH,
                    UserState::Active,
                )
                .await
                .expect("it is stored");
        }
        transaction.commit().await.expect("it is committed");
    }

    let (erased, kept): (Vec<_>, Vec<_>) = people
        .iter()
        .enumerate()
        .partition(|(place, _)| place % 10 == 0);
    let ids: Vec<_> = erased.iter().map(|(_, person)| person.id).collect();
    erase(&*store, &world, &ids).await;
    let found = emails_in_files(directory.path());
    assert!(
        kept.iter()
            .all(|(_, person)| found.contains(person.email.as_str()))
    );
    let left: Vec<_> = erased
        .iter()
        .filter(|(_, person)| found.contains(person.email.as_str()))
        .collect();
    assert!(
        left.is_empty(),
        "{} of {} erased users are still there",
        left.len(),
        erased.len()
    );
}

/// One of many people, in an order that splits pages in the middle.
fn someone(world: &World, number: u32) -> User {
    let shuffled = number.wrapping_mul(2_654_435_761);
    let mut bytes = [7; 16];
    bytes[..4].copy_from_slice(&shuffled.to_be_bytes());
    User {
        id: UserId::from_random(bytes),
        name: PersonName::parse(&format!("Zorro {shuffled:08x}")).expect("a fine name"),
        email: EmailAddress::parse(&format!("{shuffled:08x}{EMAIL_HOST}")).expect("an address"),
        ..user(world.organisation, 2, UserRole::Member)
    }
}

/// Every e-mail address of [`someone`] in any file.
fn emails_in_files(directory: &Path) -> HashSet<String> {
    let host = EMAIL_HOST.as_bytes();
    files(directory)
        .flat_map(|bytes| {
            let ends: Vec<usize> = bytes
                .windows(host.len())
                .enumerate()
                .filter(|(start, window)| *start >= 8 && *window == host)
                .map(|(start, _)| start)
                .collect();
            ends.into_iter()
                .map(|end| String::from_utf8_lossy(&bytes[end - 8..end + host.len()]).into_owned())
                .collect::<Vec<_>>()
        })
        .collect()
}

const EMAIL_HOST: &str = "@zorro.example";
const PASSWORD_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2E$aGFzaGhhc2hoYXNo";

#[tokio::test]
async fn a_reader_that_stays_delays_the_erasing_and_is_reported() {
    let (_directory, store) = crate::sqlite().await;
    let world = World::insert(&*store, 1).await;
    let mut reader = store.read().await.expect("the database is there");
    reader
        .user(world.organisation, world.owner.id)
        .await
        .expect("it answers");
    let other = World::insert(&*store, 2).await;
    let mut transaction = store.write().await.expect("the database is there");
    transaction
        .erase_user(other.organisation, other.owner.id, START)
        .await
        .expect("it is erased");
    transaction.commit().await.expect("it is committed");
    let result = store.erase_traces().await;
    assert!(
        matches!(result, Err(store::StoreError::TracesRemain)),
        "{result:?}"
    );
    drop(reader);
    assert!(store.erase_traces().await.is_ok());
}

#[tokio::test]
async fn what_was_committed_is_there_after_opening_again() {
    let (directory, store) = crate::sqlite().await;
    let world = World::insert(&*store, 1).await;
    let before = world.describe(&*store).await;
    store.close().await;
    let again = SqliteStore::open(&directory.path().join("test.sqlite"))
        .await
        .expect("the file can be opened again");
    assert_eq!(world.describe(&again).await, before);
}

#[tokio::test]
async fn a_transaction_for_reading_cannot_write() {
    let (_directory, store) = crate::sqlite().await;
    let world = World::insert(&*store, 1).await;
    let mut transaction = store.read().await.expect("the database is there");
    let result = transaction
        .erase_user(world.organisation, world.owner.id, START)
        .await;
    assert!(result.is_err());
}

async fn erase(store: &dyn Store, world: &World, ids: &[UserId]) {
    let mut transaction = store.write().await.expect("the database is there");
    for id in ids {
        transaction
            .erase_user(world.organisation, *id, START)
            .await
            .expect("it is erased");
    }
    transaction.commit().await.expect("it is committed");
    store.erase_traces().await.expect("nobody reads");
}

fn files_hold(directory: &Path, text: &str) -> bool {
    let needle = text.as_bytes();
    files(directory).any(|bytes| bytes.windows(needle.len()).any(|window| window == needle))
}

fn files(directory: &Path) -> impl Iterator<Item = Vec<u8>> {
    fs::read_dir(directory)
        .expect("the directory is there")
        .map(|entry| {
            let path = entry.expect("it can be listed").path();
            fs::read(path).expect("it can be read")
        })
}
