//! The address that a signalling connection is opened at.
//!
//! The newer route carries a whole request in one query parameter: base64url of a protobuf that
//! wraps the gzipped request. The older one has a parameter for each thing and no offer.

use std::io::Write as _;

use base64::{Engine as _, engine::general_purpose::URL_SAFE};
use flate2::{Compression as Level, write::GzEncoder};
use livekit_protocol::{
    AddTrackRequest, ClientInfo, ConnectionSettings, JoinRequest, SessionDescription,
    WrappedJoinRequest, client_info::Sdk, wrapped_join_request::Compression,
};
use prost::Message as _;

/// 18 would mean data channels with fixed numbers.
const PROTOCOL_SINGLE: i32 = 17;
/// What the SDKs with two connections speak.
const PROTOCOL_DUAL: i32 = 16;
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What a client has to say when it connects.
#[derive(Debug, Default)]
pub(crate) struct Opening {
    pub(crate) is_auto_subscribing: bool,
    /// The stay to go on with.
    pub(crate) resumed_sid: Option<String>,
    pub(crate) offer: Option<SessionDescription>,
    pub(crate) tracks: Vec<AddTrackRequest>,
}

impl Opening {
    /// `/rtc/v1` with everything in `join_request`.
    pub(crate) fn single(self) -> String {
        let request = JoinRequest {
            client_info: Some(ClientInfo {
                sdk: Sdk::Rust.into(),
                version: VERSION.to_owned(),
                protocol: PROTOCOL_SINGLE,
                ..ClientInfo::default()
            }),
            connection_settings: Some(ConnectionSettings {
                auto_subscribe: self.is_auto_subscribing,
                ..ConnectionSettings::default()
            }),
            reconnect: self.resumed_sid.is_some(),
            participant_sid: self.resumed_sid.unwrap_or_default(),
            publisher_offer: self.offer,
            add_track_requests: self.tracks,
            ..JoinRequest::default()
        };
        let wrapped = WrappedJoinRequest {
            compression: Compression::Gzip.into(),
            join_request: gzip(&request.encode_to_vec()),
        };
        let text = URL_SAFE.encode(wrapped.encode_to_vec());
        // The padding is the only character of it that a query must escape.
        format!("/rtc/v1?join_request={}", text.replace('=', "%3D"))
    }

    /// `/rtc` with a parameter for each thing.
    pub(crate) fn dual(self) -> String {
        let auto_subscribe = u8::from(self.is_auto_subscribing);
        let resume = self
            .resumed_sid
            .map(|sid| format!("&reconnect=1&sid={sid}"))
            .unwrap_or_default();
        format!(
            "/rtc?sdk=rust&version={VERSION}&protocol={PROTOCOL_DUAL}&auto_subscribe={auto_subscribe}{resume}"
        )
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Level::fast());
    encoder
        .write_all(bytes)
        .and_then(|()| encoder.finish())
        .expect("memory takes everything")
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn read(target: &str) -> JoinRequest {
        let text = target.split_once('=').expect("a parameter").1;
        let bytes = URL_SAFE.decode(text.replace("%3D", "=")).expect("base64");
        let wrapped = WrappedJoinRequest::decode(&*bytes).expect("a protobuf");
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(&*wrapped.join_request)
            .read_to_end(&mut unpacked)
            .expect("gzip");
        JoinRequest::decode(&*unpacked).expect("a protobuf")
    }

    #[test]
    fn the_newer_route_carries_the_offer_and_the_stay() {
        let opening = Opening {
            is_auto_subscribing: true,
            resumed_sid: Some("PA_1".into()),
            offer: Some(SessionDescription {
                sdp: "v=0".into(),
                ..SessionDescription::default()
            }),
            tracks: Vec::new(),
        };
        let target = opening.single();
        assert!(target.starts_with("/rtc/v1?join_request="));
        let request = read(&target);
        assert!(request.reconnect);
        assert_eq!(request.participant_sid, "PA_1");
        assert_eq!(
            request.publisher_offer.map(|offer| offer.sdp),
            Some("v=0".into())
        );
    }

    #[test]
    fn the_older_route_says_it_in_parameters() {
        let joining = Opening {
            is_auto_subscribing: true,
            ..Opening::default()
        };
        let target = joining.dual();
        assert!(target.starts_with("/rtc?") && target.contains("&auto_subscribe=1"));
        assert!(!target.contains("reconnect"));
        let resuming = Opening {
            resumed_sid: Some("PA_1".into()),
            ..Opening::default()
        };
        let target = resuming.dual();
        assert!(target.contains("&auto_subscribe=0&reconnect=1&sid=PA_1"));
    }
}
