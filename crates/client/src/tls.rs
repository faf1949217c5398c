//! https: rustls with ring, and the certificates that the operating system trusts.

use std::sync::Arc;

use rustls::{ClientConfig, pki_types::CertificateDer};
use rustls_platform_verifier::Verifier;

use crate::ClientError;

/// `extra`: certificates that are trusted besides those.
pub(crate) fn config(extra: Vec<CertificateDer<'static>>) -> Result<ClientConfig, ClientError> {
    let unusable = |error: rustls::Error| {
        let message = format!(
            "https cannot be used here ({error}): install the operating system's certificates (`ca-certificates`)"
        );
        ClientError::Unusable(message)
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = if extra.is_empty() {
        Verifier::new(Arc::clone(&provider))
    } else {
        Verifier::new_with_extra_roots(extra, Arc::clone(&provider))
    };
    let verifier = verifier.map_err(unusable)?;
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    // The "danger" is a verifier of one's own; this one asks the operating system.
    let builder = builder.map_err(unusable)?.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
    Ok(builder.with_no_client_auth())
}

/// For a server without https: trusts nobody, and is never asked.
pub(crate) fn unused() -> Result<ClientConfig, ClientError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| ClientError::Unusable(error.to_string()))?;
    Ok(builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth())
}
