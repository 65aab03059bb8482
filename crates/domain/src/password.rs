use std::fmt;

use crate::FieldCode;

/// A password that somebody chose, on its way to being hashed.
///
/// Only its length is ruled, as NIST SP 800-63B §3.1.1.2 advises: no classes of characters.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// The fewest characters that it must have.
    pub const CHARS_MIN: usize = 10;
    /// The most characters that it may have.
    pub const CHARS_MAX: usize = 256;

    /// Takes a password exactly as it was typed.
    ///
    /// # Errors
    /// The rule that it breaks: required, too short, or too long.
    pub fn parse(text: String) -> Result<Self, FieldCode> {
        match text.chars().count() {
            0 => Err(FieldCode::Required),
            count if count < Self::CHARS_MIN => Err(FieldCode::TooShort),
            count if count > Self::CHARS_MAX => Err(FieldCode::TooLong),
            _ => Ok(Self(text)),
        }
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_is_counted_in_characters() {
        assert!(Password::parse("ü".repeat(10)).is_ok());
        assert!(Password::parse("ü".repeat(256)).is_ok());
        assert_eq!(Password::parse("ü".repeat(9)), Err(FieldCode::TooShort));
        assert_eq!(Password::parse("ü".repeat(257)), Err(FieldCode::TooLong));
        assert_eq!(Password::parse(String::new()), Err(FieldCode::Required));
    }

    #[test]
    fn white_space_is_part_of_a_password() {
        let typed = " correct horse ".to_owned();
        assert_eq!(
            Password::parse(typed.clone())
                .expect("long enough")
                .expose(),
            typed
        );
    }
}
