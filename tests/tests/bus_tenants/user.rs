//! A client of the bus that keeps everything that it gets, and every refusal.

use std::{
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use async_nats::{
    Client, ConnectOptions, Event, HeaderMap,
    jetstream::{self, consumer::PullConsumer},
};
use futures_util::StreamExt as _;

/// How long anything may take.
const LONG: Duration = Duration::from_secs(60);

/// A subject that is nobody's.
const BARRIER: &str = "barrier";

/// A connected user.
pub(crate) struct User {
    pub(crate) client: Client,
    name: String,
    inbox: String,
    seen: Arc<Mutex<Vec<String>>>,
    refusals: Arc<Mutex<Vec<String>>>,
    asked: AtomicUsize,
    flushed: AtomicUsize,
}

impl User {
    /// By its seed in `tests/fixtures/nats`; the user `wild` by a password.
    pub(crate) async fn connect(url: &str, name: &str) -> Self {
        let refusals = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&refusals);
        let inbox = match name.rsplit_once('-') {
            Some((tenant, role)) => format!("_INBOX_{tenant}.{role}"),
            None if name == "operations" => "_INBOX_operations".to_owned(),
            None => "_INBOX".to_owned(),
        };
        let options = if name == "wild" {
            ConnectOptions::with_user_and_password("wild".to_owned(), "wild".to_owned())
        } else {
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/nats/{name}.nk"));
            ConnectOptions::with_nkey(std::fs::read_to_string(file).unwrap().trim().to_owned())
        };
        let client = options
            .custom_inbox_prefix(&inbox)
            .subscription_capacity(65_536)
            .event_callback(move |event| {
                if let Event::ServerError(error) = event {
                    told.lock().unwrap().push(error.to_string());
                }
                std::future::ready(())
            })
            .connect(url)
            .await
            .unwrap();
        let seen = Arc::default();
        let user =
            Self { client, name: name.to_owned(), inbox, seen, refusals, asked: 0.into(), flushed: 0.into() };
        if name == "wild" {
            let barrier = user.client.subscribe(format!("{BARRIER}.>")).await.unwrap();
            user.keep(barrier).await;
        }
        if name != "vidimus" {
            user.listen(&format!("{}.answers.>", user.inbox)).await;
        }
        user
    }

    pub(crate) async fn listen(&self, subject: &str) {
        let subscription = self.client.subscribe(subject.to_owned()).await.unwrap();
        self.keep(subscription).await;
    }

    pub(crate) async fn listen_in_group(&self, subject: &str, group: &str) {
        let subscription = self.client.queue_subscribe(subject.to_owned(), group.to_owned()).await.unwrap();
        self.keep(subscription).await;
    }

    async fn keep(&self, mut subscription: async_nats::Subscriber) {
        let seen = Arc::clone(&self.seen);
        tokio::spawn(async move {
            while let Some(message) = subscription.next().await {
                seen.lock().unwrap().push(String::from_utf8_lossy(&message.payload).into_owned());
            }
        });
        self.flush().await;
    }

    /// The server has taken everything until here. What is permitted to nobody is refused, and what is not, seen: both
    /// after all that came before.
    pub(crate) async fn flush(&self) {
        let number = self.flushed.fetch_add(1, SeqCst);
        let subject = format!("{BARRIER}.{number}.end");
        self.client.publish(subject.clone(), subject.clone().into()).await.unwrap();
        let refused = || self.refusals.lock().unwrap().iter().any(|refusal| refusal.contains(&subject));
        let seen = || self.seen.lock().unwrap().contains(&subject);
        wait_for("the server", || (refused() || seen()).then_some(())).await;
    }

    /// Asks, with an inbox of its own for the answer.
    pub(crate) async fn ask(&self, subject: &str, body: &str) {
        let number = self.asked.fetch_add(1, SeqCst);
        self.publish_with_reply(subject, &format!("{}.answers.{number}", self.inbox), body).await;
    }

    pub(crate) async fn publish(&self, subject: &str, body: &str) {
        self.client.publish(subject.to_owned(), body.to_owned().into()).await.unwrap();
        self.flush().await;
    }

    pub(crate) async fn publish_with_reply(&self, subject: &str, reply: &str, body: &str) {
        let body = body.to_owned().into();
        self.client.publish_with_reply(subject.to_owned(), reply.to_owned(), body).await.unwrap();
        self.flush().await;
    }

    /// Has the server send to `target` what became of a message.
    pub(crate) async fn trace(&self, subject: &str, target: &str, body: &str) {
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Trace-Dest", target);
        let body = body.to_owned().into();
        self.client.publish_with_headers(subject.to_owned(), headers, body).await.unwrap();
        self.flush().await;
    }

    pub(crate) fn payloads(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        seen.iter().filter(|seen| !seen.starts_with(BARRIER)).cloned().collect()
    }

    pub(crate) fn refusals(&self) -> Vec<String> {
        let refusals = self.refusals.lock().unwrap();
        refusals.iter().filter(|refusal| !refusal.contains(BARRIER)).cloned().collect()
    }

    pub(crate) async fn sees(&self, payload: &str) {
        let what = format!("{} to see `{payload}`", self.name);
        wait_for(&what, || self.payloads().iter().any(|seen| seen == payload).then_some(())).await;
    }

    /// It sees a message with all of these in it.
    pub(crate) async fn sees_like(&self, parts: &[&str]) {
        let what = format!("{} to see something with {parts:?}", self.name);
        let is_it = |seen: &String| parts.iter().all(|part| seen.contains(part));
        wait_for(&what, || self.payloads().iter().any(is_it).then_some(())).await;
    }

    /// The server refused each of these, by name.
    pub(crate) async fn is_refused(&self, subjects: &[&str]) {
        for subject in subjects {
            let quoted = format!("\"{subject}\"");
            let what = format!("{} to be refused {quoted}", self.name);
            wait_for(&what, || self.refusals().iter().any(|refusal| refusal.contains(&quoted)).then_some(()))
                .await;
        }
    }

    /// The durable consumer of the hub's stream, as a tenant's account calls it.
    pub(crate) async fn consumer(&self, stream: &str, name: &str) -> PullConsumer {
        let context = jetstream::with_prefix(self.client.clone(), "JS.VIDIMUS.API");
        context.get_consumer_from_stream(name, stream).await.unwrap()
    }

    /// The next message of a consumer, if there is one.
    pub(crate) async fn next(consumer: &PullConsumer) -> Option<jetstream::Message> {
        let mut messages = consumer.fetch().max_messages(1).messages().await.unwrap();
        messages.next().await.map(Result::unwrap)
    }
}

/// Looks again and again until there is something.
pub(crate) async fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let until = tokio::time::Instant::now() + LONG;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(tokio::time::Instant::now() < until, "in vain waited for {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
