//! A call that ran elsewhere, put on record when it is over.

use proto_events::{ActivityReport, ExecutionEvent as E, Initiated, Origin};

use super::{Decided, propose::sensitive, run};
use crate::{
    arguments::Arguments,
    execution::{MAX_RECORDED_CONTEXT_BYTES, MAX_TEXT_CHARS, Record, Rejection, State},
    field::{self, InvalidField, MAX_NAME_CHARS},
};

/// The longest name of an event that triggered a call, of a kind of tool and of who invoked it, in characters.
const MAX_WORD_CHARS: usize = 64;
/// The longest target URL, in characters.
const MAX_URL_CHARS: usize = 1_024;

pub(super) fn record(state: &State, record: &Record) -> Decided {
    check(record)?;
    let initiated = Initiated {
        call: record.call.clone(),
        execution_id: record.execution_id,
        origin: Origin::Recorded(record.activity.clone()),
        arguments: record.arguments.as_ref().map(|arguments| arguments.canonical().clone()),
        arguments_digest: record.arguments.as_ref().map(Arguments::digest),
        requester: record.requester.clone(),
        idempotency_key: record.idempotency_key.clone(),
        asked_by: Vec::new(),
        former_execution: None,
        context: record.context.clone(),
        sensitive: record.sensitive.clone(),
    };
    let finished = run::finished(&record.call, &record.report);
    if let Some(execution) = state.execution() {
        // What the catalogue calls sensitive now is no part of what was handed in.
        let known = &execution.initiated;
        let same = Initiated { sensitive: known.sensitive.clone(), ..initiated } == *known
            && execution.result_status() == Some(record.status)
            && execution.finished.as_ref() == Some(&finished);
        let taken = Rejection::IdTaken { execution_id: record.execution_id };
        return if same { Ok(Vec::new()) } else { Err(taken) };
    }
    let unknown =
        InvalidField::Invalid { field: "status", problem: "cannot be `unknown`: a recorded call is over" };
    let end = run::end(record.status, finished).ok_or(unknown)?;
    Ok(vec![E::Initiated(initiated), end])
}

fn check(record: &Record) -> Result<(), Rejection> {
    field::call(&record.call)?;
    field::requester(&record.requester)?;
    if let Some(key) = &record.idempotency_key {
        field::name("idempotency_key", key)?;
    }
    let context = record.context.as_ref().map_or(0, |context| context.as_str().len());
    field::bytes("context", context, MAX_RECORDED_CONTEXT_BYTES, "is larger than 256 KiB")?;
    sensitive(&record.sensitive)?;
    activity(&record.activity)?;
    if let Some(error) = &record.report.error {
        field::optional("error.message", Some(&error.message), MAX_TEXT_CHARS)?;
    }
    run::check(&record.report)?;
    Ok(())
}

fn activity(activity: &ActivityReport) -> Result<(), InvalidField> {
    field::optional("tool_id", activity.tool_id.as_deref(), MAX_NAME_CHARS)?;
    field::optional("tool_kind", activity.tool_kind.as_deref(), MAX_WORD_CHARS)?;
    field::optional("invocation_source", activity.invocation_source.as_deref(), MAX_WORD_CHARS)?;
    field::optional("trigger_event", activity.trigger_event.as_deref(), MAX_WORD_CHARS)?;
    field::optional("source_tool_id", activity.source_tool_id.as_deref(), MAX_NAME_CHARS)?;
    field::optional("target_url", activity.target_url.as_deref(), MAX_URL_CHARS)?;
    match activity.http_status {
        None | Some(100..=999) => Ok(()),
        Some(_) => Err(InvalidField::Invalid { field: "http_status", problem: "is not in 100 to 999" }),
    }
}
