//! Creating the same thing once, however often a client repeats the request.

use domain::OrganisationId;
use store::{KeptResult, StoreError, Transaction};
use time::{Duration, OffsetDateTime};

use crate::{SignedIn, secrets::sha256};

/// A client's key and what it stands for.
#[derive(Debug)]
pub(crate) struct IdempotentRequest<'a> {
    pub(crate) caller: &'a SignedIn,
    pub(crate) operation: &'static str,
    pub(crate) key: &'a str,
    pub(crate) fingerprint: [u8; 32],
}

/// What is known about a key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// Nothing: go ahead.
    New,
    /// The request was carried out and made the thing with this id.
    Created(String),
    /// The key belongs to another request.
    Mismatch,
}

impl<'a> IdempotentRequest<'a> {
    /// `parts` are everything that distinguishes one request from another.
    pub(crate) fn new(
        caller: &'a SignedIn,
        operation: &'static str,
        key: &'a str,
        parts: &[&str],
    ) -> Self {
        Self {
            caller,
            operation,
            key,
            fingerprint: fingerprint(parts),
        }
    }

    pub(crate) async fn look_up(
        &self,
        transaction: &mut dyn Transaction,
    ) -> Result<Known, StoreError> {
        let kept = transaction
            .kept_result(
                self.organisation_id(),
                self.caller.user.id,
                self.operation,
                self.key,
            )
            .await?;
        Ok(match kept {
            None => Known::New,
            Some(kept) if kept.fingerprint == self.fingerprint => Known::Created(kept.created_id),
            Some(_) => Known::Mismatch,
        })
    }

    pub(crate) async fn keep(
        &self,
        transaction: &mut dyn Transaction,
        created_id: String,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let result = KeptResult {
            organisation_id: self.organisation_id(),
            user_id: self.caller.user.id,
            operation: self.operation.to_owned(),
            key: self.key.to_owned(),
            fingerprint: self.fingerprint,
            created_id,
            created_at: now,
        };
        transaction.insert_kept_result(&result).await
    }

    fn organisation_id(&self) -> OrganisationId {
        self.caller.organisation.id
    }
}

/// Tells a request from another. Lengths keep parts apart: ("ab", "c") is another request than
/// ("a", "bc").
pub(crate) fn fingerprint(parts: &[&str]) -> [u8; 32] {
    let text: String = parts
        .iter()
        .map(|part| format!("{}:{part},", part.len()))
        .collect();
    sha256(text.as_bytes())
}

/// How long a repeated request is recognised.
pub(crate) const KEPT_FOR: Duration = Duration::days(1);
