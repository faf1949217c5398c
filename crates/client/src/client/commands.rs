//! Executions: propose, and the commands.

use reqwest::header::{HeaderName, HeaderValue};
use serde::Serialize;
use uuid::Uuid;
use vidimus_api_types::{
    Abort, AddComment, Approve, Cancel, Complete, Confirm, Decline, Deny, Execution, Explanation, Fail,
    Progress, Propose, Revise, Revised, Settle, Start, ToolExecutionCreate,
};

use crate::{Client, ClientError, request::Call};

impl Client {
    /// Proposes a call; answers when the decision is durable. A block is a decision, not an error.
    ///
    /// With an idempotency key it is tried again, with the same key, and the same call gets the earlier decision. Without
    /// one it is tried again only where it certainly did not get through.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn propose(&self, call: &Propose) -> Result<Execution, ClientError> {
        let drawn = match (&call.idempotency_key, &self.0.draw_key) {
            (None, Some(draw)) => Some(Propose { idempotency_key: Some(draw()), ..call.clone() }),
            _ => None,
        };
        let call = drawn.as_ref().unwrap_or(call);
        let request = Call::post(self, &["v1", "executions"], call)?;
        self.json(if call.idempotency_key.is_some() { request } else { request.doubles() }).await
    }

    fn command(&self, id: Uuid, command: &str, body: &impl Serialize) -> Result<Call, ClientError> {
        Call::post(self, &["v1", "executions", &id.to_string(), command], body)
    }

    /// The call is about to run: its permit is used up. Repeated by the same principal it answers `already`, which is no
    /// leave to run twice.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn start(&self, id: Uuid, body: &Start) -> Result<Execution, ClientError> {
        self.json(self.command(id, "start", body)?).await
    }

    /// The running call is alive; its lease is renewed.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn progress(&self, id: Uuid, body: &Progress) -> Result<Execution, ClientError> {
        // Each one is an event of its own, and their number is bounded.
        self.json(self.command(id, "progress", body)?.doubles()).await
    }

    /// The running call ended well.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn complete(&self, id: Uuid, body: &Complete) -> Result<Execution, ClientError> {
        self.json(self.command(id, "complete", body)?).await
    }

    /// The running call ended without success.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn fail(&self, id: Uuid, body: &Fail) -> Result<Execution, ClientError> {
        self.json(self.command(id, "fail", body)?).await
    }

    /// Calls it off: the requester or the proposing agent before it started, its executor after.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn cancel(&self, id: Uuid, body: &Cancel) -> Result<Execution, ClientError> {
        self.json(self.command(id, "cancel", body)?).await
    }

    /// The requesting user confirms.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn confirm(&self, id: Uuid, body: &Confirm) -> Result<Execution, ClientError> {
        self.json(self.command(id, "confirm", body)?).await
    }

    /// The requesting user declines.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn decline(&self, id: Uuid, body: &Decline) -> Result<Execution, ClientError> {
        self.json(self.command(id, "decline", body)?).await
    }

    /// A reviewer approves.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn approve(&self, id: Uuid, body: &Approve) -> Result<Execution, ClientError> {
        self.json(self.command(id, "approve", body)?).await
    }

    /// A reviewer denies.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn deny(&self, id: Uuid, body: &Deny) -> Result<Execution, ClientError> {
        self.json(self.command(id, "deny", body)?).await
    }

    /// A reviewer aborts, with feedback to the agent.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn abort(&self, id: Uuid, body: &Abort) -> Result<Execution, ClientError> {
        self.json(self.command(id, "abort", body)?).await
    }

    /// A reviewer edits the arguments: the call is aborted, and a new attempt with the others is decided on. The same again
    /// gets the same new attempt.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn revise(&self, id: Uuid, body: &Revise) -> Result<Revised, ClientError> {
        self.json(self.command(id, "revise", body)?).await
    }

    /// Comments on a call that waits; tried again only where it certainly did not get through, as it would be said twice.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn comment(&self, id: Uuid, body: &AddComment) -> Result<Execution, ClientError> {
        self.json(self.command(id, "comments", body)?.doubles()).await
    }

    /// Why a call was decided on as it was.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn explanation(&self, id: Uuid) -> Result<Explanation, ClientError> {
        self.json(Call::get(self, &["v1", "executions", &id.to_string(), "explanation"])).await
    }

    /// Evidence shows how an unknown call ended.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn settle(&self, id: Uuid, body: &Settle) -> Result<Execution, ClientError> {
        self.json(self.command(id, "settle", body)?).await
    }

    /// Hands in a call that ran elsewhere and is over. Under an idempotency key (1 to 255 characters) the same call is
    /// recorded once, however often it is handed in, and so it is tried again; without one, two of them are two calls, and
    /// it is tried again only where it certainly did not get through.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn submit_tool_execution(
        &self,
        agent_id: Uuid,
        call_id: Uuid,
        body: &ToolExecutionCreate,
        idempotency_key: Option<&str>,
    ) -> Result<(), ClientError> {
        let (agent, call) = (agent_id.to_string(), call_id.to_string());
        let path = ["v1", "agents", &agent, "calls", &call, "tool-executions"];
        let request = Call::post(self, &path, body)?;
        let Some(key) = idempotency_key else { return self.done(request.doubles()).await };
        let value = HeaderValue::from_str(key).map_err(|_| {
            ClientError::Unusable("the idempotency key cannot be a header: use letters and digits".to_owned())
        })?;
        self.done(request.header(IDEMPOTENCY_KEY, value)).await
    }
}

/// `vidimus_api_types::IDEMPOTENCY_KEY` as HTTP/2 has it.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
