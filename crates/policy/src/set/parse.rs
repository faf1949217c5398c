//! From text to a checked set, with every fault in its place.

mod cedar;

use std::collections::BTreeMap;

use cedar_policy::{ActionConstraint, Expression, Policy, PolicyId, PrincipalConstraint, ResourceConstraint};

use super::PolicySet;
use crate::{
    PolicyError, PolicyErrors, PolicySource, ProblemCode, Rule, RuleEffect, annotation,
    plan::Plan,
    reads::Reads,
    rule::{Part, Scope},
    text::{Anatomy, Chunk, ConditionKind, Position, chunks},
    view::Types,
    vocabulary::unknown_words,
};

/// One policy of a file.
struct Place<'a> {
    file: &'a str,
    file_text: &'a str,
    chunk: Chunk,
    text: &'a str,
}

impl Place<'_> {
    /// The place in the file of a byte of the policy.
    fn at(&self, offset: usize) -> Position {
        Position::of(self.file_text, self.chunk.start + offset)
    }

    fn error(
        &self,
        offset: usize,
        code: ProblemCode,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> PolicyError {
        PolicyError::new(self.file, self.at(offset), code, message, help)
    }
}

pub(super) fn parse(source: &PolicySource) -> Result<PolicySet, PolicyErrors> {
    let internal = |reason: &dyn std::fmt::Display| {
        let message = format!("the schema of rules cannot be read: {reason}");
        let help = "report this as a fault of Vidimus";
        vec![PolicyError::new("schema.cedarschema", Position::START, ProblemCode::Internal, message, help)]
    };
    let types = Types::new();
    let (validator, types) = match (crate::schema::validator(), types) {
        (Ok(validator), Ok(types)) => (validator, types),
        (Err(error), _) => return Err(PolicyErrors::of(internal(&error))),
        (_, Err(error)) => return Err(PolicyErrors::of(internal(&error))),
    };

    let places = places(source)?;
    let mut errors = Vec::new();
    let mut warnings = Vec::new();
    let mut rules = Vec::new();
    let mut by_id: BTreeMap<String, usize> = BTreeMap::new();
    for place in &places {
        let policy = match cedar::read(place) {
            Ok(policy) => policy,
            Err(faults) => {
                errors.extend(faults);
                continue;
            }
        };
        let before = errors.len();
        cedar::check(place, &policy, validator, &mut errors, &mut warnings);
        let Some(rule) = rule(place, &policy, &mut errors) else { continue };
        if let Some(first) = by_id.get(&rule.id).and_then(|index: &usize| rules.get(*index)) {
            let first: &Rule = first;
            let message = format!(
                "`{}` is the id of another rule ({}:{}:{})",
                rule.id, first.file, first.at.line, first.at.column
            );
            let offset = Anatomy::of(place.text).annotations.get("id").copied().unwrap_or_default();
            errors.push(place.error(
                offset,
                ProblemCode::IdTaken,
                message,
                "give each rule an id of its own",
            ));
        }
        for error in &mut errors[before..] {
            error.rule = Some(rule.id.clone());
        }
        by_id.entry(rule.id.clone()).or_insert(rules.len());
        rules.push(rule);
    }
    if !errors.is_empty() {
        return Err(PolicyErrors::of(errors));
    }

    let plan = Plan::of(&rules);
    let mut reads = Reads::default();
    rules.iter().for_each(|rule| reads.add(&rule.reads));
    Ok(PolicySet {
        digest: source.digest(),
        source: source.clone(),
        rules,
        by_id,
        warnings,
        reads,
        types,
        plan,
    })
}

/// The policies of all files.
fn places(source: &PolicySource) -> Result<Vec<Place<'_>>, PolicyErrors> {
    let mut places = Vec::new();
    for (file, file_text) in source.files() {
        for chunk in chunks(file_text) {
            let text = &file_text[chunk.start..chunk.end];
            places.push(Place { file, file_text, chunk, text });
        }
    }
    if let Some(first_over) = places.get(PolicySource::MAX_RULES) {
        let message = format!("{} rules are more than a policy set holds", places.len());
        let help = format!("keep to {} rules: say in one rule what several say", PolicySource::MAX_RULES);
        return Err(PolicyErrors::of(vec![first_over.error(0, ProblemCode::TooManyRules, message, help)]));
    }
    Ok(places)
}

