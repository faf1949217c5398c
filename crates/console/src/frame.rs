//! What is around every page, and the page that says why there is none.

use askama::Template;
use axum::{
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};

use crate::{
    ask::Refused,
    assets::{CSS_NAME, ICON_NAME, SCRIPT_NAME},
    fields::{Fields, query},
    pages::Visitor,
    sessions::Session,
};

/// Where in the console a page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tab {
    Executions,
    Approvals,
    Audit,
    Governance,
    Insight,
    None,
}

/// The tabs, their addresses and names.
const TABS: [(Tab, &str, &str); 5] = [
    (Tab::Executions, "/console/executions", "Tool Executions"),
    (Tab::Approvals, "/console/approvals", "Approvals"),
    (Tab::Audit, "/console/audit", "Audit log"),
    (Tab::Governance, "/console/governance", "Governance"),
    (Tab::Insight, "/console/insight", "Insight"),
];

/// What `base.html` needs; every page's template has it as `frame`.
pub(crate) struct Frame {
    pub(crate) title: String,
    tab: Tab,
    /// Who is signed in: name, tenant, token of the forms.
    who: Option<Who>,
    /// What was just done, or could not be.
    pub(crate) notice: Option<Notice>,
    /// Where the page shows the past: forms and what is live have no place on it.
    pub(crate) then: Option<Then>,
}

/// The past that a page shows.
pub(crate) struct Then {
    /// As it was asked for: a position or an instant.
    pub(crate) asked: String,
    /// The position that it is true at; empty where there is no answer.
    pub(crate) position: String,
    /// The query of the same page as it is now.
    pub(crate) now: String,
}

pub(crate) struct Who {
    pub(crate) name: String,
    pub(crate) tenant: String,
    pub(crate) roles: String,
    pub(crate) csrf: String,
}

/// What is said above a page.
pub(crate) struct Notice {
    pub(crate) is_error: bool,
    pub(crate) text: String,
    /// Stable code of what went wrong.
    pub(crate) code: Option<String>,
}

impl Notice {
    pub(crate) fn done(text: impl Into<String>) -> Self {
        Self { is_error: false, text: text.into(), code: None }
    }

    pub(crate) fn refused(refused: &Refused) -> Self {
        Self { is_error: true, text: refused.detail.clone(), code: Some(refused.code.clone()) }
    }
}

impl Frame {
    pub(crate) fn new(title: impl Into<String>, tab: Tab, session: Option<&Session>) -> Self {
        let who = session.map(|session| Who {
            name: session.me.actor.id.to_string(),
            tenant: session.me.tenant.to_string(),
            roles: session.me.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", "),
            csrf: session.csrf.clone(),
        });
        Self { title: title.into(), tab, who, notice: None, then: None }
    }

    /// Says that the page is as it was, where `as_of` is asked for; `position`: of the API's answer.
    #[must_use]
    pub(crate) fn with_past(self, asked: &Fields, position: impl ToString) -> Self {
        let then = asked.get("as_of").map(|as_of| Then {
            asked: as_of.to_owned(),
            position: position.to_string(),
            now: asked.anew("as_of", None),
        });
        Self { then, ..self }
    }

    /// What a link to another page of the same past has in its query; empty where the page is as it is.
    pub(crate) fn as_of(&self) -> &str {
        self.then.as_ref().map_or("", |then| &then.asked)
    }

    #[must_use]
    pub(crate) fn with(self, notice: Option<Notice>) -> Self {
        Self { notice, ..self }
    }

    pub(crate) fn who(&self) -> Option<&Who> {
        self.who.as_ref()
    }

    /// The token of the forms.
    pub(crate) fn csrf(&self) -> &str {
        self.who.as_ref().map_or("", |who| &who.csrf)
    }

    pub(crate) fn tabs(&self) -> impl Iterator<Item = (&'static str, &'static str, bool)> {
        TABS.into_iter().map(|(tab, address, name)| (address, name, tab == self.tab))
    }

    pub(crate) fn css(&self) -> &'static str {
        &CSS_NAME
    }

    pub(crate) fn script(&self) -> &'static str {
        &SCRIPT_NAME
    }

    pub(crate) fn icon(&self) -> &'static str {
        &ICON_NAME
    }
}

/// A page.
pub(crate) fn page(template: &impl Template) -> Result<Response, Broken> {
    page_with(StatusCode::OK, template)
}

