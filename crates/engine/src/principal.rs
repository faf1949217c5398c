//! Who is asking, as authenticated by whoever lets commands in.

use std::collections::BTreeSet;

use proto_events::{Actor, TenantId};

use crate::EngineError;

/// What a principal may do in its tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Propose calls, run them, report on them.
    Agent,
    /// Resolve approvals, settle unknown results.
    Approver,
    /// Read everything of the tenant.
    Auditor,
    /// Change access and settings.
    Admin,
}

impl Role {
    /// The role's stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Approver => "approver",
            Self::Auditor => "auditor",
            Self::Admin => "admin",
        }
    }
}

/// An authenticated principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The tenant that it belongs to; it sees and changes nothing of another.
    pub tenant: TenantId,
    /// Who it is: the actor of every event that it causes.
    pub actor: Actor,
    /// What it may do.
    pub roles: BTreeSet<Role>,
}

impl Principal {
    /// A principal with these roles.
    pub fn new(tenant: TenantId, actor: Actor, roles: impl IntoIterator<Item = Role>) -> Self {
        Self { tenant, actor, roles: roles.into_iter().collect() }
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
