//! The policy: the set in force, what is tried out beside it, and what was.

use askama::Template;
use axum::{Router, extract::Path, http::StatusCode, response::Response, routing::get};
use vidimus_api_types::{Page, Policy, PolicyActivation, PolicyChange, PolicyFiles, PolicySet, Role};

use super::{Around, Section, Visitor};
use crate::{
    Console,
    fields::{Fields, Query, part},
    frame::{Broken, Frame, page_with},
    words::{self, When},
};

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/console/governance/policy", get(in_force))
        .route("/console/governance/policy/{digest}", get(set))
}

/// Who made a set count, when and why.
struct Since {
    at: When,
    by: String,
    reason: Option<String>,
}

/// A line of the history.
struct Change {
    at: When,
    by: String,
    what: &'static str,
    set: Option<String>,
    reason: Option<String>,
    position: String,
}

#[derive(Template)]
#[template(path = "governance/policy.html")]
struct PolicyPage {
    frame: Frame,
    nav: super::Nav,
    may_audit: bool,
    set: Option<String>,
    since: Option<Since>,
    files: PolicyFiles,
    shadow: Option<String>,
    shadow_since: Option<Since>,
    changes: Vec<Change>,
}

#[derive(Template)]
#[template(path = "governance/policy_set.html")]
struct SetPage {
    frame: Frame,
    nav: super::Nav,
    may_audit: bool,
    set: String,
    is_in_force: bool,
    is_shadow: bool,
    files: PolicyFiles,
    changes: Vec<Change>,
}

async fn in_force(visitor: Visitor, Query(asked): Query) -> Result<Response, Broken> {
    let (policy, changes) = known(&visitor).await?;
    let set = policy.policy_set.map(|set| set.to_string());
    let files = match &set {
        Some(set) => stored(&visitor, set).await?.files,
        None => PolicyFiles::new(),
    };
    let Around { frame, nav, .. } = Around::new(&visitor, Section::Policy, &asked, None);
    let template = PolicyPage {
        frame,
        nav,
        may_audit: visitor.may(&[Role::Auditor, Role::Admin]),
        set,
        since: policy.activated.map(since),
        files,
        shadow: policy.shadow.map(|set| set.to_string()),
        shadow_since: policy.shadowed.map(since),
        changes: changes.iter().map(change).collect(),
    };
    page_with(StatusCode::OK, &template)
}

async fn set(visitor: Visitor, Path(digest): Path<String>) -> Result<Response, Broken> {
    let stored = stored(&visitor, &digest).await?;
    let (policy, changes) = known(&visitor).await?;
    let around = Around::new(&visitor, Section::Policy, &Fields::default(), None);
    let Around { mut frame, nav, .. } = around;
    let set = stored.policy_set;
    frame.title = format!("Policy set {}", short(&set.to_string()));
    let about = |change: &&PolicyChange| change.policy_set == Some(set) || change.former == Some(set);
    let template = SetPage {
        frame,
        nav,
        may_audit: visitor.may(&[Role::Auditor, Role::Admin]),
        is_in_force: policy.policy_set == Some(set),
        is_shadow: policy.shadow == Some(set),
        set: set.to_string(),
        files: stored.files,
        changes: changes.iter().filter(about).map(change).collect(),
    };
    page_with(StatusCode::OK, &template)
}

async fn known(visitor: &Visitor) -> Result<(Policy, Vec<PolicyChange>), Broken> {
    let ask = visitor.ask();
    let policy = ask.get("/v1/policy", &[]).await.map_err(|refused| visitor.broken(refused))?;
    let changes: Page<PolicyChange> =
        ask.get("/v1/policy/history", &[]).await.map_err(|refused| visitor.broken(refused))?;
    Ok((policy, changes.items))
}

async fn stored(visitor: &Visitor, digest: &str) -> Result<PolicySet, Broken> {
    let path = format!("/v1/policy/sets/{}", part(digest));
    visitor.ask().get(&path, &[]).await.map_err(|refused| visitor.broken(refused))
}

fn since(activation: PolicyActivation) -> Since {
    let PolicyActivation { at, by, reason } = activation;
    Since { at: at.into(), by: words::actor(&by), reason }
}

fn change(change: &PolicyChange) -> Change {
    Change {
        at: change.at.into(),
        by: words::actor(&change.by),
        what: match (change.shadow, change.policy_set.is_some()) {
            (false, true) => "put into force",
            (false, false) => "taken out of force: access alone decides",
            (true, true) => "evaluated beside the set in force, without effect",
            (true, false) => "evaluation of the candidate ended",
        },
        set: change.policy_set.map(|set| set.to_string()),
        reason: change.reason.clone(),
        position: change.position.to_string(),
    }
}

/// The beginning of a digest, by which people tell sets apart.
fn short(digest: &str) -> String {
    digest.chars().take(12).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::frame::Tab;

    #[test]
    fn a_change_says_what_it_did_and_files_are_shown_as_text() {
        let set = "ab".repeat(32);
        let of = |shadow: bool, set: Option<&str>| {
            let recorded = json!({
                "shadow": shadow, "policy_set": set, "former": null, "at": "2026-01-15T10:30:00Z",
                "by": {"kind": "user", "id": "eve"}, "reason": "<i>why</i>", "position": 9,
            });
            change(&serde_json::from_value(recorded).unwrap())
        };
        let whats = [(false, Some(&*set)), (false, None), (true, Some(&*set)), (true, None)];
        let whats = whats.map(|(shadow, set)| of(shadow, set).what.split(' ').next().unwrap().to_owned());
        assert_eq!(whats, ["put", "taken", "evaluated", "evaluation"]);
        let page = SetPage {
            frame: Frame::new("Policy set", Tab::Governance, None),
            nav: Vec::new(),
            may_audit: true,
            is_in_force: true,
            is_shadow: false,
            set: set.clone(),
            files: [("a.cedar".to_owned(), "// </pre><script>alert(1)</script>".to_owned())].into(),
            changes: vec![of(false, Some(&set))],
        };
        let html = page.render().unwrap();
        assert!(!html.contains("<script>alert") && !html.contains("<i>why"));
        assert!(html.contains(&format!("/console/executions?policy_set={set}")));
    }
}
