//! The questions that the views answer. Each is of one tenant: another tenant's rows are not there.

use proto_events::{GlobalPosition, TenantId, Timestamp};
use rusqlite::Connection;
use uuid::Uuid;

use super::Views;
use crate::{
    ApprovalFilter, AuditEntry, AuditFilter, ExecutionDetail, ExecutionFilter, ExecutionRow, Insight, Page,
    PageRequest, PendingApproval, QueryError, View, approvals, audit, executions, insight, sql::SqlError,
};

impl Views {
    async fn read<T: Send + 'static>(
        &self,
        view: View,
        read: impl FnOnce(&Connection) -> Result<T, SqlError> + Send + 'static,
    ) -> Result<T, QueryError> {
        self.slot(view).read(read).await
    }

    /// Executions of `tenant`, newest first.
    ///
    /// # Errors
    /// See [`QueryError`].
    pub async fn executions(
        &self,
        tenant: &TenantId,
        filter: &ExecutionFilter,
        page: &PageRequest,
    ) -> Result<Page<ExecutionRow>, QueryError> {
        let (tenant, filter, page) = (tenant.clone(), filter.clone(), page.clone());
        self.read(View::Executions, move |connection| executions::page(connection, &tenant, &filter, &page))
            .await
    }

    /// Executions of `tenant` that started and went silent, and wait to be settled by evidence; those whose lease ran out first
    /// come first.
    ///
    /// # Errors
    /// See [`QueryError`].
    pub async fn unsettled(
        &self,
        tenant: &TenantId,
        page: &PageRequest,
    ) -> Result<Page<ExecutionRow>, QueryError> {
        let (tenant, page) = (tenant.clone(), page.clone());
        self.read(View::Executions, move |connection| executions::unsettled(connection, &tenant, &page)).await
    }

    /// What the executions of `tenant` come to that came on record from `from` and before `to`; the newest of them, where
    /// they are very many.
    ///
    /// # Errors
    /// See [`QueryError`].
    pub async fn insight(
        &self,
        tenant: &TenantId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Insight, QueryError> {
        let tenant = tenant.clone();
        self.read(View::Executions, move |connection| insight::insight(connection, &tenant, from, to)).await
    }

    /// One execution of `tenant`; `None` where the tenant has none of that id.
    ///
    /// # Errors
    /// See [`QueryError`].
    pub async fn execution(
        &self,
        tenant: &TenantId,
        id: Uuid,
    ) -> Result<Option<ExecutionDetail>, QueryError> {
        let tenant = tenant.clone();
        self.read(View::Executions, move |connection| executions::detail(connection, &tenant, id)).await
    }

    /// Pending approvals and confirmations of `tenant`, the most urgent first.
    ///
    /// # Errors
    /// See [`QueryError`].
    pub async fn approvals(
        &self,
        tenant: &TenantId,
        filter: &ApprovalFilter,
        page: &PageRequest,
    ) -> Result<Page<PendingApproval>, QueryError> {
        let (tenant, filter, page) = (tenant.clone(), filter.clone(), page.clone());
        self.read(View::Approvals, move |connection| approvals::page(connection, &tenant, &filter, &page))
            .await
    }

    /// What one execution of `tenant` waits for; `None` where it waits for no human.
    ///
    /// # Errors
    /// See [`QueryError`].
    pub async fn approval(
        &self,
        tenant: &TenantId,
        execution_id: Uuid,
    ) -> Result<Option<PendingApproval>, QueryError> {
        let tenant = tenant.clone();
        self.read(View::Approvals, move |connection| approvals::one(connection, &tenant, execution_id)).await
    }

    /// Entries of the audit trail of `tenant`.
    ///
    /// # Errors
    /// See [`QueryError`].
    pub async fn audit(
        &self,
        tenant: &TenantId,
        filter: &AuditFilter,
        page: &PageRequest,
    ) -> Result<Page<AuditEntry>, QueryError> {
        let (tenant, filter, page) = (tenant.clone(), filter.clone(), page.clone());
        self.read(View::Audit, move |connection| audit::page(connection, &tenant, &filter, &page)).await
    }

    /// The entry at `position`; `None` where the tenant has none there.
    ///
    /// # Errors
    /// See [`QueryError`].
    pub async fn audit_entry(
        &self,
        tenant: &TenantId,
        position: GlobalPosition,
    ) -> Result<Option<AuditEntry>, QueryError> {
        let tenant = tenant.clone();
        self.read(View::Audit, move |connection| audit::one(connection, &tenant, position)).await
    }
}
