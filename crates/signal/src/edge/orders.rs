//! What the product orders.

use livekit_protocol::{DisconnectReason, leave_request::Action};
use sfu::PeerId;

use super::Edge;
use crate::io::{LeaveReason, Now, Order};

impl Edge {
    pub(super) fn order(&mut self, order: Order, now: Now) {
        match order {
            Order::Remove { room, identity } => {
                let peer = self
                    .rooms
                    .get(&room)
                    .and_then(|room| room.by_identity(&identity));
                if let Some(peer) = peer {
                    let told = (DisconnectReason::ParticipantRemoved, Action::Disconnect);
                    self.leave(peer, LeaveReason::Removed, Some(told), now);
                }
            }
            Order::CloseRoom { room } => {
                let told = (DisconnectReason::RoomDeleted, Action::Disconnect);
                for peer in self.peers_of(&room) {
                    self.leave(peer, LeaveReason::RoomClosed, Some(told), now);
                }
            }
            Order::Stop => {
                let told = (DisconnectReason::ServerShutdown, Action::Reconnect);
                let peers: Vec<PeerId> = self.locations.keys().copied().collect();
                for peer in peers {
                    self.leave(peer, LeaveReason::ServerStopped, Some(told), now);
                }
            }
        }
    }
}
