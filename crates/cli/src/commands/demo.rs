//! `vidimus demo`: a server with keys, a few agents at work, and approvals that wait for you.

use std::{path::Path, process::ExitCode, sync::Arc, time::Duration};

use proto_events::{Actor, Role, TenantId};
use serde::Serialize;
use tokio::{net::TcpListener, task::JoinSet};
use vidimus_client::{
    Client, ClientError,
    types::{Abort, Approve, AuditCategory, AuditQuery, Deny, Execution, Stage},
};
use vidimus_engine::{NewKey, Principal, Settings as EngineSettings};
use vidimus_log::EventLog as _;

use crate::{
    args::{Demo, DemoAnswer, Global, Span},
    console::Console,
    data::Data,
    demo::{ACCESS, CALLS, Call, hand_in, proposal, see_through, told},
    error::Failure,
    output::{Output, cut, grouped, instant},
    pepper::Missing,
    server::{Config, Server},
};

/// What was set up, as JSON.
#[derive(Serialize)]
struct Ready<'a> {
    listening: &'a str,
    data: &'a Path,
    keys: &'a Keys,
    pending: Vec<&'a Execution>,
}

/// A key for each who takes part.
#[derive(Serialize)]
struct Keys {
    agent: String,
    approver: String,
    operator: String,
}

/// What became of it, as JSON.
#[derive(Serialize)]
struct Over<'a> {
    executions: &'a [Execution],
    events: u64,
    verified: bool,
}

