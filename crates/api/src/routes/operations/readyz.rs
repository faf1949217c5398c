//! `GET /readyz`

mod trouble;

use axum::{Json, extract::State, http::StatusCode};
use proto_events::GlobalPosition;
use serde::Serialize;
use utoipa::ToSchema;
use vidimus_projection::{Relay, RelayStatus, View};

use crate::{commands::CommandServiceStatus, state::Api};

/// Whether the server should be sent requests.
#[derive(Serialize, ToSchema)]
pub(super) struct Readiness {
    /// Whether it should.
    ready: bool,
    /// Why not.
    reasons: Vec<String>,
    /// Where the log ends.
    #[schema(value_type = u64)]
    position: GlobalPosition,
    /// How the views are.
    views: Vec<ViewReadiness>,
    /// How far what is on the log is on NATS; empty without NATS. Commands do not wait for it, and so neither does readiness.
    relay: Vec<RelayReadiness>,
    /// How the commands over NATS are; `null` without NATS. Whoever asks over HTTP does not need them, and so neither does
    /// readiness.
    commands_over_nats: Option<CommandsReadiness>,
}

/// How one feed of the relay is.
#[derive(Serialize, ToSchema)]
struct RelayReadiness {
    /// Which.
    feed: &'static str,
    /// The stream that it is published on.
    stream: String,
    /// How many events of the log it has not published yet.
    lag: u64,
    /// What keeps it from moving on: a stable code; `null` where nothing does.
    code: Option<&'static str>,
    /// What to do; the server's log has the details.
    trouble: Option<&'static str>,
}

impl From<RelayStatus> for RelayReadiness {
    fn from(status: RelayStatus) -> Self {
        let RelayStatus { feed, stream, lag, trouble, .. } = status;
        let code = trouble.map(|trouble| trouble.code);
        Self { feed, stream, lag, code, trouble: code.map(trouble::in_words) }
    }
}

/// How the commands over NATS are.
#[derive(Serialize, ToSchema)]
struct CommandsReadiness {
    /// Whether they are taken now.
    serving: bool,
    /// How many have no answer yet.
    in_flight: u64,
    /// How many were answered `overloaded` since the start of the server.
    overloaded: u64,
    /// Why they are not taken: a stable code; `null` where they are.
    code: Option<&'static str>,
    /// What to do; the server's log has the details.
    trouble: Option<&'static str>,
}

impl From<CommandServiceStatus> for CommandsReadiness {
    fn from(status: CommandServiceStatus) -> Self {
        let CommandServiceStatus { serving, code, in_flight, overloaded } = status;
        Self { serving, in_flight, overloaded, code, trouble: code.map(trouble::in_words) }
    }
}

/// How one view is.
#[derive(Serialize, ToSchema)]
struct ViewReadiness {
    /// Which.
    view: &'static str,
    /// How many events of the log it has not seen yet.
    lag: u64,
    /// Whether it answers at all.
    available: bool,
}

/// Whether the server should be sent requests
///
/// Not while a view is being rebuilt or far behind the log, not when it stops, not when the log takes no appends.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "operations",
    operation_id = "ready",
    security(()),
    responses(
        (status = 200, description = "It should.", body = Readiness),
        (status = 503, description = "It should not; `reasons` say why.", body = Readiness),
    )
)]
pub(super) async fn readyz(State(api): State<Api>) -> (StatusCode, Json<Readiness>) {
    let mut reasons = Vec::new();
    if *api.closing().borrow() {
        reasons.push("the server is stopping".to_owned());
    }
    if let Some(reason) = api.live().failure() {
        reasons.push(format!("nothing is live any more, restart the server: {reason}"));
    }
    reasons.extend(api.metrics().refuses_appends().map(str::to_owned));
    // Whoever asks this has no key: nothing that he asks waits in the queue of the tenants' queries, or fills it.
    let views = View::ALL.map(|view| ViewReadiness {
        view: view.as_str(),
        lag: api.views().lag(view),
        available: api.views().is_available(view),
    });
    let most = api.settings().max_view_lag;
    for ViewReadiness { view, lag, available } in &views {
        if !available {
            reasons.push(format!("the {view} view is being rebuilt: wait"));
        } else if *lag > most {
            reasons
                .push(format!("the {view} view is `{lag}` events behind the log: wait until it is `{most}`"));
        }
    }
    let ready = reasons.is_empty();
    let relay = api.relay().map(Relay::status).into_iter().flatten().map(RelayReadiness::from).collect();
    let position = api.engine().log().tail();
    let commands_over_nats = api.command_service().map(CommandsReadiness::from);
    let readiness = Readiness { ready, reasons, position, views: views.into(), relay, commands_over_nats };
    (if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(readiness))
}
