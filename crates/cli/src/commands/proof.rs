//! `vidimus proof`: what somebody hands over is checked here, and nobody is asked.

mod records;

use std::{path::Path, process::ExitCode};

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;
use vidimus_api_types::{Checkpoint, ConsistencyProof, Digest, EventProof, ExecutionProof};
use vidimus_client::proof::{CheckpointVerifier, ProofError, VerifiedCheckpoint};

use crate::{
    args::{Proof, ProofVerify},
    error::Failure,
    files,
    output::{Output, grouped, printable},
};

/// The largest file that is looked at, in bytes: 250 paths of the highest tree are less than one.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// What was checked and found to be so.
#[derive(Debug, Serialize)]
struct Verified {
    origin: String,
    size: u64,
    root: Digest,
    key: String,
    /// Whether the key was given, and not only taken from the file.
    key_given: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    execution_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<Vec<EventProof>>,
    /// Where the proof goes on, if it has not all of the execution's events.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// Whether what the events say was held against their leaves.
    #[serde(skip_serializing_if = "Option::is_none")]
    records_match: Option<bool>,
    /// The size that the log is consistent from.
    #[serde(skip_serializing_if = "Option::is_none")]
    consistent_from: Option<u64>,
}

/// What is in the file.
enum Given {
    Execution(ExecutionProof),
    Consistency(ConsistencyProof),
    Described(Checkpoint),
    Note(String),
}

pub(super) fn run(command: Proof, output: Output) -> Result<ExitCode, Failure> {
    let Proof::Verify(args) = command;
    output.show(&verify(&args)?, people)?;
    Ok(ExitCode::SUCCESS)
}

fn failed(file: &Path, error: &ProofError) -> Failure {
    Failure::refused(error.code(), format!("`{}`: {error}", file.display()))
}

fn text(file: &Path) -> Result<String, Failure> {
    let malformed = |problem| failed(file, &ProofError::Malformed { problem });
    let bytes = files::read(file, MAX_BYTES)?;
    if bytes.len() > MAX_BYTES {
        return Err(malformed("it is larger than 8 MiB"));
    }
    String::from_utf8(bytes).map_err(|_| malformed("it is not UTF-8"))
}

fn read(file: &Path) -> Result<Given, Failure> {
    let malformed = |problem| failed(file, &ProofError::Malformed { problem });
    let text = text(file)?;
    // A note begins with the log's name, which is no JSON object.
    if !text.trim_start().starts_with('{') {
        return Ok(Given::Note(text));
    }
    let value: Value = serde_json::from_str(&text).map_err(|error| {
        Failure::refused("proof_malformed", format!("`{}` is cut short or no JSON: {error}", file.display()))
    })?;
    let (has, member) = (|name| value.get(name).is_some(), "a member of it is missing or not of its form");
    let given = if has("events") {
        serde_json::from_value(value).map(Given::Execution)
    } else if has("from_root") {
        serde_json::from_value(value).map(Given::Consistency)
    } else {
        serde_json::from_value(value).map(Given::Described)
    };
    given.map_err(|_| malformed(member))
}

