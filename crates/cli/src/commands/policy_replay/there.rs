//! A replay that a server makes of its own log.

use proto_events::Timestamp;
use vidimus_api_types::{PolicyReplay, ReplayPolicy};
use vidimus_policy::PolicySet;

use super::{Span, Summary};
use crate::{
    args::{Global, Place, ReplayRange},
    error::Failure,
    source::Server,
};

/// What the server found.
pub(super) async fn replay(
    global: &Global,
    candidate: &PolicySet,
    range: ReplayRange,
    recorded: bool,
    limit: u32,
) -> Result<Summary, Failure> {
    let Some(server) = Server::named(global)? else {
        let message =
            "`--at-server` lets a server replay: name it with `--server`, or leave `--at-server` out";
        return Err(Failure::usage("server_missing", message));
    };
    let ReplayRange { from, to, conversation } = range;
    let body = ReplayPolicy {
        files: candidate.source().files().clone(),
        since: from.map(instant).transpose()?,
        until: to.map(instant).transpose()?,
        conversation,
        recorded,
        limit: Some(limit),
    };
    let replay = server.answered(server.client().replay_policy(&body).await)?;
    let PolicyReplay { candidate, since, until, report } = replay;
    Ok(Summary { candidate: Some(candidate), span: Some(Span { since, until }), report, speed: None })
}

fn instant(place: Place) -> Result<Timestamp, Failure> {
    match place {
        Place::Time(at) => Ok(at),
        Place::Position(position) => Err(Failure::usage(
            "place_not_a_time",
            format!(
                "a server replays by times, and `{position}` is a position: write a time, or leave `--at-server` out"
            ),
        )),
    }
}
