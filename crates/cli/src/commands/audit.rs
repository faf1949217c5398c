//! `vidimus audit`

use vidimus_api_types::{AuditEntry, AuditQuery};

use super::more;
use crate::{
    args::{Audit, Global},
    error::Failure,
    output::{Output, cut, instant},
    source::Source,
};

pub(super) async fn run(global: &Global, command: Audit, output: Output) -> Result<(), Failure> {
    let Audit::List(args) = command;
    let query = AuditQuery {
        actor: args.actor,
        category: args.category,
        event_type: args.event_type,
        execution_id: args.execution,
        agent: args.calls.agent,
        conversation: args.calls.conversation,
        function: args.calls.function,
        from: args.calls.from,
        to: args.calls.to,
        oldest_first: args.oldest_first.then_some(true),
        limit: Some(args.page.limit),
        cursor: args.page.cursor,
        as_of: args.page.as_of,
        ..AuditQuery::default()
    };
    let page = Source::open(global, "audit list").await?.audit(&query).await?;
    output.show(&page, |page| {
        if page.items.is_empty() {
            return "no entries match".to_owned() + &more(page);
        }
        let header = ["Position", "At", "Actor", "Event", "Subject", "What"];
        Output::table_to_fit(&header, page.items.iter().map(row), &["Subject", "Event"]) + &more(page)
    })
}

fn row(entry: &AuditEntry) -> Vec<String> {
    vec![
        entry.position.to_string(),
        instant(entry.recorded_at),
        cut(&entry.actor.to_string(), 60),
        entry.event_type.clone(),
        cut(&entry.subject, 60),
        cut(&entry.summary.replace('\n', " "), 120),
    ]
}
