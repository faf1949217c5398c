//! From the name of a host to the addresses that may be connected to.

use std::{net::SocketAddr, sync::Arc};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::Guard;

/// Looks names up and hands out only what the guard permits. There is no second look-up: what is handed out here is what is
/// connected to.
pub(crate) struct GuardedResolver(pub(crate) Arc<Guard>);

/// A host that may not be posted to, or has no address at all. It does not say which of the two, nor which address it has:
/// what names there are inside of this network, and what they stand for, is not for whoever may create webhooks.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{host}` has no address that may be posted to: it has to be a public one, or of a network that the configuration allows"
)]
pub(crate) struct NotPermitted {
    pub(crate) host: String,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = Arc::clone(&self.0);
        Box::pin(async move {
            let host = name.as_str();
            let permitted: Vec<SocketAddr> = match tokio::net::lookup_host((host, 0)).await {
                Ok(found) => found.filter(|address| guard.permits(address.ip())).collect(),
                Err(error) => {
                    tracing::info!(host, %error, "the name of a webhook's host cannot be looked up");
                    Vec::new()
                }
            };
            if permitted.is_empty() {
                return Err(NotPermitted { host: host.to_owned() }.into());
            }
            Ok(Box::new(permitted.into_iter()) as Addrs)
        })
    }
}
