//! `vidimus freeze`

use proto_events::FreezeScope;
use vidimus_api_types::{CreateFreeze, EndFreeze, Freeze};

use crate::{
    args::{self, FreezeCreate, Global},
    error::Failure,
    output::{Output, cut, instant},
    source::Source,
};

pub(super) async fn run(global: &Global, command: args::Freeze, output: Output) -> Result<(), Failure> {
    match command {
        args::Freeze::Create(args) => create(global, args, output).await,
        args::Freeze::List => {
            let freezes = Source::open(global, "freeze list").await?.freezes().await?.items;
            output.show(&freezes, |freezes| {
                if freezes.is_empty() {
                    return "nothing is frozen".to_owned();
                }
                let header = ["Freeze", "What", "Since", "By", "Reason"];
                Output::table_to_fit(&header, freezes.iter().map(row), &["By", "Since"])
            })
        }
        args::Freeze::End { id, reason } => {
            let source = Source::open(global, "freeze end").await?;
            let ended = source.end_freeze(id, EndFreeze { reason }).await?;
            output.show(&ended, |ended| format!("{} is over (position {})", ended.id, ended.position))
        }
    }
}

async fn create(global: &Global, args: FreezeCreate, output: Output) -> Result<(), Failure> {
    let FreezeCreate { agent, function, reason, everything: _ } = args;
    let scope = match (agent, function) {
        (Some(agent), _) => FreezeScope::Agent { agent },
        (None, Some(function)) => FreezeScope::Function { function },
        (None, None) => FreezeScope::Tenant,
    };
    let source = Source::create(global, "freeze create", None).await?;
    let freeze = source.create_freeze(CreateFreeze { scope, reason }).await?;
    output.show(&freeze, |freeze| {
        let before = if freeze.already == Some(true) { "was already" } else { "is" };
        format!(
            "{} {before} frozen: freeze {} (position {})",
            what(&freeze.scope),
            freeze.id,
            freeze.position
        )
    })
}

fn what(scope: &FreezeScope) -> String {
    match scope {
        FreezeScope::Tenant => "everything".to_owned(),
        FreezeScope::Agent { agent } => format!("agent {agent}"),
        FreezeScope::Function { function } => format!("function {function}"),
    }
}

fn row(freeze: &Freeze) -> Vec<String> {
    vec![
        freeze.id.to_string(),
        cut(&what(&freeze.scope), 80),
        instant(freeze.since),
        cut(&freeze.by.to_string(), 60),
        cut(&freeze.reason, 120),
    ]
}
