//! The server's side of the protocol: constants and the messages made from them.

use std::collections::HashMap;

use livekit_protocol::{
    AddTrackRequest, AudioTrackFeature, ClientConfigSetting, ClientConfiguration, Codec,
    DisconnectReason, LeaveRequest, ParticipantPermission, RequestResponse, ServerInfo,
    SimulcastCodecInfo, TrackInfo, TrackSource, TrackType, leave_request, request_response,
    server_info, signal_response::Message,
};
use livekit_token::{Claims, VideoGrants};
use sfu::{Kind, Purpose, Sound};

use crate::io::{Permission, Source};

use crate::path_mode::PathMode;

/// The release whose behaviour clients can expect; they switch features by it.
pub(crate) const SERVER_VERSION: &str = "1.13.5";
/// 18 would mean data channels with fixed numbers.
pub(crate) const PROTOCOL: i32 = 17;
/// How often clients say that they are there.
pub(crate) const PING_INTERVAL_S: i32 = 5;
/// After how long without an answer they give the connection up.
pub(crate) const PING_TIMEOUT_S: i32 = 15;

pub(crate) fn server_info(node: &str) -> ServerInfo {
    ServerInfo {
        edition: server_info::Edition::Standard.into(),
        version: SERVER_VERSION.into(),
        protocol: PROTOCOL,
        node_id: node.into(),
        ..ServerInfo::default()
    }
}

/// What we forward. An empty list would make clients wait for an answer before they offer.
pub(crate) fn codecs(forwards_svc: bool) -> Vec<Codec> {
    let svc: &[&str] = if forwards_svc {
        &["video/VP9", "video/AV1"]
    } else {
        &[]
    };
    let video = ["video/VP8", "video/H264"];
    video
        .iter()
        .chain(svc)
        .chain(&["audio/opus", "audio/red"])
        .map(|mime| Codec {
            mime: (*mime).into(),
            ..Codec::default()
        })
        .collect()
}

/// Clients that may only go through the relay are told so: they then try nothing else.
pub(crate) fn client_configuration(mode: PathMode) -> Option<ClientConfiguration> {
    (mode == PathMode::Relay).then(|| ClientConfiguration {
        resume_connection: ClientConfigSetting::Enabled.into(),
        force_relay: ClientConfigSetting::Enabled.into(),
        ..ClientConfiguration::default()
    })
}

pub(crate) fn leave(reason: DisconnectReason, action: leave_request::Action) -> Message {
    Message::Leave(LeaveRequest {
        // For clients that do not know actions yet.
        can_reconnect: action != leave_request::Action::Disconnect,
        reason: reason.into(),
        action: action.into(),
        regions: None,
    })
}

pub(crate) fn permission(claims: &Claims) -> ParticipantPermission {
    let grants = &claims.video;
    #[expect(deprecated, reason = "older clients read the flags")]
    ParticipantPermission {
        can_subscribe: grants.can_subscribe(),
        can_publish: grants.can_publish(),
        can_publish_data: grants.can_publish_data(),
        can_publish_sources: grants
            .can_publish_sources
            .iter()
            .filter_map(|name| source(name))
            .collect(),
        hidden: grants.hidden,
        recorder: grants.recorder,
        can_update_metadata: grants.can_update_own_metadata(),
        agent: grants.agent,
        ..ParticipantPermission::default()
    }
}

/// Writes a permission into what the next token says.
pub(crate) fn grant(grants: &mut VideoGrants, permission: &Permission) {
    grants.can_subscribe = Some(permission.can_subscribe);
    grants.can_publish = Some(permission.can_publish);
    grants.can_publish_data = Some(permission.can_publish_data);
    grants.can_update_own_metadata = Some(permission.can_update_own_metadata);
    let sources = permission.can_publish_sources.iter();
    grants.can_publish_sources = sources
        .flat_map(|source| names(*source))
        .map(|name| (*name).to_owned())
        .collect();
}

/// Whether a participant may publish from a source.
pub(crate) fn may_publish(permission: &ParticipantPermission, source: i32) -> bool {
    let sources = &permission.can_publish_sources;
    permission.can_publish && (sources.is_empty() || sources.contains(&source))
}

pub(crate) fn kind_of(track_type: i32) -> Option<Kind> {
    match TrackType::try_from(track_type) {
        Ok(TrackType::Audio) => Some(Kind::Audio),
        Ok(TrackType::Video) => Some(Kind::Video),
        Ok(TrackType::Data) | Err(_) => None,
    }
}

/// What decides how a track is treated when a link is narrow.
pub(crate) fn purpose(kind: Kind, source: i32) -> Purpose {
    match (kind, TrackSource::try_from(source)) {
        (Kind::Audio, _) => Purpose::Sound,
        (Kind::Video, Ok(TrackSource::ScreenShare)) => Purpose::Screen,
        (Kind::Video, _) => Purpose::Camera,
    }
}