pub(super) async fn run(global: &Global, args: Demo, output: Output) -> Result<ExitCode, Failure> {
    let temporary = match global.data {
        Some(_) => None,
        None => Some(tempfile::Builder::new().prefix("vidimus-demo-").tempdir()?),
    };
    let data = temporary.as_ref().map_or_else(|| global.data(), |temporary| temporary.path());
    let tenant = global.named_tenant().cloned().unwrap_or_else(|| TenantId::from_record("demo".into()));
    let (keys, run) = set_up(data, tenant).await?;
    let listener = TcpListener::bind(&args.listen).await?;
    let config = Config {
        data: data.to_owned(),
        api: vidimus_api::Settings::default(),
        engine: EngineSettings::default(),
        webhooks: vidimus_webhook::Settings::default(),
        console: Console::default(),
        nats: None,
        origin: None,
    };
    let server = Server::start(listener, config).await?;
    let url = server.url().to_owned();
    output.line(&format!("serving {} on {url}\n", data.display()))?;

    let executions = tokio::select! {
        played = play(&url, data, &keys, &run, &args, output) => played?,
        _ = tokio::signal::ctrl_c() => {
            output.line("\nstopped: what was not answered keeps waiting, until its deadline")?;
            Vec::new()
        }
    };
    server.stop().await?;
    let report =
        Data::create_in(data, "`vidimus demo`", EngineSettings::default(), None).await?.log.verify().await?;
    output.line(&format!(
        "\nverified   {} events, each a leaf of the tree with the root {}",
        grouped(report.events),
        report.root
    ))?;
    if output.is_json() {
        let over = Over { executions: &executions, events: report.events, verified: report.is_clean() };
        output.json_line(&over)?;
    }
    output.line(&match temporary {
        Some(_) => "removed    the demo's data; `--data DIR` keeps it".to_owned(),
        None => {
            format!("kept       in {}: `vidimus --data DIR audit list` goes on from here", data.display())
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Makes the keys and sets the access, as an operator with the directory in hand does; answers a name for this run too.
async fn set_up(data: &Path, tenant: TenantId) -> Result<(Keys, String), Failure> {
    let data =
        Data::create_in(data, "`vidimus demo`", EngineSettings::default(), Some(Missing::First)).await?;
    let operator = Principal::new(tenant, Actor::user("operator"), [Role::Admin]);
    let key = async |actor: Actor, roles: &[Role]| {
        let roles = roles.iter().copied().collect();
        let new = NewKey { actor: Some(actor), roles, label: Some("demo".to_owned()), ..NewKey::default() };
        let created = data.engine.create_key(&operator, new).await?;
        Ok::<_, Failure>(created.secret.expose().to_owned())
    };
    let keys = Keys {
        agent: key(Actor::service("demo-runtime"), &[Role::Agent]).await?,
        approver: key(Actor::user("you"), &[Role::Approver]).await?,
        operator: key(Actor::user("operator"), &[Role::Admin, Role::Auditor]).await?,
    };
    for (function, access, reason) in ACCESS {
        let function = function.parse().map_err(|error| Failure::refused("invalid_name", error))?;
        data.engine.set_access(&operator, function, *access, Some((*reason).to_owned())).await?;
    }
    let run = data.engine.fresh_id().to_string();
    let log = Arc::clone(&data.log);
    tokio::task::spawn_blocking(move || log.close()).await.map_err(std::io::Error::other)?;
    Ok((keys, run))
}

fn client(url: &str, key: &str) -> Result<Client, Failure> {
    Ok(Client::new(url, key)?)
}

/// Plays the conversations, says what waits, and tells what becomes of it.
async fn play(
    url: &str,
    data: &Path,
    keys: &Keys,
    run: &str,
    args: &Demo,
    output: Output,
) -> Result<Vec<Execution>, Failure> {
    let agent = client(url, &keys.agent)?;
    let Span(patience) = args.patience;
    let (mut done, mut waiting, mut waits) = (Vec::new(), Vec::new(), JoinSet::new());
    for call in CALLS {
        let propose = proposal(call, run).map_err(|error| Failure::refused("invalid_call", error))?;
        hand_in(&agent, call).await?;
        let proposed = agent.propose(&propose).await?;
        if let Some(said) = call.said {
            output.line(&format!("{} · {} says: {said}", call.conversation, call.user))?;
        }
        let title = format!("{} · {} wants {}", call.conversation, call.agent, call.function);
        output.line(&format!("{title} {}", cut(call.arguments, 100)))?;
        if proposed.stage == Stage::AwaitingApproval {
            output.line(&format!("    {}", told(call, &proposed)))?;
            waits.spawn(follow(agent.clone(), call, proposed.clone(), patience));
            waiting.push(proposed);
        } else {
            let ended = see_through(&agent, call, proposed, Duration::ZERO).await?;
            output.line(&format!("    {}", told(call, &ended)))?;
            done.push(ended);
        }
    }
    if output.is_json() {
        output.json_line(&Ready { listening: url, data, keys, pending: waiting.iter().collect() })?;
    }
    match args.answer {
        Some(answer) => answer_all(&client(url, &keys.approver)?, &waiting, answer).await?,
        None => output.line(&how_to_answer(url, keys, &waiting))?,
    }
    while let Some(ended) = waits.join_next().await {
        let (call, ended) = ended.map_err(std::io::Error::other)?;
        let ended = ended?;
        let told = if ended.stage == Stage::AwaitingApproval {
            "nobody answered; it keeps waiting, until its deadline".to_owned()
        } else {
            told(call, &ended)
        };
        output.line(&format!("{} · {}\n    {told}", call.conversation, call.function))?;
        done.push(ended);
    }
    tell_history(&client(url, &keys.operator)?, &done, output).await?;
    Ok(done)
}

/// What is on record of the first conversation.
async fn tell_history(operator: &Client, done: &[Execution], output: Output) -> Result<(), Failure> {
    let Some(first) = CALLS.first() else { return Ok(()) };
    output.line(&format!("\nWhat the audit trail says of {}:", first.conversation))?;
    let query = AuditQuery {
        conversation: Some(first.conversation.to_owned()),
        category: Some(AuditCategory::Execution),
        oldest_first: Some(true),
        min_position: done.iter().map(|execution| execution.position).max(),
        ..AuditQuery::default()
    };
    for entry in operator.audit(&query).await?.items {
        let function = entry.function.as_ref().map_or("", |function| function.as_str());
        let (actor, summary) = (entry.actor.to_string(), cut(&entry.summary, 80));
        output.line(&format!("  {}  {actor:<19}  {function:<13}  {summary}", instant(entry.recorded_at)))?;
    }
    Ok(())
}

async fn follow(
    agent: Client,
    call: &'static Call,
    proposed: Execution,
    patience: Duration,
) -> (&'static Call, Result<Execution, ClientError>) {
    (call, see_through(&agent, call, proposed, patience).await)
}

async fn answer_all(approver: &Client, waiting: &[Execution], answer: DemoAnswer) -> Result<(), Failure> {
    for execution in waiting {
        let id = execution.execution_id;
        match answer {
            DemoAnswer::Approve => {
                let approve = Approve {
                    arguments_digest: execution.arguments_digest,
                    stage: execution.approval.as_ref().map(|approval| approval.stage),
                    comment: Some("checked".to_owned()),
                    break_glass: None,
                    card: None,
                };
                approver.approve(id, &approve).await?
            }
            DemoAnswer::Deny => {
                approver.deny(id, &Deny { reason: "not today".to_owned(), card: None }).await?
            }
            DemoAnswer::Abort => {
                approver
                    .abort(id, &Abort { feedback: "ask the customer first".to_owned(), card: None })
                    .await?
            }
        };
    }
    Ok(())
}

/// What to paste into a second terminal.
fn how_to_answer(url: &str, keys: &Keys, waiting: &[Execution]) -> String {
    let vidimus = std::env::args().next().unwrap_or_else(|| "vidimus".to_owned());
    let mut text = format!(
        "\nThese wait for you. In a second terminal:\n\n  export VIDIMUS_SERVER={url} VIDIMUS_KEY={}\n  {vidimus} approval list\n",
        keys.approver
    );
    let ways: [fn(&str, &str, &str) -> String; 2] = [
        |vidimus, id, _| format!("  {vidimus} approval approve {id} --comment 'receipt seen'\n"),
        |_, id, url| {
            format!(
                "  curl -X POST {url}/v1/executions/{id}/abort -H \"Authorization: Bearer $VIDIMUS_KEY\" \\\n    \
                 -H 'Content-Type: application/json' -d '{{\"feedback\": \"test it on ten customers first\"}}'\n"
            )
        },
    ];
    for (execution, way) in waiting.iter().zip(ways.iter().cycle()) {
        text += &way(&vidimus, &execution.execution_id.to_string(), url);
    }
    text += &format!(
        "\nOr in a browser: {url}/console, where you sign in with that key.\n\
         With the operator's key: VIDIMUS_KEY={} {vidimus} --server {url} audit list\n\
         To watch: {vidimus} execution watch, or curl -N {url}/v1/notifications/stream -H \"Authorization: Bearer $VIDIMUS_KEY\"\n\
         Ctrl-C ends the demo.\n",
        keys.operator
    );
    text
}
