//! The data directory itself, in the words of the API.

mod governance;
mod past;
mod proofs;

use proto_events::{Card, GlobalPosition, Redaction, TenantId};
use uuid::Uuid;
use vidimus_api::convert::{self, Shown};
use vidimus_api_types::{
    Abort, ApprovalQuery, Approve, AuditEntry, AuditQuery, CreateKey, CreateWebhook, CreatedKey,
    CreatedWebhook, DeleteWebhook, DeletedWebhook, Deny, Execution, ExecutionQuery, FunctionAccess,
    FunctionName, Key, Page, PendingApproval, RecordedEvent, ReplayWebhook, RevokeKey, SetAccess, Webhook,
    WebhookSecret,
};
use vidimus_domain::{execution::SeenCard, webhook::Rejection};
use vidimus_engine::{Answer, EngineError, Principal, Seen, WebhookAnswer};
use vidimus_log::{EventLog as _, Subscription};
use vidimus_projection::{AuditFilter, Cursor, PageRequest, Views};

use crate::{
    args::{Global, Range},
    data::{Data, ask, operator},
    error::Failure,
    pepper::Missing,
};

/// An open data directory, and who works on it.
pub(crate) struct Offline {
    data: Data,
    principal: Principal,
}

fn page_request(limit: Option<u32>, cursor: Option<&String>) -> PageRequest {
    let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(PageRequest::DEFAULT_LIMIT);
    PageRequest { limit, after: cursor.map(Cursor::new) }
}

impl Offline {
    pub(super) async fn open(global: &Global, what: &str) -> Result<Self, Failure> {
        Ok(Self { data: Data::open(global, what).await?, principal: operator(global) })
    }

    pub(super) async fn create(
        global: &Global,
        what: &str,
        pepper: Option<Missing>,
    ) -> Result<Self, Failure> {
        let holder = format!("`vidimus {what}`");
        let data =
            Data::create_in(global.data(), &holder, vidimus_engine::Settings::default(), pepper).await?;
        Ok(Self { data, principal: operator(global) })
    }

    pub(super) async fn open_with_pepper(global: &Global, what: &str) -> Result<Self, Failure> {
        Ok(Self { data: Data::open_with_pepper(global, what).await?, principal: operator(global) })
    }

    fn tenant(&self) -> &TenantId {
        &self.principal.tenant
    }

    fn not_found(&self, id: Uuid) -> Failure {
        let message = format!(
            "tenant `{}` has no execution `{id}`: look for it with `vidimus execution list`",
            self.tenant()
        );
        Failure::not_found("execution_not_found", message)
    }

    /// The execution after a command.
    async fn answered(&self, answer: &Answer) -> Result<Execution, Failure> {
        let token = match answer.state.execution() {
            Some(execution) => self.data.engine.permit_token(self.tenant(), execution).await,
            None => None,
        };
        convert::execution(answer, token).ok_or_else(|| self.not_found(answer.execution_id))
    }

    pub(super) async fn executions(&self, query: &ExecutionQuery) -> Result<Page<Execution>, Failure> {
        let filter = convert::execution_filter(query.clone());
        let request = page_request(query.limit, query.cursor.as_ref());
        let (views, position) = self.read(query.as_of).await?;
        let page =
            ask(&views, async |views| views.executions(self.tenant(), &filter, &request).await).await?;
        Ok(convert::page(page, position, convert::listed))
    }

    pub(super) async fn execution(&self, id: Uuid) -> Result<Execution, Failure> {
        let answer = self.data.engine.execution(self.tenant(), id).await?;
        let answer = answer.ok_or_else(|| self.not_found(id))?;
        let views = self.data.current_views().await?;
        let seen = ask(&views, async |views| views.execution(self.tenant(), id).await).await?;
        // What is sensitive is left out here as anywhere; the events have it.
        convert::detail(&answer, None, seen, Shown::Redacted).ok_or_else(|| self.not_found(id))
    }

