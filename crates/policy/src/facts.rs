//! What earlier events say about a call: the table of history facts.
//!
//! A line of the table is all that a fact needs: its documentation, its name and its kind. The field, its line in the
//! schema, its value in a rule and its value in JSON come from it.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::value::FactValue;

/// The kind of value that a fact has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactKind {
    /// A whole number.
    Long,
    /// True or false.
    Bool,
    /// A text.
    Text,
    /// Texts, each once.
    Set,
}

impl FactKind {
    /// The kind's name in the schema.
    pub const fn schema_type(self) -> &'static str {
        match self {
            Self::Long => "Long",
            Self::Bool => "Bool",
            Self::Text => "String",
            Self::Set => "Set<String>",
        }
    }
}

/// One history fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryFact {
    /// Its name: `context.history.<name>` in rules.
    pub name: &'static str,
    /// What kind of value it has.
    pub kind: FactKind,
    /// What it says.
    pub doc: &'static str,
}

/// What the kinds of the table are in Rust.
#[allow(dead_code, reason = "a kind is here for whoever adds the first fact of it")]
mod kind {
    pub(super) type Long = i64;
    pub(super) type Bool = bool;
    pub(super) type Text = String;
    pub(super) type Set = std::collections::BTreeSet<String>;
}

macro_rules! history_facts {
    ($( $(#[doc = $doc:literal])+ $name:ident: $kind:ident, )+) => {
        /// What the events before a call say about it; in rules `context.history.<name>`.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        pub struct HistoryFacts {
            $( $(#[doc = $doc])+ pub $name: kind::$kind, )+
        }

        /// Every history fact.
        pub const HISTORY_FACTS: &[HistoryFact] = &[
            $( HistoryFact { name: stringify!($name), kind: FactKind::$kind, doc: concat!($($doc),+) }, )+
        ];

        impl HistoryFacts {
            /// The value of the fact of this name.
            pub(crate) fn value(&self, name: &str) -> Option<FactValue<'_>> {
                match name {
                    $( stringify!($name) => Some(FactValue::from(&self.$name)), )+
                    _ => None,
                }
            }
        }
    };
}

history_facts! {
    /// Calls that this conversation made or wanted to make before.
    calls: Long,
    /// Calls of this function in this conversation.
    calls_of_function: Long,
    /// Calls of this conversation that failed or timed out.
    failures: Long,
    /// Calls of this conversation that wait for people.
    waiting: Long,
    /// Something that strangers may have written was read in this conversation.
    untrusted_read: Bool,
    /// Something that strangers may have written was read since the user last spoke.
    untrusted_since_user: Bool,
    /// A result held text that reads like instructions to the agent.
    instructions_seen: Bool,
    /// Where the places come from that the call sends to (addresses, accounts, people): classes of provenance.
    destinations: Set,
    /// Where the hosts of web addresses in the arguments come from: classes of provenance.
    hosts: Set,
    /// Where the other identifiers in the arguments come from (ids, paths, numbers): classes of provenance.
    objects: Set,
    /// All of `destinations`, `hosts` and `objects`.
    origins: Set,
    /// Every id in the arguments that say what the call is about was named by the user or stood beside a word of the user.
    objects_linked: Bool,
    /// The call has a title, a subject or a name.
    has_title: Bool,
    /// Every title, subject and name in the arguments shares a word with what the user said.
    titles_related: Bool,
    /// Every password, code and token in the arguments was given by the user or by a trusted result.
    secrets_known: Bool,
    /// The user's words ask for this kind of action.
    user_asked: Bool,
    /// The user told the agent to do what something else says: a bill, a letter, a list of tasks.
    user_delegated: Bool,
    /// The call hands in a one-time code: it continues the act before it.
    one_time_code: Bool,
    /// The act before this call was stopped, or waits for approval.
    continues_held: Bool,
    /// The amount that this call moves, rounded up; 0 where it moves none.
    amount: Long,
    /// The amounts that calls of this conversation moved today (UTC), without this call.
    amount_today: Long,
    /// Calls of this agent in the last hour.
    agent_calls_last_hour: Long,
    /// Calls of this agent in the last 24 hours.
    agent_calls_last_day: Long,
    /// Calls of this agent that failed or timed out in the last hour.
    agent_failures_last_hour: Long,
    /// The amounts that calls of this agent moved today (UTC), without this call.
    agent_amount_today: Long,
    /// Calls of the tenant in the last hour.
    tenant_calls_last_hour: Long,
    /// Calls of the tenant in the last 24 hours.
    tenant_calls_last_day: Long,
    /// The amounts that calls of the tenant moved today (UTC), without this call.
    tenant_amount_today: Long,
    /// The events before this call are known, all of them; false where a call is handed in alone, where there were too many
    /// to keep, or where they were long ago. Facts may then be missing: rules should not let much through.
    known: Bool,
}

/// The part of the schema that the table makes.
pub(crate) fn history_schema() -> String {
    let mut text = String::from("\n// What the events before the call say about it.\ntype History = {\n");
    for fact in HISTORY_FACTS {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "  //{}\n  \"{}\": {},", fact.doc, fact.name, fact.kind.schema_type());
    }
    text.push_str("};\n");
    text
}
