//! `vidimus approval review`: the queue, one card at a time, in plain lines.

mod answers;
mod card;

use std::{collections::BTreeSet, process::ExitCode};

use uuid::Uuid;
use vidimus_api_types::{
    Abort, AddComment, ApprovalKind, ApprovalQuery, Approve, Deny, Execution, ExecutionQuery, PendingApproval,
};

use super::told;
use crate::{
    args::{Global, Review},
    error::{Failure, INTERRUPTED, Kind},
    output::Output,
    source::Source,
};
use answers::{Answer, Answers};

/// What can be done with a card.
const CHOICES: &str = "[a]pprove [d]eny a[b]ort [c]omment [s]kip [q]uit> ";
/// How many other calls of the agent are shown.
const OTHERS: usize = 5;
/// How many items of the queue are looked at in one go.
const PAGE: u32 = 100;

/// What came of a review.
#[derive(Default)]
struct Tally {
    approved: u32,
    denied: u32,
    aborted: u32,
    skipped: u32,
    refused: u32,
}

/// What is done about a card.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    Approve,
    Deny,
    Abort,
    Comment,
}

impl Act {
    const fn question(self) -> &'static str {
        match self {
            Self::Approve => "comment (empty for none)> ",
            Self::Deny => "reason> ",
            Self::Abort => "feedback to the agent> ",
            Self::Comment => "comment> ",
        }
    }

    const fn done(self) -> &'static str {
        match self {
            Self::Approve => "approved",
            Self::Deny => "denied",
            Self::Abort => "aborted",
            Self::Comment => "commented on",
        }
    }
}

/// What came of a card.
enum Next {
    /// It is done with.
    Done,
    /// It is shown again, as it is by now.
    Again,
    /// That was enough.
    Quit,
    /// Ctrl-C.
    Interrupted,
}

struct Walk {
    source: Source,
    query: ApprovalQuery,
    answers: Answers,
    output: Output,
    tally: Tally,
    /// What was decided or passed over.
    done: BTreeSet<Uuid>,
}

pub(super) async fn run(global: &Global, args: Review, output: Output) -> Result<ExitCode, Failure> {
    let query = ApprovalQuery {
        kind: Some(ApprovalKind::Approval),
        mine: Some(true),
        agent: args.agent,
        function: args.function,
        limit: Some(PAGE),
        ..ApprovalQuery::default()
    };
    if output.is_json() {
        return print(global, query, output).await;
    }
    let answers = Answers::open(args.answers.as_deref())?;
    let source = Source::open(global, "approval review").await?;
    let mut walk = Walk { source, query, answers, output, tally: Tally::default(), done: BTreeSet::new() };
    let ended = walk.walk().await;
    // Also where it broke off: what is done stays done.
    walk.sum_up()?;
    Ok(match ended? {
        Next::Interrupted => ExitCode::from(INTERRUPTED),
        _ => ExitCode::SUCCESS,
    })
}

/// The items, a line each: there is nobody to ask.
async fn print(global: &Global, mut query: ApprovalQuery, output: Output) -> Result<ExitCode, Failure> {
    let source = Source::open(global, "approval review").await?;
    loop {
        let page = source.approvals(&query).await?;
        page.items.iter().try_for_each(|item| output.json_line(item))?;
        query.cursor = page.next;
        if query.cursor.is_none() {
            return Ok(ExitCode::SUCCESS);
        }
    }
}

impl Walk {
    async fn walk(&mut self) -> Result<Next, Failure> {
        while let Some(item) = self.next().await? {
            match self.review(&item).await? {
                Next::Done => {
                    self.done.insert(item.execution_id);
                }
                Next::Again => {}
                ended @ (Next::Quit | Next::Interrupted) => return Ok(ended),
            }
        }
        self.output.line("nothing more waits for you")?;
        Ok(Next::Done)
    }

    /// The most urgent one that was not looked at, as it is now.
    async fn next(&mut self) -> Result<Option<PendingApproval>, Failure> {
        let mut query = self.query.clone();
        loop {
            let page = self.source.approvals(&query).await?;
            let new = page.items.into_iter().find(|item| !self.done.contains(&item.execution_id));
            if new.is_some() || page.next.is_none() {
                return Ok(new);
            }
            query.cursor = page.next;
        }
    }

