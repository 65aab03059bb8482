use std::sync::Arc;

use anyhow::Context as _;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::aws_lc_rs},
};

use super::Certificate;

/// Speaks TLS with this certificate, and HTTP/2 or HTTP/1.1 inside.
pub(super) fn acceptor(certificate: Certificate) -> anyhow::Result<TlsAcceptor> {
    let Certificate { chain, key } = certificate;
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider has the default versions' cipher suites")
        .with_no_client_auth()
        .with_single_cert(vec![chain], key)
        .context("the certificate and its key do not fit together")?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
