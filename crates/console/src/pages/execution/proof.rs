//! That the events of an execution are in the log: recomputed here while the page is drawn, and handed out as a file.

use axum::{
    extract::Path,
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use tlog_tiles::{Checkpoint, Hash, check_record};
use vidimus_api_types::{EventProof, ExecutionProof};

use super::shown::Step;
use crate::{
    fields::{self, Query},
    frame::Broken,
    pages::Visitor,
};

/// The longest path that is followed: no tree is higher.
const MAX_PATH: usize = 64;

/// What the page says.
pub(super) struct Shown {
    pub(super) origin: String,
    pub(super) size: u64,
    pub(super) root: String,
    pub(super) note: String,
    pub(super) key: String,
    /// Whether every event of the page leads to the root that was signed. Not whether the signature is good.
    pub(super) holds: bool,
    pub(super) events: Vec<Included>,
    /// Where the file is, and what checks it.
    pub(super) file: String,
    pub(super) command: String,
}

/// An event in the tree.
pub(super) struct Included {
    pub(super) name: String,
    pub(super) leaf_index: u64,
    pub(super) leaf_hash: String,
    pub(super) hashes: usize,
}

/// What stands in the section.
pub(super) enum Proof {
    Shown(Box<Shown>),
    /// Why there is none.
    Absent(String),
}

/// The name of the file.
fn file_name(id: &str) -> String {
    format!("vidimus-proof-{id}.json")
}

/// The root that was signed: that of the note, not the one beside it.
fn signed_root(proof: &ExecutionProof) -> Option<Hash> {
    let body = Checkpoint::from_reader(&mut proof.checkpoint.note.as_bytes(), false).ok()?;
    let same = body.origin() == proof.checkpoint.origin
        && body.size() == proof.checkpoint.size
        && body.hash().0 == *proof.checkpoint.root.as_bytes();
    same.then(|| *body.hash())
}

fn leads_to(root: Hash, size: u64, event: &EventProof) -> bool {
    let path: Vec<_> = event.path.iter().take(MAX_PATH).map(|node| Hash(*node.as_bytes())).collect();
    path.len() == event.path.len()
        && event.position.get().checked_sub(1) == Some(event.leaf_index)
        && check_record(&path, size, root, event.leaf_index, Hash(*event.leaf_hash.as_bytes())).is_ok()
}

/// Whether every step of the timeline is an event that leads to the root.
fn holds(proof: &ExecutionProof, steps: &[Step]) -> bool {
    let Some(root) = signed_root(proof) else { return false };
    let proved = |step: &Step| {
        let event = proof.events.iter().find(|event| event.position.to_string() == step.position);
        event.is_some_and(|event| {
            event.leaf_hash.to_string() == step.leaf_hash && leads_to(root, proof.checkpoint.size, event)
        })
    };
    !steps.is_empty() && steps.iter().all(proved)
}

fn shown(proof: ExecutionProof, steps: &[Step], cursor: Option<&str>) -> Shown {
    let holds = holds(&proof, steps);
    let id = proof.execution_id.to_string();
    let events = proof.events.iter().map(|event| Included {
        name: event.event_type.replace('_', " "),
        leaf_index: event.leaf_index,
        leaf_hash: event.leaf_hash.to_string(),
        hashes: event.path.len(),
    });
    let query = cursor.map(|cursor| fields::query(&[("cursor", cursor)]));
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    Shown {
        holds,
        events: events.collect(),
        file: format!("/console/executions/{id}/proof.json{query}"),
        command: format!("vidimus proof verify {} --key '{}'", file_name(&id), proof.checkpoint.key),
        size: proof.checkpoint.size,
        root: proof.checkpoint.root.to_string(),
        origin: proof.checkpoint.origin,
        note: proof.checkpoint.note,
        key: proof.checkpoint.key,
    }
}

/// The proof of the page's events. What keeps it away keeps nothing else of the page away.
pub(super) async fn of(
    visitor: &Visitor,
    path: &str,
    steps: &[Step],
    cursor: Option<&str>,
    limit: &str,
) -> Proof {
    let mut query = vec![("limit", limit)];
    query.extend(cursor.map(|cursor| ("cursor", cursor)));
    match visitor.ask().get::<ExecutionProof>(&format!("{path}/proof"), &query).await {
        Ok(proof) => Proof::Shown(Box::new(shown(proof, steps, cursor))),
        Err(refused) => {
            Proof::Absent(format!("There is no proof now: {} ({}).", refused.detail, refused.code))
        }
    }
}

/// The file: the API's answer, to the letter.
pub(super) async fn file(
    visitor: Visitor,
    Path(id): Path<String>,
    Query(query): Query,
) -> Result<Response, Broken> {
    let path = format!("/v1/executions/{}/proof", fields::part(&id));
    let mut asked = vec![("limit", super::STEPS)];
    asked.extend(query.get("cursor").map(|cursor| ("cursor", cursor)));
    let answer = visitor.ask().stream(&path, &asked).await.map_err(|refused| visitor.broken(refused))?;
    let mut response = answer.into_body().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // An id that the API has found is a UUID.
    if let Ok(name) = HeaderValue::try_from(format!("attachment; filename=\"{}\"", file_name(&id))) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

#[cfg(test)]
mod tests;
