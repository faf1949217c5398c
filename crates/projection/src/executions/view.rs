//! Events to changes of the execution table.

use std::collections::{BTreeMap, HashMap};

use proto_events::{Decision, Event, ExecutionEvent as E, Layer, Outcome, RiskLevel, TenantId, ToolType};
use rusqlite::Connection;
use uuid::Uuid;

use super::{
    ExecutionRow, cells, fold,
    folded::decided,
    functions::Functions,
    payload::{self, Ended, Input},
    query, table,
};
use crate::{
    DecodedEvent,
    facet::Facet,
    search::Words,
    sql::{Schema, SqlError, write},
    view::SqlView,
};

/// Most executions that are kept in memory between transactions.
const MAX_OPEN: usize = 50_000;

type Key = (TenantId, Uuid);

/// What becomes of an execution in one transaction.
struct Change<'b> {
    key: Key,
    /// It came on record in this transaction.
    initiated: Option<Input<'b>>,
    decided: Option<&'b Decision>,
    ended: Option<Ended<'b>>,
}

/// The execution table. Rows that may change again stay in memory, so that the next event need not read them.
#[derive(Default)]
pub(crate) struct ExecutionsView {
    open: HashMap<Key, Box<ExecutionRow>>,
    functions: Functions,
    words: Words,
}

impl SqlView for ExecutionsView {
    fn schema(&self) -> &'static Schema {
        &table::SCHEMA
    }

    fn apply(&mut self, txn: &Connection, events: &[&DecodedEvent]) -> Result<i64, SqlError> {
        // In the order of the rows: the tables and the word index grow at their end.
        let mut changes: BTreeMap<i64, Change<'_>> = BTreeMap::new();
        for decoded in events {
            match &decoded.event {
                Event::Execution(event) => self.change(txn, decoded, event, &mut changes)?,
                Event::Function(event) => self.functions.apply(txn, &decoded.recorded.tenant, event)?,
                Event::Attempt(_)
                | Event::Key(_)
                | Event::Registry(_)
                | Event::Webhook(_)
                | Event::Catalogue(_)
                | Event::Freeze(_)
                | Event::Policy(_)
                | Event::Grant(_)
                | Event::Reviewer(_)
                | Event::Conversation(_) => {}
            }
        }
        let added = self.write(txn, &changes)?;
        for change in changes.values() {
            if self.open.get(&change.key).is_some_and(|row| row.stage.is_terminal()) {
                self.open.remove(&change.key);
            }
        }
        if self.open.len() > MAX_OPEN {
            self.open.clear();
        }
        Ok(added)
    }

    fn forget(&mut self) {
        self.open.clear();
        self.functions.forget();
    }
}

fn position(row: &ExecutionRow) -> i64 {
    i64::try_from(row.position.get()).unwrap_or(i64::MAX)
}

impl ExecutionsView {
    /// Folds `event` into its row in memory and notes what is to be written.
    fn change<'b>(
        &mut self,
        txn: &Connection,
        decoded: &'b DecodedEvent,
        event: &'b E,
        changes: &mut BTreeMap<i64, Change<'b>>,
    ) -> Result<(), SqlError> {
        let recorded = &decoded.recorded;
        let Some(id) = recorded.stream.execution_id() else {
            tracing::warn!(position = %recorded.position, "an execution's event outside an execution's stream");
            return Ok(());
        };
        let key = (recorded.tenant.clone(), id);
        if let E::Initiated(initiated) = event {
            let described = self.functions.find(txn, &recorded.tenant, &initiated.call.function)?;
            let row = fold::begin(recorded, initiated, described.as_deref());
            let input = Some(Input::of(initiated));
            let change = Change { key: key.clone(), initiated: input, decided: None, ended: None };
            changes.insert(position(&row), change);
            self.open.insert(key, Box::new(row));
            return Ok(());
        }
        if !self.open.contains_key(&key)
            && let Some(row) = query::row_by_id(txn, &key.0, key.1)?
        {
            self.open.insert(key.clone(), Box::new(row));
        }
        let Some(row) = self.open.get_mut(&key) else {
            tracing::warn!(position = %recorded.position, "an event of an execution that never began");
            return Ok(());
        };
        if !fold::evolve(row, recorded, event) {
            tracing::warn!(position = %recorded.position, stage = %row.stage, "an event that cannot happen there");
            return Ok(());
        }
        let change = changes.entry(position(row)).or_insert_with(|| Change {
            key,
            initiated: None,
            decided: None,
            ended: None,
        });
        if let Some(decision) = decided(event) {
            change.decided = Some(decision);
        }
        if let Some(ended) = Ended::of(event, &row.sensitive) {
            change.ended = Some(ended);
        }
        Ok(())
    }

    /// Writes every changed row once; answers how many are new.
    fn write(&mut self, txn: &Connection, changes: &BTreeMap<i64, Change<'_>>) -> Result<i64, SqlError> {
        let mut insert = txn.prepare_cached(&table::INSERT)?;
        let mut update = txn.prepare_cached(&table::UPDATE)?;
        let mut added = 0;
        for (&position, change) in changes {
            let Some(row) = self.open.get(&change.key) else { continue };
            match (&change.initiated, change.decided) {
                (Some(initiated), decided) => {
                    added += 1;
                    write(&mut insert, &cells::cells(row))?;
                    payload::write_input(txn, position, initiated, decided)?;
                }
                (None, decided) => {
                    write(&mut update, &cells::cells(row))?;
                    if let Some(decided) = decided {
                        payload::write_decision(txn, position, decided)?;
                    }
                }
            }
            if let Some(ended) = &change.ended {
                payload::write_result(txn, position, ended)?;
            }
            index(&mut self.words, txn, position, row, change)?;
        }
        Ok(added)
    }
}

