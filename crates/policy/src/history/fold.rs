//! What each event changes.

use proto_events::{
    CallRef, ConversationEvent, Event, ExecutionEvent, Finished, FunctionEvent, Initiated, Origin,
    RecordedEvent, ResultStatus, StreamId, TenantId, Timestamp,
};
use serde_json::Value;
use uuid::Uuid;

use super::{
    History, amounts,
    arguments::name_something_of_user,
    catalogue::Described,
    conversation::{End, Executions, Proposal},
    keys,
    text::ResultText,
};

/// What an event of an execution is about.
#[derive(Clone, Copy)]
struct Subject<'a> {
    tenant: &'a TenantId,
    call: &'a CallRef,
    id: Uuid,
    at: Timestamp,
}

/// The execution of a stream.
fn execution_of(stream: &StreamId) -> Option<Uuid> {
    stream.as_str().strip_prefix("execution-")?.parse().ok()
}

impl History {
    /// Folds the next event of the log.
    pub fn apply(&mut self, recorded: &RecordedEvent, event: &Event) {
        let tenant = &recorded.tenant;
        match event {
            Event::Conversation(ConversationEvent::UserSpoke(spoke)) => {
                keys::conversation(&mut self.key, tenant, &spoke.agent, &spoke.conversation);
                self.conversations.change(&self.key, |conversation| conversation.user_spoke(&spoke.text));
            }
            Event::Function(FunctionEvent::Described(described)) => {
                self.catalogue.describe(tenant, &described.function, &described.description);
            }
            Event::Function(FunctionEvent::Withdrawn(withdrawn)) => {
                self.catalogue.withdraw(tenant, &withdrawn.function);
            }
            Event::Execution(event) => {
                if let Some(id) = execution_of(&recorded.stream) {
                    let at = recorded.event.recorded_at;
                    self.execution(Subject { tenant, call: event.call(), id, at }, event);
                }
            }
            _ => {}
        }
    }

    fn execution(&mut self, of: Subject<'_>, event: &ExecutionEvent) {
        use ExecutionEvent as E;
        match event {
            E::Initiated(initiated) => self.initiated(of, initiated),
            E::Allowed(_) => self.decided(of, false, false),
            E::ConfirmationRequired(_) => self.decided(of, true, false),
            E::ApprovalRequired(_) => self.decided(of, true, true),
            E::ApprovalAccepted(_) | E::Permitted(_) => self.decided(of, false, false),
            E::Confirmed(_) => self.confirmed(of),
            E::NoOp(_) => {
                self.change(of, Executions::is_no_act);
                self.ended(of, End::NotRun, false, &[]);
            }
            E::InProgress(_) => self.change(of, Executions::started),
            E::Blocked(_)
            | E::Declined(_)
            | E::ConfirmationExpired(_)
            | E::ApprovalDenied(_)
            | E::ApprovalAborted(_)
            | E::ApprovalExpired(_) => self.ended(of, End::Stopped, false, &[]),
            E::PermitExpired(_) => self.ended(of, End::NotRun, false, &[]),
            E::Skipped(finished) | E::Cancelled(finished) => {
                self.ended(of, End::NotRun, false, &texts(finished));
            }
            E::Succeeded(finished) => self.ended(of, End::Ran, false, &texts(finished)),
            E::Failed(finished) | E::TimedOut(finished) => self.ended(of, End::Ran, true, &texts(finished)),
            E::Settled(settled) => {
                let (end, has_failed) = match settled.status {
                    ResultStatus::Skipped | ResultStatus::Cancelled => (End::ShownNotRun, false),
                    ResultStatus::Failed | ResultStatus::TimedOut => (End::Ran, true),
                    ResultStatus::Succeeded | ResultStatus::Unknown => (End::Ran, false),
                };
                let texts: Vec<ResultText> = settled.result.iter().map(ResultText::of_json).collect();
                self.ended(of, end, has_failed, &texts);
            }
            // These neither end a call nor change who it waits for; a new decision is followed by what came of it.
            E::Progressed(_)
            | E::ResultUnknown(_)
            | E::Reattempted(_)
            | E::ApprovalVoted(_)
            | E::ApprovalEscalated(_)
            | E::ApprovalReminded(_)
            | E::Commented(_)
            | E::Redecided(_)
            | E::PermitWithdrawn(_)
            | E::Suspended(_)
            | E::Resumed(_) => {}
        }
    }

