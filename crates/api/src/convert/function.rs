//! Access to functions.

use vidimus_api_types as wire;
use vidimus_engine::AccessAnswer;

/// The access as it is.
pub fn function_access(answer: AccessAnswer) -> wire::FunctionAccess {
    let AccessAnswer { function, access, position, .. } = answer;
    wire::FunctionAccess { function, access, position, changed: None }
}

/// The answer to setting it.
pub fn function_access_set(answer: AccessAnswer) -> wire::FunctionAccess {
    let changed = Some(!answer.already);
    wire::FunctionAccess { changed, ..function_access(answer) }
}
