//! The card of a call that waits for people: what it shows, in digests.
//!
//! A decision is about what was seen. What may not change under a reviewer is in the digest; what happens beside it (votes,
//! comments, reminders, escalations, freezes, deadlines) is not.

use proto_events::{
    Actor, ApprovalNeed, ArgumentsDigest, Card, Decision, Digest, FunctionName, Json, LayerFinding, Outcome,
    Redaction, Reviewers,
};
use serde::{Serialize, Serializer};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Execution, Stage, requirement::in_short};

/// The card that a principal saw, and what to compare it with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenCard {
    /// The card.
    pub card: Card,
    /// What the server leaves out where many can read.
    pub redaction: Redaction,
}

/// What a card shows: of an item of the approval queue, the members of these names.
#[derive(Debug, Serialize)]
pub struct CardContent<'a> {
    /// The execution's id.
    pub execution_id: Uuid,
    /// `approval` or `confirmation`.
    pub kind: &'static str,
    /// The agent that wants to make the call.
    pub agent: &'a str,
    /// The conversation that it was triggered in.
    pub conversation: &'a str,
    /// What is to be called.
    pub function: &'a FunctionName,
    /// The arguments as they are shown.
    #[serde(serialize_with = "parsed")]
    pub arguments: &'a Json,
    /// What is left out of the arguments.
    pub redacted: &'a [String],
    /// The digest of all of them.
    pub arguments_digest: ArgumentsDigest,
    /// On whose behalf.
    pub requester: &'a Actor,
    /// Who proposed it.
    pub proposed_by: &'a Actor,
    /// Which stage of the approvals it is, from 0.
    pub stage: u32,
    /// How many there are.
    pub stages: u32,
    /// How many people have to agree.
    pub quorum: u32,
    /// Who may approve; none for a confirmation.
    pub reviewers: Option<&'a Reviewers>,
    /// What the stage asks for.
    pub needs: &'a [ApprovalNeed],
    /// Whether the requester may review.
    pub self_review: bool,
    /// Stable code of why a person is asked.
    pub reason_code: Option<&'a str>,
    /// Why, in words.
    pub reason: Option<&'a str>,
    /// All the reasons.
    pub reasons: &'a [LayerFinding],
    /// The policy set that it was decided under.
    pub policy_set: Option<&'a str>,
    /// The policy rules that matched.
    pub matched_rules: &'a [String],
    /// How often it was decided on again.
    pub redecisions: u64,
}

fn parsed<S: Serializer>(json: &Json, serializer: S) -> Result<S::Ok, S::Error> {
    json.to_value().serialize(serializer)
}

impl CardContent<'_> {
    /// The card. `sensitive`: the members that the catalogue calls so; `redaction`: what the server leaves out.
    pub fn card(&self, sensitive: &[String], redaction: &Redaction) -> Card {
        // Each name once, and in order: the same rules are the same version, however they came about.
        let names = Redaction::of(sensitive.iter().map(String::as_str));
        let rules = json!({
            "redact": redaction.names().collect::<Vec<_>>(),
            "sensitive": names.names().collect::<Vec<_>>(),
        });
        Card { digest: digest(self), redaction: digest(&rules) }
    }
}

fn digest<T: Serialize>(value: &T) -> Digest {
    // Values of JSON have canonical JSON.
    let canonical = serde_json_canonicalizer::to_vec(value).unwrap_or_default();
    Digest::new(Sha256::digest(canonical).into())
}

/// Whether a finding is among the reasons for which people are asked.
pub const fn is_reason(finding: &LayerFinding, is_confirmation: bool) -> bool {
    match finding.outcome {
        Outcome::AwaitingApproval => true,
        Outcome::ConfirmationRequired => is_confirmation,
        Outcome::Allowed | Outcome::NoOp | Outcome::Blocked => false,
    }
}

/// The members that are left out of a card, by name: what was sensitive when the call came on record, and what is so since.
pub fn sensitive_of(initiated: &[String], asked: &[String]) -> Vec<String> {
    let more = asked.iter().filter(|name| !initiated.contains(name));
    initiated.iter().chain(more).cloned().collect()
}

impl Execution {
    /// The card as it is now; none where nobody is asked. `redaction`: what the server leaves out.
    pub fn card(&self, redaction: &Redaction) -> Option<Card> {
        let is_confirmation = match self.stage {
            Stage::AwaitingConfirmation => true,
            Stage::AwaitingApproval => false,
            _ => return None,
        };
        let sensitive = sensitive_of(&self.initiated.sensitive, &self.sensitive);
        let arguments = self.arguments()?;
        let (shown, redacted) = match sensitive.is_empty() {
            true => (arguments.clone(), Vec::new()),
            false => Redaction::of(sensitive.iter().map(String::as_str)).apply(arguments),
        };
        let decision = self.decision.as_ref()?;
        let asked = self.approval.as_ref().filter(|_| !is_confirmation);
        let stage = asked.and_then(|approval| approval.asks(&self.requirement));
        let in_short = stage.map(in_short);
        let deciding = decision.deciding();
        let content = CardContent {
            execution_id: self.id(),
            kind: if is_confirmation { "confirmation" } else { "approval" },
            agent: &self.call().agent,
            conversation: &self.call().conversation,
            function: &self.call().function,
            arguments: &shown,
            redacted: &redacted,
            arguments_digest: self.arguments_digest()?,
            requester: self.requester(),
            proposed_by: &self.initiated_by,
            stage: asked.map_or(0, |approval| approval.stage),
            stages: u32::try_from(self.requirement.stages.len()).unwrap_or(u32::MAX),
            quorum: in_short.as_ref().map_or(1, |(_, quorum)| *quorum),
            reviewers: in_short.as_ref().map(|(reviewers, _)| reviewers),
            needs: stage.map(|stage| &*stage.needs).unwrap_or_default(),
            self_review: asked.is_some() && self.requirement.self_review,
            reason_code: deciding.map(|finding| &*finding.code),
            reason: deciding.map(|finding| &*finding.reason),
            reasons: &reasons(decision, is_confirmation),
            policy_set: decision.policy_set.as_deref(),
            matched_rules: &decision.matched_rules,
            redecisions: self.redecisions.into(),
        };
        Some(content.card(&sensitive, redaction))
    }
}

fn reasons(decision: &Decision, is_confirmation: bool) -> Vec<LayerFinding> {
    decision.findings.iter().filter(|finding| is_reason(finding, is_confirmation)).cloned().collect()
}
