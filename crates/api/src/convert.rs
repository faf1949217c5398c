//! From the words of the engine and the views into those of the API. Whoever answers in these words without HTTP between, as
//! the command line does on a data directory, uses it too.

mod approval;
mod audit;
mod execution;
mod function;
mod key;
mod page;
mod payload;
mod webhook;

pub use approval::{approval_filter, pending_approval};
pub use audit::{audit_entry, audit_filter};
pub use execution::{detail, execution, execution_filter, listed};
pub use function::{function_access, function_access_set};
pub use key::{created_key, key, new_key};
pub use page::page;
pub(crate) use page::{limit, number, page_request};
pub(crate) use payload::{arguments, context, payload};
pub use webhook::{created_webhook, deleted_webhook, new_webhook, webhook};
