//! `GET /readyz`

use axum::{Json, extract::State, http::StatusCode};
use proto_events::GlobalPosition;
use serde::Serialize;
use utoipa::ToSchema;
use vidimus_projection::View;

use crate::state::Api;

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
    let readiness = Readiness { ready, reasons, position: api.engine().log().tail(), views: views.into() };
    (if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(readiness))
}
