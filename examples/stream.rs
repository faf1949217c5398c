//! Reading the stream of notifications.

use std::{env, time::Duration};

use async_nats::{
    Client,
    jetstream::{
        self, Context, ErrorCode,
        consumer::{AckPolicy, PullConsumer, pull},
        stream::ConsumerErrorKind as Kind,
    },
};

/// The stream of the notifications.
pub(crate) const STREAM: &str = "VIDIMUS_NOTIFICATIONS";

/// JetStream, whose API is at `VIDIMUS_NATS_API` (`JS.VIDIMUS.API` in the account of a tenant).
pub(crate) fn jetstream(client: &Client) -> Context {
    env::var("VIDIMUS_NATS_API").map_or_else(
        |_| jetstream::new(client.clone()),
        |prefix| jetstream::with_prefix(client.clone(), &prefix),
    )
}

/// A place on the stream that the server keeps, also while nobody reads. One that an operator made (`vidimus nats consumer`)
/// is taken as it is; else it is made, and reads `filter`.
pub(crate) async fn durable(
    jetstream: &Context,
    name: &str,
    filter: &str,
) -> Result<PullConsumer, async_nats::Error> {
    match jetstream.get_consumer_from_stream(name, STREAM).await {
        Ok(there) => return Ok(there),
        Err(error) => match error.kind() {
            Kind::JetStream(reason) if reason.error_code() == ErrorCode::CONSUMER_NOT_FOUND => {}
            _ => return Err(error.into()),
        },
    }
    let config = pull::Config {
        durable_name: Some(name.to_owned()),
        filter_subject: filter.to_owned(),
        ack_policy: AckPolicy::Explicit,
        // What was not acknowledged by then is delivered again.
        ack_wait: Duration::from_secs(30),
        ..pull::Config::default()
    };
    Ok(jetstream.create_consumer_on_stream(config, STREAM).await?)
}
