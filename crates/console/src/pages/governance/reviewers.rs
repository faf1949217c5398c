//! Reviewers: their groups, and who decides in whose place.

use askama::Template;
use axum::{Router, http::StatusCode, response::Response, routing::get};
use vidimus_api_types::{Delegation, DelegationStatus, Group, Page};

use super::{Around, Section, Visitor};
use crate::{
    Console,
    fields::Query,
    frame::{Broken, Frame, page_with},
    words::{self, When},
};

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/console/governance/reviewers", get(show))
}

struct Stand {
    status: &'static str,
    status_class: &'static str,
    from: String,
    to: String,
    starts: When,
    ends: When,
    by: String,
    reason: Option<String>,
}

#[derive(Template)]
#[template(path = "governance/reviewers.html")]
struct Reviewers {
    frame: Frame,
    nav: super::Nav,
    /// Names with their members.
    groups: Vec<(String, Vec<String>)>,
    delegations: Vec<Stand>,
}

async fn show(visitor: Visitor, Query(asked): Query) -> Result<Response, Broken> {
    let ask = visitor.ask();
    let groups: Page<Group> = ask.get("/v1/groups", &[]).await.map_err(|refused| visitor.broken(refused))?;
    let delegations: Page<Delegation> =
        ask.get("/v1/delegations", &[]).await.map_err(|refused| visitor.broken(refused))?;
    let members = |group: Group| (group.group, group.members.iter().map(words::actor).collect());
    let Around { frame, nav, .. } = Around::new(&visitor, Section::Reviewers, &asked, None);
    let template = Reviewers {
        frame,
        nav,
        groups: groups.items.into_iter().map(members).collect(),
        delegations: delegations.items.into_iter().map(stand).collect(),
    };
    page_with(StatusCode::OK, &template)
}

fn stand(of: Delegation) -> Stand {
    let (status, status_class) = match of.status {
        DelegationStatus::InForce => ("In force", "success"),
        DelegationStatus::Planned => ("Planned", "pending"),
    };
    Stand {
        status,
        status_class,
        from: words::actor(&of.from),
        to: words::actor(&of.to),
        starts: of.starts_at.into(),
        ends: of.ends_at.into(),
        by: words::actor(&of.created_by),
        reason: of.reason,
    }
}
