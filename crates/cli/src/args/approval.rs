//! `vidimus approval`

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use proto_events::ArgumentsDigest;
use uuid::Uuid;

use super::{PageArgs, execution_id};

#[derive(Debug, Subcommand)]
pub(crate) enum Approval {
    /// The approval queue, most urgent first.
    List {
        /// Without this user's own requests, but with their own confirmations; `--mine` looks at groups and votes as well.
        #[arg(long = "for", value_name = "USER")]
        reviewer: Option<String>,
        /// Only what you can still vote on, in your own name or in the place of somebody you stand in for.
        #[arg(long, conflicts_with = "reviewer")]
        mine: bool,
        /// Only of this agent.
        #[arg(long)]
        agent: Option<String>,
        /// Only of this function.
        #[arg(long)]
        function: Option<String>,
        #[command(flatten)]
        page: PageArgs,
    },
    /// Walk the approvals that wait for you, one card at a time, and decide each: in a terminal, in plain lines. With `--output
    /// json` it prints the items instead, a line each.
    Review(Review),
    /// Approve a call. Shows what it is, and approves exactly that.
    Approve {
        /// The execution's id.
        #[arg(value_parser = execution_id)]
        id: Uuid,
        /// What you have to say; goes on the audit trail.
        #[arg(long)]
        comment: Option<String>,
        /// Digest of the arguments that you saw; without it, of those that are shown now.
        #[arg(long, value_name = "SHA256")]
        digest: Option<ArgumentsDigest>,
        /// The stage that you saw, from 1; without it and without `--digest`, the one that is shown now.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        stage: Option<u32>,
        /// In an emergency: why the reviewers that were asked for are passed over. Takes the role `admin`, and is on record
        /// as such.
        #[arg(long, value_name = "REASON")]
        break_glass: Option<String>,
    },
    /// Confirm a call that was made for you. Shows what it is, and confirms exactly that.
    Confirm {
        /// The execution's id.
        #[arg(value_parser = execution_id)]
        id: Uuid,
        /// Digest of the arguments that you saw; without it, of those that are shown now.
        #[arg(long, value_name = "SHA256")]
        digest: Option<ArgumentsDigest>,
    },
    /// Decline a call that was made for you.
    Decline {
        /// The execution's id.
        #[arg(value_parser = execution_id)]
        id: Uuid,
        /// Why; goes on the audit trail.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Decide several calls: all of them, or none.
    Batch(Batch),
    /// Deny a call.
    Deny {
        /// The execution's id.
        #[arg(value_parser = execution_id)]
        id: Uuid,
        /// Why; goes on the audit trail.
        #[arg(long)]
        reason: String,
    },
    /// Abort a call, and tell the agent what to know or do instead.
    Abort {
        /// The execution's id.
        #[arg(value_parser = execution_id)]
        id: Uuid,
        /// What the agent should know or do instead.
        #[arg(long)]
        feedback: String,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Review {
    /// Only of this agent.
    #[arg(long)]
    pub(crate) agent: Option<String>,
    /// Only of this function.
    #[arg(long)]
    pub(crate) function: Option<String>,
    /// A file of answers instead of a terminal, a line each as they would be typed; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) answers: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Batch {
    /// The executions' ids, at most 100.
    #[arg(value_parser = execution_id, required_unless_present = "file")]
    pub(crate) ids: Vec<Uuid>,
    /// A file of decisions instead, a JSON object a line: `{"execution_id": "…", "verdict": {"kind": "approve"}}`; `-` is
    /// standard input.
    #[arg(long, value_name = "FILE.jsonl", conflicts_with_all = ["ids", "verdict", "text"])]
    pub(crate) file: Option<PathBuf>,
    /// What to do with each of them. Approves exactly what is shown now.
    #[arg(long, value_enum, value_name = "VERDICT", required_unless_present = "file")]
    pub(crate) verdict: Option<Verdict>,
    /// The comment, the reason or the feedback.
    #[arg(long)]
    pub(crate) text: Option<String>,
}

/// What to do with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Verdict {
    /// Approve it.
    Approve,
    /// Deny it; takes a reason.
    Deny,
    /// Abort it; takes feedback.
    Abort,
}
