//! From a command to the request that HTTP has for it.

use std::fmt;

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
};
use form_urlencoded::{Serializer, byte_serialize};
use proto_events::BusCommand;
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};
use vidimus_api_types::IDEMPOTENCY_KEY;

use super::{Command, OverBus};
use crate::{extract, problem::ApiError};

const EXECUTION: &str = "{execution_id}";
/// The largest body of a query: its parameters are short, and many wait for long.
const MOST_QUERY_BYTES: usize = 16 * 1024;
/// Headers of the bus that are headers of the request. Others, that HTTP might listen to, have no business there.
const PASSED_ON: [&str; 5] =
    ["authorization", "content-type", IDEMPOTENCY_KEY, "traceparent", "x-request-id"];

/// Method and path that a command has in HTTP.
pub const fn route(command: BusCommand) -> (&'static str, &'static str) {
    use BusCommand as C;
    match command {
        C::Propose => ("POST", "/v1/executions"),
        C::Get => ("GET", "/v1/executions/{execution_id}"),
        C::Start => ("POST", "/v1/executions/{execution_id}/start"),
        C::Progress => ("POST", "/v1/executions/{execution_id}/progress"),
        C::Complete => ("POST", "/v1/executions/{execution_id}/complete"),
        C::Fail => ("POST", "/v1/executions/{execution_id}/fail"),
        C::Cancel => ("POST", "/v1/executions/{execution_id}/cancel"),
        C::Confirm => ("POST", "/v1/executions/{execution_id}/confirm"),
        C::Decline => ("POST", "/v1/executions/{execution_id}/decline"),
        C::Approve => ("POST", "/v1/executions/{execution_id}/approve"),
        C::Deny => ("POST", "/v1/executions/{execution_id}/deny"),
        C::Abort => ("POST", "/v1/executions/{execution_id}/abort"),
        C::ListApprovals => ("GET", "/v1/approvals"),
    }
}

/// The request. What cannot be put into one is in its extensions, as what it is to be refused with.
pub(super) fn of(command: Command) -> Request {
    let (method, path) = route(command.command);
    let id: String = byte_serialize(command.execution.unwrap_or_default().as_bytes()).collect();
    let path = path.replace(EXECUTION, &id);
    let (headers, mut refusal) = headers(&command.headers);
    let mut request = Request::new(Body::empty());
    // Everything that is not a path's is percent-encoded.
    *request.uri_mut() = path.parse().unwrap_or_default();
    if method == "GET" {
        match with_query(&path, &command.body) {
            Ok(uri) => *request.uri_mut() = uri,
            Err(refused) => refusal = refusal.or(Some(refused)),
        }
    } else {
        *request.method_mut() = Method::POST;
        *request.body_mut() = Body::from(command.body);
    }
    *request.headers_mut() = headers;
    request.extensions_mut().insert(OverBus { tenant: command.tenant, refusal });
    request
}

/// The headers that are passed on, as far as they are headers of HTTP, and what is to be said of one that is not: to drop
/// a key of idempotency would be to act twice.
fn headers(of: &[(String, String)]) -> (HeaderMap, Option<ApiError>) {
    let (mut headers, mut refusal) = (HeaderMap::new(), None);
    for (name, value) in of {
        let Some(known) = PASSED_ON.into_iter().find(|known| known.eq_ignore_ascii_case(name)) else {
            continue;
        };
        match (HeaderName::try_from(known), HeaderValue::try_from(value)) {
            (Ok(name), Ok(value)) => drop(headers.append(name, value)),
            _ => {
                let (field, detail) =
                    (format!("header.{known}"), "it has control characters: send it without them");
                let invalid =
                    || ApiError::field(StatusCode::UNPROCESSABLE_ENTITY, "header_invalid", field, detail);
                refusal.get_or_insert_with(invalid);
            }
        }
    }
    // On the bus nobody says what a body is, and it can be only one thing.
    headers.entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
    (headers, refusal)
}

/// The path with the parameters that a body has as a JSON object.
fn with_query(path: &str, body: &[u8]) -> Result<Uri, ApiError> {
    if body.len() > MOST_QUERY_BYTES {
        let detail = format!("the parameters are larger than {MOST_QUERY_BYTES} bytes: leave some out");
        return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail));
    }
    let Parameters(query) = extract::read(if body.is_empty() { b"{}" } else { body })?;
    format!("{path}?{query}").parse().map_err(|_| {
        let detail = "the parameters are too long: leave some out";
        ApiError::field(StatusCode::UNPROCESSABLE_ENTITY, "query_invalid", "query", detail)
    })
}

/// The query of a JSON object. Which parameters there are, and what they may be, is said by the route's own query.
struct Parameters(String);

impl<'de> Deserialize<'de> for Parameters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;

        impl<'de> Visitor<'de> for Pairs {
            type Value = Parameters;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of parameters")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Parameters, A::Error> {
                let mut query = Serializer::new(String::new());
                // Twice is written twice, and refused as in a query.
                while let Some((name, Text(value))) = map.next_entry::<String, Text>()? {
                    query.append_pair(&name, &value);
                }
                Ok(Parameters(query.finish()))
            }
        }

        deserializer.deserialize_map(Pairs)
    }
}

/// A parameter as a query has it.
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Scalar;

        impl Visitor<'_> for Scalar {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a whole number")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Text, E> {
                Ok(Text(text.to_owned()))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Text, E> {
                Ok(Text(number.to_string()))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Text, E> {
                Ok(Text(number.to_string()))
            }
        }

        deserializer.deserialize_any(Scalar)
    }
}
