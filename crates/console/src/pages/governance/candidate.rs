//! A candidate over past calls: what a policy set would have decided otherwise, before it is put into force.

mod form;
mod report;

use askama::Template;
use axum::{Router, http::StatusCode, response::Response, routing::get};
use vidimus_api_types::{Me, Policy, PolicyFiles, PolicyReplay, PolicySet, ReplayPolicy, Role, Timestamp};

use super::{Around, Section, Visitor};
use crate::{
    Console,
    ask::Refused,
    fields::{Fields, Posted, Query, part},
    frame::{Broken, Frame, page_with},
};
use form::Form;
use report::Report;

/// Who the API lets replay.
pub(super) const MAY_REPLAY: &[Role] = &[Role::Auditor, Role::Admin];
/// Changes of each kind that the page has.
const LISTED: u32 = 50;
const DAY_MICROS: i64 = 86_400 * 1_000_000;

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/console/governance/policy/candidate", get(empty).post(tried))
}

#[derive(Template)]
#[template(path = "governance/candidate.html")]
struct CandidatePage {
    frame: Frame,
    nav: super::Nav,
    form: Form,
    report: Option<Report>,
}

/// The form with the set in force, or with another one that was stored.
async fn empty(visitor: Visitor, Query(asked): Query) -> Result<Response, Broken> {
    let files = before(&visitor, &asked).await.map_err(|refused| visitor.broken(refused))?;
    draw(&visitor, None, Form::of(files), None)
}

async fn before(visitor: &Visitor, asked: &Fields) -> Result<PolicyFiles, Refused> {
    if !visitor.may(MAY_REPLAY) {
        let detail =
            "a candidate is tried by who has the role `auditor` or `admin`: ask an administrator for it";
        return Err(Refused::new(StatusCode::FORBIDDEN, "missing_role", detail));
    }
    let set = match asked.get("set") {
        Some(set) => Some(set.to_owned()),
        None => visitor.ask().get::<Policy>("/v1/policy", &[]).await?.policy_set.map(|set| set.to_string()),
    };
    let Some(set) = set else { return Ok(PolicyFiles::new()) };
    let path = format!("/v1/policy/sets/{}", part(&set));
    Ok(visitor.ask().get::<PolicySet>(&path, &[]).await?.files)
}

async fn tried(posted: Posted) -> Result<Response, Broken> {
    let Posted { visitor, fields } = posted;
    let mut form = Form::sent(&fields);
    match replayed(&visitor, &form).await {
        Ok((replay, policy)) => {
            let report = Report::of(&replay, policy.policy_set);
            draw(&visitor, None, form, Some(report))
        }
        Err(refused) => {
            form.faults(
                refused.problem.as_ref().map(|problem| &problem.policy_errors[..]).unwrap_or_default(),
            );
            draw(&visitor, Some(&refused), form, None)
        }
    }
}

async fn replayed(visitor: &Visitor, form: &Form) -> Result<(PolicyReplay, Policy), Refused> {
    let (files, days) = (form.files()?, form.days()?);
    let ask = visitor.ask();
    let me: Me = ask.get("/v1/me", &[]).await?;
    let since = Timestamp::from_micros(me.now.as_micros().saturating_sub(i64::from(days) * DAY_MICROS));
    let body = ReplayPolicy {
        files,
        since: Some(since),
        until: None,
        conversation: None,
        recorded: form.recorded,
        limit: Some(LISTED),
    };
    let replay = ask.post("/v1/policy/replay", &body).await?;
    Ok((replay, ask.get("/v1/policy", &[]).await?))
}

fn draw(
    visitor: &Visitor,
    refused: Option<&Refused>,
    form: Form,
    report: Option<Report>,
) -> Result<Response, Broken> {
    let Around { mut frame, nav, status, .. } =
        Around::new(visitor, Section::Policy, &Fields::default(), refused);
    "Try a candidate".clone_into(&mut frame.title);
    page_with(status, &CandidatePage { frame, nav, form, report })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Tab;

    #[test]
    fn what_was_typed_stays_text_and_keeps_its_first_line() {
        let files = [("a.cedar".to_owned(), "\n// </textarea><script>alert(1)</script>".to_owned())];
        let mut form = Form::of(files.into());
        form.files[0].name = "\"><b>".to_owned();
        let page = CandidatePage {
            frame: Frame::new("Try a candidate", Tab::Governance, None),
            nav: Vec::new(),
            form,
            report: None,
        };
        let html = page.render().unwrap();
        assert!(!html.contains("<script>alert") && !html.contains("\"><b>"));
        // A browser passes over the first line break in the field.
        assert!(html.contains(">\n\n// &#60;/textarea"), "{html}");
    }
}
