//! Data channels: found by label, written as far as the client takes it.

use std::sync::Arc;

use str0m::channel::ChannelId;

use super::{Peer, TooSlow};
use crate::io::Channel;

/// Reliable messages that wait for a channel; a peer that needs more is too slow to keep.
const WAITING_BYTES_MAX: usize = 1 << 20;
/// Lossy messages are worth nothing when they are late.
const LOSSY_BUFFER_MAX: usize = 64 * 1024;

impl Peer {
    pub(crate) fn channel_opened(&mut self, id: ChannelId, label: &str) -> Result<(), TooSlow> {
        let channel = match label {
            "_reliable" => Channel::Reliable,
            "_lossy" => Channel::Lossy,
            _ => return Ok(()),
        };
        self.channels.insert(id, channel);
        self.flush()
    }

    pub(crate) fn channel_closed(&mut self, id: ChannelId) {
        self.channels.remove(&id);
    }

    pub(crate) fn channel(&self, id: ChannelId) -> Option<Channel> {
        self.channels.get(&id).copied()
    }

    pub(crate) fn send(&mut self, channel: Channel, payload: &Arc<[u8]>) -> Result<(), TooSlow> {
        match channel {
            Channel::Lossy => {
                let id = self.channel_id(Channel::Lossy);
                if let Some(mut open) = id.and_then(|id| self.rtc.channel(id))
                    && open.buffered_amount() + payload.len() <= LOSSY_BUFFER_MAX
                {
                    // What does not fit is dropped: the next message is newer anyway.
                    let _ = open.write(true, payload);
                    self.needs_tick = true;
                }
                Ok(())
            }
            Channel::Reliable => {
                self.waiting_bytes += payload.len();
                self.waiting.push_back(Arc::clone(payload));
                self.flush()
            }
        }
    }

    /// Writes waiting reliable messages as far as the channel takes them.
    pub(crate) fn flush(&mut self) -> Result<(), TooSlow> {
        if let Some(id) = self.channel_id(Channel::Reliable)
            && let Some(mut open) = self.rtc.channel(id)
        {
            open.set_buffered_amount_low_threshold(LOSSY_BUFFER_MAX);
            while let Some(message) = self.waiting.front() {
                if !matches!(open.write(true, message), Ok(true)) {
                    break;
                }
                self.waiting_bytes -= message.len();
                self.waiting.pop_front();
                self.needs_tick = true;
            }
        }
        if self.waiting_bytes > WAITING_BYTES_MAX {
            Err(TooSlow)
        } else {
            Ok(())
        }
    }

    fn channel_id(&self, channel: Channel) -> Option<ChannelId> {
        self.channels
            .iter()
            .find(|(_, of)| **of == channel)
            .map(|(id, _)| *id)
    }
}
