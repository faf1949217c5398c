//! Freezes, grants, reviewers, and several decisions at once.

use uuid::Uuid;
use vidimus_api_types::{
    CreateDelegation, CreateFreeze, CreateGrant, DecideBatch, DecidedBatch, Delegation, EndFreeze,
    EndedDelegation, EndedFreeze, Freeze, Grant, Group, Page, RevokeGrant, SetGroup,
};

use crate::{Client, ClientError, request::Call};

impl Client {
    /// The freezes in force.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn freezes(&self) -> Result<Page<Freeze>, ClientError> {
        self.json(Call::get(self, &["v1", "freezes"])).await
    }

    /// Freezes a tenant, an agent or a function. What is frozen already stays as it is, so that it can be tried again.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn create_freeze(&self, body: &CreateFreeze) -> Result<Freeze, ClientError> {
        self.json(Call::post(self, &["v1", "freezes"], body)?).await
    }

    /// Ends a freeze.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn end_freeze(&self, id: Uuid, body: &EndFreeze) -> Result<EndedFreeze, ClientError> {
        self.json(Call::delete(self, &["v1", "freezes", &id.to_string()], body)?).await
    }

    /// Every grant that is in force, and those that lately were.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn grants(&self) -> Result<Page<Grant>, ClientError> {
        self.json(Call::get(self, &["v1", "grants"])).await
    }

    /// Gives a grant; tried again only where it certainly did not get through, as there would be two.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn create_grant(&self, body: &CreateGrant) -> Result<Grant, ClientError> {
        self.json(Call::post(self, &["v1", "grants"], body)?.doubles()).await
    }

    /// Revokes a grant.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn revoke_grant(&self, id: Uuid, body: &RevokeGrant) -> Result<Grant, ClientError> {
        self.json(Call::delete(self, &["v1", "grants", &id.to_string()], body)?).await
    }

    /// The groups of reviewers.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn groups(&self) -> Result<Page<Group>, ClientError> {
        self.json(Call::get(self, &["v1", "groups"])).await
    }

    /// Says who is in a group; tried again only where it certainly did not get through, as somebody else may have set it
    /// since.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn set_group(&self, group: &str, body: &SetGroup) -> Result<Group, ClientError> {
        self.json(Call::put(self, &["v1", "groups", group], body)?.doubles()).await
    }

    /// The delegations that are not over.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn delegations(&self) -> Result<Page<Delegation>, ClientError> {
        self.json(Call::get(self, &["v1", "delegations"])).await
    }

    /// Lets another decide in one's place for a time; tried again only where it certainly did not get through.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn create_delegation(&self, body: &CreateDelegation) -> Result<Delegation, ClientError> {
        self.json(Call::post(self, &["v1", "delegations"], body)?.doubles()).await
    }

    /// Ends a delegation before its time.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn end_delegation(&self, id: Uuid) -> Result<EndedDelegation, ClientError> {
        let path = ["v1", "delegations", &id.to_string()];
        self.json(Call::delete(self, &path, &serde_json::Map::new())?).await
    }

    /// Decides several approvals: all of them, or none.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn decide_batch(&self, body: &DecideBatch) -> Result<DecidedBatch, ClientError> {
        self.json(Call::post(self, &["v1", "approvals", "decisions"], body)?).await
    }
}
