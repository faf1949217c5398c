//! Grants: what needs no approval for the time being.

use askama::Template;
use axum::{
    Router,
    extract::Path,
    http::Method,
    response::Response,
    routing::{get, post},
};
use vidimus_api_types::{ArgumentCondition, ArgumentTest, Grant, GrantStatus, Page};

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
        .route("/console/governance/grants", get(list))
        .route("/console/governance/grants/{id}/revoke", post(revoke))
}

struct Row {
    id: String,
    status: &'static str,
    status_class: &'static str,
    agent: String,
    function: String,
    conversation: Option<String>,
    conditions: Vec<String>,
    uses: String,
    sum: String,
    expires: When,
    reason: String,
    by: String,
    revoked: Option<(String, When)>,
    /// Whether it can be revoked.
    holds: bool,
}

#[derive(Template)]
#[template(path = "governance/grants.html")]
struct Grants {
    frame: Frame,
    nav: super::Nav,
    is_admin: bool,
    rows: Vec<Row>,
}

async fn list(visitor: Visitor, Query(asked): Query) -> Result<Response, Broken> {
    show(&visitor, &asked, None).await
}

async fn revoke(Path(id): Path<String>, posted: Posted) -> Result<Response, Broken> {
    let Posted { visitor, fields } = posted;
    let path = format!("/v1/grants/{}", part(&id));
    let why = Why { reason: fields.get("reason") };
    match visitor.ask().send_json::<Grant>(Method::DELETE, &path, &why).await {
        Ok(_) => Ok(see("/console/governance/grants?done=grant_revoked")),
        Err(refused) => show(&visitor, &Fields::default(), Some(refused)).await,
    }
}

async fn show(visitor: &Visitor, asked: &Fields, refused: Option<Refused>) -> Result<Response, Broken> {
    let around = Around::new(visitor, Section::Grants, asked, refused.as_ref());
    let page: Page<Grant> =
        visitor.ask().get("/v1/grants", &[]).await.map_err(|refused| visitor.broken(refused))?;
    let rows = page.items.iter().map(Row::of).collect();
    let Around { frame, nav, status, is_admin } = around;
    page_with(status, &Grants { frame, nav, is_admin, rows })
}

impl Row {
    fn of(grant: &Grant) -> Self {
        let revoked = grant.revoked_by.as_ref().zip(grant.revoked_at);
        Self {
            id: grant.id.to_string(),
            status: match grant.status {
                GrantStatus::InForce => "In force",
                GrantStatus::UsedUp => "Used up",
                GrantStatus::Expired => "Expired",
                GrantStatus::Revoked => "Revoked",
            },
            status_class: match grant.status {
                GrantStatus::InForce => "success",
                GrantStatus::UsedUp | GrantStatus::Expired => "quiet",
                GrantStatus::Revoked => "failed",
            },
            agent: grant.scope.agent.clone(),
            function: grant.scope.function.to_string(),
            conversation: grant.scope.conversation.clone(),
            conditions: grant.scope.conditions.iter().map(condition).collect(),
            uses: match grant.max_uses {
                Some(most) => format!("{} of {most}", grant.uses),
                None => format!("{}, as many as come", grant.uses),
            },
            sum: match &grant.max_sum {
                Some(most) => format!("{} of {most}", grant.sum),
                None => format!("{}, whatever it is", grant.sum),
            },
            expires: grant.expires_at.into(),
            reason: grant.reason.clone(),
            by: words::actor(&grant.created_by),
            revoked: revoked.map(|(by, at)| (words::actor(by), at.into())),
            holds: grant.status == GrantStatus::InForce,
        }
    }
}

fn condition(condition: &ArgumentCondition) -> String {
    let pointer = &condition.pointer;
    match &condition.test {
        ArgumentTest::OneOf { values } => format!("{pointer} is one of {}", values.join(", ")),
        ArgumentTest::AtMost { number } => format!("{pointer} is at most {number}"),
        ArgumentTest::StartsWith { text } => format!("{pointer} begins with {text}"),
        ArgumentTest::Absent => format!("{pointer} is absent"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_grant_says_what_it_covers_and_how_much_of_it_is_used() {
        let grant = |status: &str, max_uses: serde_json::Value, max_sum: serde_json::Value| {
            let grant = json!({
                "id": "00000000-0000-4000-8000-000000000001", "status": status, "max_uses": max_uses, "uses": 3,
                "max_sum": max_sum, "sum": "12.50", "expires_at": "2026-01-16T00:00:00Z", "reason": "trial",
                "scope": {"agent": "ana", "function": "bank.transfer", "conditions": [
                    {"pointer": "/sum", "test": {"kind": "at_most", "number": "99.50"}},
                    {"pointer": "/to", "test": {"kind": "one_of", "values": ["a", "b"]}},
                    {"pointer": "/memo", "test": {"kind": "starts_with", "text": "rent"}},
                    {"pointer": "/cc", "test": {"kind": "absent"}},
                ]},
                "created_at": "2026-01-15T00:00:00Z", "created_by": {"kind": "user", "id": "eve"},
                "last_used_at": null, "revoked_at": null, "revoked_by": null, "position": 9,
            });
            Row::of(&serde_json::from_value(grant).unwrap())
        };
        let row = grant("in_force", json!(5), json!("100"));
        assert_eq!((row.status, row.holds, row.uses.as_str()), ("In force", true, "3 of 5"));
        assert_eq!(row.sum, "12.50 of 100");
        let conditions =
            ["/sum is at most 99.50", "/to is one of a, b", "/memo begins with rent", "/cc is absent"];
        assert_eq!(row.conditions, conditions);
        let row = grant("used_up", json!(null), json!(null));
        assert_eq!((row.status, row.holds), ("Used up", false));
        assert_eq!((row.uses.as_str(), row.sum.as_str()), ("3, as many as come", "12.50, whatever it is"));
    }
}
