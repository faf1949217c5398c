//! What Cedar itself says about a policy.

use cedar_policy::{Policy, PolicySet as CedarSet, Template, ValidationMode, Validator, ffi::DetailedError};

use super::{Place, checked_id};
use crate::{
    PolicyError, ProblemCode,
    text::{MAX_BRACKETS, MAX_OPERATORS, MAX_RULE_BYTES, past_bounds},
};

/// Reads one policy.
pub(super) fn read(place: &Place<'_>) -> Result<Policy, Vec<PolicyError>> {
    if let Some(offset) = past_bounds(place.text) {
        let message = "the rule is larger than rules may be";
        let help = format!(
            "keep to {MAX_RULE_BYTES} bytes, {MAX_OPERATORS} operators and {MAX_BRACKETS} brackets within each other: \
             make several rules of it"
        );
        return Err(vec![place.error(offset, ProblemCode::RuleTooLarge, message, help)]);
    }
    let errors = match Policy::parse(Some(checked_id()), place.text) {
        Ok(policy) => return Ok(policy),
        Err(errors) => errors,
    };
    if Template::parse(None, place.text).is_ok() {
        let at = place.text.find("?principal").or_else(|| place.text.find("?resource")).unwrap_or_default();
        let message = "a template is no rule";
        let help = "write what `?principal` or `?resource` stands for, or a condition in `when`";
        return Err(vec![place.error(at, ProblemCode::Template, message, help)]);
    }
    let help = "write `permit` or `forbid` with `(principal, action, resource)`, conditions and `;`";
    Err(errors.iter().map(|error| told(place, &error.into(), ProblemCode::Syntax, help)).collect())
}

/// Checks a policy against the schema, strictly.
pub(super) fn check(
    place: &Place<'_>,
    policy: &Policy,
    validator: &Validator,
    errors: &mut Vec<PolicyError>,
    warnings: &mut Vec<PolicyError>,
) {
    let set = match CedarSet::from_policies([policy.clone()]) {
        Ok(set) => set,
        Err(error) => {
            errors.push(internal(place, &error));
            return;
        }
    };
    let result = validator.validate(&set, ValidationMode::Strict);
    let help = "`vidimus policy schema` shows what rules can read";
    errors
        .extend(result.validation_errors().map(|error| told(place, &error.into(), ProblemCode::Type, help)));
    for warning in result.validation_warnings() {
        // A rule that never matches is a mistake, and a `forbid` that never matches a dangerous one.
        if let cedar_policy::ValidationWarning::ImpossiblePolicy(_) = warning {
            let help = "a condition contradicts another or can never hold: mend it or remove the rule";
            errors.push(told(place, &warning.into(), ProblemCode::NeverMatches, help));
        } else {
            let help = "write it in letters of one script";
            warnings.push(told(place, &warning.into(), ProblemCode::Confusable, help));
        }
    }
}

/// A fault of this program, not of the rule.
pub(super) fn internal(place: &Place<'_>, error: &dyn std::fmt::Display) -> PolicyError {
    let message = format!("the rule cannot be prepared: {error}");
    place.error(0, ProblemCode::Internal, message, "report this as a fault of Vidimus")
}

fn told(place: &Place<'_>, error: &DetailedError, code: ProblemCode, help: &str) -> PolicyError {
    let label = error.source_locations.first();
    let offset = label.map_or(0, |label| label.loc.start);
    // The message names the policy by the id that it is checked under: the place says more.
    let named = format!("for policy `{}`, ", checked_id());
    let message = error.message.strip_prefix(&named).unwrap_or(&error.message);
    let mut message = message.to_owned();
    if let Some(text) = label.and_then(|label| label.label.as_deref()) {
        message = format!("{message} ({text})");
    }
    let help = error.help.as_deref().unwrap_or(help);
    place.error(offset, code, message, help)
}
