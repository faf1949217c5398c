//! Asking the provider: no redirects, within bounds of time and size, by https.

use std::{future::Future, io, pin::Pin, sync::Arc, time::Duration};

use openidconnect::{
    AsyncHttpClient, HttpRequest, HttpResponse,
    url::{Host, Url},
};
use reqwest::{Client, redirect};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(10);
/// The largest answer that is read. Keys and tokens are some kilobytes.
const MOST_BYTES: usize = 1024 * 1024;

/// Whether an address may be asked: by https, and where it is on this machine by http too, if that is `local`.
pub(super) fn may_be_asked(url: &Url, local: bool) -> bool {
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => true,
        "http" => local && is_here,
        _ => false,
    }
}

/// Asks the provider.
pub(super) struct Http {
    client: Client,
    /// Whether the provider is on this machine, without TLS.
    local: bool,
}

impl Http {
    pub(super) fn new(local: bool) -> Result<Self, String> {
        let client = Client::builder();
        // What is on this machine is not behind the proxy that the environment may name.
        let client = if local { client.no_proxy() } else { client };
        let client = client
            .user_agent(concat!("vidimus-console/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .redirect(redirect::Policy::none())
            .referer(false)
            .tls_backend_preconfigured(tls(local)?)
            .build()
            .map_err(|error| format!("the provider cannot be asked from here: {error}"))?;
        Ok(Self { client, local })
    }

    pub(super) const fn is_local(&self) -> bool {
        self.local
    }

    async fn fetch(&self, request: HttpRequest) -> io::Result<HttpResponse> {
        let request = reqwest::Request::try_from(request).map_err(io::Error::other)?;
        if !may_be_asked(request.url(), self.local) {
            return Err(io::Error::other(format!("`{}` is not asked: it is not https", request.url())));
        }
        let mut answer = self.client.execute(request).await.map_err(io::Error::other)?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(io::Error::other)? {
            if body.len() + chunk.len() > MOST_BYTES {
                return Err(io::Error::other(format!("the answer is larger than {MOST_BYTES} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = HttpResponse::new(body);
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(response)
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<HttpResponse>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.fetch(request))
    }
}

/// rustls with ring, and the certificates that the operating system trusts; for a provider without TLS, none.
fn tls(local: bool) -> Result<ClientConfig, String> {
    let unusable = |error: rustls::Error| {
        format!(
            "https cannot be used here ({error}): install the operating system's certificates (`ca-certificates`)"
        )
    };
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(Arc::clone(&ring)).with_safe_default_protocol_versions();
    let builder = builder.map_err(unusable)?;
    let builder = if local {
        builder.with_root_certificates(RootCertStore::empty())
    } else {
        let verifier = Verifier::new(ring).map_err(unusable)?;
        // The "danger" is a verifier of one's own; this one asks the operating system.
        builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
    };
    Ok(builder.with_no_client_auth())
}
