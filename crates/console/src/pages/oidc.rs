//! Signing in with an OpenID Connect provider: there, and back.
//!
//! The way there is a link, as a browser holds the redirects of a form against `form-action`.

use askama::Template;
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{AppendHeaders, IntoResponse as _, Response},
    routing::get,
};
use subtle::ConstantTimeEq as _;
use vidimus_api_types::Me;

use super::sign_in::{refused_page, within};
use crate::{
    Console,
    ask::{Ask, Credential, Refused},
    cookie,
    fields::{Fields, Query},
    frame::{Broken, Frame, Tab, page, see},
    oidc::{Begun, Provider},
};

/// The longest way back that is kept while somebody signs in.
const MOST_BACK_BYTES: usize = 2048;

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/console/sign-in/oidc", get(there))
        .route("/console/sign-in/oidc/callback", get(back_again))
}

/// The page that leads on. A redirect would still count as coming from the provider's site, so that the browser would not send
/// the session's strict cookie with it; what a page of ours leads to, it does.
#[derive(Template)]
#[template(path = "signed_in.html")]
struct SignedInPage<'a> {
    frame: Frame,
    back: &'a str,
}

async fn there(
    State(console): State<Console>,
    headers: HeaderMap,
    Query(query): Query,
) -> Result<Response, Broken> {
    let Some(provider) = console.provider() else { return Ok(see("/console/sign-in")) };
    let asked = query.get("back").filter(|back| back.len() <= MOST_BACK_BYTES);
    let back = within(asked);
    // Only what is one: anybody may send anything.
    let before = cookie::session(&headers).filter(|cookie| console.sessions().get(cookie, false).is_some());
    let before = before.map(str::to_owned);
    match provider.begin(back.to_owned(), before).await {
        Ok((address, state)) => {
            let cookie = cookie::set_sign_in(&headers, Some(&state)).ok_or(Broken::Plain)?;
            Ok(([(header::SET_COOKIE, cookie)], see(&address)).into_response())
        }
        Err(refused) => refused_page(&console, back, &refused),
    }
}

async fn back_again(
    State(console): State<Console>,
    headers: HeaderMap,
    Query(answer): Query,
) -> Result<Response, Broken> {
    let Some(provider) = console.provider() else { return Ok(see("/console/sign-in")) };
    // Good once, whatever comes of it.
    let over = (header::SET_COOKIE, cookie::set_sign_in(&headers, None).ok_or(Broken::Plain)?);
    let response = match begun(provider, &headers, &answer) {
        Ok(begun) => {
            let back = begun.back.clone();
            match session(&console, provider, &answer, begun).await {
                Ok(session) => {
                    let cookie = cookie::set(&headers, Some(&session)).ok_or(Broken::Plain)?;
                    let frame = Frame::new("You are signed in", Tab::None, None);
                    let page = page(&SignedInPage { frame, back: &back })?;
                    (AppendHeaders([(header::SET_COOKIE, cookie)]), page).into_response()
                }
                Err(refused) => refused_page(&console, &back, &refused)?,
            }
        }
        Err(refused) => refused_page(&console, "", &refused)?,
    };
    Ok((AppendHeaders([over]), response).into_response())
}

/// The sign-in that this is the answer to: begun in this browser, and answered for the first time.
fn begun(provider: &Provider, headers: &HeaderMap, answer: &Fields) -> Result<Begun, Refused> {
    let state = answer.get("state").unwrap_or_default();
    let ours = cookie::sign_in(headers).unwrap_or_default();
    let is_ours = !ours.is_empty() && bool::from(ours.as_bytes().ct_eq(state.as_bytes()));
    let begun = if is_ours { provider.pending().take(state) } else { None };
    begun.ok_or_else(|| {
        let detail = format!(
            "this sign-in was not begun in this browser, or more than ten minutes ago, or it was answered already: sign in \
             again, at `{}`",
            provider.console_address()
        );
        Refused::new(StatusCode::FORBIDDEN, "sign_in_not_begun", detail)
    })
}

/// What the cookie of the session is to have.
async fn session(
    console: &Console,
    provider: &Provider,
    answer: &Fields,
    begun: Begun,
) -> Result<String, Refused> {
    let before = begun.before.clone();
    let who = Credential::SignedIn(provider.finish(answer, begun).await?);
    let me: Me = (Ask { api: console.api(), who: &who }).get("/v1/me", &[]).await?;
    tracing::info!(tenant = %me.tenant, actor = %me.actor, "signed in by OpenID Connect");
    if let Some(before) = before {
        console.sessions().end(&before);
    }
    console.sessions().begin(who, me).map_err(|error| {
        tracing::error!(%error, "no random bits for a session");
        let detail = "the server could not begin a session; an operator finds the reason in its log";
        Refused::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    })
}
