//! Filters as words of an index: what never changes about a row is found by a word that stands for it.
//!
//! A word is a mark for the kind of fact and 64 bits over tenant and value, so that each tenant's are apart. A posting
//! takes a byte or two where an entry of an ordinary index takes thirty, several facts at once are an intersection, and
//! they are given in the order of the positions. Two values may share a word: a query compares the row's own values too.
//! What changes about a row (where an execution stands) has ordinary indexes.

use proto_events::TenantId;

use crate::sql::Check;

/// A kind of fact. As a mark: a character that is in no word of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Facet {
    Tenant,
    Agent,
    Conversation,
    Function,
    ActorKind,
    ActorId,
    EventType,
    Execution,
    Administrative,
    Conversational,
    Shadow,
    Outcome,
    Layer,
    Code,
    Rule,
    PolicySet,
    ToolType,
    Risk,
    Requester,
    InitiatedBy,
    VisibleTools,
    Grant,
    FinalRecord,
}

impl Facet {
    const fn mark(self) -> char {
        match self {
            Self::Tenant => '\u{E000}',
            Self::Agent => '\u{E001}',
            Self::Conversation => '\u{E002}',
            Self::Function => '\u{E003}',
            Self::ActorKind => '\u{E004}',
            Self::ActorId => '\u{E005}',
            Self::EventType => '\u{E006}',
            Self::Execution => '\u{E007}',
            Self::Administrative => '\u{E008}',
            Self::Conversational => '\u{E009}',
            Self::Shadow => '\u{E00A}',
            Self::Outcome => '\u{E00B}',
            Self::Layer => '\u{E00C}',
            Self::Code => '\u{E00D}',
            Self::Rule => '\u{E00E}',
            Self::PolicySet => '\u{E00F}',
            Self::ToolType => '\u{E010}',
            Self::Risk => '\u{E011}',
            Self::Requester => '\u{E012}',
            Self::InitiatedBy => '\u{E013}',
            Self::VisibleTools => '\u{E014}',
            Self::Grant => '\u{E015}',
            Self::FinalRecord => '\u{E016}',
        }
    }

    /// Puts the word and a space at the end of `words`.
    pub(crate) fn push(self, words: &mut String, tenant: &TenantId, value: &[u8]) {
        let check = Check::default().bytes(tenant.as_str().as_bytes()).bytes(value).finish();
        let mut digits = [0; 16];
        // Sixteen digits have room for eight bytes.
        let _ = hex::encode_to_slice(check.to_be_bytes(), &mut digits);
        words.push(self.mark());
        words.extend(digits.map(char::from));
        words.push(' ');
    }
}

/// An FTS5 expression of words that all have to be there; words never hold a character that means something to FTS5.
#[derive(Debug)]
pub(crate) struct AllOf(String);

impl AllOf {
    /// Rows of the tenant.
    pub(crate) fn tenant(tenant: &TenantId) -> Self {
        let mut all = Self(String::new());
        all.facet(Facet::Tenant, tenant, &[]);
        all
    }

    /// And with this value.
    pub(crate) fn facet(&mut self, facet: Facet, tenant: &TenantId, value: &[u8]) {
        let mut word = String::new();
        facet.push(&mut word, tenant, value);
        self.term(&format!("\"{}\"", word.trim_end()));
    }

    /// And with this term.
    pub(crate) fn term(&mut self, term: &str) {
        if !self.0.is_empty() {
            self.0.push_str(" AND ");
        }
        self.0.push_str(term);
    }

    /// The expression.
    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expression(tenant: &str, facet: Facet, value: &str) -> String {
        let tenant = tenant.parse().unwrap();
        let mut all = AllOf::tenant(&tenant);
        all.facet(facet, &tenant, value.as_bytes());
        all.into_string()
    }

    #[test]
    fn tenant_kind_and_value_all_make_another_word() {
        let base = expression("acme", Facet::Agent, "a");
        for other in [
            expression("Acme", Facet::Agent, "a"),
            expression("acme", Facet::ActorId, "a"),
            expression("acme", Facet::Agent, "A"),
            expression("acme", Facet::Agent, "a\""),
        ] {
            assert_ne!(base, other);
            assert_eq!(base.len(), other.len());
            assert_eq!(other.matches('"').count(), 4);
        }
    }

    #[test]
    fn what_runs_together_is_still_two_words() {
        assert_ne!(expression("a", Facet::Agent, "bc"), expression("ab", Facet::Agent, "c"));
    }
}
