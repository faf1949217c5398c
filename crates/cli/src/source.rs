//! What a command works on: the data directory itself, or a server that has it. Both answer in the words of the API, so
//! that a command is written once.

mod governance;
mod offline;
mod proofs;
mod server;

use uuid::Uuid;
use vidimus_api_types::{
    Abort, ApprovalQuery, Approve, AsOf, AuditEntry, AuditQuery, CreateKey, CreateWebhook, CreatedKey,
    CreatedWebhook, DeleteWebhook, DeletedWebhook, Deny, EventQuery, Execution, ExecutionQuery,
    FunctionAccess, FunctionName, FunctionQuery, GlobalPosition, Key, ListQuery, Page, PendingApproval,
    RecordedEvent, ReplayWebhook, RevokeKey, SetAccess, Webhook, WebhookSecret,
};

use crate::{
    args::{Global, Range},
    error::Failure,
    pepper::Missing,
};
use offline::Offline;
pub(crate) use server::{Server, refuse as refuse_server};

/// What a command works on.
pub(crate) enum Source {
    /// The data directory.
    Data(Box<Offline>),
    /// A server.
    Server(Server),
}

/// Asks whichever it is.
macro_rules! either {
    ($source:expr, $offline:ident => $here:expr, $client:ident => $there:expr) => {
        match $source {
            Source::Data($offline) => $here.await,
            Source::Server(server) => {
                let $client = server.client();
                server.answered($there.await)
            }
        }
    };
}

impl Source {
    /// The server that was named, else the data directory, which has to be there. `what`: the command, for whoever
    /// finds the directory in use.
    pub(crate) async fn open(global: &Global, what: &str) -> Result<Self, Failure> {
        match Server::named(global)? {
            Some(server) => Ok(Self::Server(server)),
            None => Offline::open(global, what).await.map(Box::new).map(Self::Data),
        }
    }

    /// As [`Self::open`], but makes the data directory if it is not there; with its key pepper where `pepper` asks for
    /// it.
    pub(crate) async fn create(
        global: &Global,
        what: &str,
        pepper: Option<Missing>,
    ) -> Result<Self, Failure> {
        match Server::named(global)? {
            Some(server) => Ok(Self::Server(server)),
            None => Offline::create(global, what, pepper).await.map(Box::new).map(Self::Data),
        }
    }

    /// As [`Self::open`], with the key pepper.
    pub(crate) async fn open_with_pepper(global: &Global, what: &str) -> Result<Self, Failure> {
        match Server::named(global)? {
            Some(server) => Ok(Self::Server(server)),
            None => Offline::open_with_pepper(global, what).await.map(Box::new).map(Self::Data),
        }
    }

    /// Where the server's log ends now: its lists are to have seen that, as those of a data directory always have. Where
    /// it does not say, they are as fresh as they are.
    async fn tail(&self) -> Option<GlobalPosition> {
        match self {
            Self::Data(_) => None,
            Self::Server(server) => server.client().ready().await.ok().map(|readiness| readiness.position),
        }
    }

    /// What a list is to have seen; one of the past has seen what it had seen.
    async fn fresh(&self, as_of: Option<AsOf>) -> Option<GlobalPosition> {
        if as_of.is_some() { None } else { self.tail().await }
    }

    pub(crate) async fn executions(&self, query: &ExecutionQuery) -> Result<Page<Execution>, Failure> {
        let min_position = self.fresh(query.as_of).await;
        let fresh = ExecutionQuery { min_position, ..query.clone() };
        either!(self, offline => offline.executions(query), client => client.executions(&fresh))
    }

    pub(crate) async fn execution(&self, id: Uuid) -> Result<Execution, Failure> {
        either!(self, offline => offline.execution(id), client => client.execution(id))
    }

    pub(crate) async fn execution_as_of(&self, id: Uuid, as_of: AsOf) -> Result<Execution, Failure> {
        either!(
            self,
            offline => offline.execution_as_of(id, as_of),
            client => client.execution_as_of(id, as_of)
        )
    }

    pub(crate) async fn approvals(&self, query: &ApprovalQuery) -> Result<Page<PendingApproval>, Failure> {
        let min_position = self.fresh(query.as_of).await;
        let fresh = ApprovalQuery { min_position, ..query.clone() };
        either!(self, offline => offline.approvals(query), client => client.approvals(&fresh))
    }

    pub(crate) async fn approve(&self, id: Uuid, body: Approve) -> Result<Execution, Failure> {
        either!(self, offline => offline.approve(id, body), client => client.approve(id, &body))
    }

