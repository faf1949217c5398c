//! The catalogue: functions, connections, what an agent can see, and what users say.

use vidimus_api_types::{
    AddMessage, AgentScopes, Connection, DescribeConnection, DescribeFunction, Description, FunctionAccess,
    FunctionName, JwkSet, Message, MessageQuery, Page, SetAgentScopes, ToolQuery, ToolSet, UserMessage,
    VisibleTool, WithdrawFunction,
};

use crate::{Client, ClientError, Pages, request::Call};

/// A name as a part of a path. Those of dots alone mean places in it, however they are written.
fn segment(name: &str) -> Result<&str, ClientError> {
    if matches!(name, "." | "..") {
        return Err(ClientError::Unusable(format!(
            "`{name}` cannot be written into an address: use another name"
        )));
    }
    Ok(name)
}

impl Client {
    /// What the catalogue says of a function.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn function_description(&self, function: &FunctionName) -> Result<Description, ClientError> {
        self.json(Call::get(self, &["v1", "functions", function.as_str(), "description"])).await
    }

    /// Describes a function; tried again only where it certainly did not get through, as somebody else may have described
    /// it since.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn describe_function(
        &self,
        function: &FunctionName,
        body: &DescribeFunction,
    ) -> Result<FunctionAccess, ClientError> {
        let path = ["v1", "functions", function.as_str(), "description"];
        self.json(Call::put(self, &path, body)?.doubles()).await
    }

    /// Takes a function's description out of the catalogue; tried again only where it certainly did not get through.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn withdraw_function(
        &self,
        function: &FunctionName,
        body: &WithdrawFunction,
    ) -> Result<FunctionAccess, ClientError> {
        let path = ["v1", "functions", function.as_str(), "description"];
        self.json(Call::delete(self, &path, body)?.doubles()).await
    }

    /// A page of the tools that an agent can see now.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn tools(&self, query: &ToolQuery) -> Result<ToolSet, ClientError> {
        self.json(Call::get(self, &["v1", "tools"]).query(query)?).await
    }

    /// Every tool that an agent can see.
    pub fn all_tools(&self, query: ToolQuery) -> Pages<ToolQuery, VisibleTool> {
        Pages::new(self, ["v1", "tools"], query)
    }

    /// A connection.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn connection(&self, connection: &str) -> Result<Connection, ClientError> {
        self.json(Call::get(self, &["v1", "connections", connection])).await
    }

    /// Describes a connection; tried again only where it certainly did not get through.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn describe_connection(
        &self,
        connection: &str,
        body: &DescribeConnection,
    ) -> Result<Connection, ClientError> {
        self.json(Call::put(self, &["v1", "connections", connection], body)?.doubles()).await
    }

    /// The scopes of an agent.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn agent_scopes(&self, agent: &str) -> Result<AgentScopes, ClientError> {
        self.json(Call::get(self, &["v1", "agents", segment(agent)?, "scopes"])).await
    }

    /// Says which scopes an agent has; tried again only where it certainly did not get through.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn set_agent_scopes(
        &self,
        agent: &str,
        body: &SetAgentScopes,
    ) -> Result<AgentScopes, ClientError> {
        self.json(Call::put(self, &["v1", "agents", segment(agent)?, "scopes"], body)?.doubles()).await
    }

    /// Puts on record what a user said to an agent; tried again only where it certainly did not get through, as it would have
    /// been said twice.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn add_message(&self, conversation: &str, body: &AddMessage) -> Result<Message, ClientError> {
        let path = ["v1", "conversations", segment(conversation)?, "messages"];
        self.json(Call::post(self, &path, body)?.doubles()).await
    }

    /// What a user said to an agent in a conversation, newest first.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn messages(
        &self,
        conversation: &str,
        query: &MessageQuery,
    ) -> Result<Page<UserMessage>, ClientError> {
        let path = ["v1", "conversations", segment(conversation)?, "messages"];
        self.json(Call::get(self, &path).query(query)?).await
    }

    /// The keys that permit tokens are checked with. Takes no key's role.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn permit_keys(&self) -> Result<JwkSet, ClientError> {
        self.json(Call::get(self, &["v1", "permits", "keys"])).await
    }
}
