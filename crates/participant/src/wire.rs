//! Frames of the signalling connection, as the client sees them.

use livekit_protocol::{
    AddTrackRequest, MuteTrackRequest, Ping, SessionDescription, SignalRequest, SignalResponse,
    TrackSource, TrackType, VideoLayer, VideoQuality, signal_request::Message as Asked,
    signal_response::Message as Told,
};
use prost::Message as _;

use crate::io::{Kind, Layer, Publish};

/// LiveKit's names for the layers of simulcast, from low to high.
pub(crate) const RIDS: [&str; 3] = ["q", "h", "f"];

pub(crate) fn write(message: Asked) -> Vec<u8> {
    SignalRequest {
        message: Some(message),
    }
    .encode_to_vec()
}

/// `None` for what cannot be read, and for messages newer than this client.
pub(crate) fn read(frame: &[u8]) -> Option<Told> {
    SignalResponse::decode(frame).ok()?.message
}

/// Both kinds of ping, as the SDKs send them.
pub(crate) fn pings(milliseconds: i64) -> [Asked; 2] {
    let ping = Ping {
        timestamp: milliseconds,
        rtt: 0,
    };
    [Asked::Ping(milliseconds), Asked::PingReq(ping)]
}

pub(crate) fn description(is_offer: bool, id: u32, sdp: String) -> SessionDescription {
    SessionDescription {
        r#type: if is_offer { "offer" } else { "answer" }.to_owned(),
        sdp,
        id,
        ..SessionDescription::default()
    }
}

/// The candidate in a browser's `RTCIceCandidateInit`.
pub(crate) fn candidate(init: &str) -> Option<String> {
    let init: serde_json::Value = serde_json::from_str(init).ok()?;
    let candidate = init.get("candidate")?.as_str()?;
    (!candidate.is_empty()).then(|| candidate.to_owned())
}

pub(crate) fn mute(sid: String, muted: bool) -> Asked {
    Asked::Mute(MuteTrackRequest { sid, muted })
}

pub(crate) fn kind_of(source: TrackSource) -> Kind {
    match source {
        TrackSource::Microphone | TrackSource::ScreenShareAudio => Kind::Audio,
        TrackSource::Camera | TrackSource::ScreenShare | TrackSource::Unknown => Kind::Video,
    }
}

pub(crate) fn add_track(publish: &Publish, cid: &str, muted: bool) -> AddTrackRequest {
    let top = publish.layers.last().copied().unwrap_or_default();
    let is_video = kind_of(publish.source) == Kind::Video;
    let kind = if is_video {
        TrackType::Video
    } else {
        TrackType::Audio
    };
    let layers = publish.layers.iter().zip(RIDS).zip([
        VideoQuality::Low,
        VideoQuality::Medium,
        VideoQuality::High,
    ]);
    let layers = layers.map(|((layer, rid), quality)| video_layer(*layer, rid, quality));
    AddTrackRequest {
        cid: cid.to_owned(),
        r#type: kind.into(),
        source: publish.source.into(),
        width: top.width,
        height: top.height,
        muted,
        layers: if is_video {
            layers.collect()
        } else {
            Vec::new()
        },
        ..AddTrackRequest::default()
    }
}

fn video_layer(layer: Layer, rid: &str, quality: VideoQuality) -> VideoLayer {
    VideoLayer {
        quality: quality.into(),
        width: layer.width,
        height: layer.height,
        bitrate: layer.bitrate_bps,
        rid: rid.to_owned(),
        ..VideoLayer::default()
    }
}
