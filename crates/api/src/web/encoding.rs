use axum::http::{HeaderMap, HeaderValue, header};

/// A compressed form that the web build has of its files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Brotli,
    Gzip,
}

impl Encoding {
    /// Every one, the smallest result first.
    pub(super) const ALL: [Self; 2] = [Self::Brotli, Self::Gzip];

    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gz",
        }
    }

    pub(super) fn header_value(self) -> HeaderValue {
        HeaderValue::from_static(self.name())
    }

    fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }
}

/// Which compressed forms a client takes (RFC 9110 §12.5.3: `q=0` means never).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Accepted {
    brotli: bool,
    gzip: bool,
}

impl Accepted {
    pub(super) fn from_headers(headers: &HeaderMap) -> Self {
        let mut accepted = Self::default();
        let values = headers.get_all(header::ACCEPT_ENCODING);
        let items = values
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','));
        for item in items {
            let mut parts = item.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default();
            let is_wanted = !parts.any(is_zero_weight);
            if name.eq_ignore_ascii_case(Encoding::Brotli.name()) {
                accepted.brotli = is_wanted;
            } else if name.eq_ignore_ascii_case(Encoding::Gzip.name()) {
                accepted.gzip = is_wanted;
            }
        }
        accepted
    }

    pub(super) fn takes(self, encoding: Encoding) -> bool {
        match encoding {
            Encoding::Brotli => self.brotli,
            Encoding::Gzip => self.gzip,
        }
    }

    /// The accepted forms, the smallest result first.
    pub(super) fn by_preference(self) -> impl Iterator<Item = Encoding> {
        Encoding::ALL
            .into_iter()
            .filter(move |encoding| self.takes(*encoding))
    }
}

fn is_zero_weight(parameter: &str) -> bool {
    parameter
        .split_once('=')
        .is_some_and(|(name, value)| name.trim() == "q" && value.trim().parse() == Ok(0.0_f32))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(value: &'static str) -> Vec<Encoding> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
        Accepted::from_headers(&headers).by_preference().collect()
    }

    #[test]
    fn brotli_is_preferred_wherever_it_stands() {
        let both = [Encoding::Brotli, Encoding::Gzip];
        assert_eq!(accepted("gzip, deflate, br;q=0.5, zstd"), both);
    }

    #[test]
    fn a_weight_of_zero_refuses() {
        assert_eq!(accepted("br;q=0, gzip; q=0.000"), []);
        assert_eq!(accepted("identity"), []);
    }
}
