//! Reads a client's request to connect, before anything is kept of it.
//!
//! The newer route carries everything in one query parameter, `join_request`: base64url of a
//! protobuf that wraps, usually gzipped, the request itself; the older one has a query parameter
//! for each thing. Both become a `JoinRequest`. The token is checked first, so that only holders
//! of one make us unpack anything.

use std::{collections::HashMap, io::Read, time::Duration};

use base64::{
    Engine as _,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use livekit_protocol::{
    AddTrackRequest, ClientInfo, ConnectionSettings, JoinRequest, SessionDescription,
    WrappedJoinRequest, client_info, wrapped_join_request::Compression,
};
use livekit_token::Claims;
use prost::Message as _;

use crate::{
    path_mode::PathMode,
    token::{Keys, Pass},
};

/// An offer for a hundred sections is a quarter of this.
const JOIN_REQUEST_LENGTH_MAX: u64 = 1 << 20;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The protocol's two routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// `/rtc`: two peer connections.
    V0,
    /// `/rtc/v1`: one peer connection.
    V1,
}

/// How many peer connections a client has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// One, on which it offers.
    Single,
    /// One to publish, on which it offers, and one to receive, on which we do.
    Dual,
}

/// A client that may come in.
#[derive(Debug, Clone)]
pub struct Admission {
    pub(crate) claims: Claims,
    pub(crate) path_mode: PathMode,
    pub(crate) mode: Mode,
    pub(crate) client: ClientInfo,
    pub(crate) auto_subscribe: bool,
    pub(crate) offer: Option<SessionDescription>,
    pub(crate) add_tracks: Vec<AddTrackRequest>,
    /// The stay that the client wants to go on with.
    pub(crate) resume: Option<Resume>,
}

/// A client that lost only its signalling connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resume {
    /// The participant's sid.
    pub sid: String,
}

/// Why a client may not come in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{status}: {message}")]
pub struct Rejection {
    /// The HTTP status.
    pub status: u16,
    /// One plain sentence.
    pub message: String,
}

impl Rejection {
    pub(crate) fn new(status: u16, message: &str) -> Self {
        Self {
            status,
            message: message.to_owned(),
        }
    }
}

impl Keys {
    /// Checks the token and reads the request. `bearer` is the `Authorization` header's token,
    /// which native clients send; browsers send it in the query.
    pub fn admit(
        &self,
        route: Route,
        query: &str,
        bearer: Option<&str>,
        now: Duration,
    ) -> Result<Admission, Rejection> {
        let parameters = Parameters::parse(query);
        let token = bearer
            .or(parameters.access_token.as_deref())
            .ok_or_else(|| Rejection::new(401, "a token is needed"))?;
        let pass = self.verify(token, now)?;
        match (route, &parameters.join_request) {
            (_, Some(wrapped)) => {
                let request = unwrap(wrapped)
                    .ok_or_else(|| Rejection::new(400, "join_request cannot be read"))?;
                Admission::new(pass, Mode::Single, request)
            }
            (Route::V0, None) => Admission::new(pass, Mode::Dual, parameters.request()?),
            (Route::V1, None) => Err(Rejection::new(400, "join_request is missing")),
        }
    }
}

impl Admission {
    /// The room's name.
    pub fn room(&self) -> &str {
        &self.claims.video.room
    }

    pub(crate) fn new(pass: Pass, mode: Mode, request: JoinRequest) -> Result<Self, Rejection> {
        let Pass { claims, path_mode } = pass;
        let changes_itself =
            !request.metadata.is_empty() || !request.participant_attributes.is_empty();
        if changes_itself && !claims.video.can_update_own_metadata() {
            return Err(Rejection::new(401, "the token does not allow own metadata"));
        }
        let claims = Claims {
            metadata: or_else(request.metadata, claims.metadata),
            attributes: claims
                .attributes
                .into_iter()
                .chain(request.participant_attributes)
                .collect(),
            ..claims
        };
        Ok(Self {
            claims,
            path_mode,
            mode,
            client: request.client_info.unwrap_or_default(),
            auto_subscribe: request
                .connection_settings
                .is_none_or(|settings| settings.auto_subscribe),
            offer: request.publisher_offer,
            add_tracks: request.add_track_requests,
            resume: request.reconnect.then_some(Resume {
                sid: request.participant_sid,
            }),
        })
    }
}

