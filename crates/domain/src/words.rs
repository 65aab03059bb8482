//! Closed sets of words that have the same spelling in the database and in the API.

/// A word that is not in the set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of: {}", .known.join(", "))]
pub struct UnknownWord {
    /// The set.
    pub known: &'static [&'static str],
}

/// Gives an enum its spelling: `as_str`, `Display` and `FromStr`.
macro_rules! words {
    ($name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $name {
            /// Every word of the set, in the order of the variants.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The spelling in the database and in the API.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::UnknownWord { known: Self::WORDS }),
                }
            }
        }
    };
}

pub(crate) use words;
