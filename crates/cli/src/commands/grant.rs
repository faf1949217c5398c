//! `vidimus grant`

use proto_events::{ArgumentCondition, ArgumentTest, GrantScope};
use vidimus_api_types::{CreateGrant, Grant, RevokeGrant};
use vidimus_engine::{Clock as _, SystemClock};

use super::or_dash;
use crate::{
    args::{self, Global, GrantCreate, Span},
    error::Failure,
    output::{Output, cut, instant},
    source::Source,
};

pub(super) async fn run(global: &Global, command: args::Grant, output: Output) -> Result<(), Failure> {
    match command {
        args::Grant::Create(args) => create(global, *args, output).await,
        args::Grant::List => {
            let grants = Source::open(global, "grant list").await?.grants().await?.items;
            output.show(&grants, |grants| {
                if grants.is_empty() {
                    return "there are no grants; `vidimus grant create` gives one".to_owned();
                }
                let header =
                    ["Grant", "Status", "Agent", "Function", "Only", "Uses", "Sum", "Expires at", "Reason"];
                Output::table_to_fit(&header, grants.iter().map(row), &["Reason", "Sum", "Only", "Agent"])
            })
        }
        args::Grant::Revoke { id, reason } => {
            let source = Source::open(global, "grant revoke").await?;
            let revoked = source.revoke_grant(id, RevokeGrant { reason }).await?;
            output.show(&revoked, |grant| {
                let before = if grant.already == Some(true) { "was already" } else { "is" };
                format!(
                    "{} {before} revoked, after {} uses (position {})",
                    grant.id, grant.uses, grant.position
                )
            })
        }
    }
}

async fn create(global: &Global, args: GrantCreate, output: Output) -> Result<(), Failure> {
    let after = |Span(time)| SystemClock.now().plus(time);
    let Some(expires_at) = args.expires_at.or_else(|| args.expires_in.map(after)) else {
        return Err(Failure::usage(
            "expiry_missing",
            "say how long it is good: `--expires-in` or `--expires-at`",
        ));
    };
    let GrantCreate { agent, function, conversation, conditions, max_uses, max_sum, reason, .. } = args;
    let scope = GrantScope { agent, function, conversation, conditions };
    let source = Source::create(global, "grant create", None).await?;
    let grant = source.create_grant(CreateGrant { scope, max_uses, max_sum, expires_at, reason }).await?;
    output.show(&grant, |grant| {
        format!(
            "{} lets calls of {} by {} through until {} (position {})",
            grant.id,
            grant.scope.function,
            grant.scope.agent,
            instant(grant.expires_at),
            grant.position
        )
    })
}

fn condition(condition: &ArgumentCondition) -> String {
    let pointer = &condition.pointer;
    match &condition.test {
        ArgumentTest::OneOf { values } => format!("{pointer}={}", values.join(",")),
        ArgumentTest::AtMost { number } => format!("{pointer}<={number}"),
        ArgumentTest::StartsWith { text } => format!("{pointer}^={text}"),
        ArgumentTest::Absent => format!("{pointer}!"),
    }
}

/// How much of it is used, of how much.
fn of(used: impl ToString, most: Option<impl ToString>) -> String {
    most.map_or_else(|| used.to_string(), |most| format!("{}/{}", used.to_string(), most.to_string()))
}

fn row(grant: &Grant) -> Vec<String> {
    let conversation =
        grant.scope.conversation.as_ref().map(|conversation| format!("conversation {conversation}"));
    let only: Vec<_> = conversation.into_iter().chain(grant.scope.conditions.iter().map(condition)).collect();
    vec![
        grant.id.to_string(),
        grant.status.to_string(),
        cut(&grant.scope.agent, 40),
        cut(grant.scope.function.as_str(), 60),
        cut(&or_dash((!only.is_empty()).then(|| only.join(" "))), 80),
        of(grant.uses, grant.max_uses),
        of(&grant.sum, grant.max_sum.as_ref()),
        instant(grant.expires_at),
        cut(&grant.reason, 80),
    ]
}
