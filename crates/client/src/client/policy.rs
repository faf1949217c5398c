//! Policy sets.

use std::time::Duration;

use vidimus_api_types::{
    ApplyPolicy, ClearPolicy, Digest, EndShadow, Page, Policy, PolicyChange, PolicyReplay, PolicySet,
    ReplayPolicy, ShadowPolicy,
};

use crate::{Client, ClientError, request::Call};

/// How long a replay takes at most, as the server bounds it.
const REPLAY_TAKES: Duration = Duration::from_secs(35);

impl Client {
    /// The policy set in force, and the one beside it.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn policy(&self) -> Result<Policy, ClientError> {
        self.json(Call::get(self, &["v1", "policy"])).await
    }

    /// Puts a policy set into force; tried again only where it certainly did not get through, as somebody else may have put
    /// another into force since.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn apply_policy(&self, body: &ApplyPolicy) -> Result<Policy, ClientError> {
        self.json(Call::put(self, &["v1", "policy"], body)?.doubles()).await
    }

    /// Takes the policy set out of force; tried again only where it certainly did not get through.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn clear_policy(&self, body: &ClearPolicy) -> Result<Policy, ClientError> {
        self.json(Call::delete(self, &["v1", "policy"], body)?.doubles()).await
    }

    /// The last changes of the policy, newest first.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn policy_history(&self) -> Result<Page<PolicyChange>, ClientError> {
        self.json(Call::get(self, &["v1", "policy", "history"])).await
    }

    /// The files of a policy set that is or was in force, or beside it.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn policy_set(&self, digest: &Digest) -> Result<PolicySet, ClientError> {
        self.json(Call::get(self, &["v1", "policy", "sets", &digest.to_string()])).await
    }

    /// Evaluates a candidate beside the set in force; tried again only where it certainly did not get through.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn shadow_policy(&self, body: &ShadowPolicy) -> Result<Policy, ClientError> {
        self.json(Call::put(self, &["v1", "policy", "shadow"], body)?.doubles()).await
    }

    /// What a candidate would have decided on the calls of a span of time; it changes nothing. While another replay of the tenant
    /// runs (`replay_running`) it is tried again, as long as retries last.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn replay_policy(&self, body: &ReplayPolicy) -> Result<PolicyReplay, ClientError> {
        self.json(Call::post(self, &["v1", "policy", "replay"], body)?.takes(REPLAY_TAKES)).await
    }

    /// Ends the evaluation of a candidate; tried again only where it certainly did not get through.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn end_shadow(&self, body: &EndShadow) -> Result<Policy, ClientError> {
        self.json(Call::delete(self, &["v1", "policy", "shadow"], body)?.doubles()).await
    }
}
