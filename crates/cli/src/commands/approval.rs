//! `vidimus approval`

use proto_events::Actor;
use vidimus_projection::{ApprovalFilter, ApprovalKind, PendingApproval};

use super::{more, page_json, page_request};
use crate::{
    args::{Approval, Global},
    data::{Data, ask},
    error::Failure,
    output::{Output, cut, instant},
};

pub(super) async fn run(global: &Global, command: Approval, output: Output) -> Result<(), Failure> {
    let Approval::List { reviewer, agent, function, page } = command;
    let filter =
        ApprovalFilter { resolvable_by: reviewer.map(Actor::user), agent, function, ..Default::default() };
    let views = Data::open(global, "approval list").await?.current_views().await?;
    let request = page_request(page);
    let page = ask(&views, async |views| views.approvals(&global.tenant, &filter, &request).await).await?;
    output.show(&page_json(&page), |_| {
        if page.items.is_empty() {
            return "nothing waits for an approval or a confirmation".to_owned();
        }
        let header = ["Execution", "Asks for", "Action", "Agent", "Requester", "Deadline", "Arguments"];
        Output::table_to_fit(
            &header,
            page.items.iter().map(row),
            &["Requester", "Agent", "Arguments", "Deadline"],
        ) + &more(page.next.as_ref())
    })
}

fn row(pending: &PendingApproval) -> Vec<String> {
    let kind = match pending.kind {
        ApprovalKind::Approval => "approval",
        ApprovalKind::Confirmation => "confirmation",
    };
    vec![
        pending.execution_id.to_string(),
        kind.to_owned(),
        cut(pending.function.as_str(), 60),
        cut(&pending.agent, 40),
        pending.requester.to_string(),
        instant(pending.deadline),
        cut(pending.arguments.as_str(), 100),
    ]
}
