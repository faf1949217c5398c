//! A reviewer edits the arguments: the call ends, and a new attempt with the edited arguments is decided on.

use uuid::Uuid;
use vidimus_domain::{
    arguments::Arguments,
    execution::{Action, Rejection, Reviewer, SeenCard},
};

use crate::{Answer, Engine, EngineError, Principal, Proposal};

/// What the idempotency keys of edits begin with; those of callers never do.
pub(crate) const EDIT_KEYS: &str = "revision of ";

/// What came of an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revised {
    /// The call as it was proposed; aborted.
    pub former: Answer,
    /// The call with the edited arguments, as it was decided on. Its reviewer is somebody else: who edits asks.
    pub new: Answer,
}

impl Engine {
    /// Ends a call that waits for approval, and proposes it with the arguments that the reviewer gives instead, on behalf of
    /// the same requester. `card`: what the reviewer saw. The new attempt is linked to the former one and decided on anew;
    /// whoever edited cannot approve it.
    ///
    /// One append does both. The new attempt's idempotency key is made of the execution and the arguments: where the answer
    /// was lost, the same edit again lands on the same two executions.
    ///
    /// # Errors
    /// The domain's rejections; the log's errors.
    pub async fn revise(
        &self,
        principal: &Principal,
        execution_id: Uuid,
        arguments: Arguments,
        feedback: String,
        card: Option<SeenCard>,
    ) -> Result<Revised, EngineError> {
        let loaded = self.load_execution(&principal.tenant, execution_id).await?;
        let Some(execution) = loaded.state.execution() else { return Err(Rejection::NotFound.into()) };
        let key = format!("{EDIT_KEYS}{execution_id} to {}", arguments.digest());
        // Whoever asked for the former attempt asked for this one too, and does not review it either.
        let mut asked_by = execution.initiated.asked_by.clone();
        if !asked_by.contains(&execution.initiated_by) {
            asked_by.push(execution.initiated_by.clone());
        }
        let call = execution.call().clone();
        let revised_as =
            proto_events::CallRef::attempt_id(&principal.tenant, &key, &call.function, &arguments.digest());
        let abort = Action::Abort { feedback, reviewer: Reviewer::default(), revised_as: Some(revised_as) };
        let proposal = Proposal {
            call,
            arguments,
            requester: Some(execution.requester().clone()),
            idempotency_key: Some(key),
            context: execution.initiated.context.clone(),
            former_execution: Some(execution_id),
            asked_by,
        };
        let (new, former) =
            self.propose_instead(principal, proposal, Some((execution_id, (abort, card)))).await?;
        let former = former.ok_or(Rejection::NotFound)?;
        Ok(Revised { former, new })
    }
}
