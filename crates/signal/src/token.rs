//! Access tokens: JSON web tokens signed with HMAC-SHA-256 (RFC 7515), as LiveKit uses them.
//!
//! Time comes in as a parameter, which is why signing is done here and not by a JWT library that
//! reads the clock itself.

use std::{fmt, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use hmac::{Hmac, Mac};
use livekit_token::{Claims, VideoGrants};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::{admission::Rejection, path_mode::PathMode};

/// RFC 7519 §4.1.4 allows a little for clocks that differ.
const LEEWAY_S: u64 = 60;
/// A token with metadata and attributes stays far below this.
const TOKEN_LENGTH_MAX: usize = 32 * 1024;
/// LiveKit's limit for names and identities.
const NAME_LENGTH_MAX: usize = 256;

/// The pair that signs and checks tokens.
#[derive(Clone)]
pub struct Keys {
    /// The public half, the token's issuer.
    pub api_key: String,
    /// The secret half.
    pub api_secret: String,
}

/// What a token allows, and for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The room.
    pub room: String,
    /// The participant.
    pub identity: String,
    /// The name that others see.
    pub name: String,
    /// May publish tracks.
    pub can_publish: bool,
    /// May send data.
    pub can_publish_data: bool,
    /// Which ways its media may take.
    pub path_mode: PathMode,
}

/// What stands in a token: LiveKit's claims and our own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pass {
    #[serde(flatten)]
    pub(crate) claims: Claims,
    #[serde(
        rename = "helpsight.path_mode",
        default,
        skip_serializing_if = "PathMode::is_automatic"
    )]
    pub(crate) path_mode: PathMode,
}

impl Keys {
    /// Signs a token that is good from `now` (since the Unix epoch) for `lifetime`.
    pub fn mint(&self, grant: &Grant, now: Duration, lifetime: Duration) -> String {
        let claims = Claims {
            sub: grant.identity.clone(),
            name: grant.name.clone(),
            video: VideoGrants {
                room_join: true,
                room: grant.room.clone(),
                can_publish: Some(grant.can_publish),
                can_subscribe: Some(true),
                can_publish_data: Some(grant.can_publish_data),
                ..VideoGrants::default()
            },
            ..Claims::default()
        };
        let pass = Pass {
            claims,
            path_mode: grant.path_mode,
        };
        self.sign(pass, now, lifetime)
    }