/// What stands in the query.
#[derive(Default)]
struct Parameters {
    access_token: Option<String>,
    join_request: Option<String>,
    others: HashMap<String, String>,
}

impl Parameters {
    fn parse(query: &str) -> Self {
        let mut parameters = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = value.into_owned();
            match &*name {
                "access_token" => parameters.access_token = Some(value),
                "join_request" => parameters.join_request = Some(value),
                _ => {
                    parameters.others.insert(name.into_owned(), value);
                }
            }
        }
        parameters
    }

    /// The older route's parameters, as the newer one would say it.
    fn request(mut self) -> Result<JoinRequest, Rejection> {
        let attributes = match self.others.get("attributes").map(String::as_str) {
            None | Some("") => HashMap::new(),
            Some(text) => {
                attributes(text).ok_or_else(|| Rejection::new(400, "attributes cannot be read"))?
            }
        };
        let flag = |name: &str, default: bool| {
            let value = self.others.get(name).map(String::as_str);
            value.map_or(default, |value| matches!(value, "1" | "true"))
        };
        let number = |name: &str| {
            let value = self.others.get(name);
            value.and_then(|value| value.parse().ok()).unwrap_or(0)
        };
        let capabilities = self.others.get("capabilities").into_iter();
        let settings = ConnectionSettings {
            auto_subscribe: flag("auto_subscribe", true),
            adaptive_stream: flag("adaptive_stream", false),
            ..ConnectionSettings::default()
        };
        let mut request = JoinRequest {
            reconnect: flag("reconnect", false),
            client_info: Some(ClientInfo {
                protocol: number("protocol"),
                client_protocol: number("client_protocol"),
                capabilities: capabilities
                    .flat_map(|list| list.split(','))
                    .filter_map(|name| capability(name.trim()))
                    .collect(),
                ..ClientInfo::default()
            }),
            connection_settings: Some(settings),
            participant_attributes: attributes,
            ..JoinRequest::default()
        };
        request.participant_sid = self.others.remove("sid").unwrap_or_default();
        Ok(request)
    }
}

/// By number or by name: clients differ.
fn capability(text: &str) -> Option<i32> {
    let named = || client_info::Capability::from_str_name(text).map(i32::from);
    text.parse().ok().or_else(named)
}

/// base64url of a JSON object.
fn attributes(text: &str) -> Option<HashMap<String, String>> {
    serde_json::from_slice(&BASE64.decode(text).ok()?).ok()
}

fn unwrap(text: &str) -> Option<JoinRequest> {
    let wrapped = WrappedJoinRequest::decode(&*BASE64.decode(text).ok()?).ok()?;
    let bytes = match Compression::try_from(wrapped.compression).ok()? {
        Compression::None => wrapped.join_request,
        Compression::Gzip => gunzip(&wrapped.join_request)?,
    };
    JoinRequest::decode(&*bytes).ok()
}

fn gunzip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut unpacked = Vec::new();
    let limited = flate2::read::GzDecoder::new(bytes).take(JOIN_REQUEST_LENGTH_MAX + 1);
    { limited }.read_to_end(&mut unpacked).ok()?;
    (unpacked.len() as u64 <= JOIN_REQUEST_LENGTH_MAX).then_some(unpacked)
}

