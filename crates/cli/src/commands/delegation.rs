//! `vidimus delegation`

use proto_events::Actor;
use vidimus_api_types::{CreateDelegation, Delegation};
use vidimus_engine::{Clock as _, SystemClock};

use super::or_dash;
use crate::{
    args::{self, DelegationCreate, Global, Span},
    error::Failure,
    output::{Output, cut, instant},
    source::Source,
};

pub(super) async fn run(global: &Global, command: args::Delegation, output: Output) -> Result<(), Failure> {
    match command {
        args::Delegation::Create(args) => create(global, args, output).await,
        args::Delegation::List => {
            let delegations = Source::open(global, "delegation list").await?.delegations().await?.items;
            output.show(&delegations, |delegations| {
                if delegations.is_empty() {
                    return "nobody stands in for anybody".to_owned();
                }
                let header = ["Delegation", "Status", "In place of", "Decides", "From", "Until", "Reason"];
                Output::table_to_fit(&header, delegations.iter().map(row), &["Reason", "From"])
            })
        }
        args::Delegation::End { id } => {
            let ended = Source::open(global, "delegation end").await?.end_delegation(id).await?;
            output.show(&ended, |ended| format!("{} is over (position {})", ended.id, ended.position))
        }
    }
}

async fn create(global: &Global, args: DelegationCreate, output: Output) -> Result<(), Failure> {
    let DelegationCreate { from, to, starts_at, lasts, ends_at, reason } = args;
    let begins = starts_at.unwrap_or_else(|| SystemClock.now());
    let Some(ends_at) = ends_at.or_else(|| lasts.map(|Span(time)| begins.plus(time))) else {
        return Err(Failure::usage("end_missing", "say how long it holds: `--for` or `--ends-at`"));
    };
    let body =
        CreateDelegation { from: from.map(Actor::user), to: Actor::user(to), starts_at, ends_at, reason };
    let source = Source::create(global, "delegation create", None).await?;
    let created = source.create_delegation(body).await?;
    output.show(&created, |created| {
        format!(
            "{}: {} decides in the place of {} from {} until {} (position {})",
            created.id,
            created.to,
            created.from,
            instant(created.starts_at),
            instant(created.ends_at),
            created.position
        )
    })
}

fn row(delegation: &Delegation) -> Vec<String> {
    vec![
        delegation.id.to_string(),
        delegation.status.to_string(),
        cut(&delegation.from.to_string(), 60),
        cut(&delegation.to.to_string(), 60),
        instant(delegation.starts_at),
        instant(delegation.ends_at),
        cut(&or_dash(delegation.reason.as_ref()), 80),
    ]
}