    /// Shows a card, and asks until something is done about it.
    async fn review(&mut self, item: &PendingApproval) -> Result<Next, Failure> {
        let id = item.execution_id;
        let (execution, others) = (self.source.execution(id).await?, self.others(item).await?);
        self.output.line(&card::text(item, &execution, &others))?;
        loop {
            let choice = match self.answers.ask(CHOICES).await? {
                Answer::Line(line) => line,
                Answer::Ended => return Ok(Next::Quit),
                Answer::Interrupted => return Ok(Next::Interrupted),
            };
            let act = match &*choice.to_lowercase() {
                "a" | "approve" => Act::Approve,
                "d" | "deny" => Act::Deny,
                "b" | "abort" => Act::Abort,
                "c" | "comment" => Act::Comment,
                "s" | "skip" => {
                    self.tally.skipped += 1;
                    return Ok(Next::Done);
                }
                "q" | "quit" => return Ok(Next::Quit),
                "" => continue,
                _ => {
                    self.output.line("that is none of them: type one of the letters in brackets")?;
                    continue;
                }
            };
            let text = match self.answers.ask(act.question()).await? {
                Answer::Line(line) => Some(line).filter(|line| !line.is_empty()),
                // A verdict that was not spoken out is none.
                Answer::Ended => return Ok(Next::Quit),
                Answer::Interrupted => return Ok(Next::Interrupted),
            };
            if text.is_none() && act != Act::Approve {
                self.output.line("nothing was said, so nothing was done")?;
                continue;
            }
            if let Some(next) = self.act(item, act, text).await? {
                return Ok(next);
            }
        }
    }

    /// Does what was chosen; none where the same card is asked about again.
    async fn act(
        &mut self,
        item: &PendingApproval,
        act: Act,
        text: Option<String>,
    ) -> Result<Option<Next>, Failure> {
        let (id, source, card) = (item.execution_id, &self.source, Some(item.card));
        let words = text.clone().unwrap_or_default();
        let answer = match act {
            Act::Approve => {
                let (arguments_digest, stage) = (Some(item.arguments_digest), Some(item.stage));
                let body = Approve { arguments_digest, stage, comment: text, break_glass: None, card };
                source.approve(id, body).await
            }
            Act::Deny => source.deny(id, Deny { reason: words, card }).await,
            Act::Abort => source.abort(id, Abort { feedback: words, card }).await,
            Act::Comment => source.comment(id, AddComment { text: words }).await,
        };
        match answer {
            Ok(execution) => {
                told(&execution, act.done(), self.output)?;
                match act {
                    Act::Approve => self.tally.approved += 1,
                    Act::Deny => self.tally.denied += 1,
                    Act::Abort => self.tally.aborted += 1,
                    Act::Comment => return Ok(None),
                }
                Ok(Some(Next::Done))
            }
            Err(refused) if matches!(refused.kind, Kind::Refused | Kind::NotFound) => {
                self.output.line(&format!("refused ({}): {}", refused.code, refused.message))?;
                self.tally.refused += 1;
                Ok(match &*refused.code {
                    // It can be said in other words.
                    "text_missing" | "text_too_long" | "invalid_field" => None,
                    _ if act == Act::Comment => None,
                    "card_changed" | "stage_mismatch" => Some(Next::Again),
                    _ => Some(Next::Done),
                })
            }
            Err(broken) => Err(broken),
        }
    }

    /// What else the agent did, the latest first.
    async fn others(&self, item: &PendingApproval) -> Result<Vec<Execution>, Failure> {
        let limit = u32::try_from(OTHERS + 1).ok();
        let query = ExecutionQuery { agent: Some(item.agent.clone()), limit, ..ExecutionQuery::default() };
        let page = self.source.executions(&query).await?;
        let others = page.items.into_iter().filter(|other| other.execution_id != item.execution_id);
        Ok(others.take(OTHERS).collect())
    }

    fn sum_up(&self) -> Result<(), Failure> {
        let Tally { approved, denied, aborted, skipped, refused } = self.tally;
        self.output.line(&format!(
            "{approved} approved, {denied} denied, {aborted} aborted, {skipped} skipped, {refused} refused"
        ))
    }
}