fn verify(args: &ProofVerify) -> Result<Verified, Failure> {
    let file = &args.file;
    let given = read(file)?;
    let its_own = match &given {
        Given::Execution(proof) => Some(&proof.checkpoint.key),
        Given::Consistency(proof) => Some(&proof.checkpoint.key),
        Given::Described(checkpoint) => Some(&checkpoint.key),
        Given::Note(_) => None,
    };
    let Some(key) = args.key.as_ref().or(its_own) else {
        let message = "a checkpoint alone names no key: give the log's with `--key`";
        return Err(Failure::usage("checkpoint_key_missing", message));
    };
    let verifier =
        CheckpointVerifier::from_key(key).map_err(|error| Failure::refused(error.code(), error))?;
    let verified = match &given {
        Given::Execution(proof) => verifier.execution(proof),
        Given::Consistency(proof) => verifier.consistency(proof),
        Given::Described(checkpoint) => verifier.described(checkpoint),
        Given::Note(note) => verifier.checkpoint(note),
    };
    let verified = verified.map_err(|error| failed(file, &error))?;
    if let Some(kept) = &args.checkpoint {
        let earlier = kept_checkpoint(&verifier, kept)?;
        let (size, root) = match &given {
            Given::Consistency(proof) => (proof.from, proof.from_root),
            _ => (verified.size, verified.root),
        };
        same(kept, &earlier, size, root)?;
    }
    let records_match = match (&args.events, &given) {
        (None, _) => None,
        (Some(events), Given::Execution(proof)) => {
            records::hold(events, proof)?;
            Some(true)
        }
        (Some(_), _) => {
            let message = "`--events` goes with a proof of an execution: leave it out";
            return Err(Failure::usage("events_without_execution", message));
        }
    };
    let (key, key_given) = (key.trim().to_owned(), args.key.is_some());
    let (execution_id, events, next, consistent_from) = match given {
        Given::Execution(proof) => (Some(proof.execution_id), Some(proof.events), proof.next, None),
        Given::Consistency(proof) => (None, None, None, Some(proof.from)),
        Given::Described(_) | Given::Note(_) => (None, None, None, None),
    };
    let VerifiedCheckpoint { origin, size, root } = verified;
    Ok(Verified {
        origin,
        size,
        root,
        key,
        key_given,
        execution_id,
        events,
        next,
        records_match,
        consistent_from,
    })
}

/// The checkpoint that was kept: a note, or the JSON around one.
fn kept_checkpoint(verifier: &CheckpointVerifier, file: &Path) -> Result<VerifiedCheckpoint, Failure> {
    let checked = match read(file)? {
        Given::Note(note) => verifier.checkpoint(&note),
        Given::Described(checkpoint) => verifier.described(&checkpoint),
        Given::Execution(proof) => verifier.described(&proof.checkpoint),
        Given::Consistency(proof) => verifier.described(&proof.checkpoint),
    };
    checked.map_err(|error| failed(file, &error))
}

fn same(file: &Path, kept: &VerifiedCheckpoint, size: u64, root: Digest) -> Result<(), Failure> {
    let name = file.display();
    if kept.size != size {
        let message = format!(
            "`{name}` is of {} events and the proof of {size}: prove the one from the other with `vidimus log checkpoint --from {}`",
            kept.size, kept.size
        );
        return Err(Failure::refused("checkpoint_of_another_size", message));
    }
    if kept.root != root {
        let message = format!(
            "`{name}` and the proof have {size} events each and not the same root: the log was changed after one of the two was signed"
        );
        return Err(Failure::refused("checkpoint_contradicted", message));
    }
    Ok(())
}

fn people(verified: &Verified) -> String {
    let mut text = format!(
        "log         {}\nevents      {}\nroot        {}\nkey         {}",
        printable(&verified.origin),
        grouped(verified.size),
        verified.root,
        printable(&verified.key)
    );
    if let Some(id) = verified.execution_id {
        text += &format!("\nexecution   {id}");
    }
    for event in verified.events.iter().flatten() {
        text += &format!(
            "\n  {:>6}  {:<24} leaf {}, {} hashes: in the log",
            event.version,
            printable(&event.event_type),
            event.leaf_hash,
            event.path.len()
        );
    }
    text += "\nthe signature is good";
    if let Some(events) = &verified.events {
        text += &match events.len() {
            1 => ", and the event is in the log".to_owned(),
            count => format!(", and all these {count} events are in the log"),
        };
        text += if verified.records_match.is_some() {
            ", and their records say what was handed over"
        } else {
            "; which execution they are of, and their types, are the file's word: hand over the events with `--events` to check that"
        };
    }
    if let Some(next) = &verified.next {
        text +=
            &format!("\nthe execution has more events: prove them too, with `--cursor {}`", printable(next));
    }
    if let Some(from) = verified.consistent_from {
        text += &format!(", and the log begins with all that it was at {} events", grouped(from));
    }
    if !verified.key_given {
        text += "\nthe key is the file's own: compare it with the one you know, or give that with `--key`";
    }
    text
}