fn or_else(first: String, second: String) -> String {
    if first.is_empty() { second } else { first }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write;

    use flate2::{Compression as Level, write::GzEncoder};

    use super::*;
    use crate::token::tests::{grant, keys};

    const NOW: Duration = Duration::from_secs(1_700_000_000);
    const HOUR: Duration = Duration::from_secs(3600);

    fn query(compression: Compression, bytes: Vec<u8>) -> String {
        let wrapped = WrappedJoinRequest {
            compression: compression.into(),
            join_request: bytes,
        };
        let token = keys().mint(&grant(), NOW, HOUR);
        format!(
            "access_token={token}&join_request={}",
            BASE64.encode(wrapped.encode_to_vec())
        )
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Level::fast());
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory")
    }

    fn admit(query: &str) -> Result<Admission, Rejection> {
        keys().admit(Route::V1, query, None, NOW)
    }

    #[test]
    fn a_packed_request_is_read() {
        let request = JoinRequest {
            participant_sid: "PA_1".into(),
            reconnect: true,
            ..JoinRequest::default()
        };
        let packed = query(Compression::Gzip, gzip(&request.encode_to_vec()));
        let admission = admit(&packed).expect("admitted");
        assert_eq!(admission.resume, Some(Resume { sid: "PA_1".into() }));
        assert_eq!(admission.room(), "room");
        assert!(admission.auto_subscribe);
    }

    #[test]
    fn the_header_carries_the_token_as_well() {
        let all = query(Compression::None, Vec::new());
        let (_, join_request) = all.split_once('&').expect("two parameters");
        let token = keys().mint(&grant(), NOW, HOUR);
        assert!(
            keys()
                .admit(Route::V1, join_request, Some(&token), NOW)
                .is_ok()
        );
        let refused = keys().admit(Route::V1, join_request, None, NOW);
        assert_eq!(refused.map_err(|no| no.status).err(), Some(401));
    }

    #[test]
    fn rubbish_and_bombs_are_refused() {
        let bomb = gzip(&vec![
            0;
            usize::try_from(JOIN_REQUEST_LENGTH_MAX).expect("fits")
                + 1
        ]);
        let token = keys().mint(&grant(), NOW, HOUR);
        let queries = [
            query(Compression::Gzip, b"not gzip".to_vec()),
            query(Compression::Gzip, bomb),
            query(Compression::None, vec![0xff; 40]),
            format!("access_token={token}"),
            format!("access_token={token}&join_request=%%%"),
        ];
        for query in queries {
            assert_eq!(admit(&query).map_err(|no| no.status).err(), Some(400));
        }
    }

    #[test]
    fn changing_oneself_needs_the_right_to() {
        let request = JoinRequest {
            metadata: "mine".into(),
            ..JoinRequest::default()
        };
        let refused = admit(&query(Compression::None, request.encode_to_vec()));
        assert_eq!(refused.map_err(|no| no.status).err(), Some(401));
    }

    fn admit_older(others: &str) -> Result<Admission, Rejection> {
        let token = keys().mint(&grant(), NOW, HOUR);
        let query = format!("access_token={token}{others}");
        keys().admit(Route::V0, &query, None, NOW)
    }

    #[test]
    fn the_older_route_means_two_connections() {
        let plain = admit_older("").expect("admitted");
        assert_eq!(plain.mode, Mode::Dual);
        assert!(plain.auto_subscribe, "that is the default");
        let told = admit_older("&auto_subscribe=0&protocol=16&reconnect=1&sid=PA_1");
        let told = told.expect("admitted");
        assert!(!told.auto_subscribe);
        assert_eq!(told.client.protocol, 16);
        assert_eq!(told.resume, Some(Resume { sid: "PA_1".into() }));
    }

    #[test]
    fn a_join_request_means_one_connection_on_either_route() {
        let query = query(Compression::None, Vec::new());
        for route in [Route::V0, Route::V1] {
            let admitted = keys().admit(route, &query, None, NOW).expect("admitted");
            assert_eq!(admitted.mode, Mode::Single);
        }
    }

    #[test]
    fn attributes_on_the_older_route_are_checked_like_on_the_newer() {
        let own = BASE64.encode(br#"{"a":"b"}"#);
        let refused = admit_older(&format!("&attributes={own}"));
        assert_eq!(refused.map_err(|no| no.status).err(), Some(401));
        let broken = admit_older("&attributes=%%%");
        assert_eq!(broken.map_err(|no| no.status).err(), Some(400));
    }
}