/// The rule that `policy` is; nothing where its annotations leave it without a name.
fn rule(place: &Place<'_>, policy: &Policy, errors: &mut Vec<PolicyError>) -> Option<Rule> {
    let effect = match policy.effect() {
        cedar_policy::Effect::Permit => RuleEffect::Permit,
        cedar_policy::Effect::Forbid => RuleEffect::Forbid,
    };
    let anatomy = Anatomy::of(place.text);
    let given: BTreeMap<String, String> =
        policy.annotations().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let (annotations, faults) = annotation::read(effect, &given);
    for fault in faults {
        let offset = fault.annotation.and_then(|name| anatomy.annotations.get(&name).copied());
        errors.push(place.error(offset.unwrap_or(anatomy.effect), fault.code, fault.message, fault.help));
    }

    let mut meaning = match policy.to_json() {
        Ok(json) => json,
        Err(error) => {
            errors.push(cedar::internal(place, &error));
            return None;
        }
    };
    if let Some(members) = meaning.as_object_mut() {
        members.remove("annotations");
    }
    for unknown in unknown_words(&meaning) {
        let word = format!("\"{}\"", unknown.word);
        let offset = place.text[anatomy.effect..].find(&word).map_or(0, |offset| anatomy.effect + offset);
        let message = format!("`{}` is never `{}`", unknown.path, unknown.word.escape_debug());
        let help = format!("it is one of `{}`", unknown.words.join("`, `"));
        errors.push(place.error(offset, ProblemCode::Vocabulary, message, help));
    }
    let condition = match condition(place.text, &anatomy) {
        Ok(condition) => condition,
        Err(error) => {
            errors.push(cedar::internal(place, &error));
            return None;
        }
    };
    let part = |piece: &crate::text::Piece| {
        Part::new(piece.kind, &place.text[piece.start..piece.end], place.at(piece.start))
    };
    Some(Rule {
        id: annotations.id?,
        file: place.file.to_owned(),
        at: place.at(0),
        effect,
        demand: annotations.demand,
        reason: annotations.reason,
        owner: annotations.owner,
        missing: annotations.missing,
        text: place.text.to_owned(),
        annotations: given,
        scope: scope(policy),
        condition,
        parts: anatomy.pieces.iter().map(part).collect(),
        reads: Reads::of_policy(&meaning),
        meaning,
    })
}

/// Scope, `when` and `unless` as one expression, in the order in which Cedar looks at them.
fn condition(text: &str, anatomy: &Anatomy) -> Result<Expression, String> {
    let body_start = anatomy.bodies.first().map_or(usize::MAX, |body| body.start);
    let scope = anatomy.pieces.iter().filter(|piece| piece.start < body_start);
    let mut conditions = Vec::new();
    for piece in scope.chain(&anatomy.bodies) {
        // A line of its own, so that a comment at the end of a body ends with it.
        let body = &text[piece.start..piece.end];
        conditions.push(match piece.kind {
            ConditionKind::When => format!("({body}\n)"),
            ConditionKind::Unless => format!("!({body}\n)"),
        });
    }
    if conditions.is_empty() {
        conditions.push("true".to_owned());
    }
    conditions.join(" && ").parse().map_err(|error: cedar_policy::ParseErrors| error.to_string())
}

/// The calls that the scope of `policy` admits, as far as that can be told without Cedar.
fn scope(policy: &Policy) -> Scope {
    let id = |uid: &cedar_policy::EntityUid, type_name: &str| {
        (uid.type_name().to_string() == type_name).then(|| uid.id().unescaped().to_owned())
    };
    let mut scope = Scope::default();
    let agent = match policy.principal_constraint() {
        PrincipalConstraint::Any => true,
        PrincipalConstraint::Is(name) => name.to_string() == "Agent",
        PrincipalConstraint::Eq(uid) => {
            scope.agent = id(&uid, "Agent");
            scope.agent.is_some()
        }
        _ => false,
    };
    // The schema has one action.
    let action = match policy.action_constraint() {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(uid) => id(&uid, "Action").as_deref() == Some("call"),
        ActionConstraint::In(_) => false,
    };
    // A function whose name has no dot is in no connection, not in one without a name.
    let resource = match policy.resource_constraint() {
        ResourceConstraint::Any => true,
        ResourceConstraint::Is(name) => name.to_string() == "Function",
        ResourceConstraint::Eq(uid) => {
            scope.function = id(&uid, "Function");
            scope.function.is_some()
        }
        ResourceConstraint::In(uid) => {
            scope.connection = id(&uid, "Connection");
            scope.connection.as_deref().is_some_and(|name| !name.is_empty())
        }
        ResourceConstraint::IsIn(name, uid) => {
            scope.connection = id(&uid, "Connection");
            name.to_string() == "Function" && scope.connection.as_deref().is_some_and(|name| !name.is_empty())
        }
    };
    scope.is_exact = agent && action && resource;
    scope
}

/// The name under which Cedar knows the policy while it is checked.
fn checked_id() -> PolicyId {
    PolicyId::new("rule")
}
