//! Making a stream, or looking at the one that is there.

use async_nats::jetstream::{
    Context, ErrorCode,
    context::{CreateStreamErrorKind, GetStreamErrorKind, RequestError, RequestErrorKind},
    stream::Stream,
};

use super::{OpenError, StreamSpec};
use crate::Bus;

/// The oldest servers that take atomic batches. One before would make the stream without them.
const OLDEST: (i64, i64) = (2, 12);

/// The stream as it is now; made, where it is not there.
pub(crate) async fn open(bus: &Bus, context: &Context, spec: &StreamSpec) -> Result<Stream, OpenError> {
    bus.connected().await.map_err(|reason| OpenError::Unavailable { reason })?;
    if let Some(version) = bus.older_than(OLDEST.0, OLDEST.1) {
        return Err(OpenError::ServerTooOld { version });
    }
    if let Some(server) = bus.max_payload().filter(|server| *server < spec.message_bytes) {
        let stream = spec.name.clone();
        return Err(OpenError::SmallPayload { stream, server, needed: spec.message_bytes });
    }
    let asked = async {
        match get(context, spec).await? {
            Some(stream) => Ok(stream),
            None => make(context, spec).await,
        }
    };
    let stream = bus
        .unless_refused(|subject| is_api_of(subject, &spec.name), asked)
        .await
        .map_err(|reason| refused(&spec.name, reason))??;
    match spec.misfit(&stream.cached_info().config) {
        Some(reason) => Err(OpenError::Unfit { stream: spec.name.clone(), reason }),
        None => Ok(stream),
    }
}

/// What permissions deny.
pub(crate) fn refused(stream: &str, reason: String) -> OpenError {
    OpenError::NotPermitted { stream: stream.to_owned(), reason }
}

/// Whether a subject is one of the requests about a stream.
pub(crate) fn is_api_of(subject: &str, stream: &str) -> bool {
    subject.starts_with("$JS.API.") && subject.split('.').any(|token| token == stream)
}

async fn get(context: &Context, spec: &StreamSpec) -> Result<Option<Stream>, OpenError> {
    let error = match context.get_stream(&spec.name).await {
        Ok(stream) => return Ok(Some(stream)),
        Err(error) => error,
    };
    match error.kind() {
        GetStreamErrorKind::JetStream(error) if error.error_code() == ErrorCode::STREAM_NOT_FOUND => Ok(None),
        GetStreamErrorKind::JetStream(error) => {
            Err(answered(spec, error.error_code(), error.code(), error.to_string()))
        }
        GetStreamErrorKind::EmptyName | GetStreamErrorKind::InvalidStreamName => Err(unnamed(spec)),
        GetStreamErrorKind::Request => {
            let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref());
            Err(match source.map(RequestError::kind) {
                Some(RequestErrorKind::NoResponders) => no_jetstream(),
                _ => OpenError::Unavailable { reason: error.to_string() },
            })
        }
    }
}

async fn make(context: &Context, spec: &StreamSpec) -> Result<Stream, OpenError> {
    let error = match context.create_stream(spec.config()).await {
        Ok(stream) => {
            tracing::info!(stream = spec.name, subjects = spec.subjects, "made a stream of NATS");
            return Ok(stream);
        }
        Err(error) => error,
    };
    Err(match error.kind() {
        CreateStreamErrorKind::JetStream(error) => {
            answered(spec, error.error_code(), error.code(), error.to_string())
        }
        CreateStreamErrorKind::EmptyStreamName | CreateStreamErrorKind::InvalidStreamName => unnamed(spec),
        CreateStreamErrorKind::JetStreamUnavailable => no_jetstream(),
        _ => OpenError::Unavailable { reason: error.to_string() },
    })
}

fn unnamed(spec: &StreamSpec) -> OpenError {
    let reason = "a name of a stream has no spaces, `.`, `*`, `>` and slashes: choose another one".to_owned();
    OpenError::NotMade { stream: spec.name.clone(), reason }
}

fn no_jetstream() -> OpenError {
    let reason = "JetStream does not answer: put `jetstream {}` into the server's configuration, or wait until it has started";
    OpenError::Unavailable { reason: reason.to_owned() }
}

/// What a server's error means for a stream that is to be made.
fn answered(spec: &StreamSpec, code: ErrorCode, status: usize, reason: String) -> OpenError {
    let stream = spec.name.clone();
    let advice = match code {
        ErrorCode::JETSTREAM_NOT_ENABLED | ErrorCode::JETSTREAM_NOT_ENABLED_FOR_ACCOUNT => {
            return no_jetstream();
        }
        // Somebody made it just now; the next look shows whether it fits.
        ErrorCode::STREAM_NAME_EXIST => return OpenError::Unavailable { reason },
        ErrorCode::STREAM_SUBJECT_OVERLAP => {
            "another stream takes these subjects: remove it or change its subjects"
        }
        ErrorCode::STORAGE_RESOURCES_EXCEEDED
        | ErrorCode::INSUFFICIENT_RESOURCES
        | ErrorCode::ACCOUNT_RESOURCES_EXCEEDED
        | ErrorCode::STREAM_MAX_STREAM_BYTES_EXCEEDED => {
            "the server has not that much room: make the stream smaller, or give JetStream more (`max_file_store`)"
        }
        ErrorCode::STREAM_REPLICAS_NOT_SUPPORTED | ErrorCode::CLUSTER_NO_PEERS => {
            "there are not as many servers as it is to have replicas"
        }
        // A cluster without a leader, for now.
        _ if status >= 500 => return OpenError::Unavailable { reason },
        _ => return OpenError::NotMade { stream, reason },
    };
    OpenError::NotMade { stream, reason: format!("{advice} ({reason})") }
}
