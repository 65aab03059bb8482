//! A recorded clip, and a player that loops it in time.
//!
//! The files are what common tools write: IVF with VP8 for the picture, Ogg with Opus for the sound
//! (RFC 3533, RFC 7845; packets of 20 ms, mono or stereo).

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    io::{Packet, TrackKey},
    vp8::Vp8Packetizer,
};

const SOUND_INTERVAL: Duration = Duration::from_millis(20);
const SOUND_TICKS: u32 = 960;
const VIDEO_CLOCK_HZ: f64 = 90_000.0;

/// A clip in memory.
#[derive(Debug, Clone)]
pub struct Clip {
    pictures: Vec<Picture>,
    picture_interval: Duration,
    sounds: Vec<Arc<[u8]>>,
}

#[derive(Debug, Clone)]
struct Picture {
    bytes: Arc<[u8]>,
    is_keyframe: bool,
}

/// Why a clip cannot be played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClipError {
    /// The picture's file is no IVF with VP8.
    #[error("the file of pictures is no IVF with VP8")]
    Pictures,
    /// The first picture is no key frame.
    #[error("the pictures do not begin with a key frame")]
    NoKeyframe,
    /// The sound's file is no Ogg with Opus.
    #[error("the file of sound is no Ogg with Opus")]
    Sound,
}

impl Clip {
    /// Reads a clip from the contents of its two files.
    ///
    /// # Errors
    /// [`ClipError`].
    pub fn read(ivf: &[u8], ogg: &[u8]) -> Result<Self, ClipError> {
        let (pictures, picture_interval) = read_ivf(ivf).ok_or(ClipError::Pictures)?;
        if !pictures.first().is_some_and(|first| first.is_keyframe) {
            return Err(ClipError::NoKeyframe);
        }
        let sounds = read_ogg(ogg).ok_or(ClipError::Sound)?;
        Ok(Self {
            pictures,
            picture_interval,
            sounds,
        })
    }

    /// How long it lasts.
    pub fn duration(&self) -> Duration {
        self.picture_interval * u32::try_from(self.pictures.len()).unwrap_or(u32::MAX)
    }
}

/// Plays a clip again and again.
///
/// The picture restarts at a key frame when somebody needs one; numbers and timestamps go on.
#[derive(Debug)]
pub struct Player {
    clip: Arc<Clip>,
    video: TrackKey,
    audio: TrackKey,
    packetizer: Vp8Packetizer,
    next_picture: usize,
    picture_count: u32,
    picture_at: Instant,
    next_sound: usize,
    sound_count: u32,
    sound_at: Instant,
    wants_keyframe: bool,
}

impl Player {
    /// Begins to play at once.
    pub fn new(clip: Arc<Clip>, video: TrackKey, audio: TrackKey, now: Instant) -> Self {
        Self {
            clip,
            video,
            audio,
            packetizer: Vp8Packetizer::default(),
            next_picture: 0,
            picture_count: 0,
            picture_at: now,
            next_sound: 0,
            sound_count: 0,
            sound_at: now,
            wants_keyframe: false,
        }
    }

    /// Goes on at the next key frame of the clip, wherever that is.
    pub fn request_keyframe(&mut self) {
        self.wants_keyframe = true;
    }

    /// When the next packet is due.
    pub fn deadline(&self) -> Instant {
        self.picture_at.min(self.sound_at)
    }

    /// The packets that are due. After a long pause the clip goes on where it was.
    pub fn due(&mut self, now: Instant) -> Vec<Packet> {
        let mut packets = Vec::new();
        if self.picture_at <= now {
            self.picture_at = next_at(self.picture_at, self.clip.picture_interval, now);
            packets.extend(self.picture());
        }
        if self.sound_at <= now {
            self.sound_at = next_at(self.sound_at, SOUND_INTERVAL, now);
            packets.extend(self.sound());
        }
        packets
    }

