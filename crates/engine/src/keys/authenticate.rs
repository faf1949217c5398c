//! From a token to a principal.

use std::sync::Arc;

use proto_events::{StreamId, TenantId, Timestamp};
use uuid::Uuid;

use super::{credential::Credential, has_expired, token::Token};
use crate::{Engine, EngineError, Principal};

/// Who a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticated {
    /// The principal: tenant, actor and roles of the key.
    pub principal: Principal,
    /// The key.
    pub key_id: Uuid,
}

/// Why a token is nobody. Only whoever has the right secret learns that the key was revoked or expired.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticateError {
    /// It does not have the form of a token.
    #[error(
        "this is no API key: use a whole one, `vidimus_<tenant>.<key id>.<secret>`, as it was shown when it was created"
    )]
    Malformed,
    /// There is no such key, or it has another secret.
    #[error("this API key is not valid: use one that an administrator created here")]
    Unknown,
    /// The key was revoked.
    #[error("this API key was revoked at `{at}`: ask an administrator for another")]
    Revoked {
        /// When.
        at: Timestamp,
    },
    /// The key's time is over.
    #[error("this API key expired at `{at}`: ask an administrator for another")]
    Expired {
        /// When.
        at: Timestamp,
    },
    /// It cannot be told: the fault is not the token's.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl AuthenticateError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed | Self::Unknown => "key_invalid",
            Self::Revoked { .. } => "key_revoked",
            Self::Expired { .. } => "key_expired",
            Self::Engine(error) => error.code(),
        }
    }

    /// Whether the token is at fault (`unauthenticated`), and not Vidimus.
    pub const fn is_unauthenticated(&self) -> bool {
        !matches!(self, Self::Engine(_))
    }
}

impl Engine {
    /// Tells who a token is. Cheap enough for every request: it looks up where the key's stream ends, which the log has
    /// in memory, and reads the stream only when that changed since it read it last. So a revocation takes effect with
    /// the next request, whoever put it on the log.
    ///
    /// # Errors
    /// See [`AuthenticateError`].
    pub async fn authenticate(&self, token: &str) -> Result<Authenticated, AuthenticateError> {
        let pepper = self.pepper()?;
        let Token { tenant, key_id, secret } = Token::parse(token).ok_or(AuthenticateError::Malformed)?;
        let key = self.key_as_it_is(&tenant, key_id).await?.ok_or(AuthenticateError::Unknown)?;
        if !pepper.is_hash(&key.secret_hash, &secret) {
            return Err(AuthenticateError::Unknown);
        }
        if let Some(at) = key.revoked_at {
            return Err(AuthenticateError::Revoked { at });
        }
        if let Some(at) = key.expires_at.filter(|_| has_expired(key.expires_at, self.clock.now())) {
            return Err(AuthenticateError::Expired { at });
        }
        let principal = Principal::new(tenant, key.actor.clone(), key.roles.iter().copied());
        Ok(Authenticated { principal, key_id })
    }

    async fn key_as_it_is(
        &self,
        tenant: &TenantId,
        key_id: Uuid,
    ) -> Result<Option<Arc<Credential>>, EngineError> {
        let stream = StreamId::key(key_id);
        let Some(head) = self.log.stream_head(tenant, &stream).await? else { return Ok(None) };
        if let Some(key) = self.keys.get(tenant, &stream, head.version) {
            return Ok(Some(key));
        }
        let loaded = self.load_key(tenant, key_id).await?;
        let key = loaded.state.key.map(|key| Arc::new(Credential::from(key)));
        if let (Some(key), Some(head)) = (&key, loaded.head) {
            self.keys.put(tenant, &stream, head.version, Arc::clone(key));
        }
        Ok(key)
    }
}
