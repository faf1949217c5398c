//! API keys, without their secrets.

use askama::Template;
use axum::{
    Router,
    extract::Path,
    http::Method,
    response::Response,
    routing::{get, post},
};
use vidimus_api_types::{Key, KeyStatus, Page};

use super::{Around, Section, Visitor, Why};
use crate::{
    Console,
    ask::Refused,
    fields::{Fields, Posted, Query, part, query},
    frame::{Broken, Frame, page_with, see},
    words::{self, When},
};

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/console/governance/keys", get(list))
        .route("/console/governance/keys/{id}/revoke", post(revoke))
}

struct Row {
    id: String,
    status: &'static str,
    status_class: &'static str,
    holder: String,
    label: Option<String>,
    roles: String,
    expires: Option<When>,
    created: When,
    created_by: String,
    revoked: Option<(String, When)>,
    /// Whether it can be revoked.
    opens: bool,
}

#[derive(Template)]
#[template(path = "governance/keys.html")]
struct Keys {
    frame: Frame,
    nav: super::Nav,
    rows: Vec<Row>,
    is_first: bool,
    next: Option<String>,
}

async fn list(visitor: Visitor, Query(asked): Query) -> Result<Response, Broken> {
    show(&visitor, &asked, None).await
}

async fn revoke(Path(id): Path<String>, posted: Posted) -> Result<Response, Broken> {
    let Posted { visitor, fields } = posted;
    let path = format!("/v1/keys/{}", part(&id));
    let why = Why { reason: fields.get("reason") };
    match visitor.ask().send_json::<Key>(Method::DELETE, &path, &why).await {
        // The list follows the log: it is to have seen this.
        Ok(key) => {
            let position = key.position;
            Ok(see(&format!("/console/governance/keys?done=key_revoked&min_position={position}#{}", key.id)))
        }
        Err(refused) => show(&visitor, &Fields::default(), Some(refused)).await,
    }
}

async fn show(visitor: &Visitor, asked: &Fields, refused: Option<Refused>) -> Result<Response, Broken> {
    let around = Around::new(visitor, Section::Keys, asked, refused.as_ref());
    let kept = asked.filled(&["done"]);
    let page: Page<Key> =
        visitor.ask().get("/v1/keys", &kept).await.map_err(|refused| visitor.broken(refused))?;
    let Around { frame, nav, status, .. } = around;
    let template = Keys {
        frame,
        nav,
        rows: page.items.iter().map(Row::of).collect(),
        is_first: asked.get("cursor").is_none(),
        next: page.next.as_deref().map(|next| query(&[("cursor", next)])),
    };
    page_with(status, &template)
}

impl Row {
    fn of(key: &Key) -> Self {
        let (status, status_class) = match key.status {
            KeyStatus::Active => ("Active", "success"),
            KeyStatus::Expired => ("Expired", "quiet"),
            KeyStatus::Revoked => ("Revoked", "failed"),
        };
        let revoked = key.revoked_by.as_ref().zip(key.revoked_at);
        Self {
            id: key.id.to_string(),
            status,
            status_class,
            holder: words::actor(&key.actor),
            label: key.label.clone(),
            roles: key.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", "),
            expires: key.expires_at.map(When::from),
            created: key.created_at.into(),
            created_by: words::actor(&key.created_by),
            revoked: revoked.map(|(by, at)| (words::actor(by), at.into())),
            opens: key.status == KeyStatus::Active,
        }
    }
}