    pub(crate) async fn deny(&self, id: Uuid, body: Deny) -> Result<Execution, Failure> {
        either!(self, offline => offline.deny(id, body), client => client.deny(id, &body))
    }

    pub(crate) async fn abort(&self, id: Uuid, body: Abort) -> Result<Execution, Failure> {
        either!(self, offline => offline.abort(id, body), client => client.abort(id, &body))
    }

    pub(crate) async fn audit(&self, query: &AuditQuery) -> Result<Page<AuditEntry>, Failure> {
        let min_position = self.fresh(query.as_of).await;
        let fresh = AuditQuery { min_position, ..query.clone() };
        either!(self, offline => offline.audit(query), client => client.audit(&fresh))
    }

    /// Every function whose access was ever set or that was ever described.
    pub(crate) async fn functions(&self) -> Result<Vec<FunctionAccess>, Failure> {
        let query = FunctionQuery { limit: Some(1000), ..FunctionQuery::default() };
        let mut functions =
            either!(self, offline => offline.functions(), client => client.all_functions(query).all())?;
        functions.sort_by(|a, b| a.function.cmp(&b.function));
        Ok(functions)
    }

    pub(crate) async fn set_access(
        &self,
        function: &FunctionName,
        body: SetAccess,
    ) -> Result<FunctionAccess, Failure> {
        either!(
            self,
            offline => offline.set_access(function, body),
            client => client.set_function_access(function, &body)
        )
    }

    pub(crate) async fn create_key(&self, body: CreateKey) -> Result<CreatedKey, Failure> {
        either!(self, offline => offline.create_key(body), client => client.create_key(&body))
    }

    /// Every key, newest first.
    pub(crate) async fn keys(&self) -> Result<Vec<Key>, Failure> {
        let fresh = ListQuery { min_position: self.tail().await, ..ListQuery::default() };
        either!(self, offline => offline.keys(), client => client.all_keys(fresh).all())
    }

    pub(crate) async fn revoke_key(&self, id: Uuid, body: RevokeKey) -> Result<Key, Failure> {
        either!(self, offline => offline.revoke_key(id, body), client => client.revoke_key(id, &body))
    }

    pub(crate) async fn create_webhook(&self, body: CreateWebhook) -> Result<CreatedWebhook, Failure> {
        either!(self, offline => offline.create_webhook(body), client => client.create_webhook(&body))
    }

    /// Every webhook, newest first.
    pub(crate) async fn webhooks(&self) -> Result<Vec<Webhook>, Failure> {
        let page = either!(self, offline => offline.webhooks(), client => client.webhooks())?;
        Ok(page.items)
    }

    pub(crate) async fn webhook(&self, id: Uuid) -> Result<Webhook, Failure> {
        either!(self, offline => offline.webhook(id), client => client.webhook(id))
    }

    pub(crate) async fn webhook_secret(&self, id: Uuid) -> Result<WebhookSecret, Failure> {
        either!(self, offline => offline.webhook_secret(id), client => client.webhook_secret(id))
    }

    pub(crate) async fn delete_webhook(
        &self,
        id: Uuid,
        body: DeleteWebhook,
    ) -> Result<DeletedWebhook, Failure> {
        either!(self, offline => offline.delete_webhook(id, body), client => client.delete_webhook(id, &body))
    }

    pub(crate) async fn replay_webhook(&self, id: Uuid, body: ReplayWebhook) -> Result<Webhook, Failure> {
        either!(self, offline => offline.replay_webhook(id, body), client => client.replay_webhook(id, &body))
    }

    /// Hands every recorded event of the range to `visit`, in order: those of all tenants from a data directory, those
    /// of the key's tenant from a server.
    pub(crate) async fn each_event(
        &self,
        range: &Range,
        mut visit: impl FnMut(&RecordedEvent) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let server = match self {
            Self::Data(offline) => return offline.each_event(range, visit).await,
            Self::Server(server) => server,
        };
        let query = EventQuery { after: Some(range.after), limit: Some(1000) };
        let mut pages = server.client().all_events(query);
        let mut until = None;
        while let Some(page) = server.answered(pages.next().await)? {
            // Where the log ended at first: what is recorded meanwhile is not run after.
            let until =
                *until.get_or_insert(range.until.map_or(page.position, |until| until.min(page.position)));
            for event in page.items {
                if event.position > until {
                    return Ok(());
                }
                visit(&event)?;
            }
        }
        Ok(())
    }
}
