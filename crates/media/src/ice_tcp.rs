//! Media over TCP: packets with their length in front of each (RFC 4571 §2).
//!
//! 1. The first packet is a check that names somebody's ICE name; their shard is found by it.
//! 2. Packets go to that shard, and what it has for the client goes back, until
//! 3. either side closes, sends what is no packet, or the client is silent for too long.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use futures_util::{Sink, SinkExt as _, Stream, StreamExt as _};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};
use tokio_util::codec::{Framed, LengthDelimitedCodec};

use crate::{
    attached::Attached,
    packet_queue::PacketQueue,
    shard_thread::{Remote, ShardHandle},
};

/// Nothing that is sent in packets elsewhere is larger; the rest is no media.
const PACKET_LENGTH_MAX: usize = 4096;
/// Whoever opens a connection wants to check it at once.
const FIRST_WITHIN: Duration = Duration::from_secs(10);
/// Clients check the way they use every few seconds (RFC 7675 §5.1).
const SILENCE_MAX: Duration = Duration::from_secs(30);

pub(crate) async fn carry<S>(stream: S, remote: Remote, to: SocketAddr, shards: &[ShardHandle])
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let codec = LengthDelimitedCodec::builder()
        .length_field_type::<u16>()
        .max_frame_length(PACKET_LENGTH_MAX)
        .new_codec();
    let (to_client, mut from_client) = Framed::new(stream, codec).split();
    let Some(first) = next(&mut from_client, FIRST_WITHIN).await else {
        return;
    };
    let outbox = Arc::new(PacketQueue::new());
    let Some(attached) = Attached::find(shards, remote, &first, &outbox).await else {
        return;
    };
    attached.deliver(to, &first);
    let upwards = async {
        while let Some(packet) = next(&mut from_client, SILENCE_MAX).await {
            attached.deliver(to, &packet);
        }
    };
    tokio::select! {
        () = upwards => {}
        () = carry_down(to_client, &outbox) => {}
    }
    attached.detach().await;
}

/// The next packet; `None` when no more is to be taken.
async fn next<S>(from_client: &mut S, within: Duration) -> Option<BytesMut>
where
    S: Stream<Item = io::Result<BytesMut>> + Unpin,
{
    timeout(within, from_client.next()).await.ok()??.ok()
}

/// Sends what is there in one go, then waits for more.
async fn carry_down<S>(mut to_client: S, outbox: &PacketQueue)
where
    S: Sink<Bytes, Error = io::Error> + Unpin,
{
    loop {
        while let Some(packet) = outbox.take() {
            if to_client.feed(packet.payload.into()).await.is_err() {
                return;
            }
        }
        if to_client.flush().await.is_err() {
            return;
        }
        outbox.wait().await;
    }
}
