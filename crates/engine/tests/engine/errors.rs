//! Every error: its code, whether it passes, and that it says what to do.

use std::collections::BTreeMap;

use proto_events::{Actor, DecodeError, Digest, ExpectedVersion, GlobalPosition};
use uuid::Uuid;
use vidimus_domain::{
    agent, attempt, connection, conversation, execution, field::InvalidField, freeze, function, grant, key,
    policy, registry, reviewer, webhook,
};
use vidimus_engine::EngineError;
use vidimus_log::{AppendError, Broken, Conflict, ProofError, ReadError, Refusal, Unavailable};
use vidimus_policy::{ArgumentSchema, PolicySet, PolicySource};

#[test]
fn every_error_has_its_code_and_says_whether_it_passes() {
    let field = InvalidField::Missing { field: "reason" };
    let (actor, stream) = (Actor::user("ada"), || "execution-1".parse().unwrap());
    let conflict = Conflict { stream: stream(), expected: ExpectedVersion::NoStream, actual: None };
    let overloaded = Unavailable::Overloaded { what: "appends", waiting: 1 };
    let storage = Broken::Storage { reason: "EIO".into() };
    let corrupt = Broken::Corrupt { position: GlobalPosition::new(3), reason: "digest".into() };
    let too_large = Refusal::TooLarge { what: "the append in bytes", size: 2, limit: 1 };
    let unknown = DecodeError::UnknownType { event_type: "new".into() };
    let decode = EngineError::Event { position: GlobalPosition::new(3), error: unknown };
    let out_of_range = ProofError::OutOfRange { what: "size", given: 2, last: 1 };
    let missing = || field.clone();
    let wrong = PolicySource::new([("a.cedar".to_owned(), "permit".to_owned())].into()).unwrap();
    let unreadable = EngineError::PolicyUnreadable {
        policy_set: Digest::new([0; 32]),
        reason: "it is not in the log".into(),
    };
    let batch = |error| EngineError::Batch { index: 0, execution_id: Uuid::nil(), error: Box::new(error) };
    let table: Vec<(EngineError, &str, bool)> = vec![
        (execution::Rejection::NotFound.into(), "execution_not_found", false),
        (execution::Rejection::AwaitingApproval.into(), "awaiting_approval", false),
        (execution::Rejection::Field(field.clone()).into(), "text_missing", false),
        (
            function::Rejection::AgentCannotSetAccess { actor: actor.clone() }.into(),
            "agent_cannot_set_access",
            false,
        ),
        (attempt::Rejection::Field(field.clone()).into(), "text_missing", false),
        (registry::Rejection::Field(field.clone()).into(), "text_missing", false),
        (webhook::Rejection::Field(field.clone()).into(), "text_missing", false),
        (webhook::Rejection::NotFound.into(), "webhook_not_found", false),
        (agent::Rejection::Field(missing()).into(), "text_missing", false),
        (connection::Rejection::Field(missing()).into(), "text_missing", false),
        (conversation::Rejection::Field(missing()).into(), "text_missing", false),
        (freeze::Rejection::Field(missing()).into(), "text_missing", false),
        (grant::Rejection::Field(missing()).into(), "text_missing", false),
        (policy::Rejection::Field(missing()).into(), "text_missing", false),
        (reviewer::Rejection::Field(missing()).into(), "text_missing", false),
        (PolicySource::new(BTreeMap::new()).unwrap_err().into(), "policy_source_empty", false),
        (PolicySet::parse(&wrong).unwrap_err().into(), "policy_invalid", false),
        (unreadable, "policy_unreadable", false),
        (
            ArgumentSchema::compile(&serde_json::json!({ "type": 1 })).unwrap_err().into(),
            "schema_invalid",
            false,
        ),
        (EngineError::BatchSize { size: 0, max: 100 }, "batch_size", false),
        (EngineError::BatchRepeats { execution_id: Uuid::nil() }, "batch_repeats", false),
        (batch(EngineError::Contention { tries: 32 }), "contention", true),
        (batch(execution::Rejection::NotFound.into()), "execution_not_found", false),
        (key::Rejection::NotFound.into(), "key_not_found", false),
        (key::Rejection::RolesMissing.into(), "roles_missing", false),
        (EngineError::KeyPepperMissing, "key_pepper_missing", false),
        (EngineError::MissingRole { actor, role: "admin" }, "missing_role", false),
        (EngineError::Contention { tries: 32 }, "contention", true),
        (EngineError::ReplayRunning, "replay_running", true),
        (EngineError::TooManyReplays { max: 2 }, "too_many_replays", true),
        (EngineError::ReplayEnded("panic".into()), "replay_ended", false),
        (AppendError::from(conflict).into(), "conflict", false),
        (AppendError::from(Refusal::Empty).into(), "append_empty", false),
        (AppendError::from(Refusal::StreamTwice(stream())).into(), "append_stream_twice", false),
        (AppendError::from(too_large).into(), "append_too_large", false),
        (AppendError::from(overloaded.clone()).into(), "overloaded", true),
        (AppendError::from(Unavailable::StorageFull).into(), "storage_full", true),
        (AppendError::from(Broken::Closed).into(), "log_closed", false),
        (AppendError::from(storage.clone()).into(), "storage_failed", false),
        (AppendError::from(corrupt.clone()).into(), "corrupt", false),
        (ReadError::from(overloaded).into(), "overloaded", true),
        (ReadError::from(Unavailable::StorageFull).into(), "storage_full", true),
        (ReadError::from(Broken::Closed).into(), "log_closed", false),
        (ReadError::from(storage).into(), "storage_failed", false),
        (ReadError::from(corrupt.clone()).into(), "corrupt", false),
        (ProofError::from(corrupt).into(), "corrupt", false),
        (ProofError::from(ReadError::from(Unavailable::StorageFull)).into(), "storage_full", true),
        (ProofError::TooMany { asked: 2, limit: 1 }.into(), "proof_too_many", false),
        (out_of_range.into(), "proof_out_of_range", false),
        (decode, "unreadable_event", false),
        (EngineError::Encode("depth".into()), "encode", false),
    ];
    for (error, code, retryable) in table {
        // A variant more has to come into the table.
        match &error {
            EngineError::Execution(_)
            | EngineError::Function(_)
            | EngineError::Attempt(_)
            | EngineError::Key(_)
            | EngineError::Registry(_)
            | EngineError::Webhook(_)
            | EngineError::Agent(_)
            | EngineError::Connection(_)
            | EngineError::Conversation(_)
            | EngineError::Freeze(_)
            | EngineError::Grant(_)
            | EngineError::Policy(_)
            | EngineError::Reviewer(_)
            | EngineError::PolicyInvalid(_)
            | EngineError::PolicySource(_)
            | EngineError::PolicyUnreadable { .. }
            | EngineError::SchemaInvalid(_)
            | EngineError::Batch { .. }
            | EngineError::BatchSize { .. }
            | EngineError::BatchRepeats { .. }
            | EngineError::KeyPepperMissing
            | EngineError::MissingRole { .. }
            | EngineError::Contention { .. }
            | EngineError::ReplayRunning
            | EngineError::TooManyReplays { .. }
            | EngineError::ReplayEnded(_)
            | EngineError::Append(_)
            | EngineError::Read(_)
            | EngineError::Proof(_)
            | EngineError::Event { .. }
            | EngineError::Encode(_) => {}
        }
        assert_eq!((error.code(), error.is_retryable()), (code, retryable), "{error}");
        assert!(!error.to_string().is_empty());
    }
}

#[test]
fn the_engines_own_errors_say_what_to_do() {
    let missing = EngineError::MissingRole { actor: Actor::user("ada"), role: "admin" };
    assert_eq!(
        missing.to_string(),
        "`user:ada` does not have the role `admin`: use a key that has it, or ask an administrator for it"
    );
    assert_eq!(
        EngineError::Contention { tries: 32 }.to_string(),
        "too much happens to this stream at once (tried 32 times): try again"
    );
    assert_eq!(
        EngineError::Encode("depth".into()).to_string(),
        "an event could not be written as JSON: depth; report this as a bug"
    );
}
