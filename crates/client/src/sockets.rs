use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use participant::{Transmit, Wire};
use tokio::net::UdpSocket;

use crate::Path;

/// The media sockets of one participant: one, or two for the mode with two connections.
#[derive(Debug)]
pub struct Sockets {
    first: UdpSocket,
    second: Option<UdpSocket>,
    first_address: SocketAddr,
    second_address: Option<SocketAddr>,
    path: Path,
    /// The server's address as the participant knows it.
    named: Option<SocketAddr>,
}

impl Sockets {
    /// Binds as many sockets as the mode needs, at free ports of an address of this machine.
    ///
    /// # Errors
    /// When the system gives none.
    pub async fn bind(ip: IpAddr, is_dual: bool, path: Path) -> io::Result<Self> {
        let bound = match path {
            Path::AsTold => ip,
            // From whatever address of ours reaches the other one.
            Path::Always(SocketAddr::V4(_)) => Ipv4Addr::UNSPECIFIED.into(),
            Path::Always(SocketAddr::V6(_)) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let first = UdpSocket::bind((bound, 0)).await?;
        let second = if is_dual {
            Some(UdpSocket::bind((bound, 0)).await?)
        } else {
            None
        };
        let address = |socket: &UdpSocket| {
            let port = socket.local_addr()?.port();
            Ok::<_, io::Error>(SocketAddr::new(ip, port))
        };
        Ok(Self {
            first_address: address(&first)?,
            second_address: second.as_ref().map(address).transpose()?,
            first,
            second,
            path,
            named: None,
        })
    }

    /// What the participant is to be told of them.
    pub fn wire(&self) -> Wire {
        match self.second_address {
            None => Wire::Single {
                address: self.first_address,
            },
            Some(subscriber) => Wire::Dual {
                publisher: self.first_address,
                subscriber,
            },
        }
    }

    /// Sends a packet; one that the system does not take is dropped, as the network would.
    pub(crate) fn send(&mut self, transmit: &Transmit) -> io::Result<()> {
        let socket = match &self.second {
            Some(second) if Some(transmit.source) == self.second_address => second,
            _ => &self.first,
        };
        self.named = Some(transmit.destination);
        let destination = match self.path {
            Path::AsTold => transmit.destination,
            Path::Always(address) => address,
        };
        match socket.try_send_to(&transmit.payload, destination) {
            Ok(_) => Ok(()),
            Err(error) if is_passing(&error) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The next packet: its length, where it seems to come from, and to which address it came.
    pub(crate) async fn receive(
        &self,
        packet: &mut [u8],
    ) -> io::Result<(usize, SocketAddr, SocketAddr)> {
        loop {
            let mut other = [0; crate::PACKET_LENGTH_MAX];
            let (received, address) = tokio::select! {
                received = self.first.recv_from(packet) => (received, self.first_address),
                received = from(self.second.as_ref(), &mut other) => {
                    let received = received.inspect(|(length, _)| {
                        packet[..*length].copy_from_slice(&other[..*length]);
                    });
                    (received, self.second_address.unwrap_or(self.first_address))
                }
            };
            match received {
                Ok((length, source)) => {
                    let source = match self.path {
                        Path::AsTold => source,
                        Path::Always(_) => self.named.unwrap_or(source),
                    };
                    return Ok((length, source, address));
                }
                Err(error) if is_passing(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

async fn from(socket: Option<&UdpSocket>, packet: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
    match socket {
        Some(socket) => socket.recv_from(packet).await,
        None => std::future::pending().await,
    }
}

/// Errors that say that a packet is lost, not that the socket is.
fn is_passing(error: &io::Error) -> bool {
    use io::ErrorKind::{
        AddrNotAvailable, ConnectionRefused, ConnectionReset, HostUnreachable, NetworkUnreachable,
        WouldBlock,
    };
    matches!(
        error.kind(),
        AddrNotAvailable
            | ConnectionRefused
            | ConnectionReset
            | HostUnreachable
            | NetworkUnreachable
            | WouldBlock
    )
}
