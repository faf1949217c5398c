//! Durable consumers: a place on a stream that the server keeps for a reader who may be away.

use std::time::Duration;

use async_nats::jetstream::{
    Context, ErrorCode,
    consumer::{AckPolicy, Config, DeliverPolicy, pull},
    context::ContextBuilder,
    stream::{ConsumerError as NatsError, ConsumerErrorKind as Kind},
};

use crate::{Bus, stream::is_api_of};

/// How long a reader has for a message before it is delivered again; from the last on, each time. The first is generous, as a
/// reader that is slow is no reader that is dead.
const BACK_OFF: [Duration; 4] =
    [Duration::from_secs(30), Duration::from_secs(60), Duration::from_secs(300), Duration::from_secs(900)];
/// Most deliveries of one message: some three hours of a reader that is there and never answers for it. While nobody reads,
/// nothing is delivered and nothing counts.
const MAX_DELIVER: i64 = 16;
/// Most messages that are delivered and not answered for.
const MAX_ACK_PENDING: i64 = 1_000;

/// What a durable consumer has to be: pulled, each message answered for, of one subject pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerSpec {
    /// The stream that it reads.
    pub stream: String,
    /// Its name.
    pub name: String,
    /// The one subject pattern that it reads.
    pub filter: String,
    /// What it is for, in words.
    pub description: String,
}

/// Why there is no such consumer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConsumerError {
    /// No server, or no answer.
    #[error("NATS does not answer ({reason}): try again when there is a server")]
    Unavailable {
        /// What happened.
        reason: String,
    },
    /// The server refuses it.
    #[error(
        "NATS does not permit to make the consumer `{name}` ({reason}): make it as the user `vidimus` of the configuration that `vidimus nats config` writes"
    )]
    NotPermitted {
        /// The consumer.
        name: String,
        /// What the server said.
        reason: String,
    },
    /// The stream is missing.
    #[error(
        "there is no stream `{stream}`: start `vidimus serve` with NATS once, which makes it, then try again"
    )]
    NoStream {
        /// The stream.
        stream: String,
    },
    /// It is there and something else.
    #[error(
        "the consumer `{name}` is there and is something else: {reason}; take another name, or remove it with `nats consumer rm`"
    )]
    Unfit {
        /// The consumer.
        name: String,
        /// What does not fit.
        reason: String,
    },
    /// It cannot be made.
    #[error("the consumer `{name}` cannot be made: {reason}")]
    NotMade {
        /// The consumer.
        name: String,
        /// What the server said.
        reason: String,
    },
}

impl ConsumerError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "nats_unavailable",
            Self::NotPermitted { .. } => "nats_not_permitted",
            Self::NoStream { .. } => "nats_stream_missing",
            Self::Unfit { .. } => "nats_consumer_unfit",
            Self::NotMade { .. } => "nats_consumer_not_made",
        }
    }

    /// Whether it can pass without anybody doing something.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}

/// Makes the consumer where it is missing and checks it where it is there; whether it was made. Its limits count where it is
/// made: an operator may change them.
///
/// # Errors
/// See [`ConsumerError`].
pub async fn make_consumer(bus: &Bus, spec: &ConsumerSpec) -> Result<bool, ConsumerError> {
    bus.connected().await.map_err(|reason| ConsumerError::Unavailable { reason })?;
    let context = ContextBuilder::new().timeout(bus.timeout()).build(bus.client());
    bus.unless_refused(|subject| is_api_of(subject, &spec.stream), find_or_make(&context, spec))
        .await
        .map_err(|reason| ConsumerError::NotPermitted { name: spec.name.clone(), reason })?
}

async fn find_or_make(context: &Context, spec: &ConsumerSpec) -> Result<bool, ConsumerError> {
    let why = |error: NatsError| explain(spec, &error);
    match context.get_consumer_from_stream::<Config, _, _>(&spec.name, &spec.stream).await {
        Ok(found) => return fits(&found.cached_info().config, spec).map(|()| false),
        Err(error) if is_answer(&error, ErrorCode::CONSUMER_NOT_FOUND) => {}
        Err(error) => return Err(why(error)),
    }
    let config = pull::Config {
        durable_name: Some(spec.name.clone()),
        description: Some(spec.description.clone()),
        ack_policy: AckPolicy::Explicit,
        filter_subject: spec.filter.clone(),
        backoff: BACK_OFF.to_vec(),
        max_deliver: MAX_DELIVER,
        max_ack_pending: MAX_ACK_PENDING,
        ..pull::Config::default()
    };
    let made = context.create_consumer_on_stream(config, &spec.stream).await.map_err(why)?;
    fits(&made.cached_info().config, spec).map(|()| true)
}

