//! Frames of the signalling connection: protobuf, or proto-JSON for clients that speak text.

use livekit_protocol::{SignalRequest, SignalResponse, signal_response};
use prost::Message as _;

/// One frame's payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// Protobuf.
    Binary(Vec<u8>),
    /// Proto-JSON.
    Text(String),
}

/// The frame is no request.
#[derive(Debug, thiserror::Error)]
#[error("the frame cannot be read")]
pub(crate) struct Unreadable;

impl Frame {
    pub(crate) fn read(&self) -> Result<SignalRequest, Unreadable> {
        match self {
            Self::Binary(bytes) => SignalRequest::decode(&**bytes).map_err(|_| Unreadable),
            Self::Text(text) => serde_json::from_str(text).map_err(|_| Unreadable),
        }
    }

    pub(crate) fn is_text(&self) -> bool {
        matches!(self, Self::Text(_))
    }

    pub(crate) fn write(message: signal_response::Message, as_text: bool) -> Self {
        let response = SignalResponse {
            message: Some(message),
        };
        if as_text {
            let text = serde_json::to_string(&response).expect("messages are plain data");
            Self::Text(text)
        } else {
            Self::Binary(response.encode_to_vec())
        }
    }
}

#[cfg(test)]
mod tests {
    use livekit_protocol::signal_request;

    use super::*;

    #[test]
    fn both_kinds_say_the_same() {
        let request = SignalRequest {
            message: Some(signal_request::Message::Ping(7)),
        };
        let binary = Frame::Binary(request.encode_to_vec());
        let text = Frame::Text(serde_json::to_string(&request).expect("plain data"));
        assert_eq!(binary.read().expect("readable"), request);
        assert_eq!(text.read().expect("readable"), request);
    }

    #[test]
    fn rubbish_is_refused() {
        assert!(Frame::Binary(vec![0xff; 9]).read().is_err());
        assert!(Frame::Text("{".into()).read().is_err());
    }
}
