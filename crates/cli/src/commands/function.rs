//! `vidimus function`

use std::{path::Path, process::ExitCode};

use vidimus_api_types::{
    Access, DescribeFunction, Description, FunctionAccess, SetAccess, WithdrawFunction, object,
};

use super::{function_import, or_dash};
use crate::{
    args::{Function, Global},
    error::Failure,
    files,
    output::{Output, cut},
    source::Source,
};

/// Largest description, in bytes: of which a schema has 64 KiB at most.
const MAX_DESCRIPTION_BYTES: usize = 256 * 1024;

pub(super) async fn run(global: &Global, command: Function, output: Output) -> Result<ExitCode, Failure> {
    match command {
        Function::SetAccess { function, access, reason } => {
            let source = Source::create(global, "function set-access", None).await?;
            let set = source.set_access(&function, SetAccess { access, reason }).await?;
            output.show(&set, |now| {
                let said = if now.changed == Some(false) { "was already" } else { "is now" };
                format!("{} {said} {access} (position {})", now.function, now.position)
            })?;
        }
        Function::Describe { function, file } => {
            let body = description(&file)?;
            let source = Source::create(global, "function describe", None).await?;
            output.show(&source.describe_function(&function, body).await?, |now| {
                let said = if now.changed == Some(false) { "was already so" } else { "is described" };
                format!("{} {said} (position {})", now.function, now.position)
            })?;
        }
        Function::Withdraw { function, reason } => {
            let source = Source::open(global, "function withdraw").await?;
            let withdrawn = source.withdraw_function(&function, WithdrawFunction { reason }).await?;
            output.show(&withdrawn, |now| {
                let said =
                    if now.changed == Some(false) { "was not described" } else { "is described no longer" };
                format!("{} {said} (position {})", now.function, now.position)
            })?;
        }
        Function::Show { function } => {
            let found = Source::open(global, "function show").await?.function(&function).await?;
            output.show(&found, details)?;
        }
        Function::Import(import) => return function_import::run(global, *import, output).await,
        Function::List => {
            let functions = Source::open(global, "function list").await?.functions().await?;
            output.show(&functions, |functions| {
                if functions.is_empty() {
                    return "no function has its access set; `vidimus function set-access` does that"
                        .to_owned();
                }
                let header = ["Function", "Access", "Tool type", "Risk", "Since position"];
                Output::table_to_fit(&header, functions.iter().map(row), &["Since position"])
            })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A description in a file: alone, or as `vidimus function show --output json` has it.
fn description(file: &Path) -> Result<DescribeFunction, Failure> {
    let name = file.display();
    let none = |error: &dyn std::fmt::Display| {
        Failure::refused("description_invalid", format!("`{name}` is no description: {error}"))
    };
    let bytes = files::read(file, MAX_DESCRIPTION_BYTES)?;
    if bytes.len() > MAX_DESCRIPTION_BYTES {
        return Err(none(&"it is larger than 256 KiB"));
    }
    let mut json: serde_json::Value = serde_json::from_slice(&bytes).map_err(|error| none(&error))?;
    if let Some(within) = json.get_mut("description").filter(|within| within.is_object()) {
        json = within.take();
    }
    object(json).map_err(|error: serde_json::Error| none(&error))
}

fn row(function: &FunctionAccess) -> Vec<String> {
    let described = function.description.as_ref();
    vec![
        function.function.to_string(),
        or_dash(function.access.map(Access::as_str)),
        or_dash(described.map(|description| description.tool_type)),
        or_dash(described.map(|description| description.risk)),
        function.position.to_string(),
    ]
}

fn details(function: &FunctionAccess) -> String {
    let mut lines = vec![
        ("function", function.function.to_string()),
        ("access", or_dash(function.access.map(Access::as_str))),
        ("position", function.position.to_string()),
    ];
    match &function.description {
        None => lines.push(("description", "the catalogue says nothing of it".to_owned())),
        Some(description) => lines.extend(described(description)),
    }
    let line = |(name, value): (&str, String)| {
        format!("{name:<18} {}", value.replace('\n', "\n                   "))
    };
    lines.into_iter().map(line).collect::<Vec<_>>().join("\n")
}

fn described(description: &Description) -> Vec<(&'static str, String)> {
    let several = |names: &[String]| (!names.is_empty()).then(|| names.join(", "));
    let optional = [
        ("owner", description.owner.clone()),
        ("scopes", several(&description.scopes)),
        ("required context", several(&description.required_context)),
        ("data at most", description.max_data_age_seconds.map(|seconds| format!("{seconds} s old"))),
        ("intended use", description.intended_use_required.then(|| "has to be said".to_owned())),
        ("sensitive", several(&description.sensitive)),
        ("amount", description.amount.clone()),
        ("arguments", description.arguments_schema.as_ref().map(|schema| cut(schema.as_str(), 2000))),
    ];
    let mut lines = vec![
        ("purpose", description.purpose.clone()),
        ("tool type", description.tool_type.to_string()),
        ("effect", description.effect.to_string()),
        ("risk", description.risk.to_string()),
        ("results", description.results.to_string()),
    ];
    lines.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
    lines
}
