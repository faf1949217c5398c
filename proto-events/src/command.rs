//! The commands that are served on the bus.

/// A command that is served on the bus. Bodies, answers and errors are those of the HTTP API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BusCommand {
    /// Propose a call.
    Propose,
    /// Get one execution, also by a bounded long poll.
    Get,
    /// Start a call under its permit.
    Start,
    /// Report progress.
    Progress,
    /// Report success.
    Complete,
    /// Report failure.
    Fail,
    /// Take a call back.
    Cancel,
    /// The requester confirms.
    Confirm,
    /// The requester declines.
    Decline,
    /// A reviewer approves.
    Approve,
    /// A reviewer denies.
    Deny,
    /// A reviewer aborts with feedback.
    Abort,
    /// List what waits for people.
    ListApprovals,
}

impl BusCommand {
    /// Every command.
    pub const ALL: [Self; 13] = [
        Self::Propose,
        Self::Get,
        Self::Start,
        Self::Progress,
        Self::Complete,
        Self::Fail,
        Self::Cancel,
        Self::Confirm,
        Self::Decline,
        Self::Approve,
        Self::Deny,
        Self::Abort,
        Self::ListApprovals,
    ];

    /// The token of its subject.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Propose => "propose",
            Self::Get => "get",
            Self::Start => "start",
            Self::Progress => "progress",
            Self::Complete => "complete",
            Self::Fail => "fail",
            Self::Cancel => "cancel",
            Self::Confirm => "confirm",
            Self::Decline => "decline",
            Self::Approve => "approve",
            Self::Deny => "deny",
            Self::Abort => "abort",
            Self::ListApprovals => "list_approvals",
        }
    }

    /// Whether it is about one execution, whose id is then the last token of its subject.
    pub const fn names_execution(self) -> bool {
        !matches!(self, Self::Propose | Self::ListApprovals)
    }
}
