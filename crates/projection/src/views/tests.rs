//! The views on real files.

mod approvals;
mod audit;
mod damage;
mod executions;
mod follow;
mod insight;
mod plans;
mod search;

use std::{path::Path, sync::Arc};

use proto_events::{Digest, GlobalPosition, TenantId};
use vidimus_log::{EventLog, MemoryLog};

use super::Views;
use crate::{
    AuditEntry, AuditFilter, Direction, ExecutionFilter, ExecutionRow, PageRequest, PendingApproval, View,
    testing::{History, TENANTS},
};

struct Setup {
    directory: tempfile::TempDir,
    history: History,
    views: Views,
}

impl Setup {
    async fn empty(seed: u64) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let history = History::new(Arc::new(MemoryLog::default()), seed);
        let views = Views::open(directory.path(), Arc::clone(&history.log)).await.unwrap();
        Self { directory, history, views }
    }

    async fn grown(seed: u64, events: u64) -> Self {
        let mut setup = Self::empty(seed).await;
        setup.history.grow(events).await;
        setup.views.catch_up().await.unwrap();
        setup
    }

    fn log(&self) -> Arc<dyn EventLog> {
        Arc::clone(&self.history.log)
    }

    fn file(&self, view: View) -> std::path::PathBuf {
        self.directory.path().join(format!("{view}.sqlite"))
    }

    /// Closes the views, changes something in their directory, and opens them again.
    async fn reopen(self, change: impl FnOnce(&Path)) -> Self {
        let Self { directory, history, views } = self;
        drop(views);
        change(directory.path());
        let views = Views::open(directory.path(), Arc::clone(&history.log)).await.unwrap();
        Self { directory, history, views }
    }
}

fn tenant(index: usize) -> TenantId {
    TENANTS[index].parse().unwrap()
}

async fn digests(views: &Views) -> Vec<Digest> {
    let mut digests = Vec::new();
    for view in View::ALL {
        digests.push(views.digest(view).await.unwrap());
    }
    digests
}

/// The digests of views that were built from `log` in one go.
async fn fresh(log: &Arc<dyn EventLog>) -> Vec<Digest> {
    let directory = tempfile::tempdir().unwrap();
    let views = Views::open(directory.path(), Arc::clone(log)).await.unwrap();
    assert_eq!(views.catch_up().await.unwrap(), log.tail());
    digests(&views).await
}

async fn positions(views: &Views) -> Vec<GlobalPosition> {
    views.stats().await.unwrap().views.iter().map(|stats| stats.checkpoint.position).collect()
}

async fn all_executions(views: &Views, tenant: &TenantId, filter: &ExecutionFilter) -> Vec<ExecutionRow> {
    let (mut rows, mut request) = (Vec::new(), PageRequest::first(7));
    loop {
        let page = views.executions(tenant, filter, &request).await.unwrap();
        assert!(page.items.len() <= 7);
        rows.extend(page.items);
        let Some(next) = page.next else { return rows };
        request = PageRequest::after(next, 7);
    }
}

async fn all_approvals(
    views: &Views,
    tenant: &TenantId,
    filter: &crate::ApprovalFilter,
) -> Vec<PendingApproval> {
    let (mut rows, mut request) = (Vec::new(), PageRequest::first(3));
    loop {
        let page = views.approvals(tenant, filter, &request).await.unwrap();
        rows.extend(page.items);
        let Some(next) = page.next else { return rows };
        request = PageRequest::after(next, 3);
    }
}

async fn all_entries(views: &Views, tenant: &TenantId, filter: &AuditFilter) -> Vec<AuditEntry> {
    let (mut rows, mut request) = (Vec::new(), PageRequest::first(100));
    loop {
        let page = views.audit(tenant, filter, &request).await.unwrap();
        rows.extend(page.items);
        let Some(next) = page.next else { break };
        request = PageRequest::after(next, 100);
    }
    let ascending = rows.is_sorted_by_key(|entry| entry.position);
    let descending = rows.iter().rev().is_sorted_by_key(|entry| entry.position);
    assert!(if filter.direction == Direction::OldestFirst { ascending } else { descending });
    rows
}
