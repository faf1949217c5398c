//! Commands over NATS, with nothing but a NATS client: asked again while nobody answers.

use std::time::Duration;

use async_nats::{Client, HeaderMap, HeaderValue, Message, Request};
use proto_events::{BusCommand, Subject, TenantId, header};
use serde_json::Value;
use uuid::Uuid;

/// How long one answer may take; `get` is asked to wait up to 30 s.
const PATIENCE: Duration = Duration::from_secs(40);
/// How often to ask, and how long to wait in between.
const TRIES: usize = 30;
const PAUSE: Duration = Duration::from_secs(1);

/// Asks commands of one tenant with one key.
pub(crate) struct Commands {
    pub(crate) client: Client,
    pub(crate) tenant: TenantId,
    authorization: HeaderValue,
}

/// What was answered; also a refusal is an answer.
pub(crate) struct Answer {
    /// The status that HTTP has for it.
    pub(crate) status: u16,
    /// The execution, or the problem.
    pub(crate) body: Value,
}

impl Commands {
    pub(crate) fn new(client: Client, tenant: TenantId, key: &str) -> Result<Self, async_nats::Error> {
        Ok(Self { client, tenant, authorization: format!("Bearer {key}").parse()? })
    }

    /// Asks until there is an answer. A request or its reply can be lost, and a server can be away: the same command again is
    /// safe, as one that took effect before changes nothing.
    pub(crate) async fn ask(
        &self,
        command: BusCommand,
        execution: Option<Uuid>,
        body: &Value,
    ) -> Result<Answer, async_nats::Error> {
        let subject = Subject::command(&self.tenant, command, execution).to_string();
        let mut why = String::new();
        for _ in 0..TRIES {
            let mut headers = HeaderMap::new();
            headers.insert("Authorization", self.authorization.clone());
            let request = Request::new().headers(headers).payload(body.to_string().into());
            match self.client.send_request(subject.clone(), request.timeout(Some(PATIENCE))).await {
                Ok(reply) => {
                    let answer = Answer::of(&reply)?;
                    if answer.body["retryable"] != true {
                        return Ok(answer);
                    }
                    why = answer.code().to_owned();
                }
                Err(error) => why = error.to_string(),
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(format!("`{subject}` was asked {TRIES} times and is not answered: {why}").into())
    }
}

impl Answer {
    fn of(reply: &Message) -> Result<Self, async_nats::Error> {
        let status = reply.headers.as_ref().and_then(|headers| headers.get(header::STATUS));
        let status = status.ok_or("the answer has no status: is this Vidimus?")?;
        Ok(Self { status: status.as_str().parse()?, body: serde_json::from_slice(&reply.payload)? })
    }

    /// The stable code of a refusal.
    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}
