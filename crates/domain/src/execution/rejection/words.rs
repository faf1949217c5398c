//! Values in words, for messages.

use proto_events::FreezeScope;

pub(super) fn scope(scope: &FreezeScope) -> String {
    match scope {
        FreezeScope::Tenant => "the whole tenant".to_owned(),
        FreezeScope::Agent { agent } => format!("agent `{agent}`"),
        FreezeScope::Function { function } => format!("function `{function}`"),
    }
}
