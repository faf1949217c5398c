//! Connections and the scopes of agents.

use proto_events::ConnectionDescribed;
use vidimus_api_types as wire;
use vidimus_engine::{AgentScopes, ConnectionAnswer, UserMessage};

/// What the catalogue is to say of a connection.
pub fn described_connection(connection: String, body: wire::DescribeConnection) -> ConnectionDescribed {
    let wire::DescribeConnection { purpose, endpoint, owner } = body;
    ConnectionDescribed { connection, purpose, endpoint, owner }
}

/// The connection as it is.
pub fn connection(answer: ConnectionAnswer) -> wire::Connection {
    let ConnectionDescribed { connection, purpose, endpoint, owner } = answer.connection;
    wire::Connection { connection, purpose, endpoint, owner, position: answer.position, changed: None }
}

/// The answer to describing it.
pub fn connection_set(answer: ConnectionAnswer) -> wire::Connection {
    let changed = Some(!answer.already);
    wire::Connection { changed, ..connection(answer) }
}

/// The scopes of an agent as they are.
pub fn agent_scopes(answer: AgentScopes) -> wire::AgentScopes {
    let AgentScopes { agent, scopes, position, .. } = answer;
    wire::AgentScopes { agent, scopes, position, changed: None }
}

/// The answer to setting them.
pub fn agent_scopes_set(answer: AgentScopes) -> wire::AgentScopes {
    let changed = Some(!answer.already);
    wire::AgentScopes { changed, ..agent_scopes(answer) }
}

/// What a user said to an agent.
pub fn user_message(message: UserMessage) -> wire::UserMessage {
    let UserMessage { position, at, by, text } = message;
    wire::UserMessage { text, at, by, position }
}
