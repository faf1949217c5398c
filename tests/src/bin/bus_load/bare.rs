//! A bare publisher: the same messages on such streams, as fast as acknowledged publishing goes: pipelined, in a window, and
//! without a fence. The relay, which must not lose or repeat anything, has one publish or one batch in flight.

use std::{collections::VecDeque, time::Duration};

use async_nats::jetstream::{
    self, Context,
    context::PublishAckFuture,
    stream::{Config, DiscardPolicy, StorageType},
};
use proto_events::{Message, Subject};

/// Acknowledgements that are waited for at the same time.
const WINDOW: usize = 256;

/// A bare publisher.
#[derive(Clone)]
pub(crate) struct Bare(Context);

impl Bare {
    /// With the two streams.
    pub(crate) async fn new(url: &str) -> Self {
        let client = async_nats::connect(url).await.unwrap();
        let context = jetstream::new(client);
        for (name, subjects) in
            [("VIDIMUS_NOTIFICATIONS", Subject::NOTIFICATIONS), ("VIDIMUS_RECORDED", Subject::RECORDED)]
        {
            let config = Config {
                name: name.to_owned(),
                subjects: vec![subjects.to_owned()],
                storage: StorageType::File,
                discard: DiscardPolicy::New,
                duplicate_window: Duration::from_secs(120),
                max_bytes: 4 << 30,
                allow_direct: true,
                deny_delete: true,
                deny_purge: true,
                ..Config::default()
            };
            context.create_stream(config).await.unwrap();
        }
        Self(context)
    }

    async fn send(&self, message: &Message) -> PublishAckFuture {
        let mut headers = async_nats::HeaderMap::new();
        for (name, value) in &message.headers {
            headers.insert(*name, value.as_str());
        }
        headers.insert("Nats-Msg-Id", message.id.as_str());
        let (subject, payload) = (message.subject.to_string(), message.payload.clone());
        self.0.publish_with_headers(subject, headers, payload).await.unwrap()
    }

    /// Publishes one, and waits for its acknowledgement.
    pub(crate) async fn publish(&self, message: &Message) {
        self.send(message).await.await.unwrap();
    }

    /// Publishes all of them in order, a window at a time.
    pub(crate) async fn publish_all(&self, messages: &[Message]) {
        let mut window = VecDeque::with_capacity(WINDOW);
        for message in messages {
            if window.len() == WINDOW {
                let oldest: PublishAckFuture = window.pop_front().unwrap();
                oldest.await.unwrap();
            }
            window.push_back(self.send(message).await);
        }
        for ack in window {
            ack.await.unwrap();
        }
    }
}
