//! What happens on a command.

use proto_events::{ActorKind, CatalogueEvent};
use url::Url;

use super::{Describe, Rejection, State};
use crate::{
    execution::MAX_TEXT_CHARS,
    field::{self, InvalidField},
};

/// The longest address of a connection, in characters.
pub const MAX_ENDPOINT_CHARS: usize = 1_024;
const MAX_CONNECTION_BYTES: usize = 64;

/// What happens when `command` is given in `state`; nothing where it is already so.
///
/// # Errors
/// When the command is refused; see [`Rejection`].
pub fn decide(state: &State, command: &Describe) -> Result<Vec<CatalogueEvent>, Rejection> {
    field::actor("by", &command.by)?;
    let description = &command.description;
    if !is_connection(&description.connection) {
        return Err(invalid("connection", "is none: use 1 to 64 ASCII letters, digits, `_` and `-`"));
    }
    field::text("purpose", &description.purpose, MAX_TEXT_CHARS)?;
    if let Some(endpoint) = &description.endpoint {
        self::endpoint(endpoint)?;
    }
    if let Some(owner) = &description.owner {
        field::name("owner", owner)?;
    }
    if command.by.kind == ActorKind::Agent {
        return Err(Rejection::AgentCannotManageCatalogue { actor: command.by.clone() });
    }
    if state.description.as_ref() == Some(description) {
        return Ok(Vec::new());
    }
    Ok(vec![CatalogueEvent::ConnectionDescribed(description.clone())])
}

fn is_connection(text: &str) -> bool {
    (1..=MAX_CONNECTION_BYTES).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// Everybody who reads the catalogue reads it, and so it must not be able to hold a secret.
fn endpoint(text: &str) -> Result<(), Rejection> {
    field::text("endpoint", text, MAX_ENDPOINT_CHARS)?;
    let plain = "is no address without credentials; use one like `https://example.com/mcp`, without user, query and fragment";
    let url = Url::parse(text).map_err(|_| invalid("endpoint", plain))?;
    let bare = url.username().is_empty() && url.password().is_none();
    // `user:password@host` reads as an address of the scheme `user`.
    let hidden = url.cannot_be_a_base() && url.path().contains('@');
    if !bare || hidden || url.query().is_some() || url.fragment().is_some() {
        return Err(invalid("endpoint", plain));
    }
    Ok(())
}

const fn invalid(field: &'static str, problem: &'static str) -> Rejection {
    Rejection::Field(InvalidField::Invalid { field, problem })
}