    fn picture(&mut self) -> Vec<Packet> {
        let pictures = &self.clip.pictures;
        if std::mem::take(&mut self.wants_keyframe) {
            let later = &pictures[self.next_picture..];
            let ahead = later.iter().position(|picture| picture.is_keyframe);
            self.next_picture = ahead.map_or(0, |ahead| self.next_picture + ahead);
        }
        let picture = pictures[self.next_picture].bytes.clone();
        self.next_picture = (self.next_picture + 1) % pictures.len();
        let seconds = self.clip.picture_interval.as_secs_f64() * f64::from(self.picture_count);
        // The clock wraps (RFC 3550 §5.1).
        let timestamp = (seconds * VIDEO_CLOCK_HZ) as u64 as u32;
        self.picture_count += 1;
        let payloads = self.packetizer.packetize(&picture);
        let last = payloads.len().saturating_sub(1);
        let packets = payloads.into_iter().enumerate();
        packets
            .map(|(index, payload)| Packet {
                track: self.video,
                layer: 0,
                timestamp,
                is_marked: index == last,
                level_dbov: None,
                payload,
            })
            .collect()
    }

    fn sound(&mut self) -> Option<Packet> {
        let payload = Arc::clone(self.clip.sounds.get(self.next_sound)?);
        self.next_sound = (self.next_sound + 1) % self.clip.sounds.len();
        let timestamp = self.sound_count.wrapping_mul(SOUND_TICKS);
        self.sound_count = self.sound_count.wrapping_add(1);
        Some(Packet {
            track: self.audio,
            layer: 0,
            timestamp,
            is_marked: timestamp == 0,
            level_dbov: None,
            payload,
        })
    }
}

/// The next time in step; when many steps were missed, one from now.
fn next_at(at: Instant, interval: Duration, now: Instant) -> Instant {
    let next = at + interval;
    if now.saturating_duration_since(next) > Duration::from_millis(500) {
        now + interval
    } else {
        next
    }
}

fn read_ivf(bytes: &[u8]) -> Option<(Vec<Picture>, Duration)> {
    let header = bytes.get(..32)?;
    if !header.starts_with(b"DKIF") || &header[8..12] != b"VP80" {
        return None;
    }
    let rate = u32_at(header, 16)?;
    let scale = u32_at(header, 20)?;
    let interval = Duration::from_secs_f64(f64::from(scale) / f64::from(rate.max(1)));
    let mut rest = bytes.get(32..)?;
    let mut pictures = Vec::new();
    while !rest.is_empty() {
        let length = usize::try_from(u32_at(rest, 0)?).ok()?;
        let picture = rest.get(12..12 + length)?;
        // RFC 6386 §9.1: the lowest bit is 0 for key frames.
        let is_keyframe = picture.first()? & 1 == 0;
        let bytes = picture.into();
        pictures.push(Picture { bytes, is_keyframe });
        rest = &rest[12 + length..];
    }
    (!interval.is_zero()).then_some((pictures, interval))
}

