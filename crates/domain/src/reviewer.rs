//! The reviewers of a tenant: their groups, and who decides in whose place for a time.
//!
//! One stream for a tenant, so that who may review is guarded while somebody does.

mod command;
mod decide;
mod evolve;
mod rejection;
mod state;
#[cfg(test)]
mod tests;

pub use command::{Action, Command};
pub use decide::{
    MAX_DELEGATION, MAX_DELEGATION_AHEAD, MAX_DELEGATIONS, MAX_GROUP_BYTES, MAX_GROUPS, MAX_MEMBERS, decide,
    is_group,
};
pub use evolve::evolve;
pub use rejection::Rejection;
pub use state::{Delegation, Happened, MAX_ENDED, State};