/// Puts the execution's words into the index, in the place of what is there; if there are any new ones.
fn index(
    words: &mut Words,
    txn: &Connection,
    position: i64,
    row: &ExecutionRow,
    change: &Change<'_>,
) -> Result<(), SqlError> {
    let ended = change.ended.as_ref();
    let has_more = ended.is_some_and(|ended| ended.result.is_some() || ended.error.is_some());
    if change.initiated.is_none() && change.decided.is_none() && !has_more {
        return Ok(());
    }
    words.clear();
    facets(words, row);
    words.text(row.function.as_str());
    words.text(&row.conversation);
    words.text(&row.agent);
    match &change.initiated {
        Some(Input { initiated, arguments }) => {
            let context = initiated.context.as_ref();
            let arguments = arguments.as_ref().map(|shown| shown.json.as_str());
            [arguments, context.map(|context| context.as_str())]
                .into_iter()
                .flatten()
                .for_each(|json| words.json(json));
        }
        None => {
            payload::inputs(txn, position)?.iter().flatten().for_each(|json| words.json(json));
            txn.prepare_cached("DELETE FROM words WHERE rowid = ?1")?.execute([position])?;
        }
    }
    if let Some(ended) = ended {
        if let Some(result) = &ended.result {
            words.json(result.json.as_str());
        }
        if let Some(error) = ended.error {
            words.text(&error.message);
            words.text(error.code.as_deref().unwrap_or_default());
        }
    }
    let mut insert = txn.prepare_cached("INSERT INTO words (rowid, word) VALUES (?1, ?2)")?;
    insert.execute((position, words.as_str()))?;
    Ok(())
}

/// The words that stand for what seldom or never changes about a row.
fn facets(words: &mut Words, row: &ExecutionRow) {
    let mut facet = |facet: Facet, value: Option<&[u8]>| {
        if let Some(value) = value {
            words.facet(facet, &row.tenant, value);
        }
    };
    facet(Facet::Tenant, Some(&[]));
    facet(Facet::Agent, Some(row.agent.as_bytes()));
    facet(Facet::Conversation, Some(row.conversation.as_bytes()));
    facet(Facet::Function, Some(row.function.as_str().as_bytes()));
    facet(Facet::ToolType, row.tool_type.map(ToolType::as_str).map(str::as_bytes));
    facet(Facet::Risk, row.risk.map(RiskLevel::as_str).map(str::as_bytes));
    facet(Facet::Requester, Some(row.requester.to_string().as_bytes()));
    facet(Facet::InitiatedBy, Some(row.initiated_by.to_string().as_bytes()));
    facet(Facet::Outcome, row.outcome.map(Outcome::as_str).map(str::as_bytes));
    facet(Facet::Layer, row.deciding_layer.map(Layer::as_str).map(str::as_bytes));
    facet(Facet::Code, row.deciding_code.as_deref().map(str::as_bytes));
    facet(Facet::PolicySet, row.policy_set.as_deref().map(str::as_bytes));
    facet(Facet::VisibleTools, row.visible_tools.as_ref().map(|digest| &digest.as_bytes()[..]));
    facet(Facet::Grant, row.grant.as_ref().map(|grant| &grant.as_bytes()[..]));
    facet(Facet::FinalRecord, row.final_record.as_deref().map(str::as_bytes));
    row.matched_rules.iter().for_each(|rule| facet(Facet::Rule, Some(rule.as_bytes())));
}
