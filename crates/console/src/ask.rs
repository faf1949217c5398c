//! Asking the API, in this process, as whoever is signed in.

use axum::{
    Router,
    body::Body,
    http::{HeaderValue, Method, Request, Response, StatusCode, header},
};
use serde::{Serialize, de::DeserializeOwned};
use tower::ServiceExt as _;
use vidimus_api_types::Problem;

use crate::fields;

/// The largest answer that a page is made of.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// Why there is no answer.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    pub(crate) status: StatusCode,
    /// Stable code of what is wrong.
    pub(crate) code: String,
    /// What is wrong and what to do next.
    pub(crate) detail: String,
    /// The request's id, which is in the server's log.
    pub(crate) request_id: Option<String>,
    /// The whole problem, where the API said one.
    pub(crate) problem: Option<Box<Problem>>,
}

impl Refused {
    pub(crate) fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), detail: detail.into(), request_id: None, problem: None }
    }

    fn internal(detail: &str) -> Self {
        tracing::error!(detail, "a page could not be made");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "the server could not make this page; an operator finds the reason in its log",
        )
    }

    fn of(status: StatusCode, body: &[u8]) -> Self {
        match serde_json::from_slice::<Problem>(body) {
            Ok(problem) => Self {
                status,
                code: problem.code.clone(),
                detail: problem.detail.clone(),
                request_id: problem.request_id.clone(),
                problem: Some(Box::new(problem)),
            },
            Err(_) => Self::internal("an answer of the API is no problem"),
        }
    }
}

/// What the API knows somebody by.
#[derive(Clone)]
pub(crate) enum Credential {
    /// An API key: revoked there, the session is over.
    Key(String),
    /// Whom this process signed in, without a key.
    #[cfg(feature = "oidc")]
    SignedIn(vidimus_api_types::SignedIn),
}

impl Credential {
    /// Has the request say whose it is.
    fn put(&self, request: &mut Request<Body>) -> Result<(), Refused> {
        match self {
            Self::Key(token) => {
                // What a person typed as a key may be anything, and not all that a header may have is one.
                let malformed = "this is no API key: it has characters that no key has; use a whole one";
                let malformed = || Refused::new(StatusCode::UNAUTHORIZED, "key_malformed", malformed);
                if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
                    return Err(malformed());
                }
                let key = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| malformed())?;
                request.headers_mut().insert(header::AUTHORIZATION, key);
            }
            #[cfg(feature = "oidc")]
            Self::SignedIn(who) => drop(request.extensions_mut().insert(who.clone())),
        }
        Ok(())
    }
}

/// The API, asked as one of those who are signed in.
#[derive(Clone)]
pub(crate) struct Ask<'a> {
    pub(crate) api: &'a Router,
    pub(crate) who: &'a Credential,
}

impl Ask<'_> {
    /// `GET path?query`; `query` are pairs, which are encoded here.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, Refused> {
        read(self.send(Method::GET, path, query, Body::empty()).await?).await
    }

    /// `method path` with a JSON body.
    pub(crate) async fn send_json<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Refused> {
        let body = serde_json::to_vec(body).map_err(|error| Refused::internal(&error.to_string()))?;
        read(self.send(method, path, &[], Body::from(body)).await?).await
    }

    /// `POST path` with a JSON body.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Refused> {
        self.send_json(Method::POST, path, body).await
    }

    /// The text at `path`, which is no JSON.
    pub(crate) async fn text(&self, path: &str) -> Result<String, Refused> {
        let answer = self.send(Method::GET, path, &[], Body::empty()).await?;
        let bytes = axum::body::to_bytes(answer.into_body(), MOST_BYTES)
            .await
            .map_err(|error| Refused::internal(&error.to_string()))?;
        String::from_utf8(bytes.into()).map_err(|error| Refused::internal(&error.to_string()))
    }

    /// The answer as it comes, for what is passed on: a stream.
    pub(crate) async fn stream(&self, path: &str, query: &[(&str, &str)]) -> Result<Response<Body>, Refused> {
        self.send(Method::GET, path, query, Body::empty()).await
    }

    /// The answer and its status, whatever that is: of what says by its status how it is, and not what is wrong.
    pub(crate) async fn get_any<T: DeserializeOwned>(&self, path: &str) -> Result<(StatusCode, T), Refused> {
        let response = self.raw(Method::GET, path, &[], Body::empty()).await?;
        Ok((response.status(), read(response).await?))
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Body,
    ) -> Result<Response<Body>, Refused> {
        let response = self.raw(method, path, query, body).await?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), MOST_BYTES)
            .await
            .map_err(|error| Refused::internal(&error.to_string()))?;
        Err(Refused::of(status, &body))
    }

    async fn raw(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Body,
    ) -> Result<Response<Body>, Refused> {
        let mut uri = path.to_owned();
        if !query.is_empty() {
            let query = fields::query(query);
            uri.push('?');
            uri.push_str(&query);
        }
        let mut request = Request::builder()
            .method(method)
            .uri(uri)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)
            .map_err(|error| Refused::internal(&error.to_string()))?;
        self.who.put(&mut request)?;
        let Ok(response) = self.api.clone().oneshot(request).await;
        Ok(response)
    }
}

async fn read<T: DeserializeOwned>(response: Response<Body>) -> Result<T, Refused> {
    let body = axum::body::to_bytes(response.into_body(), MOST_BYTES)
        .await
        .map_err(|error| Refused::internal(&error.to_string()))?;
    // An answer without a body is `null`.
    let body = if body.is_empty() { &b"null"[..] } else { &body };
    serde_json::from_slice(body).map_err(|error| Refused::internal(&format!("an answer of the API: {error}")))
}
