//! Grants.

use std::sync::Arc;

use proto_events::GlobalPosition;
use vidimus_api_types as wire;
use vidimus_engine::{Grant, GrantAnswer, GrantStanding, KnownGrant, NewGrant};

/// The grant that a request asks for.
pub fn new_grant(create: wire::CreateGrant) -> NewGrant {
    let wire::CreateGrant { scope, max_uses, max_sum, expires_at, reason } = create;
    NewGrant { scope, max_uses, max_sum, expires_at, reason }
}

/// A grant, and whether it is good.
pub fn grant(known: KnownGrant, position: GlobalPosition) -> wire::Grant {
    let KnownGrant { grant, standing } = known;
    let Grant {
        grant_id,
        scope,
        max_uses,
        max_sum,
        expires_at,
        reason,
        created_at,
        created_by,
        uses,
        sum,
        last_used_at,
        revoked,
    } = Arc::unwrap_or_clone(grant);
    wire::Grant {
        id: grant_id,
        status: match standing {
            GrantStanding::InForce => wire::GrantStatus::InForce,
            GrantStanding::UsedUp => wire::GrantStatus::UsedUp,
            GrantStanding::Expired => wire::GrantStatus::Expired,
            GrantStanding::Revoked => wire::GrantStatus::Revoked,
        },
        scope,
        max_uses,
        uses,
        max_sum: max_sum.map(|sum| sum.to_string()),
        sum: sum.to_string(),
        expires_at,
        reason,
        created_at,
        created_by,
        last_used_at,
        revoked_at: revoked.as_ref().map(|revoked| revoked.at),
        revoked_by: revoked.map(|revoked| revoked.by),
        position,
        already: None,
    }
}

/// The answer to a command on one.
pub fn grant_set(answer: GrantAnswer) -> wire::Grant {
    let GrantAnswer { grant, standing, position, already } = answer;
    wire::Grant { already: Some(already), ..self::grant(KnownGrant { grant, standing }, position) }
}
