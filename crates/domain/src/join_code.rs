use std::{fmt, str::FromStr};

/// Nine digits with which a guest finds a session.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct JoinCode(u32);

impl JoinCode {
    /// Makes a code of random bits; `None` for the few values that would make some codes likelier
    /// than others: try again with fresh bits.
    pub fn from_random(bytes: [u8; 4]) -> Option<Self> {
        // The largest multiple of the code space below 2^32; what lies above is thrown away.
        const UNBIASED_BELOW: u32 = (u32::MAX / CODE_COUNT) * CODE_COUNT;
        let value = u32::from_le_bytes(bytes);
        (value < UNBIASED_BELOW).then_some(Self(value % CODE_COUNT))
    }

    /// The code as people read it out: `123 456 789`.
    pub fn grouped(self) -> String {
        let digits = self.to_string();
        format!("{} {} {}", &digits[..3], &digits[3..6], &digits[6..])
    }
}

impl fmt::Display for JoinCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:09}", self.0)
    }
}

impl fmt::Debug for JoinCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JoinCode(…)")
    }
}

impl FromStr for JoinCode {
    type Err = JoinCodeError;

    /// Reads nine digits, wherever somebody put spaces or dashes.
    fn from_str(text: &str) -> Result<Self, JoinCodeError> {
        let mut value = 0;
        let mut count = 0;
        for c in text.chars().filter(|c| !is_separator(*c)) {
            let digit = c.to_digit(10).ok_or(JoinCodeError)?;
            count += 1;
            if count > DIGITS {
                return Err(JoinCodeError);
            }
            value = value * 10 + digit;
        }
        if count == DIGITS {
            Ok(Self(value))
        } else {
            Err(JoinCodeError)
        }
    }
}

/// A text that is no join code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a join code has nine digits")]
pub struct JoinCodeError;

fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '.' | '\u{2010}'..='\u{2015}')
}

const DIGITS: u32 = 9;
const CODE_COUNT: u32 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_code_reads_back_however_it_is_grouped(bytes: [u8; 4]) {
            if let Some(code) = JoinCode::from_random(bytes) {
                let plain = code.to_string();
                prop_assert_eq!(plain.len(), 9);
                prop_assert_eq!(plain.parse(), Ok(code));
                prop_assert_eq!(code.grouped().parse(), Ok(code));
                prop_assert_eq!(code.grouped().replace(' ', "-").parse(), Ok(code));
            }
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".*") {
            let _ = text.parse::<JoinCode>();
        }
    }

    #[test]
    fn a_code_keeps_its_leading_zeros() {
        let code: JoinCode = "000 000 042".parse().expect("nine digits");
        assert_eq!(code.to_string(), "000000042");
        assert_eq!(code.grouped(), "000 000 042");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "12345678",
            "1234567890",
            "12345678a",
            "١٢٣٤٥٦٧٨٩",
            "+123456789",
        ] {
            assert_eq!(text.parse::<JoinCode>(), Err(JoinCodeError), "{text}");
        }
    }

    #[test]
    fn bits_that_would_favour_low_codes_are_thrown_away() {
        assert!(JoinCode::from_random(3_999_999_999_u32.to_le_bytes()).is_some());
        assert!(JoinCode::from_random(4_000_000_000_u32.to_le_bytes()).is_none());
    }
}
