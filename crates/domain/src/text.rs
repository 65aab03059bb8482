//! One-line texts that people type: names and titles.

use std::fmt;

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory as _};

use crate::FieldCode;

macro_rules! line {
    ($(#[$doc:meta])* $name:ident, $chars_max:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The most characters (Unicode scalar values) that it may have.
            pub const CHARS_MAX: usize = $chars_max;

            /// Takes a line without the white space around it.
            ///
            /// # Errors
            /// The rule that it breaks: required, too long, or invalid for control characters.
            pub fn parse(text: &str) -> Result<Self, FieldCode> {
                parse_line(text, Self::CHARS_MAX).map(Self)
            }

            /// The line.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // People's own words stay out of logs, also when a whole structure is logged.
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

line!(
    /// What a person is called.
    PersonName,
    80
);
line!(
    /// What an organisation is called.
    OrganisationName,
    80
);
line!(
    /// What a session is about.
    SessionTitle,
    120
);

fn parse_line(text: &str, chars_max: usize) -> Result<String, FieldCode> {
    let line = text.trim();
    if !line.chars().any(shows_something) {
        return Err(FieldCode::Required);
    }
    if line.chars().count() > chars_max {
        return Err(FieldCode::TooLong);
    }
    if line.chars().any(|c| c.is_control() || is_directional(c)) {
        return Err(FieldCode::Invalid);
    }
    Ok(line.to_owned())
}

/// Characters that reorder the text around them, so that a name could disguise what follows it
/// (Unicode Standard Annex 9, explicit directional formatting).
fn is_directional(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a character leaves a mark of its own. Spaces, accents without a letter, joiners, controls
/// and what has no agreed shape do not. Within a name some of them have a meaning, such as the
/// joiner that makes one emoji of two; alone they would make a person whom nobody can see or tell
/// from another.
fn shows_something(c: char) -> bool {
    let has_shape = matches!(
        c.general_category_group(),
        GeneralCategoryGroup::Letter
            | GeneralCategoryGroup::Number
            | GeneralCategoryGroup::Punctuation
            | GeneralCategoryGroup::Symbol
    );
    // Letters that are drawn empty, and the braille pattern without dots.
    let is_empty = matches!(
        c,
        '\u{115f}'..='\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}'
    );
    has_shape && !is_empty
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_around_a_name_goes_away() {
        let name = PersonName::parse("  Zoë Müller \n").expect("a fine name");
        assert_eq!(name.as_str(), "Zoë Müller");
    }

    #[test]
    fn a_name_is_counted_in_characters_and_not_in_bytes() {
        assert!(PersonName::parse(&"é".repeat(80)).is_ok());
        assert_eq!(PersonName::parse(&"é".repeat(81)), Err(FieldCode::TooLong));
    }

    #[test]
    fn empty_and_disguised_names_are_refused() {
        assert_eq!(PersonName::parse(" \t "), Err(FieldCode::Required));
        assert_eq!(PersonName::parse("a\nb"), Err(FieldCode::Invalid));
        assert_eq!(PersonName::parse("a\u{202e}b"), Err(FieldCode::Invalid));
    }

    #[test]
    fn a_name_of_nothing_that_can_be_seen_is_no_name() {
        for invisible in [
            "\u{200b}",
            " \u{2060}\u{feff} ",
            "\u{3164}",
            "\u{2800}\u{e0020}",
            "\u{300}",
            "\u{e000}",
            "\u{fff9}\u{fffb}",
            "\u{10ffff}",
            "\u{17b4}\u{1d173}",
        ] {
            assert_eq!(PersonName::parse(invisible), Err(FieldCode::Required));
        }
        // Two emoji joined into one, and a heart in colour.
        for name in ["👩\u{200d}🚀", "Ana ❤\u{fe0f}", "李", "7", "नि", "e\u{300}"] {
            let kept = PersonName::parse(name).expect("a fine name");
            assert_eq!(kept.as_str(), name);
        }
    }

    #[test]
    fn a_logged_name_shows_nothing() {
        let name = PersonName::parse("Ana").expect("a fine name");
        assert_eq!(format!("{name:?}"), "PersonName(…)");
    }
}
