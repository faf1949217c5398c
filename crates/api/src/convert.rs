//! From the words of the engine and the views into those of the API. Whoever answers in these words without HTTP between, as
//! the command line does on a data directory, uses it too.

mod approval;
mod audit;
mod catalogue;
mod event;
mod execution;
mod explanation;
mod freeze;
mod function;
mod grant;
mod insight;
mod key;
mod page;
mod payload;
mod policy;
mod proof;
mod replay;
mod reviewer;
mod webhook;

pub use approval::{approval_filter, batch_item, pending_approval, seen_card};
pub use audit::{audit_entry, audit_filter};
pub use catalogue::{
    agent_scopes, agent_scopes_set, connection, connection_set, described_connection, user_message,
};
pub(crate) use event::redacted_event;
pub use execution::{Shown, detail, execution, execution_filter, listed};
pub use explanation::{Rules, explanation};
pub use freeze::{freeze, freeze_set};
pub use function::{description, function, function_set, visible_tool};
pub use grant::{grant, grant_set, new_grant};
pub(crate) use insight::insight;
pub use key::{created_key, key, new_key};
pub use page::page;
pub(crate) use page::{limit, number, page_request};
pub(crate) use payload::{arguments, context, payload};
pub use policy::{policy, policy_change, policy_fault, policy_set};
pub use proof::{checkpoint, consistency, execution_proof};
pub use replay::replay_report;
pub use reviewer::{delegation, delegation_set, for_reviewer, group, group_set, new_delegation};
pub use webhook::{created_webhook, deleted_webhook, new_webhook, webhook};