    fn initiated(&mut self, of: Subject<'_>, initiated: &Initiated) {
        let arguments = initiated.arguments.as_ref().map_or(Value::Null, proto_events::Json::to_value);
        let undescribed = Described::undescribed();
        let described = self.catalogue.get(of.tenant, &of.call.function).unwrap_or(&undescribed);
        let amount = described.amount.as_deref().map_or(0, |place| amounts::amount(&arguments, place));
        keys::conversation(&mut self.key, of.tenant, &of.call.agent, &of.call.conversation);
        self.conversations.change(&self.key, |conversation| {
            conversation.count(&of.call.function);
            conversation.amounts.add(of.at, amount);
            let proposal = Proposal {
                at: of.at,
                amount,
                is_named: name_something_of_user(conversation, described, &arguments),
                // What is handed in when it is over was let through by nobody here: nothing goes on with it.
                is_act: described.acts && !described.one_time_code && initiated.origin == Origin::Proposed,
            };
            let has_room = conversation.executions.propose(initiated.execution_id, proposal);
            conversation.is_whole &= has_room;
        });
        for (counted, key) in [(&mut self.agents, Some(&of.call.agent)), (&mut self.tenants, None)] {
            keys::counted(&mut self.key, of.tenant, key.map(String::as_str));
            counted.change(&self.key, |windows| {
                windows.call(of.at);
                windows.amounts.add(of.at, amount);
            });
        }
    }

    /// Changes what is known of the call in its conversation.
    fn change(&mut self, of: Subject<'_>, change: impl FnOnce(&mut Executions, Uuid)) {
        keys::conversation(&mut self.key, of.tenant, &of.call.agent, &of.call.conversation);
        self.conversations.change(&self.key, |conversation| change(&mut conversation.executions, of.id));
    }

    /// The call waits for people or not, and is held or not.
    fn decided(&mut self, of: Subject<'_>, waits: bool, is_held: bool) {
        self.change(of, |executions, id| {
            executions.waits(id, waits);
            executions.hold(id, is_held);
        });
    }

    /// Its user confirmed; approvals may still be wanted.
    fn confirmed(&mut self, of: Subject<'_>) {
        self.change(of, |executions, id| executions.waits(id, false));
    }

    fn ended(&mut self, of: Subject<'_>, end: End, has_failed: bool, results: &[ResultText]) {
        let is_trusted =
            self.catalogue.get(of.tenant, &of.call.function).is_some_and(|known| known.is_trusted);
        keys::conversation(&mut self.key, of.tenant, &of.call.agent, &of.call.conversation);
        let not_moved = self.conversations.change(&self.key, |conversation| {
            let open = conversation.executions.end(of.id, end);
            conversation.failures += i64::from(has_failed);
            let is_named = open.is_some_and(|open| open.proposal.is_named);
            results.iter().for_each(|result| conversation.returned(result, is_trusted, is_named));
            let not_moved = open.filter(|open| open.never_moved(end)).map(|open| open.proposal);
            if let Some(proposal) = not_moved {
                conversation.amounts.take_back(proposal.at, proposal.amount);
            }
            not_moved.filter(|proposal| proposal.amount != 0)
        });
        if !has_failed && not_moved.is_none() {
            return;
        }
        for (counted, key) in [(&mut self.agents, Some(&of.call.agent)), (&mut self.tenants, None)] {
            keys::counted(&mut self.key, of.tenant, key.map(String::as_str));
            counted.change(&self.key, |windows| {
                if has_failed {
                    windows.failure(of.at);
                }
                if let Some(proposal) = not_moved {
                    windows.amounts.take_back(proposal.at, proposal.amount);
                }
            });
        }
    }
}

/// What the agent reads of a call that ended: what it returned, and the error.
fn texts(finished: &Finished) -> Vec<ResultText> {
    let result = finished.result.iter().map(ResultText::of_json);
    let error = finished.error.iter().map(|error| ResultText::of_text(error.message.clone()));
    result.chain(error).collect()
}
