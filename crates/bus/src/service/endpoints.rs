//! What the service is made of, as `$SRV.INFO` tells it.

use std::collections::HashMap;

use async_nats::{
    Client,
    service::{Service, ServiceExt as _, endpoint::Endpoint},
};
use futures_util::{FutureExt as _, stream::SelectAll};
use proto_events::BusCommand;

use super::{Commands, ServeError};

const NAME: &str = "vidimus";
const DESCRIPTION: &str = "Governs what AI agents do with tools: propose, decide, report.";
/// Shared by all services of one log.
const QUEUE_GROUP: &str = "vidimus";

/// The service's endpoints, and the service itself, which ends with this.
pub(super) struct Started {
    pub(super) requests: SelectAll<Endpoint>,
    service: Option<Service>,
}

impl Drop for Started {
    fn drop(&mut self) {
        // Or the task that answers `$SRV` would go on, as for a service that is there. There is nothing in it to wait for.
        if let Some(service) = self.service.take() {
            let _ = service.stop().now_or_never();
        }
    }
}

pub(super) async fn start(client: &Client, commands: &dyn Commands) -> Result<Started, ServeError> {
    let not_started = |error: async_nats::Error| ServeError::NotStarted { reason: error.to_string() };
    let service = client
        .service_builder()
        .description(DESCRIPTION)
        .queue_group(QUEUE_GROUP)
        .start(NAME, env!("CARGO_PKG_VERSION"))
        .await
        .map_err(not_started)?;
    let mut started = Started { requests: SelectAll::new(), service: None };
    let service = started.service.insert(service);
    for command in BusCommand::ALL {
        let (method, path) = commands.route(command);
        let metadata = [("method", method), ("path", path)];
        let endpoint = service
            .endpoint_builder()
            .name(command.as_str())
            .metadata(HashMap::from(metadata.map(|(name, value)| (name.to_owned(), value.to_owned()))))
            .add(pattern(command))
            .await
            .map_err(not_started)?;
        started.requests.push(endpoint);
    }
    Ok(started)
}

/// The subjects of a command, of every tenant.
fn pattern(command: BusCommand) -> String {
    let execution = if command.names_execution() { ".*" } else { "" };
    format!("vidimus.v1.*.command.{}{execution}", command.as_str())
}
