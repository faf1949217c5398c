//! Governance: what may be called, by which rules, and what lifts or stops it; how the server is.

mod candidate;
mod freezes;
mod functions;
mod grants;
mod health;
mod keys;
mod policy;
mod reviewers;
mod webhooks;

use axum::{Router, http::StatusCode, response::Redirect, routing::get};
use serde::Serialize;
use vidimus_api_types::Role;

use super::Visitor;
use crate::{
    Console,
    ask::Refused,
    fields::Fields,
    frame::{Frame, Notice, Tab},
};

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/console/governance", get(async || Redirect::to("/console/governance/functions")))
        .merge(functions::routes())
        .merge(policy::routes())
        .merge(candidate::routes())
        .merge(grants::routes())
        .merge(freezes::routes())
        .merge(reviewers::routes())
        .merge(keys::routes())
        .merge(webhooks::routes())
        .merge(health::routes())
}

/// A page of governance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Functions,
    Policy,
    Grants,
    Freezes,
    Reviewers,
    Keys,
    Webhooks,
    Health,
}

const ANYONE: &[Role] = &Role::ALL;
const READERS: &[Role] = &[Role::Approver, Role::Auditor, Role::Admin];

/// The pages, their addresses and names, and the roles that the API lets read what is on them.
const SECTIONS: [(Section, &str, &str, &[Role]); 8] = [
    (Section::Functions, "/console/governance/functions", "Connections & functions", ANYONE),
    (Section::Policy, "/console/governance/policy", "Policy", READERS),
    (Section::Grants, "/console/governance/grants", "Grants", READERS),
    (Section::Freezes, "/console/governance/freezes", "Freezes", READERS),
    (Section::Reviewers, "/console/governance/reviewers", "Reviewers", READERS),
    (Section::Keys, "/console/governance/keys", "Keys", &[Role::Admin]),
    (Section::Webhooks, "/console/governance/webhooks", "Webhooks", &[Role::Auditor, Role::Admin]),
    (Section::Health, "/console/governance/health", "Health", ANYONE),
];

/// The sub-navigation: address, name, whether this is it.
type Nav = Vec<(&'static str, &'static str, bool)>;

fn nav(roles: &[Role], here: Section) -> Nav {
    let opens = |may: &[Role]| roles.iter().any(|role| may.contains(role));
    SECTIONS
        .into_iter()
        .filter(|(_, _, _, may)| opens(may))
        .map(|(section, address, name, _)| (address, name, section == here))
        .collect()
}

/// What was done before this page, by the code in its address: no text of the address is shown.
fn done(asked: &Fields) -> Option<Notice> {
    let text = match asked.get("done")? {
        "access" => "The access is set.",
        "grant_revoked" => "The grant is revoked.",
        "frozen" => "It is frozen.",
        "freeze_ended" => "The freeze is over.",
        "key_revoked" => "The key is revoked.",
        "webhook_replayed" => "The webhook goes on from there.",
        _ => return None,
    };
    Some(Notice::done(text))
}

/// A page of governance about to be drawn: where it is, and what was done or could not be.
struct Around {
    frame: Frame,
    nav: Nav,
    status: StatusCode,
    is_admin: bool,
}

impl Around {
    fn new(visitor: &Visitor, section: Section, asked: &Fields, refused: Option<&Refused>) -> Self {
        let name = SECTIONS.iter().find(|(known, ..)| *known == section).map_or("", |(_, _, name, _)| name);
        Self {
            frame: visitor.frame(name, Tab::Governance).with(refused.map(Notice::refused).or(done(asked))),
            nav: nav(&visitor.session.me.roles, section),
            status: refused.map_or(StatusCode::OK, |refused| refused.status),
            is_admin: visitor.may(&[Role::Admin]),
        }
    }
}

/// A body that says why, where that was filled in.
#[derive(Serialize)]
struct Why<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sub_navigation_has_what_the_roles_can_open() {
        let names = |roles: &[Role]| {
            nav(roles, Section::Health).into_iter().map(|(_, name, _)| name).collect::<Vec<_>>()
        };
        assert_eq!(names(&[Role::Agent]), ["Connections & functions", "Health"]);
        let approver = ["Connections & functions", "Policy", "Grants", "Freezes", "Reviewers", "Health"];
        assert_eq!(names(&[Role::Approver]), approver);
        assert!(names(&[Role::Auditor]).contains(&"Webhooks") && !names(&[Role::Auditor]).contains(&"Keys"));
        assert_eq!(names(&[Role::Admin]).len(), SECTIONS.len());
        assert_eq!(nav(&[Role::Agent], Section::Health)[1], ("/console/governance/health", "Health", true));
    }

    #[test]
    fn a_notice_comes_from_its_code_and_never_from_the_address() {
        let notice = |query: &[u8]| done(&Fields::parse(query)).map(|notice| notice.text);
        assert_eq!(notice(b"done=frozen").as_deref(), Some("It is frozen."));
        assert_eq!((notice(b"done=pay+me"), notice(b"")), (None, None));
    }
}
