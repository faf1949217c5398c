//! API keys: creating, revoking, and telling who a token is.

mod authenticate;
mod credential;
mod secret;
mod token;

use std::collections::BTreeSet;

use proto_events::{
    Actor, ActorKind, Event, GlobalPosition, Role, StreamId, StreamVersion, TenantId, Timestamp,
};
use uuid::Uuid;
use vidimus_domain::key::{Action, Command, Create, Happened, State, decide, evolve};

pub use authenticate::{AuthenticateError, Authenticated};
pub(crate) use credential::Credential;
pub use secret::{KeyPepper, KeySecret};

use crate::{
    Engine, EngineError, Principal,
    checkpoint::CheckpointSigner,
    engine::{Changed, Loaded},
    permit_token::PermitSigner,
};

/// A key that shall be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewKey {
    /// Who acts with it. Where nobody is named: the key itself, an `agent` if that is its one role, a `service` if not.
    pub actor: Option<Actor>,
    /// What may be done with it; at least one.
    pub roles: BTreeSet<Role>,
    /// What it is for.
    pub label: Option<String>,
    /// From when on it is no longer good; `None` where it does not expire.
    pub expires_at: Option<Timestamp>,
}

/// A key, without its secret and without the hash of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its id.
    pub key_id: Uuid,
    /// The tenant that it belongs to.
    pub tenant: TenantId,
    /// Who acts with it.
    pub actor: Actor,
    /// What may be done with it.
    pub roles: BTreeSet<Role>,
    /// What it is for.
    pub label: Option<String>,
    /// From when on it is no longer good; `None` where it does not expire.
    pub expires_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// Who created it.
    pub created_by: Actor,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
    /// Who revoked it.
    pub revoked_by: Option<Actor>,
    /// Position of the last event about it.
    pub position: GlobalPosition,
}

/// Whether a key is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyStatus {
    /// It is.
    Active,
    /// No longer: its time is over.
    Expired,
    /// No longer: it was revoked.
    Revoked,
}

impl KeyStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Active, Self::Expired, Self::Revoked];

    /// The status's stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

/// Whether a key with this expiry is past it. Its last instant is the one before.
fn has_expired(expires_at: Option<Timestamp>, now: Timestamp) -> bool {
    expires_at.is_some_and(|expires_at| expires_at <= now)
}

impl Key {
    fn of(tenant: &TenantId, key: vidimus_domain::key::Key, position: GlobalPosition) -> Self {
        let (revoked_at, revoked_by) = key.revoked.map(|revoked| (revoked.at, revoked.by)).unzip();
        Self {
            key_id: key.key_id,
            tenant: tenant.clone(),
            actor: key.actor,
            roles: key.roles,
            label: key.label,
            expires_at: key.expires_at,
            created_at: key.created_at,
            created_by: key.created_by,
            revoked_at,
            revoked_by,
            position,
        }
    }

    /// Whether it is good at `now`. A revoked key is revoked, also after it expired.
    pub fn status_at(&self, now: Timestamp) -> KeyStatus {
        if self.revoked_at.is_some() {
            KeyStatus::Revoked
        } else if has_expired(self.expires_at, now) {
            KeyStatus::Expired
        } else {
            KeyStatus::Active
        }
    }
}

/// A key that was created, and the one sight of its secret that there ever is.
#[derive(Clone, Debug)]
pub struct CreatedKey {
    /// The key.
    pub key: Key,
    /// The token, to be handed to whoever shall act with it.
    pub secret: KeySecret,
}

impl Engine {
    /// This engine with the pepper under which the secrets of keys are hashed. Without one there are no keys.
    #[must_use]
    pub fn with_key_pepper(self, pepper: KeyPepper) -> Self {
        let permit_signer = Some(PermitSigner::of(&pepper));
        let checkpoint_signer = Some(CheckpointSigner::of(&pepper, None));
        Self { key_pepper: Some(pepper), permit_signer, checkpoint_signer, ..self }
    }

    pub(crate) fn pepper(&self) -> Result<&KeyPepper, EngineError> {
        self.key_pepper.as_ref().ok_or(EngineError::KeyPepperMissing)
    }

    async fn load_key(&self, tenant: &TenantId, key_id: Uuid) -> Result<Loaded<State>, EngineError> {
        let stream = StreamId::key(key_id);
        self.fold(tenant, &stream, StreamVersion::FIRST, State::default(), |state, recorded, event| {
            match event {
                Event::Key(event) => {
                    let (by, at) = (&recorded.event.actor, recorded.event.recorded_at);
                    evolve(state, Happened { by, at, event })
                }
                _ => state,
            }
        })
        .await
    }

    /// Decides on the key's stream and appends; the key as it is then, and whether it was so already.
    async fn change_key(
        &self,
        principal: &Principal,
        key_id: Uuid,
        action: &Action,
    ) -> Result<(Key, bool), EngineError> {
        let (tenant, stream) = (&principal.tenant, StreamId::key(key_id));
        let load = || self.load_key(tenant, key_id);
        let decide = |state: State, at| {
            let command = Command { by: principal.actor.clone(), at, action: action.clone() };
            let events = decide(&state, &command)?;
            let state = state.then(&command.by, at, &events);
            Ok((state, events.into_iter().map(Event::Key).collect()))
        };
        let Changed { state, position, already } = self.change(principal, &stream, load, decide).await?;
        // There is one: the domain makes it, or says that it is not found.
        let key = state.key.ok_or(vidimus_domain::key::Rejection::NotFound)?;
        Ok((Key::of(tenant, key, position), already))
    }

    /// Creates a key. Takes the role `admin`.
    ///
    /// # Errors
    /// `missing_role`; `key_pepper_missing`; the domain's rejections; the log's errors.
    pub async fn create_key(&self, principal: &Principal, new: NewKey) -> Result<CreatedKey, EngineError> {
        principal.require(Role::Admin)?;
        let pepper = self.pepper()?;
        let (key_id, secret) = (self.ids.fresh(), self.ids.secret());
        let kind = if new.roles.iter().eq(&[Role::Agent]) { ActorKind::Agent } else { ActorKind::Service };
        let create = Create {
            key_id,
            actor: new.actor.unwrap_or_else(|| Actor::new(kind, key_id.to_string())),
            roles: new.roles,
            label: new.label,
            expires_at: new.expires_at,
            secret_hash: pepper.hash(&secret),
        };
        let (key, _) = self.change_key(principal, key_id, &Action::Create(create)).await?;
        Ok(CreatedKey { secret: KeySecret::of(&principal.tenant, key_id, &secret), key })
    }

    /// Revokes a key, at once; answers whether it was revoked already. Takes the role `admin`.
    ///
    /// # Errors
    /// `missing_role`; `key_not_found`, also where the key is another tenant's; the log's errors.
    pub async fn revoke_key(
        &self,
        principal: &Principal,
        key_id: Uuid,
        reason: Option<String>,
    ) -> Result<(Key, bool), EngineError> {
        principal.require(Role::Admin)?;
        self.change_key(principal, key_id, &Action::Revoke { reason }).await
    }

    /// A key of the tenant, if there is one with this id.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn key(&self, tenant: &TenantId, key_id: Uuid) -> Result<Option<Key>, EngineError> {
        let loaded = self.load_key(tenant, key_id).await?;
        let position = loaded.position();
        Ok(loaded.state.key.map(|key| Key::of(tenant, key, position)))
    }
}
