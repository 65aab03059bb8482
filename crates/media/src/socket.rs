//! The media port: where it listens, under which addresses clients reach it, and sending.

use std::{
    collections::HashSet,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
};

use quinn_udp::{Transmit, UdpSockRef, UdpSocketState};
use socket2::{Domain, Protocol, Socket, Type};

/// A second of video for a few hundred subscribers; the kernel gives what its limit allows.
const BUFFER_BYTES: usize = 8 << 20;

/// Both ends of a packet's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
}

#[derive(Debug)]
pub(crate) struct MediaSocket {
    socket: UdpSocket,
    state: UdpSocketState,
    is_ipv6: bool,
    local: HashSet<IpAddr>,
    candidates: Vec<SocketAddr>,
}

impl MediaSocket {
    /// Binds the port. Without public addresses, those of this machine's interfaces are told to
    /// clients, or the loopback address when there is nothing else.
    pub(crate) fn bind(listen: SocketAddr, public: &[IpAddr]) -> io::Result<Self> {
        let socket = Socket::new(
            Domain::for_address(listen),
            Type::DGRAM,
            Some(Protocol::UDP),
        )?;
        if listen.is_ipv6() {
            socket.set_only_v6(false)?;
        }
        // Best effort: a smaller buffer works, it only drops earlier under bursts.
        let _ = socket.set_recv_buffer_size(BUFFER_BYTES);
        let _ = socket.set_send_buffer_size(BUFFER_BYTES);
        socket.bind(&listen.into())?;
        let socket = UdpSocket::from(socket);
        let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
        let bound = socket.local_addr()?;
        let interfaces: Vec<IpAddr> = if_addrs::get_if_addrs()?
            .into_iter()
            .map(|interface| interface.ip())
            .collect();
        let addresses = if public.is_empty() {
            reachable(bound.ip(), &interfaces)
        } else {
            public.to_vec()
        };
        let candidates = addresses
            .into_iter()
            .map(|ip| SocketAddr::new(ip, bound.port()))
            .collect();
        let local = interfaces.into_iter().collect();
        Ok(Self {
            socket,
            state,
            is_ipv6: listen.is_ipv6(),
            local,
            candidates,
        })
    }

    /// A second handle on the same port, for the receiver.
    pub(crate) fn try_clone(&self) -> io::Result<UdpSocket> {
        self.socket.try_clone()
    }

    pub(crate) fn local_address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Addresses that clients can reach the port at, best first.
    pub(crate) fn candidates(&self) -> &[SocketAddr] {
        &self.candidates
    }

    /// How many packets the kernel takes in one call (UDP segmentation offload); 1 without it.
    pub(crate) fn segments_max(&self) -> usize {
        self.state.max_gso_segments()
    }

    /// Sends packets of one size, the last perhaps smaller, that stand one after the other in
    /// `contents`. A full socket buffer drops them, as the network would.
    pub(crate) fn send(&self, path: Path, contents: &[u8], segment_size: usize) -> io::Result<()> {
        let source = path.source.ip();
        let transmit = Transmit {
            destination: self.outgoing(path.destination),
            ecn: None,
            contents,
            segment_size: (contents.len() > segment_size).then_some(segment_size),
            // An address that is only configured (NAT 1:1) is not one to send from.
            src_ip: self.local.contains(&source).then_some(source),
        };
        self.state
            .try_send(UdpSockRef::from(&self.socket), &transmit)
    }

    fn outgoing(&self, destination: SocketAddr) -> SocketAddr {
        match destination {
            SocketAddr::V4(v4) if self.is_ipv6 => {
                SocketAddr::new(v4.ip().to_ipv6_mapped().into(), v4.port())
            }
            SocketAddr::V4(_) | SocketAddr::V6(_) => destination,
        }
    }
}

/// The candidate that a packet was sent to. Behind a NAT the packet names a private address; then
/// it is the first configured one of the family.
pub(crate) fn destination(
    candidates: &[SocketAddr],
    to: Option<IpAddr>,
    from: IpAddr,
) -> SocketAddr {
    let to = to.map(|ip| ip.to_canonical());
    let exact = candidates
        .iter()
        .find(|candidate| Some(candidate.ip()) == to);
    let same_family = || {
        candidates
            .iter()
            .find(|candidate| candidate.is_ipv4() == from.is_ipv4())
    };
    let unspecified = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0);
    *exact.or_else(same_family).unwrap_or(&unspecified)
}

fn reachable(bound: IpAddr, interfaces: &[IpAddr]) -> Vec<IpAddr> {
    if !bound.is_unspecified() {
        return vec![bound];
    }
    let is_usable = |ip: &&IpAddr| match ip {
        IpAddr::V4(v4) => !v4.is_loopback() && !v4.is_link_local(),
        IpAddr::V6(v6) => bound.is_ipv6() && !v6.is_loopback() && !v6.is_unicast_link_local(),
    };
    let usable: Vec<IpAddr> = interfaces.iter().filter(is_usable).copied().collect();
    if !usable.is_empty() {
        return usable;
    }
    match bound {
        IpAddr::V4(_) => vec![Ipv4Addr::LOCALHOST.into()],
        IpAddr::V6(_) => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn clients_are_told_the_addresses_of_the_interfaces() {
        let interfaces = [
            "127.0.0.1",
            "10.0.0.7",
            "169.254.1.1",
            "fe80::1",
            "2001:db8::7",
        ]
        .map(ip);
        assert_eq!(reachable(ip("0.0.0.0"), &interfaces), [ip("10.0.0.7")]);
        assert_eq!(
            reachable(ip("::"), &interfaces),
            [ip("10.0.0.7"), ip("2001:db8::7")]
        );
        assert_eq!(reachable(ip("10.9.9.9"), &interfaces), [ip("10.9.9.9")]);
        assert_eq!(
            reachable(ip("0.0.0.0"), &[ip("127.0.0.1")]),
            [ip("127.0.0.1")]
        );
    }

    #[test]
    fn a_packet_through_a_nat_belongs_to_the_configured_address() {
        let candidates = ["203.0.113.1:8443", "[2001:db8::1]:8443"]
            .map(|text| text.parse().expect("an address"));
        let to = destination(&candidates, Some(ip("10.0.0.7")), ip("198.51.100.1"));
        assert_eq!(to, candidates[0]);
        let to = destination(&candidates, Some(ip("2001:db8::1")), ip("2001:db8::9"));
        assert_eq!(to, candidates[1]);
    }
}