    pub(super) async fn approvals(&self, query: &ApprovalQuery) -> Result<Page<PendingApproval>, Failure> {
        past::not_mine(query)?;
        let reviewer = match query.mine {
            Some(true) => Some(convert::for_reviewer(&self.data.engine, &self.principal).await?),
            _ => None,
        };
        let filter = convert::approval_filter(query.clone(), reviewer);
        let request = page_request(query.limit, query.cursor.as_ref());
        let (views, position) = self.read(query.as_of).await?;
        let page = ask(&views, async |views| views.approvals(self.tenant(), &filter, &request).await).await?;
        let redaction = Redaction::default();
        Ok(convert::page(page, position, |pending| convert::pending_approval(pending, &redaction)))
    }

    pub(super) async fn approve(&self, id: Uuid, body: Approve) -> Result<Execution, Failure> {
        let Approve { arguments_digest, stage, comment, break_glass, card } = body;
        let seen = Seen { arguments_digest, stage, card: seen_card(card) };
        let engine = &self.data.engine;
        let answer = engine.approve(&self.principal, id, seen, comment, break_glass).await?;
        self.answered(&answer).await
    }

    pub(super) async fn deny(&self, id: Uuid, body: Deny) -> Result<Execution, Failure> {
        let answer = self.data.engine.deny(&self.principal, id, body.reason, seen_card(body.card)).await?;
        self.answered(&answer).await
    }

    pub(super) async fn abort(&self, id: Uuid, body: Abort) -> Result<Execution, Failure> {
        let answer = self.data.engine.abort(&self.principal, id, body.feedback, seen_card(body.card)).await?;
        self.answered(&answer).await
    }

    pub(super) async fn audit(&self, query: &AuditQuery) -> Result<Page<AuditEntry>, Failure> {
        let filter = convert::audit_filter(query.clone());
        let request = page_request(query.limit, query.cursor.as_ref());
        let (views, position) = self.read(query.as_of).await?;
        let page = ask(&views, async |views| views.audit(self.tenant(), &filter, &request).await).await?;
        Ok(convert::page(page, position, convert::audit_entry))
    }

    /// Every entry of the audit trail of this type, latest first.
    async fn entries(&self, event_type: &str) -> Result<Vec<vidimus_projection::AuditEntry>, Failure> {
        let views: Views = self.data.current_views().await?;
        let filter = AuditFilter { event_type: Some(event_type.to_owned()), ..AuditFilter::default() };
        let mut request = PageRequest::first(PageRequest::MAX_LIMIT);
        let mut entries = Vec::new();
        loop {
            let page = ask(&views, async |views| views.audit(self.tenant(), &filter, &request).await).await?;
            entries.extend(page.items);
            match page.next {
                Some(next) => request = PageRequest::after(next, PageRequest::MAX_LIMIT),
                None => return Ok(entries),
            }
        }
    }

    pub(super) async fn functions(&self) -> Result<Vec<FunctionAccess>, Failure> {
        let mut functions = Vec::new();
        for name in self.data.engine.function_names(self.tenant()).await? {
            let answer = self.data.engine.function(self.tenant(), &name).await?;
            functions.push(convert::function(answer));
        }
        Ok(functions)
    }

    pub(super) async fn set_access(
        &self,
        function: &FunctionName,
        body: SetAccess,
    ) -> Result<FunctionAccess, Failure> {
        let engine = &self.data.engine;
        let set = engine.set_access(&self.principal, function.clone(), body.access, body.reason).await?;
        let now = convert::function(engine.function(self.tenant(), function).await?);
        let (access, position, changed) = (set.access, set.position, Some(!set.already));
        Ok(FunctionAccess { access, position, changed, ..now })
    }

    pub(super) async fn create_key(&self, body: CreateKey) -> Result<CreatedKey, Failure> {
        let created = self.data.engine.create_key(&self.principal, convert::new_key(body)).await?;
        Ok(convert::created_key(created, self.data.engine.now()))
    }

