//! What every request passes before an endpoint sees it.
//!
//! 1. the client's address is settled (`client`);
//! 2. the access log begins (`log`);
//! 3. the answer will carry the security headers (`headers`);
//! 4. requests from other sites are refused (`origin`);
//! 5. the time to answer is bounded (`deadline`).

pub(crate) mod client;
pub(crate) mod deadline;
pub(crate) mod headers;
pub(crate) mod log;
pub(crate) mod origin;
