//! What governs calls: policy sets, freezes, grants, reviewers, the catalogue.

use uuid::Uuid;
use vidimus_api_types::{
    AddComment, AddMessage, AgentScopes, ApplyPolicy, Cancel, ClearPolicy, Confirm, Connection,
    CreateDelegation, CreateFreeze, CreateGrant, DecideBatch, DecidedBatch, Decline, Delegation,
    DescribeConnection, DescribeFunction, Digest, EndFreeze, EndShadow, EndedDelegation, EndedFreeze,
    Execution, Explanation, Freeze, FunctionAccess, FunctionName, Grant, Group, Message, MessageQuery, Page,
    Policy, PolicyChange, PolicySet, Revise, Revised, RevokeGrant, SetAgentScopes, SetGroup, Settle,
    ShadowPolicy, ToolQuery, UserMessage, VisibleTool, WithdrawFunction,
};

use super::Source;
use crate::error::Failure;

/// Declares methods that ask whichever it is.
macro_rules! asked {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*) -> $answer:ty, $client:ident($($passed:expr),*);)+) => {
        impl Source {
            $(
                $(#[$doc])*
                pub(crate) async fn $name(&self, $($argument: $type),*) -> Result<$answer, Failure> {
                    match self {
                        Self::Data(offline) => offline.$name($($argument),*).await,
                        Self::Server(server) => server.answered(server.client().$client($($passed),*).await),
                    }
                }
            )+
        }
    };
}

asked! {
    /// A function: its access, and what the catalogue says of it.
    function(function: &FunctionName) -> FunctionAccess, function(function);
    /// Describes a function in the catalogue.
    describe_function(function: &FunctionName, body: DescribeFunction) -> FunctionAccess, describe_function(function, &body);
    /// Takes a function's description out of the catalogue.
    withdraw_function(function: &FunctionName, body: WithdrawFunction) -> FunctionAccess, withdraw_function(function, &body);
    /// A connection of the catalogue.
    connection(connection: &str) -> Connection, connection(connection);
    /// Describes a connection in the catalogue.
    describe_connection(connection: &str, body: DescribeConnection) -> Connection, describe_connection(connection, &body);
    /// The scopes of an agent.
    agent_scopes(agent: &str) -> AgentScopes, agent_scopes(agent);
    /// Says which scopes an agent has.
    set_agent_scopes(agent: &str, body: SetAgentScopes) -> AgentScopes, set_agent_scopes(agent, &body);

    /// What is in force, and what is evaluated beside it.
    policy() -> Policy, policy();
    /// Puts a policy set into force.
    apply_policy(body: ApplyPolicy) -> Policy, apply_policy(&body);
    /// Takes the policy set out of force.
    clear_policy(body: ClearPolicy) -> Policy, clear_policy(&body);
    /// The last changes, newest first.
    policy_history() -> Page<PolicyChange>, policy_history();
    /// The files of a set that was stored.
    policy_set(digest: &Digest) -> PolicySet, policy_set(digest);
    /// Evaluates a candidate beside the set in force.
    shadow_policy(body: ShadowPolicy) -> Policy, shadow_policy(&body);
    /// Ends that.
    end_shadow(body: EndShadow) -> Policy, end_shadow(&body);

    /// The freezes in force.
    freezes() -> Page<Freeze>, freezes();
    /// Freezes a tenant, an agent or a function.
    create_freeze(body: CreateFreeze) -> Freeze, create_freeze(&body);
    /// Ends a freeze.
    end_freeze(id: Uuid, body: EndFreeze) -> EndedFreeze, end_freeze(id, &body);

    /// Every grant that is known, newest first.
    grants() -> Page<Grant>, grants();
    /// Gives a grant.
    create_grant(body: CreateGrant) -> Grant, create_grant(&body);
    /// Revokes a grant.
    revoke_grant(id: Uuid, body: RevokeGrant) -> Grant, revoke_grant(id, &body);

    /// The groups of reviewers.
    groups() -> Page<Group>, groups();
    /// Says who is in a group.
    set_group(group: &str, body: SetGroup) -> Group, set_group(group, &body);
    /// The delegations that are not over.
    delegations() -> Page<Delegation>, delegations();
    /// Lets somebody decide in another's place.
    create_delegation(body: CreateDelegation) -> Delegation, create_delegation(&body);
    /// Ends a delegation.
    end_delegation(id: Uuid) -> EndedDelegation, end_delegation(id);

    /// Puts on record what a user said to an agent.
    add_message(conversation: &str, body: AddMessage) -> Message, add_message(conversation, &body);

    /// What a user said to an agent.
    messages(conversation: &str, query: &MessageQuery) -> Page<UserMessage>, messages(conversation, query);

    /// The requesting user confirms.
    confirm(id: Uuid, body: Confirm) -> Execution, confirm(id, &body);
    /// The requesting user declines.
    decline(id: Uuid, body: Decline) -> Execution, decline(id, &body);
    /// Calls a call off.
    cancel(id: Uuid, body: Cancel) -> Execution, cancel(id, &body);
    /// Settles by evidence how an unknown call ended.
    settle(id: Uuid, body: Settle) -> Execution, settle(id, &body);
    /// Decides several approvals, all or none.
    decide_batch(body: DecideBatch) -> DecidedBatch, decide_batch(&body);
    /// Comments on a call that waits.
    comment(id: Uuid, body: AddComment) -> Execution, comment(id, &body);
    /// Aborts a call and has a new attempt with other arguments decided on.
    revise(id: Uuid, body: Revise) -> Revised, revise(id, &body);
    /// Why a call was decided on as it was.
    explanation(id: Uuid) -> Explanation, explanation(id);
}

impl Source {
    /// Every tool that an agent can see now.
    pub(crate) async fn tools(
        &self,
        agent: &str,
        context: Option<&str>,
    ) -> Result<Vec<VisibleTool>, Failure> {
        match self {
            Self::Data(offline) => offline.tools(agent, context).await,
            Self::Server(server) => {
                let (agent, context) = (agent.to_owned(), context.map(str::to_owned));
                let query = ToolQuery { agent, context, limit: Some(1000), cursor: None };
                server.answered(server.client().all_tools(query).all().await)
            }
        }
    }
}
