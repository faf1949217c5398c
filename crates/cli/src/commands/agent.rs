//! `vidimus agent`

use vidimus_api_types::{AgentScopes, SetAgentScopes, VisibleTool};

use super::or_dash;
use crate::{
    args::{Agent, Global},
    error::Failure,
    output::{Output, cut},
    source::Source,
};

pub(super) async fn run(global: &Global, command: Agent, output: Output) -> Result<(), Failure> {
    match command {
        Agent::Scopes { agent, scopes, none } if none || !scopes.is_empty() => {
            let source = Source::create(global, "agent scopes", None).await?;
            let body = SetAgentScopes { scopes: scopes.into_iter().collect() };
            let set = source.set_agent_scopes(&agent, body).await?;
            output.show(&set, |set| {
                let before = if set.changed == Some(false) { "had already" } else { "has now" };
                format!("{} {before} {} (position {})", set.agent, listed(set), set.position)
            })
        }
        Agent::Scopes { agent, .. } => {
            let found = Source::open(global, "agent scopes").await?.agent_scopes(&agent).await?;
            output.show(&found, |found| format!("{} has {}", found.agent, listed(found)))
        }
        Agent::Tools { agent, context } => {
            let source = Source::open(global, "agent tools").await?;
            let tools = source.tools(&agent, context.as_deref()).await?;
            output.show(&tools, |tools| {
                if tools.is_empty() {
                    return format!("{agent} can see nothing: no function is open to it");
                }
                let header = ["Function", "Access", "Tool type", "Risk", "Purpose"];
                Output::table_to_fit(&header, tools.iter().map(row), &["Purpose"])
            })
        }
    }
}

fn listed(scopes: &AgentScopes) -> String {
    if scopes.scopes.is_empty() {
        return "no scopes".to_owned();
    }
    let scopes: Vec<_> = scopes.scopes.iter().map(String::as_str).collect();
    format!("the scopes {}", scopes.join(", "))
}

fn row(tool: &VisibleTool) -> Vec<String> {
    let described = tool.description.as_ref();
    vec![
        tool.function.to_string(),
        tool.access.to_string(),
        or_dash(described.map(|description| description.tool_type)),
        or_dash(described.map(|description| description.risk)),
        cut(&or_dash(described.map(|description| description.purpose.replace('\n', " "))), 120),
    ]
}
