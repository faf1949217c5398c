//! `vidimus function import`: what a catalogue says of functions, into the tenant's.

use std::process::ExitCode;

use proto_events::{Access, FunctionName};
use serde::Serialize;
use vidimus_api_types::SetAccess;

use crate::{
    args::{FunctionImport, Global},
    catalogue::{Entry, Given},
    error::{Failure, Kind},
    files,
    output::{Output, cut},
    source::Source,
};

/// What became of a function.
#[derive(Serialize)]
struct Imported {
    #[serde(flatten)]
    entry: Entry,
    /// Whether its description is another than before.
    #[serde(skip_serializing_if = "Option::is_none")]
    described: Option<bool>,
    /// Whether its access is another than before.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_changed: Option<bool>,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ImportError>,
}

#[derive(Serialize)]
struct ImportError {
    code: String,
    message: String,
}

/// What an import did.
#[derive(Serialize)]
struct Summary {
    /// Functions whose description or access is another than before.
    changed: usize,
    /// Functions for which nothing is other than before.
    unchanged: usize,
    /// Functions that were refused.
    failed: usize,
    /// Values that the file does not have.
    derived: usize,
    /// Whether nothing was done.
    dry_run: bool,
    /// Whether the MCP server has more than this page.
    more: bool,
    functions: Vec<Imported>,
}

pub(super) async fn run(
    global: &Global,
    import: FunctionImport,
    output: Output,
) -> Result<ExitCode, Failure> {
    let FunctionImport { file, format, connection, owner, numbers_as_text, access, dry_run } = import;
    let given = Given { connection: connection.as_deref(), owner: owner.as_deref(), numbers_as_text };
    let catalogue = files::catalogue(&file, format, &given)?;
    let source = if dry_run { None } else { Some(Source::create(global, "function import", None).await?) };
    let mut functions = Vec::with_capacity(catalogue.entries.len());
    for entry in catalogue.entries {
        let imported = match &source {
            Some(source) => put(source, entry, access).await?,
            None => Imported { entry, described: None, access_changed: None, error: None },
        };
        functions.push(imported);
    }
    let is_changed = |row: &&Imported| row.described == Some(true) || row.access_changed == Some(true);
    let failed = functions.iter().filter(|row| row.error.is_some()).count();
    let changed = functions.iter().filter(|row| row.error.is_none()).filter(is_changed).count();
    let summary = Summary {
        changed,
        unchanged: if dry_run { 0 } else { functions.len() - failed - changed },
        failed,
        derived: functions.iter().map(|row| row.entry.derived.len()).sum(),
        dry_run,
        more: catalogue.more,
        functions,
    };
    output.show(&summary, people)?;
    Ok(if failed > 0 { Kind::Refused.exit_code() } else { ExitCode::SUCCESS })
}

/// Describes a function and sets its access. What is wrong with one function does not keep others out; what is wrong with the
/// data or the server does.
async fn put(source: &Source, entry: Entry, access: Option<Access>) -> Result<Imported, Failure> {
    let mut imported = Imported { entry, described: None, access_changed: None, error: None };
    let function: FunctionName = imported.entry.function.clone();
    let described = source.describe_function(&function, imported.entry.description.clone().into()).await;
    let done = match described {
        Ok(described) => {
            imported.described = Some(described.changed.unwrap_or(true));
            match access {
                Some(access) => {
                    let reason = Some("imported with the catalogue".to_owned());
                    source.set_access(&function, SetAccess { access, reason }).await.map(Some)
                }
                None => Ok(None),
            }
        }
        Err(failure) => Err(failure),
    };
    match done {
        Ok(set) => imported.access_changed = set.map(|set| set.changed.unwrap_or(true)),
        Err(failure) if failure.kind == Kind::Refused => {
            imported.error = Some(ImportError { code: failure.code.into_owned(), message: failure.message });
        }
        Err(failure) => return Err(failure),
    }
    Ok(imported)
}

fn people(summary: &Summary) -> String {
    let rows = summary.functions.iter().map(|row| {
        let description = &row.entry.description;
        let marked = |member: &str, value: &str| {
            if row.entry.is_derived(member) { format!("{value}*") } else { value.to_owned() }
        };
        let optional =
            |member: &str, value: Option<&str>| value.map_or("–".to_owned(), |value| marked(member, value));
        let done = match (&row.error, row.described, row.access_changed) {
            (Some(error), ..) => format!("refused: {}", error.code),
            (None, None, _) => "not imported".to_owned(),
            (None, Some(false), None | Some(false)) => "as before".to_owned(),
            (None, Some(_), _) => "imported".to_owned(),
        };
        vec![
            row.entry.function.to_string(),
            marked("effect", description.effect.as_str()),
            marked("tool_type", description.tool_type.as_str()),
            marked("risk", description.risk.as_str()),
            marked("results", description.results.as_str()),
            optional("amount", description.amount.as_deref()),
            optional("owner", description.owner.as_deref()),
            cut(&description.sensitive.join(" "), 30),
            done,
        ]
    });
    let header = ["Function", "Effect", "Type", "Risk", "Results", "Amount", "Owner", "Sensitive", ""];
    let mut text = Output::table_to_fit(&header, rows, &["Sensitive", "Owner", "Amount"]);
    for row in &summary.functions {
        if let Some(error) = &row.error {
            text += &format!("\n`{}`: {}", row.entry.function, error.message);
        }
    }
    text += &match (summary.dry_run, summary.failed) {
        (true, _) => format!("\n{} functions; nothing was done (`--dry-run`)", summary.functions.len()),
        (false, 0) => format!("\n{} changed, {} as before", summary.changed, summary.unchanged),
        (false, failed) => {
            format!("\n{} changed, {} as before, {failed} refused", summary.changed, summary.unchanged)
        }
    };
    if summary.derived > 0 {
        text += &format!(
            "\n* {} values are not in the file but derived from names, words and effects: look at them; why each is what it is, \
             says `--output json`",
            summary.derived
        );
    }
    if summary.more {
        text += "\nthe server has more tools than these (`nextCursor`): import its next page too";
    }
    text
}
