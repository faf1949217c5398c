//! Consumers of the log: the three views that people look at, and the discipline that every consumer keeps.
//!
//! * [`Views`] is the facade: three views in one directory, each in a SQLite file of its own, each with its checkpoint.
//! * The *execution table* ([`ExecutionRow`], [`ExecutionDetail`], [`ExecutionFilter`]): one row per execution.
//! * [`Insight`] is what the executions of a span of time come to, for pictures.
//! * The *approval queue* ([`PendingApproval`], [`ApprovalFilter`]): what waits for a human, and nothing else.
//! * The *audit trail* ([`AuditEntry`], [`AuditFilter`]): one row per recorded event, tool sets aside.
//! * [`Past`] has the same views as they were at a position.
//! * [`RemoteLog`] is the log as another machine reads it from NATS; views are built from it like from the log itself.
//! * [`Relay`] publishes the log on NATS: notifications and recorded events, each once and in order.
//! * [`Consumer`] is what follows the log and decodes it; [`Projector`] runs one.
//!
//! Nothing here decides anything, and no SQL type is in a public signature. A view can be deleted at any time: it is
//! rebuilt from the log, equal row for row.

mod approvals;
mod audit;
mod consumer;
mod error;
mod executions;
mod facet;
mod insight;
mod page;
mod past;
mod redact;
mod relay;
mod remote;
mod search;
mod sql;
#[cfg(test)]
mod testing;
mod view;
mod views;

pub use approvals::{
    ApprovalFilter, ApprovalKind, DueEscalation, Escalated, ForReviewer, PendingApproval, Reviewer, Vote,
};
pub use audit::{AuditCategory, AuditEntry, AuditFilter, Direction};
pub use consumer::{Checkpoint, Consumer, DecodedEvent, Feed, FeedError, Projector};
pub use error::{OpenError, ProjectionError, QueryError};
pub use executions::{
    AuditOutcome, ExecutionDetail, ExecutionFilter, ExecutionRow, OriginKind, Progress, Verdict,
};
pub use insight::{Insight, InsightBlocked, InsightColumn, InsightReviewer, InsightRule, Resolved};
pub use page::{Cursor, Page, PageRequest};
pub use past::{Past, PastError, PastViews};
pub use relay::{Relay, RelaySettings, RelayStatus, RelayTrouble};
pub use remote::{RemoteError, RemoteLog};
pub use vidimus_domain::execution::{ApprovalStatus, ExecutionStatus, Stage};
pub use view::View;
pub use views::{ViewStats, Views, ViewsStats};