/// Whoever reads it may rely on this much; above all on the filter, which is what keeps tenants apart.
fn fits(config: &Config, spec: &ConsumerSpec) -> Result<(), ConsumerError> {
    match misfit(config, &spec.filter) {
        None => Ok(()),
        Some(reason) => Err(ConsumerError::Unfit { name: spec.name.clone(), reason }),
    }
}

fn misfit(config: &Config, filter: &str) -> Option<String> {
    let checks = [
        (config.deliver_subject.is_none(), "it is pushed to a subject, and has to be pulled"),
        (config.ack_policy == AckPolicy::Explicit, "messages need no answer of their own, and have to"),
        (
            config.filter_subject == filter && config.filter_subjects.is_empty(),
            "it does not read `FILTER` alone",
        ),
        (
            config.deliver_policy == DeliverPolicy::All,
            "it does not begin with the first message of the stream",
        ),
        (!config.headers_only, "it delivers headers alone"),
        (
            config.max_deliver <= 0 || config.max_deliver >= MAX_DELIVER,
            "it gives a message up after fewer than MAX deliveries (`max_deliver`)",
        ),
        (!config.memory_storage, "it is in memory: its place would be lost with its server"),
        (config.inactive_threshold.is_zero(), "it is removed while nobody reads (`inactive_threshold`)"),
    ];
    let (_, reason) = checks.iter().find(|(fits, _)| !fits)?;
    Some(reason.replace("FILTER", filter).replace("MAX", &MAX_DELIVER.to_string()))
}

fn is_answer(error: &NatsError, code: ErrorCode) -> bool {
    matches!(error.kind(), Kind::JetStream(answer) if answer.error_code() == code)
}

fn explain(spec: &ConsumerSpec, error: &NatsError) -> ConsumerError {
    let name = spec.name.clone();
    let reason = error.to_string();
    match error.kind() {
        _ if is_answer(error, ErrorCode::STREAM_NOT_FOUND) => {
            ConsumerError::NoStream { stream: spec.stream.clone() }
        }
        Kind::JetStream(answer) if answer.code() == 503 => ConsumerError::Unavailable { reason },
        Kind::JetStream(_) | Kind::InvalidConsumerType | Kind::InvalidName => {
            ConsumerError::NotMade { name, reason }
        }
        Kind::TimedOut | Kind::Request | Kind::Other => ConsumerError::Unavailable { reason },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made() -> Config {
        Config {
            ack_policy: AckPolicy::Explicit,
            filter_subject: "feed.>".to_owned(),
            backoff: BACK_OFF.to_vec(),
            max_deliver: MAX_DELIVER,
            max_ack_pending: MAX_ACK_PENDING,
            ..Config::default()
        }
    }

    #[test]
    fn what_is_made_fits_and_an_operator_may_be_more_generous() {
        assert_eq!(misfit(&made(), "feed.>"), None);
        for max_deliver in [-1, 0, MAX_DELIVER + 1] {
            let chosen = Config { max_deliver, max_ack_pending: 1, backoff: Vec::new(), ..made() };
            assert_eq!(misfit(&chosen, "feed.>"), None);
        }
    }

    #[test]
    fn everything_that_a_reader_relies_on_is_looked_at() {
        let changes: [fn(&mut Config); 12] = [
            |c| c.deliver_subject = Some("x".to_owned()),
            |c| c.ack_policy = AckPolicy::None,
            |c| c.ack_policy = AckPolicy::All,
            |c| c.filter_subject = "feed.a".to_owned(),
            |c| c.filter_subjects = vec!["feed.>".to_owned()],
            |c| c.deliver_policy = DeliverPolicy::New,
            |c| c.deliver_policy = DeliverPolicy::ByStartSequence { start_sequence: 2 },
            |c| c.headers_only = true,
            |c| c.max_deliver = 1,
            |c| c.max_deliver = MAX_DELIVER - 1,
            |c| c.memory_storage = true,
            |c| c.inactive_threshold = Duration::from_secs(1),
        ];
        let reasons = changes.map(|change| {
            let mut config = made();
            change(&mut config);
            misfit(&config, "feed.>").unwrap()
        });
        assert_eq!(reasons.iter().collect::<std::collections::BTreeSet<_>>().len(), 8, "{reasons:?}");
        assert_eq!(reasons[3], "it does not read `feed.>` alone");
        assert_eq!(reasons[8], "it gives a message up after fewer than 16 deliveries (`max_deliver`)");
    }
}
