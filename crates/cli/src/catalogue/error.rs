//! Why a file is no catalogue.

use proto_events::{FunctionName, InvalidName};

use super::{MAX_BYTES, MAX_FUNCTIONS};

/// Why a file is no catalogue.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CatalogueError {
    /// Too large.
    #[error("the file has {bytes} bytes, more than {MAX_BYTES}: split it by connection")]
    TooLarge {
        /// How many it has.
        bytes: usize,
    },
    /// Too many functions.
    #[error(
        "the file has {functions} functions, more than {MAX_FUNCTIONS}: split it by connection, and leave out what no agent uses"
    )]
    TooMany {
        /// How many it has.
        functions: usize,
    },
    /// No JSON.
    #[error("not JSON: {0}: save the catalogue as one JSON document in UTF-8")]
    NoJson(#[source] serde_json::Error),
    /// JSON, but nothing with tools in it.
    #[error(
        "{what}: a catalogue is `{{\"CONNECTION\": [{{\"tool\": …}}, …]}}` or a list of tools, an MCP answer `{{\"tools\": […]}}`"
    )]
    Shape {
        /// What is there instead.
        what: String,
    },
    /// An entry that is no tool.
    #[error("tool {index}{}: {problem}: mend it there", in_connection(.connection))]
    Item {
        /// Which, from 1.
        index: usize,
        /// In which list.
        connection: Option<String>,
        /// What is wrong.
        problem: String,
    },
    /// It is not said to which connection a tool belongs.
    #[error("the file does not say to which connection `{tool}` belongs: name it with `--connection`")]
    NoConnection {
        /// The tool.
        tool: String,
    },
    /// A name that no function can have.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// A function that stands there twice.
    #[error("`{function}` is described twice: leave one of them out")]
    Twice {
        /// The function.
        function: FunctionName,
    },
    /// A description past a bound.
    #[error("`{function}`: {problem}")]
    Description {
        /// The function.
        function: FunctionName,
        /// What is wrong.
        problem: String,
    },
}

impl CatalogueError {
    /// The error's stable code.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "catalogue_too_large",
            Self::TooMany { .. } => "catalogue_too_many",
            Self::NoJson(_) => "catalogue_no_json",
            Self::Shape { .. } => "catalogue_shape",
            Self::Item { .. } => "catalogue_tool_invalid",
            Self::NoConnection { .. } => "catalogue_connection_missing",
            Self::Name(_) => "catalogue_name_invalid",
            Self::Twice { .. } => "catalogue_function_twice",
            Self::Description { .. } => "catalogue_description_invalid",
        }
    }
}

fn in_connection(connection: &Option<String>) -> String {
    connection.as_ref().map(|connection| format!(" of `{}`", connection.escape_debug())).unwrap_or_default()
}

/// A text of the file, for a message.
pub(super) fn short(text: &str) -> String {
    text.chars().take(80).flat_map(char::escape_debug).collect()
}