/// A page with another status than 200.
pub(crate) fn page_with(status: StatusCode, template: &impl Template) -> Result<Response, Broken> {
    match template.render() {
        Ok(html) => Ok((status, Html(html)).into_response()),
        Err(error) => {
            tracing::error!(%error, "a page could not be drawn");
            Err(Broken::Plain)
        }
    }
}

/// After a form was done: the page to see, by GET, so that a reload does nothing twice.
pub(crate) fn see(address: &str) -> Response {
    match axum::http::HeaderValue::try_from(address) {
        Ok(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        Err(_) => Broken::Plain.into_response(),
    }
}

/// Why there is no page.
pub(crate) enum Broken {
    /// Nobody is signed in: to the page for that, and back here.
    SignIn { back: String },
    /// There is nobody to tell who it is about, or no page could be drawn.
    Plain,
    /// What the API said, or the console.
    Refused(Box<(Frame, Refused)>),
}

#[derive(Template)]
#[template(path = "refused.html")]
struct RefusedPage<'a> {
    frame: &'a Frame,
    refused: &'a Refused,
}

/// The page while the views of the past are being built: it asks again by itself.
#[derive(Template)]
#[template(path = "building.html")]
struct BuildingPage<'a> {
    frame: &'a Frame,
    refused: &'a Refused,
}

impl IntoResponse for Broken {
    fn into_response(self) -> Response {
        match self {
            Self::SignIn { back } => {
                let query = query(&[("back", &back)]);
                see(&format!("/console/sign-in?{query}"))
            }
            Self::Plain => {
                let text = "the server could not make this page; an operator finds the reason in its log";
                (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
            }
            Self::Refused(refused) => {
                let (frame, refused) = *refused;
                if refused.code == "as_of_building" {
                    let page = BuildingPage { frame: &frame, refused: &refused };
                    return page_with(refused.status, &page).unwrap_or_else(Self::into_response);
                }
                let page = RefusedPage { frame: &frame, refused: &refused };
                page_with(refused.status, &page).unwrap_or_else(Self::into_response)
            }
        }
    }
}

impl Visitor {
    /// The frame of a page for this visitor.
    pub(crate) fn frame(&self, title: impl Into<String>, tab: Tab) -> Frame {
        Frame::new(title, tab, Some(&self.session))
    }

    /// Why there is no page for this visitor: back to the sign-in where their key is no good any more.
    pub(crate) fn broken(&self, refused: Refused) -> Broken {
        if refused.status == StatusCode::UNAUTHORIZED {
            return Broken::SignIn { back: self.address.clone() };
        }
        let title = match &*refused.code {
            "as_of_building" => "One moment",
            _ => refused.status.canonical_reason().unwrap_or("No page"),
        };
        Broken::Refused(Box::new((self.frame(title, Tab::None), refused)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(query: &str) -> Fields {
        Fields::parse(query.as_bytes())
    }

    #[test]
    fn a_page_of_the_past_says_so_and_leads_back() {
        let frame = Frame::new("Tool Executions", Tab::Executions, None);
        let frame = frame.with_past(&fields("status=Failed&as_of=12&cursor=00"), 12);
        assert_eq!((frame.as_of(), frame.then.as_ref().unwrap().now.as_str()), ("12", "status=Failed"));
        let refused = Refused::new(StatusCode::CONFLICT, "position_unknown", "`12` is past the end");
        let html = RefusedPage { frame: &frame, refused: &refused }.render().unwrap();
        assert!(html.contains("This is as it was at position 12. <a href=\"?status=Failed\">"), "{html}");
        let at = fields("as_of=2026-01-15T10%3A30%3A00Z");
        let html = RefusedPage { frame: &frame.with_past(&at, 9), refused: &refused }.render().unwrap();
        assert!(html.contains("as it was at position 9 (2026-01-15T10:30:00Z)."), "{html}");
        let now = Frame::new("Tool Executions", Tab::Executions, None).with_past(&fields("as_of="), 12);
        assert!(now.then.is_none() && now.as_of().is_empty());
    }

    #[tokio::test]
    async fn while_the_past_is_being_built_the_page_asks_again() {
        let detail = "the views as of position 9 are being built: 3 of 9 events so far";
        let refused = Refused::new(StatusCode::SERVICE_UNAVAILABLE, "as_of_building", detail);
        let frame = Frame::new("One moment", Tab::None, None);
        let response = Broken::Refused(Box::new((frame, refused))).into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let html = String::from_utf8(body.to_vec()).unwrap();
        assert!(html.contains("<p data-again=\"2000\"><a href=\"\">Look again</a></p>"), "{html}");
        assert!(html.contains("3 of 9 events so far"), "{html}");
    }
}
