//! A row of the table.

use vidimus_api_types::Execution;

use crate::words::{self, When};

pub(super) struct Row {
    /// Its links lead to the same past; empty where the table is as it is.
    pub(super) as_of: String,
    pub(super) id: String,
    pub(super) agent: String,
    pub(super) conversation: String,
    pub(super) function: String,
    pub(super) tool: String,
    /// The arguments in a line.
    pub(super) summary: String,
    pub(super) status: &'static str,
    pub(super) status_class: &'static str,
    /// Where people were asked.
    pub(super) approval: Option<&'static str>,
    pub(super) approval_class: &'static str,
    /// Why it did not succeed.
    pub(super) why: Option<String>,
    pub(super) resolved_at: Option<When>,
    pub(super) resolved_by: Option<String>,
}

impl Row {
    pub(super) fn of(execution: &Execution, as_of: &str) -> Self {
        let (function, tool) = words::function(&execution.function);
        Self {
            as_of: as_of.to_owned(),
            id: execution.execution_id.to_string(),
            agent: execution.agent.clone(),
            conversation: execution.conversation.clone(),
            function: function.to_owned(),
            tool: tool.to_owned(),
            summary: execution.input_summary.clone().unwrap_or_default(),
            status: execution.status.as_str(),
            status_class: words::status_class(execution.status),
            approval: words::approval(execution.approval_status),
            approval_class: words::approval_class(execution.approval_status),
            why: execution.reason.clone(),
            resolved_at: execution.resolved_at.map(When::from),
            resolved_by: execution.resolved_by.as_ref().map(words::actor),
        }
    }
}