    /// Signs the same claims again for a further `lifetime`.
    pub(crate) fn sign(&self, mut pass: Pass, now: Duration, lifetime: Duration) -> String {
        let claims = &mut pass.claims;
        claims.iss.clone_from(&self.api_key);
        claims.nbf = usize::try_from(now.as_secs()).unwrap_or(usize::MAX);
        claims.exp = usize::try_from((now + lifetime).as_secs()).unwrap_or(usize::MAX);
        let payload = serde_json::to_string(&pass).expect("claims are plain data");
        self.sign_raw(r#"{"alg":"HS256","typ":"JWT"}"#, &payload)
    }

    /// Whether a token that says this would be taken back from whoever holds it.
    pub(crate) fn fit(&self, pass: Pass) -> bool {
        let is_short = are_names_short(&pass.claims);
        is_short && self.sign(pass, Duration::ZERO, Duration::MAX).len() <= TOKEN_LENGTH_MAX
    }

    /// Signs whatever it is.
    pub(crate) fn sign_raw(&self, header: &str, payload: &str) -> String {
        let signed = format!("{}.{}", BASE64.encode(header), BASE64.encode(payload));
        let signature = self.mac(&signed).finalize().into_bytes();
        format!("{signed}.{}", BASE64.encode(signature))
    }

    /// Checks signature, issuer, time and that the token joins a room as somebody.
    pub(crate) fn verify(&self, token: &str, now: Duration) -> Result<Pass, Rejection> {
        let invalid = || Rejection::new(401, "invalid token");
        if token.len() > TOKEN_LENGTH_MAX {
            return Err(invalid());
        }
        let (signed, signature) = token.rsplit_once('.').ok_or_else(invalid)?;
        let (header, payload) = signed.split_once('.').ok_or_else(invalid)?;
        let signature = BASE64.decode(signature).map_err(|_| invalid())?;
        // Constant time, and before anything in the token is believed.
        self.mac(signed)
            .verify_slice(&signature)
            .map_err(|_| invalid())?;

        let header: Header = decode(header).ok_or_else(invalid)?;
        let pass: Pass = decode(payload).ok_or_else(invalid)?;
        let claims = &pass.claims;
        if header.alg != "HS256" || claims.iss != self.api_key {
            return Err(invalid());
        }
        let now = now.as_secs();
        if now > (claims.exp as u64).saturating_add(LEEWAY_S) {
            return Err(Rejection::new(401, "the token has expired"));
        }
        if now.saturating_add(LEEWAY_S) < claims.nbf as u64 {
            return Err(Rejection::new(401, "the token is not valid yet"));
        }
        if !claims.video.room_join || claims.video.room.is_empty() {
            return Err(Rejection::new(
                401,
                "the token does not allow joining a room",
            ));
        }
        if claims.sub.is_empty() {
            return Err(Rejection::new(400, "the token names no identity"));
        }
        if !are_names_short(claims) {
            return Err(Rejection::new(400, "a name in the token is too long"));
        }
        Ok(pass)
    }

    fn mac(&self, signed: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.api_secret.as_bytes())
            .expect("HMAC takes keys of any length");
        mac.update(signed.as_bytes());
        mac
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("api_key", &self.api_key)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
}

fn are_names_short(claims: &Claims) -> bool {
    let names = [&claims.sub, &claims.name, &claims.video.room];
    names.iter().all(|name| name.len() <= NAME_LENGTH_MAX)
}

fn decode<T: serde::de::DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&BASE64.decode(part).ok()?).ok()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_700_000_000);
    const HOUR: Duration = Duration::from_secs(3600);

    pub(crate) fn keys() -> Keys {
        Keys {
            api_key: "key".into(),
            api_secret: "a secret of some length".into(),
        }
    }

    pub(crate) fn grant() -> Grant {
        Grant {
            room: "room".into(),
            identity: "ida".into(),
            name: "Ida".into(),
            can_publish: true,
            can_publish_data: true,
            path_mode: PathMode::Automatic,
        }
    }

    #[test]
    fn a_minted_token_is_good_until_it_expires() {
        let token = keys().mint(&grant(), NOW, HOUR);
        let pass = keys().verify(&token, NOW + HOUR).expect("still good");
        let claims = &pass.claims;
        assert_eq!(
            (claims.sub.as_str(), claims.video.room.as_str()),
            ("ida", "room")
        );
        let late = NOW + HOUR + Duration::from_secs(LEEWAY_S + 1);
        assert_eq!(
            keys().verify(&token, late).map_err(|no| no.status),
            Err(401)
        );
        let early = NOW - Duration::from_secs(LEEWAY_S + 1);
        assert_eq!(
            keys().verify(&token, early).map_err(|no| no.status),
            Err(401)
        );
    }

    #[test]
    fn the_ways_of_media_stand_in_the_token_and_in_those_made_from_it() {
        let grant = Grant {
            path_mode: PathMode::Tcp443,
            ..grant()
        };
        let token = keys().mint(&grant, NOW, HOUR);
        let pass = keys().verify(&token, NOW).expect("good");
        assert_eq!(pass.path_mode, PathMode::Tcp443);
        let refreshed = keys().sign(pass, NOW, HOUR);
        let pass = keys().verify(&refreshed, NOW).expect("good");
        assert_eq!(pass.path_mode, PathMode::Tcp443);
    }

    #[test]
    fn the_published_verifier_accepts_our_tokens() {
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .expect("after 1970");
        let token = keys().mint(&grant(), now, HOUR);
        let theirs = livekit_token::TokenVerifier::with_api_key("key", "a secret of some length");
        assert_eq!(theirs.verify(&token).expect("accepted").name, "Ida");
    }

    #[test]
    fn a_token_changed_in_any_byte_is_refused() {
        let token = keys().mint(&grant(), NOW, HOUR);
        for position in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(bytes).expect("ASCII");
            if forged != token {
                let refused = keys().verify(&forged, NOW);
                assert!(refused.is_err(), "byte {position} may be changed");
            }
        }
    }

    #[test]
    fn other_algorithms_and_issuers_are_refused() {
        let payload = BASE64.encode(br#"{"exp":9999999999,"nbf":0,"iss":"key","sub":"x"}"#);
        let unsigned = format!("{}.{payload}.", BASE64.encode(br#"{"alg":"none"}"#));
        assert!(keys().verify(&unsigned, NOW).is_err());
        let other = Keys {
            api_key: "other".into(),
            ..keys()
        };
        assert!(
            keys()
                .verify(&other.mint(&grant(), NOW, HOUR), NOW)
                .is_err()
        );
    }

    #[test]
    fn a_token_without_a_room_or_an_identity_joins_nothing() {
        let roomless = keys().mint(
            &Grant {
                room: String::new(),
                ..grant()
            },
            NOW,
            HOUR,
        );
        assert_eq!(
            keys().verify(&roomless, NOW).map_err(|no| no.status),
            Err(401)
        );
        let nobody = keys().mint(
            &Grant {
                identity: String::new(),
                ..grant()
            },
            NOW,
            HOUR,
        );
        assert_eq!(
            keys().verify(&nobody, NOW).map_err(|no| no.status),
            Err(400)
        );
    }
}
