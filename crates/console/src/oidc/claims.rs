//! From what a provider says of somebody to who they are here: pure rules.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use serde_json::{Map, Value};
use vidimus_api_types::{Actor, Role, SignedIn, TenantId};

use crate::{ask::Refused, exact};

/// What a provider says of somebody.
pub(super) type Claims = Map<String, Value>;

/// The name of the address in claims, which counts only where the provider has verified it.
const EMAIL: &str = "email";
/// The claim that says so.
const VERIFIED: &str = "email_verified";
/// Most groups that a refusal names.
const MOST_SHOWN: usize = 20;

/// What of the claims counts here.
pub(super) struct Rules {
    /// What people know the provider by.
    pub(super) label: String,
    pub(super) tenant: TenantId,
    pub(super) name_claim: String,
    pub(super) groups_claim: String,
    pub(super) roles: BTreeMap<String, BTreeSet<Role>>,
}

impl Rules {
    /// Whether these claims lack one that counts, which the provider may say elsewhere.
    pub(super) fn lack(&self, claims: &Claims) -> bool {
        let verified = self.name_claim == EMAIL && !claims.contains_key(VERIFIED);
        verified || !claims.contains_key(&self.name_claim) || !claims.contains_key(&self.groups_claim)
    }

    /// These claims, and those of `more` that they lack. An address and that it is verified are of one place.
    pub(super) fn with(&self, mut claims: Claims, more: Claims) -> Claims {
        if more.contains_key(EMAIL) && !claims.contains_key(VERIFIED) {
            claims.remove(EMAIL);
        }
        let is_verified = claims.contains_key(EMAIL);
        for (name, claim) in more {
            if name != VERIFIED || !is_verified {
                claims.entry(name).or_insert(claim);
            }
        }
        claims
    }

    /// Whom these claims are of.
    ///
    /// # Errors
    /// There is no name that events could have, or no group with a role.
    pub(super) fn signed_in(&self, claims: &Claims) -> Result<SignedIn, Refused> {
        let name = self.name(claims)?;
        let groups = groups(claims.get(&self.groups_claim));
        let roles: BTreeSet<Role> =
            groups.iter().filter_map(|group| self.roles.get(*group)).flatten().copied().collect();
        if roles.is_empty() {
            return Err(self.no_role(&name, &groups, claims));
        }
        let (tenant, roles) = (self.tenant.clone(), roles.into_iter().collect());
        Ok(SignedIn { tenant, actor: Actor::user(name), roles })
    }

    /// What events call them. There is no second choice: somebody who is called otherwise today than yesterday could decide twice.
    fn name(&self, claims: &Claims) -> Result<String, Refused> {
        let Self { label, name_claim, .. } = self;
        let Some(name) = claims.get(name_claim).and_then(Value::as_str) else {
            let detail = format!(
                "{label} did not say who you are: there is no claim `{name_claim}`; ask an administrator to have {label} send \
                 it, or to name another in `name_claim`"
            );
            return Err(forbidden("no_name", detail));
        };
        if name_claim == EMAIL && claims.get(VERIFIED) != Some(&Value::Bool(true)) {
            let detail = format!(
                "{label} has not verified that `{}` is your address (`email_verified`): have it verified there, or ask an \
                 administrator to name another claim in `name_claim`",
                shown(name)
            );
            return Err(forbidden("name_unverified", detail));
        }
        let is_usable =
            name.len() <= Actor::MAX_ID_BYTES && !name.trim().is_empty() && !exact::has_unseen(name);
        if !is_usable {
            let detail = format!(
                "`{}` in the claim `{name_claim}` cannot be a name here: one has 1 to {} bytes, and nothing that cannot be seen",
                shown(name),
                Actor::MAX_ID_BYTES
            );
            return Err(forbidden("name_unusable", detail));
        }
        // Addresses that differ in the case of ASCII letters alone reach the same person; others may not.
        Ok(if name_claim == EMAIL { name.to_ascii_lowercase() } else { name.to_owned() })
    }

    fn no_role(&self, name: &str, groups: &[&str], claims: &Claims) -> Refused {
        let Self { label, groups_claim, .. } = self;
        let are_elsewhere = claims.get("_claim_names").is_some_and(|names| names.get(groups_claim).is_some());
        let seen = if are_elsewhere {
            format!("you are in more groups than {label} puts into the claim `{groups_claim}`")
        } else if groups.is_empty() {
            format!("{label} named none of your groups (the claim `{groups_claim}`)")
        } else {
            let named: Vec<_> =
                groups.iter().take(MOST_SHOWN).map(|group| format!("`{}`", shown(group))).collect();
            let more = match groups.len().saturating_sub(MOST_SHOWN) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            format!(
                "none of your groups has a role here (the claim `{groups_claim}` has {}{more})",
                named.join(", ")
            )
        };
        let detail = format!(
            "you are `{}` at {label}, but {seen}: ask an administrator to put you into a group that has one, or to give one of \
             yours a role in the server's settings (`[console.oidc.roles]`)",
            shown(name)
        );
        forbidden("no_role", detail)
    }
}

fn forbidden(code: &str, detail: String) -> Refused {
    Refused::new(StatusCode::FORBIDDEN, code, detail)
}

/// The groups that a claim names: several, or one.
fn groups(claim: Option<&Value>) -> Vec<&str> {
    match claim {
        Some(Value::Array(groups)) => groups.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(group)) => vec![group],
        _ => Vec::new(),
    }
}

/// A text as far as a refusal shows it.
fn shown(text: &str) -> String {
    text.chars().take(120).collect()
}
