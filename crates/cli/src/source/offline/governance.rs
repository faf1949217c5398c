//! What governs calls, on the data directory itself.

use proto_events::{Redaction, StreamVersion};
use uuid::Uuid;
use vidimus_api::convert::{self, Rules};
use vidimus_api_types::{
    AddComment, AddMessage, AgentScopes, ApplyPolicy, Cancel, ClearPolicy, Confirm, Connection,
    CreateDelegation, CreateFreeze, CreateGrant, DecideBatch, DecidedBatch, Decline, Delegation,
    DescribeConnection, DescribeFunction, Digest, EndFreeze, EndShadow, EndedDelegation, EndedFreeze,
    Execution, Explanation, Freeze, FunctionAccess, FunctionName, Grant, Group, Message, MessageQuery, Page,
    Policy, PolicyChange, PolicySet, Revise, Revised, RevokeGrant, SetAgentScopes, SetGroup, Settle,
    ShadowPolicy, UserMessage, VisibleTool, WithdrawFunction,
};
use vidimus_domain::{
    arguments::{self, Arguments},
    field::name,
};
use vidimus_engine::Seen;

use super::{Offline, seen_card};
use crate::error::Failure;

/// All of a list, on one page.
fn whole<T>(items: Vec<T>, position: proto_events::GlobalPosition) -> Page<T> {
    Page { items, next: None, position }
}

/// A cursor that is the version of an event.
fn version(cursor: &str) -> Result<StreamVersion, Failure> {
    cursor.parse().map(StreamVersion::new).map_err(|_| {
        let message = format!("`{cursor}` is no cursor of this list: leave it out, or take `next` of a page");
        Failure::refused("invalid_cursor", message)
    })
}

impl Offline {
    pub(crate) async fn function(&self, function: &FunctionName) -> Result<FunctionAccess, Failure> {
        Ok(convert::function(self.data.engine.function(self.tenant(), function).await?))
    }

    pub(crate) async fn describe_function(
        &self,
        function: &FunctionName,
        body: DescribeFunction,
    ) -> Result<FunctionAccess, Failure> {
        let engine = &self.data.engine;
        let answer = engine.describe_function(&self.principal, function.clone(), body.into()).await?;
        Ok(convert::function_set(answer))
    }

    pub(crate) async fn withdraw_function(
        &self,
        function: &FunctionName,
        body: WithdrawFunction,
    ) -> Result<FunctionAccess, Failure> {
        let engine = &self.data.engine;
        let answer = engine.withdraw_function(&self.principal, function.clone(), body.reason).await?;
        Ok(convert::function_set(answer))
    }

    pub(crate) async fn connection(&self, connection: &str) -> Result<Connection, Failure> {
        let answer = self.data.engine.connection(self.tenant(), connection).await?;
        answer.map(convert::connection).ok_or_else(|| {
            let message = format!(
                "the catalogue does not describe connection `{connection}`: `vidimus connection set` does that"
            );
            Failure::not_found("connection_not_found", message)
        })
    }

    pub(crate) async fn describe_connection(
        &self,
        connection: &str,
        body: DescribeConnection,
    ) -> Result<Connection, Failure> {
        let described = convert::described_connection(connection.to_owned(), body);
        let answer = self.data.engine.describe_connection(&self.principal, described).await?;
        Ok(convert::connection_set(answer))
    }

    pub(crate) async fn agent_scopes(&self, agent: &str) -> Result<AgentScopes, Failure> {
        Ok(convert::agent_scopes(self.data.engine.agent_scopes(self.tenant(), agent).await?))
    }

    pub(crate) async fn set_agent_scopes(
        &self,
        agent: &str,
        body: SetAgentScopes,
    ) -> Result<AgentScopes, Failure> {
        let answer = self.data.engine.set_agent_scopes(&self.principal, agent, body.scopes).await?;
        Ok(convert::agent_scopes_set(answer))
    }

    pub(crate) async fn tools(
        &self,
        agent: &str,
        context: Option<&str>,
    ) -> Result<Vec<VisibleTool>, Failure> {
        let parsed = context.map(serde_json::from_str::<serde_json::Value>).transpose();
        let context = match parsed {
            Ok(context) if context.as_ref().is_none_or(serde_json::Value::is_object) => context,
            _ => {
                let message = "`--context` is no JSON object: give one like `{\"site\": \"A\"}`";
                return Err(Failure::refused("invalid_field", message));
            }
        };
        let set = self.data.engine.visible_tools(self.tenant(), agent, context.as_ref()).await?;
        Ok(set.tools.iter().map(convert::visible_tool).collect())
    }

    pub(crate) async fn policy(&self) -> Result<Policy, Failure> {
        Ok(convert::policy(&self.data.engine.policy(self.tenant()).await?))
    }

