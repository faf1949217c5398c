//! Functions, and what an agent can see of them.

use proto_events::FunctionDescription;
use vidimus_api_types as wire;
use vidimus_engine::{FunctionAnswer, VisibleTool};

/// What the catalogue says of a function.
pub fn description(description: &FunctionDescription) -> wire::Description {
    description.clone().into()
}

/// The function as it is.
pub fn function(answer: FunctionAnswer) -> wire::FunctionAccess {
    let FunctionAnswer { function, access, description, position, .. } = answer;
    let description = description.as_deref().map(self::description);
    wire::FunctionAccess { function, access, description, position, changed: None }
}

/// The answer to changing it. `already`: whether that changed nothing.
pub fn function_set(answer: FunctionAnswer) -> wire::FunctionAccess {
    let changed = Some(!answer.already);
    wire::FunctionAccess { changed, ..function(answer) }
}

/// A tool that an agent can see.
pub fn visible_tool(tool: &VisibleTool) -> wire::VisibleTool {
    wire::VisibleTool {
        function: tool.function.clone(),
        access: tool.access,
        description: tool.description.as_deref().map(description),
    }
}
