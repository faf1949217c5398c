//! The events: what can be recorded, and how its payload is written and read.

mod decode;
mod execution;
mod function;
mod governance;
mod key;
mod registry;
mod verdict;
mod webhook;

pub use decode::DecodeError;
pub use execution::{
    ApprovalEscalated, ApprovalReminded, ApprovalRequired, AttemptOpened, Blocked, Commented,
    ConfirmationRequired, Decided, Expired, Finished, InProgress, Initiated, PermitWithdrawn, Permitted,
    Progressed, Reattempted, Redecided, ResultUnknown, Resumed, Settled, Suspended,
};
pub use function::{
    Access, AgentScopesChanged, ConnectionDescribed, FunctionAccessChanged, FunctionDescribed,
    FunctionWithdrawn, ToolSetRecorded,
};
pub use governance::{
    ArgumentCondition, ArgumentTest, Delegated, DelegationEnded, FreezeScope, Frozen, GrantCreated,
    GrantRevoked, GrantScope, GrantUsed, GroupChanged, PolicySetActivated, PolicySetShadowed,
    PolicySetStored, ShadowDiffered, Unfrozen, UserSpoke,
};
pub use key::{KeyCreated, KeyRevoked, Role};
pub use registry::{AgentRegistered, ConversationRegistered};
pub use verdict::{ApprovalAborted, ApprovalAccepted, ApprovalDenied, ApprovalVoted, Confirmed, Declined};
pub use webhook::{WebhookCreated, WebhookDeleted, WebhookFilter, WebhookParked, WebhookReplayed};

use bytes::Bytes;

use crate::{CallRef, UPCASTS};
use decode::read;

/// Declares the events of a category: variant, payload, stable name, current version of the shape.
macro_rules! events {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident($payload:ty) = $type:literal, $version:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$variant_doc])* $variant($payload),)+ }

        impl $name {
            /// Stable name and current version of every event of this category.
            pub const TYPES: &'static [(&'static str, u16)] = &[$(($type, $version),)+];

            /// Stable name and version of this event's shape.
            pub const fn event_type(&self) -> (&'static str, u16) {
                match self { $(Self::$variant(_) => ($type, $version),)+ }
            }

            fn decode(event_type: &str, schema_version: u16, payload: &[u8]) -> Option<Result<Self, DecodeError>> {
                match event_type {
                    $($type => Some(read(UPCASTS, event_type, schema_version, $version, payload).map(Self::$variant)),)+
                    _ => None,
                }
            }

            fn encode(&self) -> serde_json::Result<Vec<u8>> {
                match self { $(Self::$variant(payload) => serde_json::to_vec(payload),)+ }
            }

            pub(crate) fn payload_schemas() -> Vec<(&'static str, u16, schemars::Schema)> {
                vec![$(($type, $version, crate::schema::of::<$payload>()),)+]
            }
        }
    };
}

events! {
    /// What can happen to an execution. In its stream; the first is always `initiated`.
    ExecutionEvent {
        /// The call was proposed, or handed in after the fact.
        Initiated(Initiated) = "initiated", 2;
        /// The decision: it may run.
        Allowed(Decided) = "allowed", 2;
        /// The decision: it may not run.
        Blocked(Blocked) = "blocked", 2;
        /// The decision: there is nothing to do.
        NoOp(Decided) = "no_op", 2;
        /// The decision: the requesting user has to confirm.
        ConfirmationRequired(ConfirmationRequired) = "confirmation_required", 2;
        /// The requesting user confirmed.
        Confirmed(Confirmed) = "confirmed", 2;
        /// The requesting user declined.
        Declined(Declined) = "declined", 2;
        /// Nobody confirmed in time.
        ConfirmationExpired(Expired) = "confirmation_expired", 1;
        /// The decision: reviewers have to approve.
        ApprovalRequired(ApprovalRequired) = "approval_required", 2;
        /// Approved.
        ApprovalAccepted(ApprovalAccepted) = "approval_accepted", 3;
        /// Denied.
        ApprovalDenied(ApprovalDenied) = "approval_denied", 3;
        /// Aborted, with feedback to the agent.
        ApprovalAborted(ApprovalAborted) = "approval_aborted", 3;
        /// Nobody resolved the approval in time.
        ApprovalExpired(Expired) = "approval_expired", 1;
        /// The permit: these arguments may run, once.
        Permitted(Permitted) = "permitted", 1;
        /// Nobody used the permit in time.
        PermitExpired(Expired) = "permit_expired", 1;
        /// The call started; its permit is used up.
        InProgress(InProgress) = "in_progress", 1;
        /// The running call reported that it is alive.
        Progressed(Progressed) = "progressed", 1;
        /// It ended well.
        Succeeded(Finished) = "succeeded", 1;
        /// It ended with an error.
        Failed(Finished) = "failed", 1;
        /// It ended without an answer in time, as its caller says.
        TimedOut(Finished) = "timed_out", 1;
        /// It was not run after all.
        Skipped(Finished) = "skipped", 1;
        /// It was called off.
        Cancelled(Finished) = "cancelled", 1;
        /// It started and went silent: nobody knows how it ended.
        ResultUnknown(ResultUnknown) = "result_unknown", 1;
        /// Evidence showed how an unknown call ended.
        Settled(Settled) = "settled", 1;
        /// The same attempt was proposed again and got the earlier answer.
        Reattempted(Reattempted) = "reattempted", 1;
        /// A reviewer accepted, and more have to.
        ApprovalVoted(ApprovalVoted) = "approval_voted", 2;
        /// Further reviewers were added.
        ApprovalEscalated(ApprovalEscalated) = "approval_escalated", 1;
        /// Reviewers were reminded.
        ApprovalReminded(ApprovalReminded) = "approval_reminded", 1;
        /// Somebody commented.
        Commented(Commented) = "commented", 1;
        /// It was decided on again.
        Redecided(Redecided) = "redecided", 1;
        /// The permit is no longer good.
        PermitWithdrawn(PermitWithdrawn) = "permit_withdrawn", 1;
        /// A freeze covers it.
        Suspended(Suspended) = "suspended", 1;
        /// No freeze covers it any more.
        Resumed(Resumed) = "resumed", 1;
    }
}

