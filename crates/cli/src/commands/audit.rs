//! `vidimus audit`

use vidimus_projection::{AuditCategory, AuditEntry, AuditFilter, Direction};

use super::{more, page_json, page_request};
use crate::{
    args::{Audit, Category, Global},
    data::{Data, ask},
    error::Failure,
    output::{Output, cut, instant},
};

pub(super) async fn run(global: &Global, command: Audit, output: Output) -> Result<(), Failure> {
    let Audit::List(args) = command;
    let filter = AuditFilter {
        actor_id: args.actor,
        category: args.category.map(|category| match category {
            Category::Execution => AuditCategory::Execution,
            Category::Administrative => AuditCategory::Administrative,
        }),
        event_type: args.event_type,
        execution_id: args.execution,
        agent: args.calls.agent,
        conversation: args.calls.conversation,
        function: args.calls.function,
        from: args.calls.from,
        to: args.calls.to,
        direction: if args.oldest_first { Direction::OldestFirst } else { Direction::NewestFirst },
        ..AuditFilter::default()
    };
    let views = Data::open(global, "audit list").await?.current_views().await?;
    let request = page_request(args.page);
    let page = ask(&views, async |views| views.audit(&global.tenant, &filter, &request).await).await?;
    output.show(&page_json(&page), |_| {
        if page.items.is_empty() {
            return "no entries match".to_owned();
        }
        let header = ["Position", "At", "Actor", "Event", "Subject", "What"];
        Output::table_to_fit(&header, page.items.iter().map(row), &["Subject", "Event"])
            + &more(page.next.as_ref())
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