    pub(crate) async fn apply_policy(&self, body: ApplyPolicy) -> Result<Policy, Failure> {
        let ApplyPolicy { files, expected_former, reason } = body;
        let answer = self.data.engine.apply_policy(&self.principal, files, expected_former, reason).await?;
        Ok(convert::policy_set(&answer))
    }

    pub(crate) async fn clear_policy(&self, body: ClearPolicy) -> Result<Policy, Failure> {
        let ClearPolicy { expected_former, reason } = body;
        let answer = self.data.engine.clear_policy(&self.principal, expected_former, reason).await?;
        Ok(convert::policy_set(&answer))
    }

    pub(crate) async fn policy_history(&self) -> Result<Page<PolicyChange>, Failure> {
        let (changes, position) = self.data.engine.policy_history(self.tenant()).await?;
        Ok(whole(changes.into_iter().map(convert::policy_change).collect(), position))
    }

    pub(crate) async fn policy_set(&self, digest: &Digest) -> Result<PolicySet, Failure> {
        let files = self.data.engine.policy_files(self.tenant(), digest).await?;
        let files = files.ok_or_else(|| {
            let message =
                format!("there is no policy set `{digest}`: take a digest from `vidimus policy history`");
            Failure::not_found("policy_set_not_found", message)
        })?;
        Ok(PolicySet { policy_set: *digest, files })
    }

    pub(crate) async fn shadow_policy(&self, body: ShadowPolicy) -> Result<Policy, Failure> {
        let ShadowPolicy { files, reason } = body;
        let answer = self.data.engine.shadow_policy(&self.principal, Some(files), reason).await?;
        Ok(convert::policy_set(&answer))
    }

    pub(crate) async fn end_shadow(&self, body: EndShadow) -> Result<Policy, Failure> {
        let answer = self.data.engine.shadow_policy(&self.principal, None, body.reason).await?;
        Ok(convert::policy_set(&answer))
    }

    pub(crate) async fn freezes(&self) -> Result<Page<Freeze>, Failure> {
        let (freezes, position) = self.data.engine.freezes(self.tenant()).await?;
        Ok(whole(freezes.into_iter().map(|freeze| convert::freeze(freeze, position)).collect(), position))
    }

    pub(crate) async fn create_freeze(&self, body: CreateFreeze) -> Result<Freeze, Failure> {
        let answer = self.data.engine.freeze(&self.principal, body.scope, body.reason).await?;
        Ok(convert::freeze_set(answer))
    }

    pub(crate) async fn end_freeze(&self, id: Uuid, body: EndFreeze) -> Result<EndedFreeze, Failure> {
        let answer = self.data.engine.unfreeze(&self.principal, id, body.reason).await?;
        Ok(EndedFreeze { id, position: answer.position })
    }

    pub(crate) async fn grants(&self) -> Result<Page<Grant>, Failure> {
        let (grants, position) = self.data.engine.grants(self.tenant()).await?;
        Ok(whole(grants.into_iter().map(|known| convert::grant(known, position)).collect(), position))
    }

    pub(crate) async fn create_grant(&self, body: CreateGrant) -> Result<Grant, Failure> {
        let answer = self.data.engine.create_grant(&self.principal, convert::new_grant(body)).await?;
        Ok(convert::grant_set(answer))
    }

    pub(crate) async fn revoke_grant(&self, id: Uuid, body: RevokeGrant) -> Result<Grant, Failure> {
        let answer = self.data.engine.revoke_grant(&self.principal, id, body.reason).await?;
        Ok(convert::grant_set(answer))
    }

    pub(crate) async fn groups(&self) -> Result<Page<Group>, Failure> {
        let (groups, position) = self.data.engine.groups(self.tenant()).await?;
        let group = |(group, members)| convert::group(group, members, position);
        Ok(whole(groups.into_iter().map(group).collect(), position))
    }

    pub(crate) async fn set_group(&self, group: &str, body: SetGroup) -> Result<Group, Failure> {
        let answer = self.data.engine.set_group(&self.principal, group.to_owned(), body.members).await?;
        Ok(convert::group_set(answer))
    }

    pub(crate) async fn delegations(&self) -> Result<Page<Delegation>, Failure> {
        let (delegations, position) = self.data.engine.delegations(self.tenant()).await?;
        let delegation = |known| convert::delegation(known, position);
        Ok(whole(delegations.into_iter().map(delegation).collect(), position))
    }

    pub(crate) async fn create_delegation(&self, body: CreateDelegation) -> Result<Delegation, Failure> {
        let answer = self.data.engine.delegate(&self.principal, convert::new_delegation(body)).await?;
        Ok(convert::delegation_set(answer))
    }

