//! The part of the load test that needs no network: what is published, and a room in virtual time.

pub mod camera;
pub mod steady;
