//! One request: sent, answered, read within its bounds, and sent again where that helps.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use backon::Retryable as _;
use bytes::{Bytes, BytesMut};
use reqwest::{
    Method, Response, Url,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER},
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::time::timeout;

use crate::{Client, ClientError, TransportKind, retry::Repeat};

/// How much of an error's body is read.
const MAX_PROBLEM_BYTES: usize = 1024 * 1024;

/// A request, so that it can be sent more than once and is the same each time.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    method: Method,
    url: Url,
    body: Option<Bytes>,
    accept: &'static str,
    header: Option<(HeaderName, HeaderValue)>,
    repeat: Repeat,
    /// How long its answer takes by itself.
    pub(crate) takes: Duration,
}

impl Call {
    /// That it changes nothing, or nothing twice, is the method's promise; [`Self::doubles`] takes it back.
    fn new(client: &Client, method: Method, path: &[&str]) -> Self {
        let mut url = client.0.base.clone();
        // Every address of http has a path.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        Self {
            method,
            url,
            body: None,
            accept: "application/json",
            header: None,
            repeat: Repeat::Harmless,
            takes: Duration::ZERO,
        }
    }

    pub(crate) fn get(client: &Client, path: &[&str]) -> Self {
        Self::new(client, Method::GET, path)
    }

    pub(crate) fn put(client: &Client, path: &[&str], body: &impl Serialize) -> Result<Self, ClientError> {
        Self::new(client, Method::PUT, path).with_body(body)
    }

    pub(crate) fn post(client: &Client, path: &[&str], body: &impl Serialize) -> Result<Self, ClientError> {
        Self::new(client, Method::POST, path).with_body(body)
    }

    pub(crate) fn delete(client: &Client, path: &[&str], body: &impl Serialize) -> Result<Self, ClientError> {
        Self::new(client, Method::DELETE, path).with_body(body)
    }

    fn with_body(mut self, body: &impl Serialize) -> Result<Self, ClientError> {
        let unusable = |error| ClientError::Unusable(format!("this cannot be written as JSON: {error}"));
        self.body = Some(serde_json::to_vec(body).map_err(unusable)?.into());
        Ok(self)
    }

    pub(crate) fn query(mut self, query: &impl Serialize) -> Result<Self, ClientError> {
        let unusable = |error| ClientError::Unusable(format!("this is no query: {error}"));
        let query = serde_urlencoded::to_string(query).map_err(unusable)?;
        self.url.set_query((!query.is_empty()).then_some(&query));
        Ok(self)
    }

    pub(crate) fn accept(mut self, media_type: &'static str) -> Self {
        self.accept = media_type;
        self
    }

    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.header = Some((name, value));
        self
    }

    /// Sent twice, it would do something twice.
    pub(crate) fn doubles(mut self) -> Self {
        self.repeat = Repeat::Doubles;
        self
    }

    pub(crate) fn takes(mut self, time: Duration) -> Self {
        self.takes = time;
        self
    }
}

impl Client {
    /// Sends it once. The answer's head is there.
    async fn respond(&self, call: &Call) -> Result<Response, ClientError> {
        let within = self.0.timeouts.answer.saturating_add(call.takes);
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(call.accept));
        headers.insert(AUTHORIZATION, self.0.authorization.clone());
        if let Some((name, value)) = call.header.clone() {
            headers.insert(name, value);
        }
        let mut request = self.0.http.request(call.method.clone(), call.url.clone()).headers(headers);
        if let Some(body) = call.body.clone() {
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        let sent = timeout(within, request.send()).await.map_err(|_| ClientError::timed_out(within))?;
        sent.map_err(|error| ClientError::transport(&error))
    }

    /// Sends it once. The answer's head is there, and is a success.
    pub(crate) async fn open(&self, call: &Call) -> Result<Response, ClientError> {
        let response = self.respond(call).await?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let retry_after = retry_after(response.headers());
        let body = read(response, MAX_PROBLEM_BYTES, self.0.timeouts.idle).await?;
        Err(ClientError::of_answer(status.as_u16(), retry_after, &body))
    }

