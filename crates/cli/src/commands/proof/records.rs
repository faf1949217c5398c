//! What the proved events say: their records, hashed anew.

use std::{collections::BTreeMap, path::Path};

use proto_events::{RecordedEvent, StreamId};
use vidimus_api_types::ExecutionProof;
use vidimus_log::{encode_record, leaf_hash};

use crate::{error::Failure, files};

/// The most that is read of a file of events, in bytes: 250 events of the largest payload.
const MAX_BYTES: usize = 192 * 1024 * 1024;

/// Holds every event of a proof against its record in a file of events, one a line as `log export` writes them: the hash of
/// its leaf has to be that of the record, and what the proof says of it too. Of others in the file nothing is said.
pub(super) fn hold(file: &Path, proof: &ExecutionProof) -> Result<(), Failure> {
    let name = file.display();
    let bytes = files::read(file, MAX_BYTES)?;
    if bytes.len() > MAX_BYTES {
        let message = format!("`{name}` is larger than 192 MiB: hand over the events of the execution alone");
        return Err(Failure::refused("records_too_large", message));
    }
    let mut by_position: BTreeMap<_, _> = proof.events.iter().map(|event| (event.position, event)).collect();
    for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let event: RecordedEvent = serde_json::from_slice(line).map_err(|error| {
            let message = format!(
                "line {} of `{name}` is no recorded event ({error}): write it with `vidimus log replay --execution ID --output json`",
                number + 1
            );
            Failure::refused("records_malformed", message)
        })?;
        let Some(proved) = by_position.remove(&event.position) else { continue };
        // The leaf is the record's; what the proof says beside it is held against that too.
        let says_the_same = proved.event_id == event.event.event_id
            && *proved.event_type == *event.event.event_type
            && proved.version == event.version
            && StreamId::execution(proof.execution_id) == event.stream;
        if !says_the_same || leaf_hash(&encode_record(&event)) != proved.leaf_hash {
            let message = format!(
                "the event at position {} in `{name}` is not the one that is proved: one of the two was changed",
                event.position
            );
            return Err(Failure::refused("record_differs", message));
        }
    }
    match by_position.keys().next() {
        None => Ok(()),
        Some(position) => {
            let message =
                format!("the event at position {position} is not in `{name}`: hand over all of them");
            Err(Failure::refused("record_missing", message))
        }
    }
}
