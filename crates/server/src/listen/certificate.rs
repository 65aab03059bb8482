//! The self-signed certificate, made at the first start and kept in the data folder.
//!
//! Browsers remember that a person has accepted it, so it stays the same from run to run, until
//! the names that it must have change.

use std::{collections::BTreeSet, fs};

use anyhow::Context as _;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use time::{Duration, OffsetDateTime};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use url::{Host, Url};

use crate::data_dir::{DataDir, write_private};

/// A certificate with its key.
#[derive(Debug)]
pub(crate) struct Certificate {
    pub(super) chain: CertificateDer<'static>,
    pub(super) key: PrivateKeyDer<'static>,
}

impl Certificate {
    /// The certificate of the data folder; a new one unless it has these names.
    pub(crate) fn self_signed(
        dir: &DataDir,
        public_url: &Url,
        others: &[String],
        now: OffsetDateTime,
    ) -> anyhow::Result<Self> {
        let names = names(public_url, others);
        // What it was made for stands in front of the certificate, which PEM readers skip.
        let head = format!("Names: {}\nNot after: ", join(&names));
        let kept = fs::read_to_string(dir.file(FILE)).ok();
        if let Some(pem) = kept.filter(|pem| is_usable(pem, &head, now)) {
            return Self::read(&pem);
        }
        let not_after = now + VALID_FOR;
        let pem = format!(
            "{head}{}\n{}",
            not_after.unix_timestamp(),
            make(names, now, not_after)?
        );
        write_private(&dir.file(FILE), pem.as_bytes())?;
        Self::read(&pem)
    }

    fn read(pem: &str) -> anyhow::Result<Self> {
        let damaged = || format!("{FILE} in the data folder is damaged: delete it");
        Ok(Self {
            chain: CertificateDer::from_pem_slice(pem.as_bytes()).with_context(damaged)?,
            key: PrivateKeyDer::from_pem_slice(pem.as_bytes()).with_context(damaged)?,
        })
    }
}

fn make(
    names: BTreeSet<String>,
    now: OffsetDateTime,
    not_after: OffsetDateTime,
) -> anyhow::Result<String> {
    let mut params = CertificateParams::new(names.into_iter().collect::<Vec<_>>())
        .context("public_url is no name for a certificate")?;
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, "Helpsight (self-signed)");
    params.distinguished_name = subject;
    // Clocks differ, and phones refuse a certificate from the future.
    params.not_before = now - Duration::DAY;
    params.not_after = not_after;
    let key = KeyPair::generate().context("no key could be made")?;
    let certificate = params
        .self_signed(&key)
        .context("no certificate could be made")?;
    Ok(certificate.pem() + &key.serialize_pem())
}

fn is_usable(pem: &str, head: &str, now: OffsetDateTime) -> bool {
    let not_after = pem.strip_prefix(head).and_then(|rest| rest.lines().next());
    let not_after = not_after.and_then(|text| text.parse::<i64>().ok());
    not_after.is_some_and(|at| at > (now + RENEWED_BEFORE).unix_timestamp())
}

/// The names under which clients come.
fn names(public_url: &Url, others: &[String]) -> BTreeSet<String> {
    let host = match public_url.host() {
        Some(Host::Domain(name)) => name.to_owned(),
        Some(Host::Ipv4(address)) => address.to_string(),
        Some(Host::Ipv6(address)) => address.to_string(),
        None => unreachable!("a web address has a host"),
    };
    let local = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let others = others.iter().cloned();
    local.into_iter().chain([host]).chain(others).collect()
}

fn join(names: &BTreeSet<String>) -> String {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.join(" ")
}

const FILE: &str = "https.pem";

/// Apple's systems take no certificate that is valid for more than 398 days.
const VALID_FOR: Duration = Duration::days(397);
const RENEWED_BEFORE: Duration = Duration::days(30);

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn certificate(dir: &DataDir, url: &str, now: OffsetDateTime) -> CertificateDer<'static> {
        let url = url.parse().expect("an address");
        let other = "203.0.113.7".to_owned();
        let certificate = Certificate::self_signed(dir, &url, &[other], now);
        certificate.expect("it is made").chain
    }

    #[test]
    fn it_stays_the_same_until_its_names_change_or_its_time_is_up() {
        let folder = tempfile::tempdir().expect("a folder");
        let dir = DataDir::create(folder.path()).expect("it is there");
        let now = datetime!(2026-11-23 06:00 UTC);
        let first = certificate(&dir, "https://a.example", now);
        assert_eq!(certificate(&dir, "https://a.example", now), first);
        let renamed = certificate(&dir, "https://b.example", now);
        assert_ne!(renamed, first);
        let later = now + Duration::days(380);
        assert_ne!(certificate(&dir, "https://b.example", later), renamed);
    }

    #[test]
    fn it_has_the_names_of_the_address_and_of_this_machine() {
        let url = "https://help.example.com".parse().expect("an address");
        let names = names(&url, &["203.0.113.7".to_owned()]);
        assert_eq!(
            join(&names),
            "127.0.0.1 203.0.113.7 help.example.com localhost"
        );
    }
}
