//! Access to functions, keys, and what is registered.

use uuid::Uuid;
use vidimus_api_types::{
    Agent, AgentCall, CreateKey, CreatedKey, FunctionAccess, FunctionName, Key, RegisterAgent, RevokeKey,
    SetAccess,
};

use crate::{Client, ClientError, request::Call};

impl Client {
    /// A function's access.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn function(&self, function: &FunctionName) -> Result<FunctionAccess, ClientError> {
        self.json(Call::get(self, &["v1", "functions", function.as_str()])).await
    }

    /// Sets a function's access. Somebody else may have set it again since, which a repetition would undo; so it is tried
    /// again only where it certainly did not get through.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn set_function_access(
        &self,
        function: &FunctionName,
        body: &SetAccess,
    ) -> Result<FunctionAccess, ClientError> {
        self.json(Call::put(self, &["v1", "functions", function.as_str()], body)?.doubles()).await
    }

    /// Makes a key. Its secret is in this answer and nowhere else; so it is tried again only where it certainly did not
    /// get through.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn create_key(&self, body: &CreateKey) -> Result<CreatedKey, ClientError> {
        self.json(Call::post(self, &["v1", "keys"], body)?.doubles()).await
    }

    /// Revokes a key, at once.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn revoke_key(&self, id: Uuid, body: &RevokeKey) -> Result<Key, ClientError> {
        self.json(Call::delete(self, &["v1", "keys", &id.to_string()], body)?).await
    }

    /// Registers an agent, or gives it another name; tried again only where it certainly did not get through, as somebody
    /// else may have given it a name since.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn register_agent(&self, id: Uuid, body: &RegisterAgent) -> Result<Agent, ClientError> {
        self.json(Call::put(self, &["v1", "agents", &id.to_string()], body)?.doubles()).await
    }

    /// Registers a call of an agent.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn register_call(&self, agent_id: Uuid, call_id: Uuid) -> Result<AgentCall, ClientError> {
        let path = ["v1", "agents", &agent_id.to_string(), "calls", &call_id.to_string()];
        self.json(Call::put(self, &path, &serde_json::Map::new())?).await
    }
}
