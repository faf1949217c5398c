//! Who is asking, as authenticated by whoever lets commands in.

use std::collections::BTreeSet;

use proto_events::{Actor, Role, TenantId};
use uuid::Uuid;

use crate::EngineError;

/// An authenticated principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The tenant that it belongs to; it sees and changes nothing of another.
    pub tenant: TenantId,
    /// Who it is: the actor of every event that it causes.
    pub actor: Actor,
    /// What it may do.
    pub roles: BTreeSet<Role>,
    /// Correlation id of every event that it causes; `None`: each command draws one.
    pub correlation_id: Option<Uuid>,
}

impl Principal {
    /// A principal with these roles.
    pub fn new(tenant: TenantId, actor: Actor, roles: impl IntoIterator<Item = Role>) -> Self {
        Self { tenant, actor, roles: roles.into_iter().collect(), correlation_id: None }
    }

    /// The principal in a request from outside, to which everything belongs that it causes from here on.
    #[must_use]
    pub fn in_request(self, correlation_id: Uuid) -> Self {
        Self { correlation_id: Some(correlation_id), ..self }
    }

    /// Vidimus itself, at work in a tenant.
    pub(crate) fn system(tenant: TenantId, part: &'static str) -> Self {
        Self::new(tenant, Actor::system(part), [])
    }

    /// Whether it has the role.
    pub fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    pub(crate) fn require(&self, role: Role) -> Result<(), EngineError> {
        if self.is(role) {
            Ok(())
        } else {
            Err(EngineError::MissingRole { actor: self.actor.clone(), role: role.as_str() })
        }
    }
}