fn read_ogg(mut rest: &[u8]) -> Option<Vec<Arc<[u8]>>> {
    let mut packets: Vec<Arc<[u8]>> = Vec::new();
    let mut packet = Vec::new();
    while !rest.is_empty() {
        let header = rest.get(..27).filter(|page| page.starts_with(b"OggS"))?;
        let segment_count = usize::from(header[26]);
        let lacing = rest.get(27..27 + segment_count)?;
        let mut at = 27 + segment_count;
        for length in lacing.iter().map(|length| usize::from(*length)) {
            packet.extend_from_slice(rest.get(at..at + length)?);
            at += length;
            // RFC 3533 §6: a segment below 255 bytes ends a packet.
            if length < 255 {
                packets.push(std::mem::take(&mut packet).into());
            }
        }
        rest = &rest[at..];
    }
    // RFC 7845 §3: two packets of headers come first.
    let is_opus = packets.first()?.starts_with(b"OpusHead");
    is_opus.then(|| packets.split_off(packets.len().min(2)))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + 4)?.try_into().ok()?;
    Some(u32::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vp8::Vp8Packet;

    fn ivf(pictures: &[&[u8]]) -> Vec<u8> {
        let mut file = b"DKIF\0\0\x20\0VP80".to_vec();
        file.extend([0; 4]);
        file.extend(10_u32.to_le_bytes());
        file.extend(1_u32.to_le_bytes());
        file.resize(32, 0);
        for picture in pictures {
            let length = u32::try_from(picture.len()).expect("short");
            file.extend(length.to_le_bytes());
            file.extend([0; 8]);
            file.extend(*picture);
        }
        file
    }

    fn ogg(packets: &[Vec<u8>]) -> Vec<u8> {
        let mut file = Vec::new();
        for packet in packets {
            file.extend(b"OggS");
            file.resize(file.len() + 22, 0);
            let full = packet.len() / 255;
            file.push(u8::try_from(full + 1).expect("short"));
            file.resize(file.len() + full, 255);
            file.push(u8::try_from(packet.len() % 255).expect("below 255"));
            file.extend(packet);
        }
        file
    }

    fn clip() -> Clip {
        let pictures: [&[u8]; 5] = [&[0, 10], &[1, 11], &[0, 12], &[1, 13], &[1, 14]];
        let sounds = [b"OpusHead".to_vec(), b"OpusTags".to_vec(), vec![7; 600]];
        Clip::read(&ivf(&pictures), &ogg(&sounds)).expect("a clip")
    }

    /// The pictures of a stretch of time, by their second byte.
    fn shown(player: &mut Player, from: Instant, count: u32) -> Vec<u8> {
        let times = (0..count).map(|step| from + Duration::from_millis(100) * step);
        let packets = times.flat_map(|at| player.due(at));
        let pictures = packets.filter(|packet| packet.track == TrackKey(1));
        pictures
            .map(|packet| packet.payload[packet.payload.len() - 1])
            .collect()
    }

    #[test]
    fn a_clip_is_looped_and_goes_on_at_a_key_frame_when_asked() {
        let now = Instant::now();
        let mut player = Player::new(Arc::new(clip()), TrackKey(1), TrackKey(2), now);
        assert_eq!(shown(&mut player, now, 6), [10, 11, 12, 13, 14, 10]);
        player.request_keyframe();
        let now = now + Duration::from_millis(600);
        assert_eq!(shown(&mut player, now, 2), [12, 13]);
        player.request_keyframe();
        let now = now + Duration::from_millis(200);
        assert_eq!(shown(&mut player, now, 1), [10]);
    }

    #[test]
    fn timestamps_and_picture_ids_go_on_over_the_loop() {
        let now = Instant::now();
        let mut player = Player::new(Arc::new(clip()), TrackKey(1), TrackKey(2), now);
        let times = (0..12).map(|step| now + Duration::from_millis(100) * step);
        let packets: Vec<_> = times.flat_map(|at| player.due(at)).collect();
        let pictures = packets.iter().filter(|one| one.track == TrackKey(1));
        for (index, packet) in (0..).zip(pictures) {
            assert_eq!(packet.timestamp, index * 9000);
            let read = Vp8Packet::read(&packet.payload).expect("VP8");
            assert_eq!(read.picture_id.map(u32::from), Some(index));
        }
        let sounds = packets.iter().filter(|one| one.track == TrackKey(2));
        let sounds: Vec<_> = sounds.collect();
        assert_eq!(sounds[0].payload.len(), 600, "over several segments");
        assert_eq!(sounds[1].timestamp - sounds[0].timestamp, 960);
    }

    #[test]
    fn what_is_no_clip_is_refused() {
        let good = ivf(&[&[0, 1]]);
        let sound = ogg(&[b"OpusHead".to_vec(), b"OpusTags".to_vec()]);
        let read = |ivf: &[u8], ogg: &[u8]| Clip::read(ivf, ogg).err();
        assert_eq!(read(&good, &sound), None);
        assert_eq!(read(b"RIFF", &sound), Some(ClipError::Pictures));
        assert_eq!(read(&good[..40], &sound), Some(ClipError::Pictures));
        assert_eq!(read(&ivf(&[&[1]]), &sound), Some(ClipError::NoKeyframe));
        assert_eq!(read(&good, &sound[..30]), Some(ClipError::Sound));
        assert_eq!(read(&good, b"OggX"), Some(ClipError::Sound));
    }
}
