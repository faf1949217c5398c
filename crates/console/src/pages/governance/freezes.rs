//! Freezes: what is stopped until somebody lets it go on.

use askama::Template;
use axum::{
    Router,
    extract::Path,
    http::Method,
    response::Response,
    routing::{get, post},
};
use serde_json::{Value, json};
use vidimus_api_types::{EndedFreeze, Freeze, FreezeScope, Page};

use super::{Around, Section, Visitor, Why};
use crate::{
    Console,
    ask::Refused,
    fields::{Fields, Posted, Query, part},
    frame::{Broken, Frame, page_with, see},
    words::{self, When},
};

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/console/governance/freezes", get(list).post(create))
        .route("/console/governance/freezes/{id}/end", post(end))
}

struct Row {
    id: String,
    scope: String,
    reason: String,
    since: When,
    by: String,
}

#[derive(Template)]
#[template(path = "governance/freezes.html")]
struct Freezes<'a> {
    frame: Frame,
    nav: super::Nav,
    is_admin: bool,
    rows: Vec<Row>,
    /// What the form has: kinds and which is chosen, the name, the reason.
    kinds: [(&'static str, &'static str, bool); 3],
    name: &'a str,
    reason: &'a str,
}

async fn list(visitor: Visitor, Query(asked): Query) -> Result<Response, Broken> {
    show(&visitor, &asked, None).await
}

async fn create(posted: Posted) -> Result<Response, Broken> {
    let Posted { visitor, fields } = posted;
    let body = json!({"scope": scope(&fields), "reason": fields.get("reason").unwrap_or_default()});
    match visitor.ask().post::<Freeze>("/v1/freezes", &body).await {
        Ok(_) => Ok(see("/console/governance/freezes?done=frozen")),
        Err(refused) => show(&visitor, &fields, Some(refused)).await,
    }
}

async fn end(Path(id): Path<String>, posted: Posted) -> Result<Response, Broken> {
    let Posted { visitor, fields } = posted;
    let path = format!("/v1/freezes/{}", part(&id));
    let why = Why { reason: fields.get("reason") };
    match visitor.ask().send_json::<EndedFreeze>(Method::DELETE, &path, &why).await {
        Ok(_) => Ok(see("/console/governance/freezes?done=freeze_ended")),
        Err(refused) => show(&visitor, &Fields::default(), Some(refused)).await,
    }
}

/// What the form freezes, as the API takes it. What is missing is missing there too, and the API says so.
fn scope(fields: &Fields) -> Value {
    let kind = fields.get("kind").unwrap_or_default();
    let mut scope = json!({"kind": kind});
    if let ("agent" | "function", Some(name)) = (kind, fields.get("name")) {
        scope[kind] = name.into();
    }
    scope
}

async fn show(visitor: &Visitor, asked: &Fields, refused: Option<Refused>) -> Result<Response, Broken> {
    let around = Around::new(visitor, Section::Freezes, asked, refused.as_ref());
    let page: Page<Freeze> =
        visitor.ask().get("/v1/freezes", &[]).await.map_err(|refused| visitor.broken(refused))?;
    let rows = page.items.iter().map(Row::of).collect();
    let kinds = [("agent", "An agent"), ("function", "A function"), ("tenant", "Everything")];
    let Around { frame, nav, status, is_admin } = around;
    let template = Freezes {
        frame,
        nav,
        is_admin,
        rows,
        kinds: kinds.map(|(kind, name)| (kind, name, asked.get("kind") == Some(kind))),
        name: asked.get("name").unwrap_or_default(),
        reason: asked.get("reason").unwrap_or_default(),
    };
    page_with(status, &template)
}

impl Row {
    fn of(freeze: &Freeze) -> Self {
        Self {
            id: freeze.id.to_string(),
            scope: match &freeze.scope {
                FreezeScope::Tenant => "everything".to_owned(),
                FreezeScope::Agent { agent } => format!("the agent {agent}"),
                FreezeScope::Function { function } => format!("the function {function}"),
            },
            reason: freeze.reason.clone(),
            since: freeze.since.into(),
            by: words::actor(&freeze.by),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_freeze_is_of_what_the_form_names() {
        let of = |form: &[u8]| scope(&Fields::parse(form));
        assert_eq!(of(b"kind=agent&name=ana"), json!({"kind": "agent", "agent": "ana"}));
        let function = json!({"kind": "function", "function": "bank.transfer"});
        assert_eq!(of(b"kind=function&name=bank.transfer"), function);
        assert_eq!(of(b"kind=tenant&name=ana"), json!({"kind": "tenant"}));
        assert_eq!(of(b"kind=agent&name="), json!({"kind": "agent"}));
        assert_eq!(of(b"kind=scope&name=x"), json!({"kind": "scope"}));
    }
}
