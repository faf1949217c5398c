//! Items as rows of CSV.

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use vidimus_api_types::{AuditEntry, Execution};

/// An item that can be a row.
pub(crate) trait Line: DeserializeOwned {
    /// The names of the columns.
    const COLUMNS: &'static [&'static str];

    /// What is in them.
    fn cells(&self) -> Vec<String>;
}

/// Rows as RFC 4180 has them, after the header where these are the first.
pub(super) fn csv<T: Line>(items: &[Box<RawValue>], with_header: bool) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    if with_header {
        writer.write_record(T::COLUMNS)?;
    }
    for item in items {
        let item: T = serde_json::from_str(item.get())
            .map_err(|error| csv::Error::from(std::io::Error::from(error)))?;
        writer.write_record(item.cells().into_iter().map(guarded))?;
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

/// A cell that no spreadsheet takes for a formula: what agents say is in the cells, and a formula can send away what is
/// beside it.
fn guarded(cell: String) -> String {
    const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];
    // Where a spreadsheet parts cells at other characters than a comma, a formula may begin in the middle.
    const PARTS: [char; 4] = [';', '\t', '\r', '\n'];
    let mut guarded = String::with_capacity(cell.len() + 1);
    let mut begins = true;
    for char in cell.chars() {
        if begins && FORMULA.contains(&char) {
            guarded.push('\'');
        }
        begins = PARTS.contains(&char);
        guarded.push(char);
    }
    guarded
}

/// The text of a value that may be absent; nothing where it is.
fn text<T: ToString>(value: Option<&T>) -> String {
    value.map(T::to_string).unwrap_or_default()
}

impl Line for AuditEntry {
    const COLUMNS: &'static [&'static str] = &[
        "position",
        "recorded_at",
        "category",
        "type",
        "actor_kind",
        "actor",
        "summary",
        "subject",
        "execution_id",
        "agent",
        "conversation",
        "function",
        "stream",
        "version",
        "event_id",
        "correlation_id",
        "causation_id",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.position.to_string(),
            self.recorded_at.to_string(),
            self.category.as_str().to_owned(),
            self.event_type.clone(),
            self.actor.kind.as_str().to_owned(),
            self.actor.id.to_string(),
            self.summary.clone(),
            self.subject.clone(),
            text(self.execution_id.as_ref()),
            text(self.agent.as_ref()),
            text(self.conversation.as_ref()),
            text(self.function.as_ref()),
            self.stream.to_string(),
            self.version.to_string(),
            self.event_id.to_string(),
            self.correlation_id.to_string(),
            text(self.causation_id.as_ref()),
        ]
    }
}

impl Line for Execution {
    const COLUMNS: &'static [&'static str] = &[
        "execution_id",
        "position",
        "created_at",
        "agent",
        "conversation",
        "function",
        "input_summary",
        "status",
        "approval_status",
        "stage",
        "outcome",
        "audit_outcome",
        "reason_code",
        "reason",
        "requester",
        "initiated_by",
        "resolved_at",
        "resolved_by",
        "started_at",
        "finished_at",
        "tool_type",
        "risk",
        "policy_set",
        "matched_rules",
        "grant",
        "arguments_digest",
        "final_record",
    ];

    fn cells(&self) -> Vec<String> {
        let entry = self.catalogue.as_ref();
        vec![
            self.execution_id.to_string(),
            self.position.to_string(),
            self.created_at.to_string(),
            self.agent.clone(),
            self.conversation.clone(),
            self.function.to_string(),
            text(self.input_summary.as_ref()),
            self.status.as_str().to_owned(),
            self.approval_status.as_str().to_owned(),
            self.stage.as_str().to_owned(),
            self.outcome.map(|outcome| outcome.as_str().to_owned()).unwrap_or_default(),
            self.audit_outcome.map(|outcome| outcome.as_str().to_owned()).unwrap_or_default(),
            text(self.reason_code.as_ref()),
            text(self.reason.as_ref()),
            self.requester.to_string(),
            self.initiated_by.to_string(),
            text(self.resolved_at.as_ref()),
            text(self.resolved_by.as_ref()),
            text(self.started_at.as_ref()),
            text(self.finished_at.as_ref()),
            text(entry.and_then(|entry| entry.tool_type.as_ref())),
            text(entry.and_then(|entry| entry.risk.as_ref())),
            text(self.policy_set.as_ref()),
            self.matched_rules.join(" "),
            text(self.grant.as_ref()),
            text(self.arguments_digest.as_ref()),
            text(self.final_record.as_ref()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_a_spreadsheet_would_evaluate_begins_with_an_apostrophe() {
        let evaluated = ["=1+1", "+1", "-1", "@SUM(A1)", "\t1", "\r1", "=HYPERLINK(\"http://evil.example\")"];
        for cell in evaluated {
            assert_eq!(guarded(cell.to_owned()), format!("'{cell}"));
        }
        assert_eq!(
            guarded("x;=cmd\n@y\t=1".to_owned()),
            "x;'=cmd\n'@y\t'=1",
            "where a spreadsheet parts at `;`"
        );
        for cell in ["", "a=b", "1-2", "ana@example.com", "'=1", " =1"] {
            assert_eq!(guarded(cell.to_owned()), cell);
        }
    }
}
