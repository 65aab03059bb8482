//! The boundary to real-time media: nothing above it knows which engine runs.
//!
//! A *room* is the media side of one session; its name is the session's random id. The engine
//! mints the tokens that clients join with, reports who comes and goes as [`RtcEvent`]s, and
//! carries out the few orders that the product gives (remove, close, drain). There are no private
//! signalling messages: whatever a client needs it gets by the public LiveKit protocol, so that
//! an external LiveKit deployment can stand behind the same trait.
//!
//! Invariant: no call here waits for a client, and none touches a database.

mod engine;
mod event;
mod metrics;
mod signal_endpoint;

pub use domain::PathMode;
pub use engine::{BoxFuture, Grant, Permission, RtcEngine, RtcError, RtcToken, Source};
pub use event::{LeaveReason, Path, RtcEvent};
pub use metrics::{Metric, MetricKind, Sample};
pub use signal_endpoint::{
    Frame, SignalConnection, SignalEndpoint, SignalOpen, SignalRejection, SignalRoute,
};
