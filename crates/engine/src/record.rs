//! Recording a call after the fact.
//!
//! A record takes no lane ([`crate::lanes`]). Lanes are for decisions, each of which has to see those before it; nothing is
//! decided on a record, and a decision beside it rests on the log up to the position that it names: it was made before the
//! record, also where it is appended after, and a replay has it so. Whoever was answered that a call is on record finds it
//! in every decision asked for after that, as the results and the users' words that come in the same way.

use proto_events::{ActivityReport, Actor, ArgumentsDigest, CallRef, Digest, Json, ResultStatus, StreamId};
use vidimus_domain::{
    arguments::Arguments,
    execution::{Action, Command, Record, Report},
};
use vidimus_log::StreamWrite;

use crate::{Answer, Engine, EngineError, Principal, engine::MAX_TRIES};

/// A call that ran elsewhere and is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinishedCall {
    /// The call.
    pub call: CallRef,
    /// Its arguments, if they are known.
    pub arguments: Option<Arguments>,
    /// On whose behalf; the principal itself where nobody is named.
    pub requester: Option<Actor>,
    /// The caller's key for this record: handing in the same again adds nothing.
    pub idempotency_key: Option<String>,
    /// What the caller says about the circumstances.
    pub context: Option<Json>,
    /// What the runtime says about the call.
    pub activity: ActivityReport,
    /// How it ended.
    pub status: ResultStatus,
    /// What came of it.
    pub report: Report,
}

/// Stands for the digest in the id of a record without arguments.
const NO_ARGUMENTS: ArgumentsDigest = Digest::new([0; 32]);

impl Engine {
    /// Puts a finished call on record, in one append. [`Answer::already`]: it was on record before.
    ///
    /// # Errors
    /// The domain's rejections; the log's errors.
    pub async fn record(&self, principal: &Principal, finished: FinishedCall) -> Result<Answer, EngineError> {
        let digest = finished.arguments.as_ref().map_or(NO_ARGUMENTS, Arguments::digest);
        let execution_id = match &finished.idempotency_key {
            Some(key) => CallRef::attempt_id(&principal.tenant, key, &finished.call.function, &digest),
            None => self.ids.fresh(),
        };
        let function = finished.call.function.clone();
        let record = Record {
            execution_id,
            call: finished.call,
            arguments: finished.arguments,
            requester: Self::requester(principal, finished.requester),
            idempotency_key: finished.idempotency_key,
            context: finished.context,
            sensitive: Vec::new(),
            activity: finished.activity,
            status: finished.status,
            report: finished.report,
        };
        let (tenant, by) = (&principal.tenant, principal.actor.clone());
        let mut command =
            Command { by, at: self.clock.now(), frozen: None, card: None, action: Action::Record(record) };
        let correlation_id = self.correlation_id(principal);
        for _ in 0..MAX_TRIES {
            let loaded = self.load_execution(tenant, execution_id).await?;
            // As the catalogue has it now; where it changes before the append, it is looked up again.
            let described = self.load_function(tenant, &function).await?;
            if let Action::Record(record) = &mut command.action {
                let description = described.state.description.as_deref();
                record.sensitive = description.map(|said| said.sensitive.clone()).unwrap_or_default();
            }
            command.at = self.clock.now();
            let guard = StreamWrite {
                stream: StreamId::function(&function),
                expected: described.expected(),
                events: Vec::new(),
            };
            if let Some(answer) =
                self.attempt(principal, execution_id, loaded, &command, vec![guard], correlation_id).await?
            {
                return Ok(answer);
            }
        }
        Err(EngineError::Contention { tries: MAX_TRIES })
    }
}
