//! The relay as a client meets it, in virtual time.
//!
//! Requests are written and answers read by an independent implementation of STUN.

mod allocating;
mod credentials;
mod interop;
mod limits;
mod packets;
mod permissions;
mod support;
