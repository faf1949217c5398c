//! The tools of a file, as it has them.

use proto_events::{Effect, RiskLevel, ToolType, Trust};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{CatalogueError, error::short};

/// A tool as the file has it; whatever else it says of it is passed over.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Item {
    #[serde(alias = "tool", alias = "function")]
    pub(super) name: String,
    #[serde(alias = "suite")]
    pub(super) connection: Option<String>,
    pub(super) title: Option<String>,
    #[serde(alias = "description")]
    pub(super) purpose: Option<String>,
    #[serde(alias = "parameters", alias = "arguments", alias = "inputSchema", alias = "input_schema")]
    pub(super) arguments_schema: Option<Value>,
    pub(super) effect: Option<Effect>,
    pub(super) tool_type: Option<ToolType>,
    pub(super) risk: Option<RiskLevel>,
    pub(super) results: Option<Trust>,
    pub(super) owner: Option<String>,
    pub(super) amount: Option<String>,
    #[serde(default)]
    pub(super) scopes: Vec<String>,
    pub(super) sensitive: Option<Vec<String>>,
    #[serde(default)]
    pub(super) required_context: Vec<String>,
    pub(super) max_data_age_seconds: Option<u64>,
    #[serde(default)]
    pub(super) intended_use_required: bool,
    #[serde(default)]
    pub(super) annotations: Hints,
}

/// What an MCP server says of its own tool. It is not to be trusted: a hint can make what is derived stricter, never milder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Hints {
    pub(super) read_only_hint: Option<bool>,
    pub(super) destructive_hint: Option<bool>,
    pub(super) open_world_hint: Option<bool>,
}

/// The tools of a JSON catalogue: lists by connection, or one list.
pub(super) fn of_catalogue(file: Value) -> Result<Vec<Item>, CatalogueError> {
    match file {
        Value::Array(tools) => items(tools, None),
        Value::Object(connections) => {
            let mut all = Vec::new();
            for (connection, tools) in connections {
                let Value::Array(tools) = tools else {
                    let what = format!("`{}` is no list of tools", short(&connection));
                    return Err(CatalogueError::Shape { what });
                };
                all.extend(items(tools, Some(&connection))?);
            }
            Ok(all)
        }
        _ => Err(CatalogueError::Shape { what: "neither an object nor a list".to_owned() }),
    }
}

/// The tools of an answer to `tools/list`, and whether there are more pages.
pub(super) fn of_mcp(file: &Value) -> Result<(Vec<Item>, bool), CatalogueError> {
    let page = file.get("result").unwrap_or(file);
    let Some(Value::Array(tools)) = page.get("tools") else {
        let what = match file.pointer("/error/message").and_then(Value::as_str) {
            Some(message) => format!("the server answered with an error, `{}`", short(message)),
            None => "no answer to `tools/list`".to_owned(),
        };
        return Err(CatalogueError::Shape { what });
    };
    let more = page.get("nextCursor").is_some_and(|cursor| !cursor.is_null());
    // Only what the protocol has: what a server says of risk or trust in members of its own is not for it to say.
    let known = |tool: &Value| match tool {
        Value::Object(members) => {
            let known = ["name", "title", "description", "inputSchema", "annotations"];
            let member = |name: &str| Some((name.to_owned(), members.get(name)?.clone()));
            Value::Object(known.into_iter().filter_map(member).collect::<Map<_, _>>())
        }
        other => other.clone(),
    };
    Ok((items(tools.iter().map(known).collect(), None)?, more))
}

fn items(tools: Vec<Value>, connection: Option<&str>) -> Result<Vec<Item>, CatalogueError> {
    let item = |(index, tool): (usize, Value)| {
        let wrong = |problem: String| CatalogueError::Item {
            index: index + 1,
            connection: connection.map(str::to_owned),
            problem,
        };
        if !tool.is_object() {
            return Err(wrong("not an object".to_owned()));
        }
        let mut item: Item = serde_json::from_value(tool).map_err(|error| wrong(error.to_string()))?;
        if item.arguments_schema.as_ref().is_some_and(|schema| !schema.is_object()) {
            return Err(wrong("its schema of the arguments is no object".to_owned()));
        }
        if item.connection.is_none() {
            item.connection = connection.map(str::to_owned);
        }
        Ok(item)
    };
    tools.into_iter().enumerate().map(item).collect()
}
