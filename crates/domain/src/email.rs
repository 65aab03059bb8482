use std::fmt;

use crate::FieldCode;

/// An e-mail address in lower case, with which a user signs in.
///
/// The form is only checked as far as it can be without sending mail; quoted local parts and
/// address literals (RFC 5321 §4.1.2) are refused.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Takes an address without the white space around it, in lower case.
    ///
    /// # Errors
    /// The rule that it breaks: required, too long (RFC 5321 §4.5.3.1), or invalid.
    pub fn parse(text: &str) -> Result<Self, FieldCode> {
        let address = text.trim().to_lowercase();
        if address.is_empty() {
            return Err(FieldCode::Required);
        }
        if address.len() > ADDRESS_BYTES_MAX {
            return Err(FieldCode::TooLong);
        }
        let (local, host) = address.rsplit_once('@').ok_or(FieldCode::Invalid)?;
        if is_local_part(local) && is_host(host) {
            Ok(Self(address))
        } else {
            Err(FieldCode::Invalid)
        }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(…)")
    }
}

fn is_local_part(local: &str) -> bool {
    !local.is_empty()
        && local.len() <= LOCAL_PART_BYTES_MAX
        && local.split('.').all(|atom| !atom.is_empty())
        && !local
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || "@\"(),:;<>[\\]".contains(c))
}

fn is_host(host: &str) -> bool {
    host.split('.').all(|label| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    })
}

const ADDRESS_BYTES_MAX: usize = 254;
const LOCAL_PART_BYTES_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_differ_by_more_than_case() {
        let address = EmailAddress::parse(" Ana@Example.COM ").expect("a fine address");
        assert_eq!(address.as_str(), "ana@example.com");
    }

    #[test]
    fn usual_addresses_are_taken() {
        for address in [
            "a@b",
            "first.last+tag@mail.example.com",
            "jürgen@bücher.example",
        ] {
            assert!(
                EmailAddress::parse(address).is_ok(),
                "{address} was refused"
            );
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "ana", "@b", "ana@", "a b@c", "a@b@c", "a..b@c", "a@-b.c", "a@b..c", "\"a\"@b",
        ] {
            assert_eq!(EmailAddress::parse(text), Err(FieldCode::Invalid), "{text}");
        }
        assert_eq!(EmailAddress::parse(""), Err(FieldCode::Required));
        let long = format!("{}@{}", "a".repeat(64), "b.".repeat(100));
        assert_eq!(EmailAddress::parse(&long), Err(FieldCode::TooLong));
    }
}
