//! Signing in with an API key, and out.

use askama::Template;
use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use vidimus_api_types::Me;

use crate::{
    Console,
    ask::{Ask, Credential, Refused},
    cookie,
    fields::{Posted, Query, form, query},
    frame::{Broken, Frame, Notice, Tab, page_with, see},
};

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/console/sign-in", get(ask_for_key).post(sign_in))
        .route("/console/sign-out", post(sign_out))
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn<'a> {
    frame: Frame,
    back: &'a str,
    /// Whom else one may sign in with.
    provider: Option<&'a str>,
    /// The query of the way there.
    query: String,
}

/// Where to go after the sign-in: within the console only, so that no link leads elsewhere by way of it.
pub(super) fn within(back: Option<&str>) -> &str {
    let ours = |back: &&str| {
        (back.starts_with("/console/") || *back == "/console")
            && !back.starts_with("/console/sign-")
            && back.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
    };
    back.filter(ours).unwrap_or("/console/executions")
}

/// The page to sign in on, with why nobody is signed in.
pub(super) fn refused_page(console: &Console, back: &str, refused: &Refused) -> Result<Response, Broken> {
    sign_in_page(console, refused.status, within(Some(back)), Some(Notice::refused(refused)))
}

fn sign_in_page(
    console: &Console,
    status: StatusCode,
    back: &str,
    notice: Option<Notice>,
) -> Result<Response, Broken> {
    let frame = Frame::new("Sign in", Tab::None, None).with(notice);
    let (provider, query) = (console.provider_label(), query(&[("back", back)]));
    page_with(status, &SignIn { frame, back, provider, query })
}

async fn ask_for_key(State(console): State<Console>, Query(query): Query) -> Result<Response, Broken> {
    sign_in_page(&console, StatusCode::OK, within(query.get("back")), None)
}

async fn sign_in(State(console): State<Console>, request: Request) -> Result<Response, Broken> {
    let (parts, body) = request.into_parts();
    let fields = match form(&parts, body).await {
        Ok(fields) => fields,
        Err(error) => return refused_page(&console, "", &error),
    };
    let back = within(fields.get("back"));
    let key = Credential::Key(fields.get("key").unwrap_or_default().trim().to_owned());
    match (Ask { api: console.api(), who: &key }).get::<Me>("/v1/me", &[]).await {
        Ok(me) => {
            if let Some(before) = cookie::session(&parts.headers) {
                console.sessions().end(before);
            }
            let cookie = console.sessions().begin(key, me).map_err(|error| {
                tracing::error!(%error, "no random bits for a session");
                Broken::Plain
            })?;
            Ok(with_cookie(see(back), &parts.headers, Some(&cookie)))
        }
        Err(error) => refused_page(&console, back, &error),
    }
}

async fn sign_out(State(console): State<Console>, headers: HeaderMap, _: Posted) -> Response {
    if let Some(cookie) = cookie::session(&headers) {
        console.sessions().end(cookie);
    }
    with_cookie(see("/console/sign-in"), &headers, None)
}

fn with_cookie(response: Response, headers: &HeaderMap, session: Option<&str>) -> Response {
    match cookie::set(headers, session) {
        Some(cookie) => ([(header::SET_COOKIE, cookie)], response).into_response(),
        None => Broken::Plain.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_stays_within_the_console() {
        let stays = ["/console/approvals?mine=true", "/console", "/console/executions/x#y"];
        for back in stays {
            assert_eq!(within(Some(back)), back);
        }
        let leaves = [
            "https://evil.example",
            "//evil.example",
            "/v1/keys",
            "/console/sign-out",
            "/console/\\evil",
            "/console/a\r\nb",
            "",
        ];
        for back in leaves {
            assert_eq!(within(Some(back)), "/console/executions", "{back:?}");
        }
        assert_eq!(within(None), "/console/executions");
    }
}