events! {
    /// What can happen to a function: its access and its description.
    FunctionEvent {
        /// The access was set.
        AccessChanged(FunctionAccessChanged) = "function_access_changed", 1;
        /// The catalogue describes it.
        Described(FunctionDescribed) = "function_described", 1;
        /// The catalogue no longer describes it.
        Withdrawn(FunctionWithdrawn) = "function_withdrawn", 1;
    }
}

events! {
    /// What can happen in the catalogue beside its functions.
    CatalogueEvent {
        /// A connection was described.
        ConnectionDescribed(ConnectionDescribed) = "connection_described", 1;
        /// A set of visible tools was put on record.
        ToolSetRecorded(ToolSetRecorded) = "tool_set_recorded", 1;
        /// The scopes of an agent were set.
        AgentScopesChanged(AgentScopesChanged) = "agent_scopes_changed", 1;
    }
}

events! {
    /// What can happen to freezes.
    FreezeEvent {
        /// One began.
        Frozen(Frozen) = "frozen", 1;
        /// One ended.
        Unfrozen(Unfrozen) = "unfrozen", 1;
    }
}

events! {
    /// What can happen to policy sets.
    #[expect(clippy::large_enum_variant, reason = "nearly every event of a log with a shadow is of that variant")]
    PolicyEvent {
        /// One was stored.
        Stored(PolicySetStored) = "policy_set_stored", 1;
        /// One came into force.
        Activated(PolicySetActivated) = "policy_set_activated", 1;
        /// One is evaluated beside, without effect.
        Shadowed(PolicySetShadowed) = "policy_set_shadowed", 1;
        /// The one beside would have decided otherwise.
        ShadowDiffered(ShadowDiffered) = "shadow_differed", 1;
    }
}

events! {
    /// What can happen to grants.
    GrantEvent {
        /// One was given.
        Created(GrantCreated) = "grant_created", 1;
        /// One let a call through.
        Used(GrantUsed) = "grant_used", 1;
        /// One was taken back.
        Revoked(GrantRevoked) = "grant_revoked", 1;
    }
}

events! {
    /// What can happen to reviewers: groups and delegations.
    ReviewerEvent {
        /// The members of a group were set.
        GroupChanged(GroupChanged) = "group_changed", 1;
        /// Somebody decides in another's place.
        Delegated(Delegated) = "delegated", 1;
        /// A delegation ended before its time.
        DelegationEnded(DelegationEnded) = "delegation_ended", 1;
    }
}

events! {
    /// What is said in a conversation.
    ConversationEvent {
        /// The user spoke.
        UserSpoke(UserSpoke) = "user_spoke", 1;
    }
}

events! {
    /// What can happen under one idempotency key.
    AttemptEvent {
        /// A new attempt was made under the key.
        Opened(AttemptOpened) = "attempt_opened", 1;
    }
}

events! {
    /// What can happen to an API key.
    KeyEvent {
        /// The key was created.
        Created(KeyCreated) = "key_created", 1;
        /// The key was revoked.
        Revoked(KeyRevoked) = "key_revoked", 1;
    }
}

