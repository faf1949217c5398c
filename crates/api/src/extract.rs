//! Reading a request: its path, query and body, each with errors that say where.

use std::str::FromStr;

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, RawPathParams, Request},
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _, IgnoredAny},
};
use serde_path_to_error::{Deserializer as TrackPath, Track};
use uuid::{Uuid, fmt::Hyphenated};
use vidimus_api_types::{IDEMPOTENCY_KEY, object};
use vidimus_domain::field::name;

use crate::{problem::ApiError, state::Api};

/// A JSON body. Where all of `T` has defaults, no body at all is `{}`.
pub(crate) struct Body<T>(pub(crate) T);

/// The parameters of the query.
pub(crate) struct Query<T>(pub(crate) T);

/// One parameter of the path, or several as a tuple.
pub(crate) struct Param<T>(pub(crate) T);

/// A UUID of the path in its usual spelling only, in either case: what `format: uuid` means.
pub(crate) struct Id(pub(crate) Uuid);

impl FromStr for Id {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        Hyphenated::from_str(text).map(|id| Self(id.into_uuid()))
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| {
            D::Error::custom(format_args!("`{text}` is no UUID: write it as 8-4-4-4-12 hexadecimal digits"))
        })
    }
}

/// A name of the path: of an agent, of a conversation.
pub(crate) struct Named(pub(crate) String);

impl<'de> Deserialize<'de> for Named {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // Its field is said by whoever asks.
        name("the name", &text).map_err(D::Error::custom)?;
        Ok(Self(text))
    }
}

/// A plain name of the path: of a group, of a connection.
pub(crate) struct Plain(pub(crate) String);

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if (1..=64).contains(&text.len()) && text.bytes().all(plain) {
            return Ok(Self(text));
        }
        let shown: String = text.chars().take(80).collect();
        Err(D::Error::custom(format_args!(
            "`{}` is no plain name: use 1 to 64 ASCII letters, digits, `_` and `-`",
            shown.escape_debug()
        )))
    }
}

/// The most characters of a field's name that an answer says.
const MOST_OF_A_NAME: usize = 200;
/// The most characters of a parser's words before and after what is left out: they quote what was sent, whatever its
/// length, and end with what was expected and where.
const MOST_OF_AN_ERROR: (usize, usize) = (200, 400);

/// The beginning and the end of a text that is long.
fn shortened(text: &str, (begin, end): (usize, usize)) -> String {
    let chars = text.chars().count();
    if chars <= begin + end {
        return text.to_owned();
    }
    let head: String = text.chars().take(begin).collect();
    let tail: String = text.chars().skip(chars - end).collect();
    format!("{head}…{tail}")
}

/// A field of a request is at fault.
fn invalid(code: &'static str, field: &str, error: &str) -> ApiError {
    let (field, error) = (shortened(field, (MOST_OF_A_NAME, 0)), shortened(error, MOST_OF_AN_ERROR));
    let detail = format!("`{field}`: {error}");
    ApiError::field(StatusCode::UNPROCESSABLE_ENTITY, code, field, detail)
}

/// The whole body as it came, within the limits of size and time.
pub(crate) async fn bytes(request: Request, api: &Api) -> Result<Bytes, ApiError> {
    let (max, timeout) = (api.settings().max_body_bytes, api.settings().body_timeout);
    let too_large = || {
        let detail = format!("the body is larger than {max} bytes: send large content by reference");
        ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
    };
    let declared = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if declared.and_then(|length| length.parse::<u64>().ok()).is_some_and(|length| length > max as u64) {
        return Err(too_large());
    }
    let read = axum::body::to_bytes(request.into_body(), max);
    match tokio::time::timeout(timeout, read).await {
        Err(_) => {
            let detail = format!("the body did not arrive within {} s: send it faster", timeout.as_secs());
            Err(ApiError::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", detail))
        }
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => {
            let mut source = std::error::Error::source(&error);
            while let Some(cause) = source {
                if cause.to_string().contains("length limit exceeded") {
                    return Err(too_large());
                }
                source = cause.source();
            }
            let detail = format!("the body broke off ({error}): send the request again");
            Err(ApiError::new(StatusCode::BAD_REQUEST, "body_broken_off", detail))
        }
    }
}

/// Whether the body is said to be JSON.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let Some(media_type) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

impl<T: DeserializeOwned> FromRequest<Api> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, api: &Api) -> Result<Self, ApiError> {
        let is_json = is_json(request.headers());
        let bytes = bytes(request, api).await?;
        if bytes.is_empty() {
            return read(b"{}").map(Self);
        }
        if !is_json {
            let detail = "the body is not said to be JSON: send `Content-Type: application/json`";
            return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", detail));
        }
        read(&bytes).map(Self)
    }
}

pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let text = std::str::from_utf8(bytes).map_err(|error| malformed(&format!("not UTF-8 ({error})")))?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let mut track = Track::new();
    let value = object(TrackPath::new(&mut deserializer, &mut track)).map_err(|error| {
        // It is JSON, and so the caller's value is at fault, where a parser that builds nothing gets through: a number
        // that no type holds and too many levels are no errors of syntax, whatever the parser that builds says.
        if error.is_data() || serde_json::from_str::<IgnoredAny>(text).is_ok() {
            let error = error.to_string();
            invalid("body_invalid", &at_fault("body", &track.path().to_string(), &error), &error)
        } else {
            malformed(&error)
        }
    })?;
    deserializer.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

fn malformed(error: &dyn std::fmt::Display) -> ApiError {
    let detail = format!("the body is not JSON: {error}; correct it and send it again");
    ApiError::new(StatusCode::BAD_REQUEST, "body_malformed", detail)
}

/// The field that an error is about: its path, which ends before a field that is not there, or there twice.
fn at_fault(part: &str, path: &str, error: &str) -> String {
    let rest = error.strip_prefix("missing field `").or_else(|| error.strip_prefix("duplicate field `"));
    let name = rest.and_then(|rest| rest.split_once('`')).map(|(name, _)| name);
    let mut field = part.to_owned();
    for step in [(path != ".").then_some(path), name].into_iter().flatten() {
        field.push('.');
        field.push_str(step);
    }
    field
}

/// Whether what is percent-encoded is text. What is not would be read as another text, or as it stands.
fn is_text(encoded: &str) -> bool {
    let digit = |byte: Option<u8>| char::from(byte?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (mut decoded, mut bytes) = (Vec::with_capacity(encoded.len()), encoded.bytes());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
        } else if let (Some(high), Some(low)) = (digit(bytes.next()), digit(bytes.next())) {
            decoded.push(high << 4 | low);
        } else {
            return false;
        }
    }
    std::str::from_utf8(&decoded).is_ok()
}

impl<T: DeserializeOwned> FromRequestParts<Api> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        if !is_text(query) {
            let detail = "the query is not percent-encoded UTF-8: encode it so";
            return Err(ApiError::field(StatusCode::UNPROCESSABLE_ENTITY, "query_invalid", "query", detail));
        }
        let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
        serde_path_to_error::deserialize(pairs).map(Self).map_err(|error| {
            let path = error.path().to_string();
            let error = error.into_inner().to_string();
            invalid("query_invalid", &at_fault("query", &path, &error), &error)
        })
    }
}

impl<T: DeserializeOwned + Send> FromRequestParts<Api> for Param<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        if !is_text(parts.uri.path()) {
            let detail = "the path is not percent-encoded UTF-8: encode it so";
            return Err(ApiError::field(StatusCode::UNPROCESSABLE_ENTITY, "path_invalid", "path", detail));
        }
        match Path::<T>::from_request_parts(parts, api).await {
            Ok(Path(value)) => Ok(Self(value)),
            Err(error) => {
                let names = RawPathParams::from_request_parts(parts, api).await;
                let names = names.as_ref().map(|names| names.iter().map(|(name, _)| name).collect());
                let field = match names.unwrap_or_else(|_| Vec::new())[..] {
                    [name] => format!("path.{name}"),
                    _ => "path".to_owned(),
                };
                Err(invalid("path_invalid", &field, &error.body_text()))
            }
        }
    }
}

/// The header that names an attempt or a record.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "it is a description; `idempotency_key` reads the header")]
pub(crate) struct IdempotencyKey {
    /// Names the attempt: the same again is done once.
    #[param(
        rename = "Idempotency-Key",
        required = false,
        min_length = 1,
        max_length = 255,
        pattern = "^[!-~]([ -~]*[!-~])?$"
    )]
    idempotency_key: String,
}

/// The attempt's name from the header, which wins, or from the body.
pub(crate) fn idempotency_key(headers: &HeaderMap, body: Option<String>) -> Result<Option<String>, ApiError> {
    let field = format!("header.{IDEMPOTENCY_KEY}");
    let invalid = |code, detail: &dyn std::fmt::Display| {
        ApiError::field(StatusCode::UNPROCESSABLE_ENTITY, code, field.clone(), detail)
    };
    if let Some(key) = &body {
        // Also where the header wins: a field that is no good is no good.
        name("idempotency_key", key).map_err(|error| ApiError::from(&error))?;
    }
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return Ok(body) };
    if values.next().is_some() {
        return Err(invalid("header_invalid", &"the idempotency key is there twice: send one"));
    }
    // A header has no encoding that everybody agrees on; a body has.
    let text =
        std::str::from_utf8(value.as_bytes()).ok().filter(|text| text.is_ascii()).ok_or_else(|| {
            invalid("header_invalid", &"the idempotency key is not ASCII: use letters and digits")
        })?;
    name("idempotency_key", text).map_err(|error| invalid(error.code(), &error))?;
    Ok(Some(text.to_owned()))
}
