//! Who the client is: the connection's far end, or what a trusted proxy says.
//!
//! `X-Forwarded-For` is read from its end: each trusted proxy vouches for the entry before its
//! own, and the first address that is no trusted proxy is the client. Invariant: a client that is
//! no trusted proxy cannot choose its address.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use ipnet::IpNet;

use crate::{
    edge::Edge,
    problem::{Kind, Problem},
};

/// The far end of a connection; whoever accepts connections puts it into every request.
#[derive(Debug, Clone, Copy)]
pub struct Peer {
    /// Its address.
    pub address: SocketAddr,
    /// Whether the connection to us is encrypted.
    pub is_tls: bool,
}

/// The client's address, which throttling counts by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

/// Settles the address once, for everything behind it.
pub(crate) async fn settle(State(edge): State<Edge>, mut request: Request, next: Next) -> Response {
    let Some(peer) = request.extensions().get::<Peer>() else {
        tracing::error!("a connection was accepted without naming its far end");
        return Problem::new(Kind::Internal).into_response();
    };
    let client = client_address(peer.address.ip(), request.headers(), edge.trusted_proxies());
    request.extensions_mut().insert(ClientAddress(client));
    next.run(request).await
}

impl<S: Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let settled = parts.extensions.get::<Self>().copied();
        settled.ok_or_else(|| Kind::Internal.into())
    }
}

fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|net| net.contains(address));
    let mut client = peer.to_canonical();
    let forwarded = headers.get_all("x-forwarded-for");
    let hops = forwarded
        .iter()
        .rev()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.rsplit(','));
    for hop in hops {
        if !is_trusted(&client) {
            break;
        }
        match hop.trim().parse::<IpAddr>() {
            Ok(address) => client = address.to_canonical(),
            Err(_) => break,
        }
    }
    client
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn client(peer: &str, forwarded: &[&'static str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_static(value));
        }
        let trusted: Vec<IpNet> = trusted
            .iter()
            .map(|net| net.parse().expect("a network"))
            .collect();
        client_address(peer.parse().expect("an address"), &headers, &trusted).to_string()
    }

    #[test]
    fn an_untrusted_peer_cannot_choose_its_address() {
        assert_eq!(client("203.0.113.9", &["1.2.3.4"], &[]), "203.0.113.9");
        assert_eq!(
            client("203.0.113.9", &["1.2.3.4"], &["10.0.0.0/8"]),
            "203.0.113.9"
        );
    }

    #[test]
    fn only_the_part_of_the_chain_that_trusted_proxies_wrote_counts() {
        let trusted = ["10.0.0.0/8"];
        assert_eq!(
            client("10.0.0.1", &["9.9.9.9, 1.2.3.4"], &trusted),
            "1.2.3.4"
        );
        assert_eq!(
            client("10.0.0.1", &["9.9.9.9", "1.2.3.4, 10.0.0.2"], &trusted),
            "1.2.3.4"
        );
        assert_eq!(client("10.0.0.1", &["nonsense"], &trusted), "10.0.0.1");
    }

    #[test]
    fn an_ipv4_client_on_an_ipv6_socket_is_the_same_client() {
        assert_eq!(client("::ffff:203.0.113.9", &[], &[]), "203.0.113.9");
    }
}