events! {
    /// What can happen in the registry of agents and conversations.
    RegistryEvent {
        /// An agent was registered, or renamed.
        AgentRegistered(AgentRegistered) = "agent_registered", 1;
        /// A conversation of an agent was registered.
        ConversationRegistered(ConversationRegistered) = "conversation_registered", 1;
    }
}

events! {
    /// What can happen to the webhooks of a tenant.
    WebhookEvent {
        /// One was created.
        Created(WebhookCreated) = "webhook_created", 2;
        /// One was deleted.
        Deleted(WebhookDeleted) = "webhook_deleted", 1;
        /// One was given up for the time being.
        Parked(WebhookParked) = "webhook_parked", 1;
        /// One was set to a position.
        Replayed(WebhookReplayed) = "webhook_replayed", 1;
    }
}

/// Declares the enum of all categories, and what each of its variants passes on.
macro_rules! categories {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident($category:ty),)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$variant_doc])* $variant($category),)+ }

        impl $name {
            /// Stable name and version of this event's shape.
            pub const fn event_type(&self) -> (&'static str, u16) {
                match self { $(Self::$variant(event) => event.event_type(),)+ }
            }

            /// The payload as JSON text.
            ///
            /// # Errors
            /// Never for values that the types can hold; the serialiser's error type is passed on rather than hidden.
            pub fn encode(&self) -> serde_json::Result<Bytes> {
                match self { $(Self::$variant(event) => event.encode(),)+ }.map(Bytes::from)
            }

            /// Reads a payload of any type and version that ever existed.
            ///
            /// # Errors
            /// When the type or version is from a newer program, or the payload does not have its shape.
            pub fn decode(event_type: &str, schema_version: u16, payload: &[u8]) -> Result<Self, DecodeError> {
                $(if let Some(event) = <$category>::decode(event_type, schema_version, payload) {
                    return event.map(Self::$variant);
                })+
                Err(DecodeError::UnknownType { event_type: event_type.to_owned() })
            }

            pub(crate) fn payload_schemas() -> Vec<(&'static str, u16, schemars::Schema)> {
                [$(<$category>::payload_schemas(),)+].concat()
            }
        }
    };
}

categories! {
    /// Any event.
    Event {
        /// Of an execution.
        Execution(ExecutionEvent),
        /// Of a function's access.
        Function(FunctionEvent),
        /// Of the attempts under one idempotency key.
        Attempt(AttemptEvent),
        /// Of an API key.
        Key(KeyEvent),
        /// Of an agent or a conversation that was registered.
        Registry(RegistryEvent),
        /// Of a webhook.
        Webhook(WebhookEvent),
        /// Of the catalogue beside its functions.
        Catalogue(CatalogueEvent),
        /// Of a freeze.
        Freeze(FreezeEvent),
        /// Of a policy set.
        Policy(PolicyEvent),
        /// Of a grant.
        Grant(GrantEvent),
        /// Of groups and delegations of reviewers.
        Reviewer(ReviewerEvent),
        /// Of what is said in a conversation.
        Conversation(ConversationEvent),
    }
}

impl ExecutionEvent {
    /// The call that the event is about.
    pub const fn call(&self) -> &CallRef {
        match self {
            Self::Initiated(event) => &event.call,
            Self::Allowed(event) | Self::NoOp(event) => &event.call,
            Self::Blocked(event) => &event.call,
            Self::ConfirmationRequired(event) => &event.call,
            Self::Confirmed(event) => &event.call,
            Self::Declined(event) => &event.call,
            Self::ConfirmationExpired(event) | Self::ApprovalExpired(event) | Self::PermitExpired(event) => {
                &event.call
            }
            Self::ApprovalRequired(event) => &event.call,
            Self::ApprovalAccepted(event) => &event.call,
            Self::ApprovalDenied(event) => &event.call,
            Self::ApprovalAborted(event) => &event.call,
            Self::Permitted(event) => &event.call,
            Self::InProgress(event) => &event.call,
            Self::Progressed(event) => &event.call,
            Self::Succeeded(event)
            | Self::Failed(event)
            | Self::TimedOut(event)
            | Self::Skipped(event)
            | Self::Cancelled(event) => &event.call,
            Self::ResultUnknown(event) => &event.call,
            Self::Settled(event) => &event.call,
            Self::Reattempted(event) => &event.call,
            Self::ApprovalVoted(event) => &event.call,
            Self::ApprovalEscalated(event) => &event.call,
            Self::ApprovalReminded(event) => &event.call,
            Self::Commented(event) => &event.call,
            Self::Redecided(event) => &event.call,
            Self::PermitWithdrawn(event) => &event.call,
            Self::Suspended(event) => &event.call,
            Self::Resumed(event) => &event.call,
        }
    }
}

#[cfg(test)]
mod tests;