    pub(super) async fn keys(&self) -> Result<Vec<Key>, Failure> {
        let mut keys = Vec::new();
        for id in self.entries("key_created").await?.iter().filter_map(|entry| entry.stream.key_id()) {
            let key = self.data.engine.key(self.tenant(), id).await?;
            keys.extend(key.map(|key| convert::key(key, self.data.engine.now())));
        }
        Ok(keys)
    }

    pub(super) async fn revoke_key(&self, id: Uuid, body: RevokeKey) -> Result<Key, Failure> {
        let (key, _) = self.data.engine.revoke_key(&self.principal, id, body.reason).await?;
        Ok(convert::key(key, self.data.engine.now()))
    }

    /// A webhook, with how its deliveries stood when a server last made any.
    fn shown(&self, webhook: vidimus_engine::Webhook) -> Webhook {
        let delivery =
            vidimus_webhook::delivery_on_disk(&self.data.webhooks_directory(), self.tenant(), &webhook);
        convert::webhook(webhook, Some(delivery), self.data.log.tail())
    }

    fn found(&self, answer: Option<WebhookAnswer>) -> Result<Webhook, Failure> {
        let webhook = answer.and_then(|answer| answer.webhook);
        let webhook = webhook.ok_or(EngineError::Webhook(Rejection::NotFound))?;
        Ok(self.shown(webhook))
    }

    pub(super) async fn create_webhook(&self, body: CreateWebhook) -> Result<CreatedWebhook, Failure> {
        let created = self.data.engine.create_webhook(&self.principal, convert::new_webhook(body)).await?;
        Ok(convert::created_webhook(created, self.data.log.tail()))
    }

    pub(super) async fn webhooks(&self) -> Result<Page<Webhook>, Failure> {
        let (webhooks, _) = self.data.engine.webhooks(self.tenant()).await?;
        let items = webhooks.into_iter().map(|webhook| self.shown(webhook)).collect();
        Ok(Page { items, next: None, position: self.data.log.tail() })
    }

    pub(super) async fn webhook(&self, id: Uuid) -> Result<Webhook, Failure> {
        self.found(self.data.engine.webhook(self.tenant(), id).await?)
    }

    pub(super) async fn webhook_secret(&self, id: Uuid) -> Result<WebhookSecret, Failure> {
        let secret = self.data.engine.webhook_secret(&self.principal, id).await?;
        Ok(WebhookSecret { secret: secret.expose() })
    }

    pub(super) async fn delete_webhook(
        &self,
        id: Uuid,
        body: DeleteWebhook,
    ) -> Result<DeletedWebhook, Failure> {
        let answer = self.data.engine.delete_webhook(&self.principal, id, body.reason).await?;
        Ok(convert::deleted_webhook(id, &answer))
    }

    pub(super) async fn replay_webhook(&self, id: Uuid, body: ReplayWebhook) -> Result<Webhook, Failure> {
        let answer = self.data.engine.replay_webhook(&self.principal, id, body.after).await?;
        self.found(Some(answer))
    }

    pub(super) async fn each_event(
        &self,
        range: &Range,
        mut visit: impl FnMut(&RecordedEvent) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let until = range.until.unwrap_or(GlobalPosition::new(u64::MAX)).min(self.data.log.tail());
        let mut subscription = Subscription::new(self.data.log(), range.after);
        while subscription.position() < until {
            let Some(batch) = subscription.next_available().await? else { break };
            for event in batch.iter().take_while(|event| event.position <= until) {
                visit(event)?;
            }
        }
        Ok(())
    }
}

/// The card that somebody saw who decides. Nothing is published from here: what is left out is what usually is.
pub(crate) fn seen_card(card: Option<Card>) -> Option<SeenCard> {
    convert::seen_card(card, &Redaction::default())
}
