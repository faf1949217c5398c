//! https: rustls with ring, and the certificates that the operating system trusts.

use std::sync::Arc;

use rustls::{ClientConfig, Error, RootCertStore, crypto::CryptoProvider, pki_types::CertificateDer};
use rustls_platform_verifier::Verifier;

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// `extra`: certificates that are trusted besides those.
pub(crate) fn config(extra: &[Vec<u8>]) -> Result<ClientConfig, Error> {
    let extra: Vec<CertificateDer<'static>> = extra.iter().cloned().map(Into::into).collect();
    let verifier = match extra.is_empty() {
        true => Verifier::new(provider())?,
        false => Verifier::new_with_extra_roots(extra, provider())?,
    };
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    // The "danger" is a verifier of one's own; this one asks the operating system.
    let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
    Ok(builder.with_no_client_auth())
}

/// Trusts nobody: where the operating system has no certificates.
pub(crate) fn none() -> Result<ClientConfig, Error> {
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}