    /// Sends it once and reads the whole answer.
    pub(crate) async fn try_once(&self, call: &Call) -> Result<(u16, Bytes), ClientError> {
        let response = self.open(call).await?;
        let status = response.status().as_u16();
        Ok((status, read(response, self.0.max_answer_bytes, self.0.timeouts.idle).await?))
    }

    /// Sends it once and reads the whole answer, whatever its status.
    pub(crate) async fn ask(&self, call: &Call) -> Result<(u16, Bytes), ClientError> {
        let response = self.respond(call).await?;
        let status = response.status().as_u16();
        Ok((status, read(response, MAX_PROBLEM_BYTES, self.0.timeouts.idle).await?))
    }

    /// Sends it, again and again where that helps and does no harm.
    async fn send(&self, call: &Call) -> Result<(u16, Bytes), ClientError> {
        let mut left = self.0.retries.all_pauses;
        let pause = |error: &ClientError, pause: Option<Duration>| {
            let pause = pause?.max(error.retry_after().unwrap_or_default());
            left = left.checked_sub(pause)?;
            Some(pause)
        };
        (|| self.try_once(call))
            .retry(self.0.retries.of_request())
            .when(|error| call.repeat.is_allowed_after(error))
            .adjust(pause)
            .notify(|error, pause| {
                tracing::debug!(code = error.code(), ?pause, "trying again");
            })
            .await
    }

    /// The answer as JSON.
    pub(crate) async fn json<T: DeserializeOwned>(&self, call: Call) -> Result<T, ClientError> {
        let (status, body) = self.send(&call).await?;
        parse(status, &body)
    }

    /// The answer as text.
    pub(crate) async fn text(&self, call: Call) -> Result<String, ClientError> {
        let (_, body) = self.send(&call).await?;
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    /// That it is done.
    pub(crate) async fn done(&self, call: Call) -> Result<(), ClientError> {
        self.send(&call).await.map(drop)
    }
}

pub(crate) fn parse<T: DeserializeOwned>(status: u16, body: &[u8]) -> Result<T, ClientError> {
    serde_json::from_slice(body).map_err(|error| ClientError::unreadable(status, &error, body))
}

/// Seconds; a date would need a clock, and nobody of ours sends one.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

fn too_large(status: u16, max: usize) -> ClientError {
    let message =
        format!("the answer is larger than {max} bytes: ask for less, for example for smaller pages");
    ClientError::Unexpected { status, retry_after: None, message }
}

/// The whole body.
async fn read(mut response: Response, max: usize, idle: Duration) -> Result<Bytes, ClientError> {
    let status = response.status().as_u16();
    if response.content_length().is_some_and(|length| length > max as u64) {
        return Err(too_large(status, max));
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = chunk(&mut response, idle).await? {
        if body.len().saturating_add(chunk.len()) > max {
            return Err(too_large(status, max));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// The next piece of the body; `None` at its end.
pub(crate) async fn chunk(response: &mut Response, idle: Duration) -> Result<Option<Bytes>, ClientError> {
    let read = timeout(idle, response.chunk()).await.map_err(|_| {
        let message =
            format!("the connection was silent for {} s before the answer was complete", idle.as_secs_f32());
        ClientError::Transport { kind: TransportKind::Broken, message }
    })?;
    read.map_err(|error| ClientError::transport(&error))
}

/// How much came of a block that is not complete: what bounds the memory that a stream takes.
#[derive(Debug, Default)]
pub(crate) struct Unparsed(AtomicUsize);

impl Unparsed {
    pub(crate) fn reset(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    pub(crate) fn grow(&self, by: usize, max: usize) -> Result<(), ClientError> {
        let before = self.0.fetch_add(by, Ordering::Relaxed);
        if before.saturating_add(by) > max { Err(too_large(200, max)) } else { Ok(()) }
    }
}
