//! Catalogues of tools as files: what functions a connection has, and what they are.
//!
//! Two forms are read: a JSON catalogue (lists of tools by connection) and what an MCP server answers to `tools/list`. What a
//! file does not say is derived from what it does, by general principles, and marked as derived, so that somebody looks at it.
//! Pure functions; see `docs/reference/catalogue.md`.

mod derive;
mod error;
mod item;
mod numbers;
mod words;

use proto_events::{FunctionDescription, FunctionName};
use serde::Serialize;
use serde_json::Value;

pub(crate) use error::CatalogueError;
use item::Item;

/// Largest file, in bytes.
pub(crate) const MAX_BYTES: usize = 16 * 1024 * 1024;
/// Most functions in a file: as many as a tenant may have.
pub(crate) const MAX_FUNCTIONS: usize = 4096;

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Form {
    /// Whichever it looks like.
    Auto,
    /// Lists of tools by connection, or one list.
    Catalogue,
    /// What an MCP server answers to `tools/list`, with or without JSON-RPC around it.
    Mcp,
}

/// What the file cannot know.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Given<'a> {
    /// The connection of functions for which the file names none.
    pub(crate) connection: Option<&'a str>,
    /// Who answers for functions for which the file names nobody.
    pub(crate) owner: Option<&'a str>,
    /// Whether the tools convert numbers that come as text.
    pub(crate) numbers_as_text: bool,
}

/// A value that the file does not have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Derived {
    /// Of which member of the description.
    pub(crate) member: &'static str,
    /// The value.
    pub(crate) value: String,
    /// Why this one.
    pub(crate) because: String,
}

/// A function of a catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Entry {
    /// Its name.
    pub(crate) function: FunctionName,
    /// What the catalogue says of it.
    pub(crate) description: FunctionDescription,
    /// What of that was derived.
    pub(crate) derived: Vec<Derived>,
}

impl Entry {
    /// Whether this member was derived.
    pub(crate) fn is_derived(&self, member: &str) -> bool {
        self.derived.iter().any(|derived| derived.member == member)
    }
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Catalogue {
    /// Its functions, in order of their names.
    pub(crate) entries: Vec<Entry>,
    /// Whether an MCP server has more than this page.
    pub(crate) more: bool,
}

/// Reads a catalogue.
///
/// # Errors
/// When it is no JSON, not of the form, past a bound, or says something that cannot be.
pub(crate) fn read(bytes: &[u8], form: Form, given: &Given<'_>) -> Result<Catalogue, CatalogueError> {
    if bytes.len() > MAX_BYTES {
        return Err(CatalogueError::TooLarge { bytes: bytes.len() });
    }
    let file: Value = serde_json::from_slice(bytes).map_err(CatalogueError::NoJson)?;
    let form = if form == Form::Auto { looks_like(&file) } else { form };
    let (items, more) = match form {
        Form::Mcp => item::of_mcp(&file)?,
        Form::Auto | Form::Catalogue => (item::of_catalogue(file)?, false),
    };
    if items.len() > MAX_FUNCTIONS {
        return Err(CatalogueError::TooMany { functions: items.len() });
    }
    let mut entries = items.into_iter().map(|item| entry(item, given)).collect::<Result<Vec<_>, _>>()?;
    entries.sort_by(|a, b| a.function.cmp(&b.function));
    let mut pairs = entries.iter().zip(entries.iter().skip(1));
    if let Some((twice, _)) = pairs.find(|(a, b)| a.function == b.function) {
        return Err(CatalogueError::Twice { function: twice.function.clone() });
    }
    Ok(Catalogue { entries, more })
}

/// An MCP answer has its list under `tools`, perhaps within a JSON-RPC answer; a catalogue has connections there.
fn looks_like(file: &Value) -> Form {
    let is_page = |value: &Value| value.get("tools").is_some_and(|tools| tools.is_array());
    let is_mcp = is_page(file) || file.get("jsonrpc").is_some() || file.get("result").is_some_and(is_page);
    if is_mcp { Form::Mcp } else { Form::Catalogue }
}

fn entry(mut item: Item, given: &Given<'_>) -> Result<Entry, CatalogueError> {
    let connection = item.connection.as_deref().or(given.connection);
    let Some(connection) = connection else {
        return Err(CatalogueError::NoConnection { tool: error::short(&item.name) });
    };
    let function = format!("{connection}.{}", item.name).parse()?;
    if given.numbers_as_text {
        item.arguments_schema.iter_mut().for_each(numbers::accept_as_text);
    }
    let (description, derived) = derive::description(item, given.owner);
    vidimus_domain::function::validate(&description).map_err(|problem| CatalogueError::Description {
        function: Clone::clone(&function),
        problem: problem.to_string(),
    })?;
    Ok(Entry { function, description, derived })
}

#[cfg(test)]
mod tests;
