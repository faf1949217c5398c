//! What a filter asks for, as conditions on the table.

use std::borrow::Cow;

use proto_events::{Layer, Outcome, RiskLevel, ToolType};
use vidimus_domain::execution::{ApprovalStatus, ExecutionStatus};

use super::{AuditOutcome, ExecutionFilter};
use crate::{facet::Facet, sql::Cell};

/// A condition on what often changes about an execution, which has an ordinary index.
pub(super) struct Changing<'f> {
    /// With `?` for the value, if it has one.
    pub(super) condition: &'static str,
    pub(super) index: &'static str,
    pub(super) value: Option<Cell<'f>>,
}

/// What the filter asks for of that kind; the most telling first.
pub(super) fn changing(filter: &ExecutionFilter) -> Vec<Changing<'_>> {
    let mut all = Vec::new();
    let mut ask = |condition, index, value: Option<&'static str>| {
        let value = value.map(Cell::from);
        all.extend(value.map(|value| Changing { condition, index, value: Some(value) }));
    };
    ask("stage = ?", "executions_by_stage", filter.stage.map(|stage| stage.as_str()));
    let approval = filter.approval_status.map(ApprovalStatus::as_str);
    ask("approval_status = ?", "executions_by_approval_status", approval);
    let audit = filter.audit_outcome.map(AuditOutcome::as_str);
    ask("audit_outcome = ?", "executions_by_audit_outcome", audit);
    ask("status = ?", "executions_by_status", filter.status.map(ExecutionStatus::as_str));
    let mut telling = Vec::new();
    if let Some(id) = &filter.resolved_by {
        let (condition, index) = ("resolved_by_id = ?", "executions_by_resolver");
        telling.push(Changing { condition, index, value: Some(id.into()) });
    }
    if filter.suspended == Some(true) {
        let (condition, index) = ("suspended = 1", "executions_suspended");
        telling.push(Changing { condition, index, value: None });
    }
    if filter.unsettled == Some(true) {
        let (condition, index) = ("stage = 'unknown'", "executions_by_stage");
        telling.push(Changing { condition, index, value: None });
    }
    telling.extend(all);
    telling
}

/// What the filter asks for that nearly every execution is: no index helps there.
pub(super) fn usual(filter: &ExecutionFilter) -> impl Iterator<Item = &'static str> {
    let suspended = (filter.suspended == Some(false)).then_some("suspended = 0");
    let unsettled = (filter.unsettled == Some(false)).then_some("stage <> 'unknown'");
    suspended.into_iter().chain(unsettled)
}

/// A condition on what seldom or never changes, which is a word of the word index.
pub(super) struct Lasting<'f> {
    /// With `?` for the value.
    pub(super) condition: &'static str,
    pub(super) value: Cell<'f>,
    pub(super) facet: Facet,
    /// What the word stands for.
    pub(super) word: Cow<'f, [u8]>,
}

impl<'f> Lasting<'f> {
    fn text(condition: &'static str, facet: Facet, text: &'f str) -> Self {
        Self { condition, value: text.into(), facet, word: text.as_bytes().into() }
    }

    fn bytes(condition: &'static str, facet: Facet, bytes: &'f [u8]) -> Self {
        Self { condition, value: Cell::Blob(bytes), facet, word: bytes.into() }
    }

    /// Kind and id as one text: an id may hold any character, a kind holds no colon.
    fn actor(condition: &'static str, facet: Facet, actor: &proto_events::Actor) -> Self {
        let text = actor.to_string();
        Self { condition, value: text.clone().into(), facet, word: text.into_bytes().into() }
    }

    /// One of the names in a list, which is JSON text: the name as it stands there, quoted.
    fn rule(rule: &'f str) -> Self {
        let quoted = serde_json::Value::from(rule).to_string();
        let condition = "instr(matched_rules, ?) > 0";
        Self { condition, value: quoted.into(), facet: Facet::Rule, word: rule.as_bytes().into() }
    }
}

/// What the filter asks for of that kind.
pub(super) fn lasting(filter: &ExecutionFilter) -> Vec<Lasting<'_>> {
    let texts = [
        ("agent = ?", Facet::Agent, filter.agent.as_deref()),
        ("conversation = ?", Facet::Conversation, filter.conversation.as_deref()),
        ("function = ?", Facet::Function, filter.function.as_deref()),
        ("outcome = ?", Facet::Outcome, filter.outcome.map(Outcome::as_str)),
        ("deciding_layer = ?", Facet::Layer, filter.layer.map(Layer::as_str)),
        ("deciding_code = ?", Facet::Code, filter.code.as_deref()),
        ("policy_set = ?", Facet::PolicySet, filter.policy_set.as_deref()),
        ("tool_type = ?", Facet::ToolType, filter.tool_type.map(ToolType::as_str)),
        ("risk = ?", Facet::Risk, filter.risk.map(RiskLevel::as_str)),
        ("final_record = ?", Facet::FinalRecord, filter.final_record.as_deref()),
    ];
    let tools = filter.visible_tools.as_ref().map(|digest| &digest.as_bytes()[..]);
    let grant = filter.grant.as_ref().map(|grant| &grant.as_bytes()[..]);
    let bytes = [("visible_tools = ?", Facet::VisibleTools, tools), ("grant_id = ?", Facet::Grant, grant)];
    let actors = [
        ("requester_kind || ':' || requester_id = ?", Facet::Requester, filter.requester.as_ref()),
        ("initiated_by_kind || ':' || initiated_by_id = ?", Facet::InitiatedBy, filter.initiated_by.as_ref()),
    ];
    let texts =
        texts.into_iter().filter_map(|(condition, facet, text)| Some(Lasting::text(condition, facet, text?)));
    let bytes = bytes
        .into_iter()
        .filter_map(|(condition, facet, bytes)| Some(Lasting::bytes(condition, facet, bytes?)));
    let actors = actors
        .into_iter()
        .filter_map(|(condition, facet, actor)| Some(Lasting::actor(condition, facet, actor?)));
    texts.chain(bytes).chain(actors).chain(filter.rule.as_deref().map(Lasting::rule)).collect()
}

/// Whether the filter asks for something that few executions are at any time, or that one person did.
pub(super) fn is_narrow(filter: &ExecutionFilter) -> bool {
    filter.resolved_by.is_some()
        || filter.suspended == Some(true)
        || filter.unsettled == Some(true)
        || filter.stage.is_some_and(|stage| !stage.is_terminal())
        || filter.approval_status == Some(ApprovalStatus::Pending)
        || filter.audit_outcome == Some(AuditOutcome::PendingApproval)
        || matches!(filter.status, Some(ExecutionStatus::Pending | ExecutionStatus::PendingApproval))
}
