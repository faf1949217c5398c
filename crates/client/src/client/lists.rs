//! Lists, page by page.

use uuid::Uuid;
use vidimus_api_types::{
    ApprovalQuery, AuditEntry, AuditQuery, EventQuery, Execution, ExecutionQuery, FunctionAccess,
    FunctionQuery, GlobalPosition, Key, ListQuery, NotificationQuery, Page, PageQuery, PendingApproval,
    RecordedEvent,
};

use crate::{Client, ClientError, Notifications, Pages, request::Call};

impl Client {
    /// A page of the execution table, newest first.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn executions(&self, query: &ExecutionQuery) -> Result<Page<Execution>, ClientError> {
        self.json(Call::get(self, &["v1", "executions"]).query(query)?).await
    }

    /// The execution table, newest first.
    pub fn all_executions(&self, query: ExecutionQuery) -> Pages<ExecutionQuery, Execution> {
        Pages::new(self, ["v1", "executions"], query)
    }

    /// A page of the approval queue, the most urgent first.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn approvals(&self, query: &ApprovalQuery) -> Result<Page<PendingApproval>, ClientError> {
        self.json(Call::get(self, &["v1", "approvals"]).query(query)?).await
    }

    /// The approval queue, the most urgent first.
    pub fn all_approvals(&self, query: ApprovalQuery) -> Pages<ApprovalQuery, PendingApproval> {
        Pages::new(self, ["v1", "approvals"], query)
    }

    /// A page of the audit trail.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn audit(&self, query: &AuditQuery) -> Result<Page<AuditEntry>, ClientError> {
        self.json(Call::get(self, &["v1", "audit"]).query(query)?).await
    }

    /// The audit trail.
    pub fn all_audit(&self, query: AuditQuery) -> Pages<AuditQuery, AuditEntry> {
        Pages::new(self, ["v1", "audit"], query)
    }

    /// A page of the functions whose access was ever set or that were ever described.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn functions(&self, query: &FunctionQuery) -> Result<Page<FunctionAccess>, ClientError> {
        self.json(Call::get(self, &["v1", "functions"]).query(query)?).await
    }

    /// Every function whose access was ever set or that was ever described.
    pub fn all_functions(&self, query: FunctionQuery) -> Pages<FunctionQuery, FunctionAccess> {
        Pages::new(self, ["v1", "functions"], query)
    }

    /// A page of the tenant's keys.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn keys(&self, query: &ListQuery) -> Result<Page<Key>, ClientError> {
        self.json(Call::get(self, &["v1", "keys"]).query(query)?).await
    }

    /// Every key of the tenant.
    pub fn all_keys(&self, query: ListQuery) -> Pages<ListQuery, Key> {
        Pages::new(self, ["v1", "keys"], query)
    }

    /// A page of the tenant's recorded events, in the order of the log.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn events(&self, query: &EventQuery) -> Result<Page<RecordedEvent>, ClientError> {
        self.json(Call::get(self, &["v1", "events"]).query(query)?).await
    }

    /// The tenant's recorded events, in the order of the log, up to what is there when it is asked for.
    pub fn all_events(&self, query: EventQuery) -> Pages<EventQuery, RecordedEvent> {
        Pages::new(self, ["v1", "events"], query)
    }

    /// A page of one execution's recorded events.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn execution_events(
        &self,
        id: Uuid,
        query: &PageQuery,
    ) -> Result<Page<RecordedEvent>, ClientError> {
        let call = Call::get(self, &["v1", "executions", &id.to_string(), "events"]);
        self.json(call.query(query)?).await
    }

    /// One execution's recorded events.
    pub fn all_execution_events(&self, id: Uuid) -> Pages<PageQuery, RecordedEvent> {
        let path = ["v1", "executions", &id.to_string(), "events"];
        Pages::new(self, path, PageQuery::default())
    }

    /// What happens, as it happens. `last_event_id`: where an earlier stream ended; it wins over the query's `after`.
    pub fn notifications(
        &self,
        query: NotificationQuery,
        last_event_id: Option<GlobalPosition>,
    ) -> Notifications {
        Notifications::new(self.clone(), query, last_event_id)
    }
}
