//! Crockford's base 32 in lower case, for identifiers and tokens that people may have to read out.
//!
//! Bits go in from the most significant end; the unused low bits of the last character are zero,
//! so that every value has exactly one spelling.

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Spells `bytes` in base 32.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity((bytes.len() * 8).div_ceil(5));
    let mut pending: u32 = 0;
    let mut pending_bits = 0;
    for byte in bytes {
        pending = (pending << 8) | u32::from(*byte);
        pending_bits += 8;
        while pending_bits >= 5 {
            pending_bits -= 5;
            text.push(character(pending >> pending_bits));
        }
    }
    if pending_bits > 0 {
        text.push(character(pending << (5 - pending_bits)));
    }
    text
}

/// Reads exactly `N` bytes; `None` when `text` is not their one spelling.
pub(crate) fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != (N * 8).div_ceil(5) {
        return None;
    }
    let mut bytes = [0; N];
    let mut filled = 0;
    let mut pending: u32 = 0;
    let mut pending_bits = 0;
    for letter in text.bytes() {
        let value = ALPHABET.iter().position(|known| *known == letter)?;
        pending = (pending << 5) | u32::try_from(value).ok()?;
        pending_bits += 5;
        if pending_bits >= 8 {
            pending_bits -= 8;
            bytes[filled] = (pending >> pending_bits).to_le_bytes()[0];
            filled += 1;
            pending &= (1 << pending_bits) - 1;
        }
    }
    (pending == 0).then_some(bytes)
}

fn character(bits: u32) -> char {
    char::from(ALPHABET[(bits & 31) as usize])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_encoded_is_read_back(bytes: [u8; 16], long: [u8; 32]) {
            prop_assert_eq!(decode::<16>(&encode(&bytes)), Some(bytes));
            prop_assert_eq!(decode::<32>(&encode(&long)), Some(long));
        }

        #[test]
        fn no_text_makes_it_panic_and_every_value_has_one_spelling(text in "[0-9a-z]{26}|.*") {
            if let Some(bytes) = decode::<16>(&text) {
                prop_assert_eq!(encode(&bytes), text);
            }
        }
    }

    #[test]
    fn sixteen_bytes_take_twenty_six_characters() {
        assert_eq!(encode(&[0; 16]), "0".repeat(26));
        assert_eq!(encode(&[0xff; 16]), format!("{}w", "z".repeat(25)));
    }
}