/// How sound is to be sent: newer clients say it by features, older ones by flags.
pub(crate) fn sound(request: &AddTrackRequest) -> Sound {
    let has = |feature: AudioTrackFeature| request.audio_features.contains(&feature.into());
    #[expect(deprecated, reason = "older clients write the flags")]
    let (is_whole, is_stereo) = (request.disable_dtx, request.stereo);
    Sound {
        may_pause: !(is_whole || has(AudioTrackFeature::TfNoDtx)),
        is_stereo: is_stereo || has(AudioTrackFeature::TfStereo),
    }
}

/// The prefix tells people who read logs what a track is.
pub(crate) fn track_prefix(kind: Kind, source: i32) -> &'static str {
    match (kind, TrackSource::try_from(source)) {
        (Kind::Video, Ok(TrackSource::ScreenShare)) => "TR_VS",
        (Kind::Video, _) => "TR_VC",
        (Kind::Audio, Ok(TrackSource::ScreenShareAudio)) => "TR_AS",
        (Kind::Audio, _) => "TR_AM",
    }
}

pub(crate) fn track_info(
    sid: String,
    kind: Kind,
    request: &AddTrackRequest,
    forwards_svc: bool,
) -> TrackInfo {
    let wanted = request.simulcast_codecs.first();
    let wanted = wanted.map(|codec| codec.codec.to_lowercase());
    let mime_type = match (kind, wanted.as_deref()) {
        (Kind::Audio, _) => "audio/opus",
        (Kind::Video, Some("h264")) => "video/H264",
        (Kind::Video, Some("vp9")) if forwards_svc => "video/VP9",
        (Kind::Video, Some("av1")) if forwards_svc => "video/AV1",
        // What we do not forward becomes what everybody can.
        (Kind::Video, _) => "video/VP8",
    };
    let codec = SimulcastCodecInfo {
        mime_type: mime_type.into(),
        cid: request.cid.clone(),
        layers: request.layers.clone(),
        ..SimulcastCodecInfo::default()
    };
    #[expect(deprecated, reason = "older clients read the flat fields")]
    TrackInfo {
        sid,
        r#type: request.r#type,
        name: request.name.clone(),
        muted: request.muted,
        width: request.width,
        height: request.height,
        simulcast: request.layers.len() > 1,
        disable_dtx: request.disable_dtx,
        source: request.source,
        layers: request.layers.clone(),
        mime_type: mime_type.into(),
        codecs: vec![codec],
        stereo: request.stereo,
        disable_red: request.disable_red,
        encryption: request.encryption,
        stream: request.stream.clone(),
        audio_features: request.audio_features.clone(),
        backup_codec_policy: request.backup_codec_policy,
        ..TrackInfo::default()
    }
}

/// The ids that a client may use for a track in its SDP.
pub(crate) fn client_ids(request: &AddTrackRequest) -> Vec<String> {
    let codecs = request.simulcast_codecs.iter().map(|codec| &codec.cid);
    std::iter::once(&request.cid)
        .chain(codecs)
        .filter(|cid| !cid.is_empty())
        .cloned()
        .collect()
}

pub(crate) fn refusal(
    reason: request_response::Reason,
    message: &str,
    request: request_response::Request,
) -> Message {
    Message::RequestResponse(RequestResponse {
        reason: reason.into(),
        message: message.into(),
        request: Some(request),
        ..RequestResponse::default()
    })
}

/// Sets what is named; an empty value deletes.
pub(crate) fn update_attributes(
    attributes: &mut HashMap<String, String>,
    changes: HashMap<String, String>,
) {
    for (name, value) in changes {
        if value.is_empty() {
            attributes.remove(&name);
        } else {
            attributes.insert(name, value);
        }
    }
}

/// How tokens call a source.
fn names(source: Source) -> &'static [&'static str] {
    match source {
        Source::Microphone => &["microphone"],
        Source::Camera => &["camera"],
        Source::Screen => &["screen_share", "screen_share_audio"],
    }
}

fn source(name: &str) -> Option<i32> {
    let source = match name {
        "camera" => TrackSource::Camera,
        "microphone" => TrackSource::Microphone,
        "screen_share" => TrackSource::ScreenShare,
        "screen_share_audio" => TrackSource::ScreenShareAudio,
        _ => return None,
    };
    Some(source.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_is_announced_by_flags_or_by_features() {
        let voice = sound(&AddTrackRequest::default());
        assert!(voice.may_pause && !voice.is_stereo);
        #[expect(deprecated, reason = "older clients write the flags")]
        let by_flags = AddTrackRequest {
            disable_dtx: true,
            stereo: true,
            ..AddTrackRequest::default()
        };
        let features = [AudioTrackFeature::TfNoDtx, AudioTrackFeature::TfStereo];
        let by_features = AddTrackRequest {
            audio_features: features.map(i32::from).to_vec(),
            ..AddTrackRequest::default()
        };
        for music in [by_flags, by_features] {
            let music = sound(&music);
            assert!(!music.may_pause && music.is_stereo);
        }
    }
}
