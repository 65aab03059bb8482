//! What publishers send: the recorded clip at the scenario's bitrate, with the time in every packet.
//!
//! The server forwards payloads as they are, so that the last bytes of each carry the moment at
//! which it was handed to the transport. Whoever receives it in this process reads the latency
//! there. The picture is made larger by zeros after each frame: sizes keep their rhythm, key frames
//! stay large, and nobody decodes it here.

use std::{sync::Arc, time::Instant};

use participant::{
    Clip, ClipError, Layer, Packet, Player, Publish, Request, TrackKey, TrackSource,
};

/// Nanoseconds.
const STAMP_LENGTH: usize = 8;
const IVF_HEADER_LENGTH: usize = 32;
const FRAME_HEADER_LENGTH: usize = 12;

/// The picture.
pub const VIDEO: TrackKey = TrackKey(1);
/// The sound.
pub const AUDIO: TrackKey = TrackKey(2);

/// Reads the recorded clip at another bitrate of its picture; never a lower one.
pub fn clip(video_kbps: u32) -> Result<Clip, ClipError> {
    let ivf = include_bytes!("../../server/src/demo/clip.ivf");
    let ogg = include_bytes!("../../server/src/demo/clip.ogg");
    let recorded = Clip::read(ivf, ogg)?;
    let bytes = recorded.duration().as_secs_f64() * f64::from(video_kbps) * 1000.0 / 8.0;
    let scale = (bytes / ivf.len() as f64).max(1.0);
    Clip::read(&enlarged(ivf, scale).ok_or(ClipError::Pictures)?, ogg)
}

/// Every frame so many times as long.
fn enlarged(ivf: &[u8], scale: f64) -> Option<Vec<u8>> {
    let (header, mut rest) = ivf.split_at_checked(IVF_HEADER_LENGTH)?;
    let mut file = header.to_vec();
    while !rest.is_empty() {
        let (header, after) = rest.split_at_checked(FRAME_HEADER_LENGTH)?;
        let length = u32::from_le_bytes(header.get(..4)?.try_into().ok()?);
        let (frame, after) = after.split_at_checked(usize::try_from(length).ok()?)?;
        let long = (f64::from(length) * scale) as u32;
        file.extend(long.to_le_bytes());
        file.extend(&header[4..]);
        file.extend(frame);
        file.resize(file.len() + (long - length) as usize, 0);
        rest = after;
    }
    Some(file)
}

/// One publisher's camera and microphone.
#[derive(Debug)]
pub struct Camera {
    player: Player,
    epoch: Instant,
}

impl Camera {
    pub fn new(clip: Arc<Clip>, epoch: Instant, now: Instant) -> Self {
        Self {
            player: Player::new(clip, VIDEO, AUDIO, now),
            epoch,
        }
    }

    pub fn request_keyframe(&mut self) {
        self.player.request_keyframe();
    }

    pub fn deadline(&self) -> Instant {
        self.player.deadline()
    }

    /// The packets that are due, stamped.
    pub fn due(&mut self, now: Instant) -> Vec<Packet> {
        let mut packets = self.player.due(now);
        for packet in &mut packets {
            packet.payload = stamped(&packet.payload, self.epoch);
        }
        packets
    }
}

fn stamped(payload: &[u8], epoch: Instant) -> Arc<[u8]> {
    let mut payload = payload.to_vec();
    let stamp = epoch.elapsed().as_nanos() as u64;
    if let Some(end) = payload.last_chunk_mut::<STAMP_LENGTH>() {
        *end = stamp.to_be_bytes();
    }
    payload.into()
}

/// How many nanoseconds ago a packet was sent; `None` for one without a stamp.
pub fn age_ns(payload: &[u8], epoch: Instant, now: Instant) -> Option<u64> {
    let stamp = u64::from_be_bytes(*payload.last_chunk::<STAMP_LENGTH>()?);
    let now = now.saturating_duration_since(epoch).as_nanos() as u64;
    now.checked_sub(stamp)
}

/// Asks for a camera and a microphone to be published.
pub fn publications() -> [Request; 2] {
    let publish = |track, source, layer| {
        Request::Publish(Publish {
            track,
            source,
            layers: vec![layer],
        })
    };
    [
        publish(VIDEO, TrackSource::Camera, SIZE),
        publish(AUDIO, TrackSource::Microphone, Layer::default()),
    ]
}

const SIZE: Layer = Layer {
    width: 1280,
    height: 720,
    bitrate_bps: 1_500_000,
};

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_clip_plays_at_the_bitrate_of_the_scenario() {
        for kbps in [600, 1500] {
            let clip = Arc::new(clip(kbps).expect("the recorded clip"));
            let start = Instant::now();
            let mut camera = Camera::new(Arc::clone(&clip), start, start);
            let end = start + clip.duration();
            let mut bytes = 0;
            while camera.deadline() < end {
                let due = camera.due(camera.deadline());
                let video = due.iter().filter(|packet| packet.track == VIDEO);
                bytes += video.map(|packet| packet.payload.len()).sum::<usize>();
            }
            let rate = bytes as f64 * 8.0 / clip.duration().as_secs_f64() / 1000.0;
            let wanted = f64::from(kbps);
            assert!((0.97..1.03).contains(&(rate / wanted)), "{rate} of {kbps}");
        }
    }

    #[test]
    fn a_packet_tells_its_age() {
        let epoch = Instant::now();
        let payload = stamped(&[7; 30], epoch);
        assert_eq!(payload[..22], [7; 22]);
        let later = Instant::now() + Duration::from_millis(5);
        let age = age_ns(&payload, epoch, later).expect("stamped");
        assert!((5_000_000..500_000_000).contains(&age), "{age}");
        assert_eq!(age_ns(&[7; 3], epoch, later), None);
    }
}
