//! Reviewers: groups, delegations, and for whom a queue is.

use std::{collections::BTreeSet, sync::Arc};

use proto_events::{Actor, GlobalPosition};
use vidimus_api_types as wire;
use vidimus_engine::{
    Delegation, DelegationAnswer, Engine, EngineError, GroupAnswer, Groups, KnownDelegation, NewDelegation,
    Principal,
};
use vidimus_projection::{ForReviewer, Reviewer};

/// A group.
pub fn group(group: String, members: Arc<BTreeSet<Actor>>, position: GlobalPosition) -> wire::Group {
    let members = Arc::unwrap_or_clone(members).into_iter().collect();
    wire::Group { group, members, position, already: None }
}

/// The answer to setting one.
pub fn group_set(answer: GroupAnswer) -> wire::Group {
    let GroupAnswer { group, members, position, already } = answer;
    wire::Group { already: Some(already), ..self::group(group, members, position) }
}

/// The delegation that a request asks for.
pub fn new_delegation(create: wire::CreateDelegation) -> NewDelegation {
    let wire::CreateDelegation { from, to, starts_at, ends_at, reason } = create;
    NewDelegation { from, to, starts_at, ends_at, reason }
}

/// A delegation that is not over.
pub fn delegation(known: KnownDelegation, position: GlobalPosition) -> wire::Delegation {
    let KnownDelegation { delegation, in_force } = known;
    let Delegation { delegation_id, from, to, starts_at, ends_at, reason, created_at, created_by } =
        delegation;
    wire::Delegation {
        id: delegation_id,
        status: if in_force { wire::DelegationStatus::InForce } else { wire::DelegationStatus::Planned },
        from,
        to,
        starts_at,
        ends_at,
        reason,
        created_at,
        created_by,
        position,
    }
}

/// One that was just made.
pub fn delegation_set(answer: DelegationAnswer) -> wire::Delegation {
    let DelegationAnswer { delegation, in_force, position } = answer;
    self::delegation(KnownDelegation { delegation, in_force }, position)
}

fn reviewer(groups: &Groups, actor: &Actor) -> Reviewer {
    let theirs = groups.iter().filter(|(_, members)| members.contains(actor));
    let groups = theirs.map(|(group, _)| group.clone()).take(Reviewer::MAX_GROUPS).collect();
    Reviewer { actor: actor.clone(), groups }
}

/// What a principal can review as: itself, and those in whose place it decides now.
///
/// # Errors
/// When the log cannot be read.
pub async fn for_reviewer(engine: &Engine, principal: &Principal) -> Result<ForReviewer, EngineError> {
    let (groups, _) = engine.groups(&principal.tenant).await?;
    let (delegations, _) = engine.delegations(&principal.tenant).await?;
    let absent: BTreeSet<Actor> = delegations
        .into_iter()
        .filter(|known| known.in_force && known.delegation.to == principal.actor)
        .map(|known| known.delegation.from)
        .collect();
    let stands_in_for = absent.iter().take(ForReviewer::MAX_STANDS_IN_FOR);
    Ok(ForReviewer {
        reviewer: reviewer(&groups, &principal.actor),
        stands_in_for: stands_in_for.map(|actor| reviewer(&groups, actor)).collect(),
    })
}
