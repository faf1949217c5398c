//! Putting an answer back on the bus.

use async_nats::{
    HeaderMap,
    client::PublishErrorKind,
    service::{NATS_SERVICE_ERROR, NATS_SERVICE_ERROR_CODE, Request, error::Error},
};
use proto_events::header;
use serde::Serialize;

use super::{CommandReply, places::Full};
use crate::Bus;

/// A problem of the bus itself, in the form that the problems of the HTTP API have (RFC 9457).
#[derive(Serialize)]
struct Problem<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    code: &'a str,
    detail: &'a str,
    retryable: bool,
}

impl CommandReply {
    fn problem((status, title): (u16, &str), code: &str, detail: &str, retry_after: Option<u64>) -> Self {
        let r#type = format!("urn:vidimus:problem:{code}");
        let problem = Problem { r#type, title, status, code, detail, retryable: retry_after.is_some() };
        let mut headers = vec![(header::CONTENT_TYPE.to_owned(), "application/problem+json".to_owned())];
        headers.extend(retry_after.map(|seconds| ("retry-after".to_owned(), seconds.to_string())));
        // Text and numbers are JSON; and without a body the headers say the same.
        let body = serde_json::to_vec(&problem).unwrap_or_default().into();
        Self { status, code: Some(code.to_owned()), headers, body }
    }

    /// The subject is none of a command.
    pub(super) fn subject_invalid(detail: &str) -> Self {
        Self::problem((422, "Unprocessable Entity"), "subject_invalid", detail, None)
    }

    /// There is too much at once, or it is too much for ever.
    pub(super) fn no_place(full: Full) -> Self {
        let detail = match full {
            Full::OfTenant { most } => {
                format!(
                    "{most} commands of this tenant run already, which is its part: try again in a moment"
                )
            }
            Full::BytesOfTenant { most } => format!(
                "the commands of this tenant that run already have {most} bytes, which is its part: try again in a moment"
            ),
            Full::OfAll { most } => format!("{most} commands run already: try again in a moment"),
            Full::BytesOfAll { most } => {
                format!("the commands that run already have {most} bytes: try again in a moment")
            }
            Full::TooLarge { most } => {
                let detail =
                    format!("the message is larger than {most} bytes: send large content by reference");
                return Self::problem((413, "Payload Too Large"), "body_too_large", &detail, None);
            }
        };
        Self::problem((503, "Service Unavailable"), "overloaded", &detail, Some(1))
    }

    /// A bug of ours.
    pub(super) fn internal() -> Self {
        let detail = "the server could not do this; an operator finds the reason in its log";
        Self::problem((500, "Internal Server Error"), "internal", detail, None)
    }

    /// The server takes no message that is so large.
    fn too_large(size: usize, max: usize) -> Self {
        let detail = format!(
            "what was asked is done, but the answer has {size} bytes, and a message of this NATS server at most {max}: ask for less at once (`limit`), get it over HTTP, or let an operator raise `max_payload`"
        );
        Self::problem((500, "Internal Server Error"), "reply_too_large", &detail, None)
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            // What is no header of NATS is left out: a panic of the client would end the connection of all.
            if let (Ok(name), Ok(value)) =
                (name.parse::<async_nats::HeaderName>(), value.parse::<async_nats::HeaderValue>())
            {
                headers.append(name, value);
            }
        }
        headers.insert(header::STATUS, self.status.to_string());
        if let Some(error) = self.error() {
            headers.insert(NATS_SERVICE_ERROR, error.status);
            headers.insert(NATS_SERVICE_ERROR_CODE, error.code.to_string());
        }
        headers
    }

    /// What is an error to a NATS service.
    fn error(&self) -> Option<Error> {
        let status = || self.code.as_deref().filter(|code| code.parse::<async_nats::HeaderValue>().is_ok());
        (self.status >= 400)
            .then(|| Error { status: status().unwrap_or("error").to_owned(), code: self.status.into() })
    }
}

/// Sends an answer to whoever asked.
pub(super) async fn send(bus: &Bus, mut request: Request, reply: CommandReply) {
    let Some(to) = request.message.reply.take() else { return };
    let (subject, size) = (&request.message.subject, reply.body.len());
    let mut sent = bus.client().publish_with_headers(to.clone(), reply.headers(), reply.body.clone()).await;
    let mut reply = reply;
    if let Err(error) = &sent
        && error.kind() == PublishErrorKind::MaxPayloadExceeded
    {
        tracing::warn!(%subject, size, "an answer is larger than a message of the NATS server may be");
        reply = CommandReply::too_large(size, bus.max_payload().unwrap_or_default());
        sent = bus.client().publish_with_headers(to, reply.headers(), reply.body.clone()).await;
    }
    if let Err(error) = sent {
        tracing::warn!(%subject, %error, "an answer could not be sent");
    }
    count(request, &reply).await;
}

/// Counts an answer for `$SRV.STATS`. The client counts what it answers itself, and its errors have no body: so it answers
/// to nowhere, which it refuses to send, and counts.
async fn count(mut request: Request, reply: &CommandReply) {
    request.message.reply = Some("".into());
    let answer = reply.error().map_or_else(|| Ok(bytes::Bytes::new()), Err);
    let _ = request.respond(answer).await;
}
