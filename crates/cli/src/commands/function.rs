//! `vidimus function`

use std::collections::BTreeSet;

use proto_events::{Access, FunctionName, GlobalPosition};
use serde::Serialize;
use vidimus_engine::AccessAnswer;
use vidimus_projection::{AuditFilter, PageRequest};

use crate::{
    args::{Function, Global},
    data::{Data, ask, operator},
    error::Failure,
    output::Output,
};

/// A function's access as JSON.
#[derive(Serialize)]
struct AccessJson {
    function: FunctionName,
    access: Option<Access>,
    /// Of the event that set it.
    position: GlobalPosition,
}

/// The answer to setting it, as JSON.
#[derive(Serialize)]
struct SetJson {
    #[serde(flatten)]
    access: AccessJson,
    changed: bool,
}

impl From<AccessAnswer> for AccessJson {
    fn from(AccessAnswer { function, access, position, .. }: AccessAnswer) -> Self {
        Self { function, access, position }
    }
}

pub(super) async fn run(global: &Global, command: Function, output: Output) -> Result<(), Failure> {
    match command {
        Function::SetAccess { function, access, reason } => {
            let data = Data::create(global, "function set-access").await?;
            let answer = data.engine.set_access(&operator(global), function, access, reason).await?;
            let set = SetJson { changed: !answer.already, access: answer.into() };
            output.show(&set, |SetJson { changed, access: now }| {
                let said = if *changed { "is now" } else { "was already" };
                format!("{} {said} {access} (position {})", now.function, now.position)
            })
        }
        Function::List => {
            let data = Data::open(global, "function list").await?;
            let functions = list(global, &data).await?;
            output.show(&functions, |functions| {
                if functions.is_empty() {
                    return "no function has its access set; `vidimus function set-access` does that"
                        .to_owned();
                }
                let rows = functions.iter().map(|row| {
                    let access = row.access.map_or("–", Access::as_str);
                    vec![row.function.to_string(), access.to_owned(), row.position.to_string()]
                });
                Output::table(&["Function", "Access", "Since position"], rows)
            })
        }
    }
}

/// Every function whose access is on the audit trail, with its access now.
async fn list(global: &Global, data: &Data) -> Result<Vec<AccessJson>, Failure> {
    let views = data.current_views().await?;
    let filter =
        AuditFilter { event_type: Some("function_access_changed".to_owned()), ..AuditFilter::default() };
    let mut request = PageRequest::first(PageRequest::MAX_LIMIT);
    let mut names = BTreeSet::new();
    loop {
        let page = ask(&views, async |views| views.audit(&global.tenant, &filter, &request).await).await?;
        names.extend(page.items.into_iter().filter_map(|entry| entry.function));
        match page.next {
            Some(next) => request = PageRequest::after(next, PageRequest::MAX_LIMIT),
            None => break,
        }
    }
    let mut functions = Vec::with_capacity(names.len());
    for name in names {
        functions.push(data.engine.access(&global.tenant, &name).await?.into());
    }
    Ok(functions)
}