    pub(crate) async fn end_delegation(&self, id: Uuid) -> Result<EndedDelegation, Failure> {
        let answer = self.data.engine.end_delegation(&self.principal, id).await?;
        Ok(EndedDelegation { id, position: answer.position })
    }

    pub(crate) async fn decide_batch(&self, body: DecideBatch) -> Result<DecidedBatch, Failure> {
        let redaction = Redaction::default();
        let decisions = body.decisions.into_iter();
        let items = decisions.map(|one| convert::batch_item(one, &redaction)).collect();
        let answers = self.data.engine.decide_batch(&self.principal, items).await?;
        let position = answers.iter().map(|answer| answer.position).max();
        let mut items = Vec::with_capacity(answers.len());
        for answer in &answers {
            items.push(self.answered(answer).await?);
        }
        Ok(DecidedBatch { items, position: position.unwrap_or_default() })
    }

    pub(crate) async fn add_message(&self, conversation: &str, body: AddMessage) -> Result<Message, Failure> {
        let AddMessage { agent, text } = body;
        let conversation = conversation.to_owned();
        let engine = &self.data.engine;
        let position = engine.speak(&self.principal, agent.clone(), conversation.clone(), text).await?;
        Ok(Message { agent, conversation, position })
    }

    pub(crate) async fn messages(
        &self,
        conversation: &str,
        query: &MessageQuery,
    ) -> Result<Page<UserMessage>, Failure> {
        for (field, text) in [("agent", &*query.agent), ("conversation", conversation)] {
            name(field, text).map_err(|error| Failure::refused("invalid_field", error))?;
        }
        let position = self.position_of(query.as_of).await?;
        let before = query.cursor.as_deref().map(version).transpose()?;
        let limit = query.limit.map_or(50, |limit| limit as usize);
        let (talk, engine) = ((&*query.agent, conversation), &self.data.engine);
        let page = engine.user_messages(self.tenant(), talk, position, before, limit).await?;
        let items = page.messages.into_iter().map(convert::user_message).collect();
        Ok(Page { items, next: page.next.map(|version| version.to_string()), position })
    }

    pub(crate) async fn confirm(&self, id: Uuid, body: Confirm) -> Result<Execution, Failure> {
        let seen = Seen { arguments_digest: body.arguments_digest, stage: None, card: seen_card(body.card) };
        let answer = self.data.engine.confirm(&self.principal, id, seen).await?;
        self.answered(&answer).await
    }

    pub(crate) async fn decline(&self, id: Uuid, body: Decline) -> Result<Execution, Failure> {
        let answer = self.data.engine.decline(&self.principal, id, body.reason, seen_card(body.card)).await?;
        self.answered(&answer).await
    }

    pub(crate) async fn cancel(&self, id: Uuid, body: Cancel) -> Result<Execution, Failure> {
        let answer = self.data.engine.cancel(&self.principal, id, body.reason).await?;
        self.answered(&answer).await
    }

    pub(crate) async fn settle(&self, id: Uuid, body: Settle) -> Result<Execution, Failure> {
        let Settle { status, evidence, result } = body;
        let result = result.map(|result| arguments::payload(result.as_str().as_bytes())).transpose();
        let result = result.map_err(|error| Failure::refused(error.code(), &error))?;
        let answer = self.data.engine.settle(&self.principal, id, status, evidence, result).await?;
        self.answered(&answer).await
    }

    pub(crate) async fn comment(&self, id: Uuid, body: AddComment) -> Result<Execution, Failure> {
        let answer = self.data.engine.comment(&self.principal, id, body.text).await?;
        self.answered(&answer).await
    }

    pub(crate) async fn revise(&self, id: Uuid, body: Revise) -> Result<Revised, Failure> {
        let arguments = Arguments::parse(body.arguments.as_str().as_bytes());
        let arguments = arguments.map_err(|error| Failure::refused(error.code(), &error))?;
        let card = seen_card(body.card);
        let revised = self.data.engine.revise(&self.principal, id, arguments, body.feedback, card).await?;
        Ok(Revised { former: self.answered(&revised.former).await?, new: self.answered(&revised.new).await? })
    }

    pub(crate) async fn explanation(&self, id: Uuid) -> Result<Explanation, Failure> {
        let explained = self.data.engine.explain(self.tenant(), id).await?;
        let explained = explained.map(|explained| convert::explanation(explained, Rules::Whole));
        explained.ok_or_else(|| {
            let message = format!(
                "nothing was decided on an execution `{id}`: look for it with `vidimus execution list`; one that was handed in after the fact was not decided on"
            );
            Failure::not_found("explanation_not_found", message)
        })
    }
}
