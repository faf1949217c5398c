//! Values as pages say them.

use time::{OffsetDateTime, macros::format_description};
use vidimus_api_types::{Actor, ApprovalStatus, ExecutionStatus, FunctionName, Timestamp};

use crate::exact;

/// An instant: what is shown (UTC, until the script puts it into the reader's zone) and the exact one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct When {
    /// RFC 3339 to the microsecond: for `datetime` and on hover.
    pub(crate) exact: String,
    /// To the second, with its zone.
    pub(crate) shown: String,
}

/// As HTML: nothing in it comes from outside.
impl std::fmt::Display for When {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { exact, shown } = self;
        write!(f, "<time datetime=\"{exact}\" title=\"{exact}\">{shown}</time>")
    }
}

impl From<Timestamp> for When {
    fn from(at: Timestamp) -> Self {
        let instant = OffsetDateTime::from_unix_timestamp(at.as_micros().div_euclid(1_000_000));
        let shown = instant.ok().and_then(|instant| {
            let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
            instant.format(format).ok()
        });
        let exact = at.to_string();
        Self { shown: shown.unwrap_or_else(|| exact.clone()), exact }
    }
}

/// A duration in its two largest units: `2 h 5 min`, `40 s`.
pub(crate) fn duration(micros: i64) -> String {
    let seconds = micros.max(0) / 1_000_000;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes, seconds % 60) {
        (0, 0, 0, seconds) => format!("{seconds} s"),
        (0, 0, minutes, seconds) if minutes < 5 => format!("{minutes} min {seconds} s"),
        (0, 0, minutes, _) => format!("{minutes} min"),
        (0, hours, minutes, _) => format!("{hours} h {minutes} min"),
        (days, hours, ..) => format!("{days} d {hours} h"),
    }
}

/// Who: the name, and what kind of principal where it is no user.
pub(crate) fn actor(actor: &Actor) -> String {
    match actor.kind.as_str() {
        "user" => actor.id.to_string(),
        kind => format!("{} ({kind})", actor.id),
    }
}

/// A function as the table says it: its own name, and the tool that it belongs to.
pub(crate) fn function(function: &FunctionName) -> (&str, &str) {
    function.as_str().split_once('.').map_or((function.as_str(), ""), |(tool, function)| (function, tool))
}

/// The class that a status is drawn with.
pub(crate) const fn status_class(status: ExecutionStatus) -> &'static str {
    match status {
        ExecutionStatus::Pending => "pending",
        ExecutionStatus::Success => "success",
        ExecutionStatus::Failed => "failed",
        ExecutionStatus::PendingApproval => "waiting",
    }
}

/// How the approval stands, where people were asked.
pub(crate) fn approval(status: ApprovalStatus) -> Option<&'static str> {
    (status != ApprovalStatus::NotRequired).then(|| status.as_str())
}

/// The class that an approval status is drawn with.
pub(crate) const fn approval_class(status: ApprovalStatus) -> &'static str {
    match status {
        ApprovalStatus::Approved => "success",
        ApprovalStatus::Rejected => "failed",
        ApprovalStatus::Pending => "waiting",
        ApprovalStatus::NotRequired => "quiet",
    }
}

/// JSON with line breaks, for reading; what cannot be seen in it is spelt out.
pub(crate) fn pretty(json: &vidimus_api_types::Json) -> String {
    exact::spread(json.as_str())
}

/// What a tool returned: a text as its lines, anything else as [`pretty`] JSON.
pub(crate) fn lines(json: &vidimus_api_types::Json) -> String {
    let text = serde_json::from_str::<String>(json.as_str());
    text.map_or_else(|_| pretty(json), |text| exact::lines(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_and_durations_are_said_for_people() {
        let when = When::from(Timestamp::from_micros(1_768_473_000_123_456));
        assert_eq!(when.shown, "2026-01-15 10:30:00 UTC");
        assert_eq!(when.exact, "2026-01-15T10:30:00.123456Z");
        let said = |seconds: i64| duration(seconds * 1_000_000);
        let said = [-5, 0, 59, 60, 299, 300, 3_599, 3_600, 86_399, 86_400, 200_000].map(said);
        let expected =
            ["0 s", "0 s", "59 s", "1 min 0 s", "4 min 59 s", "5 min", "59 min", "1 h 0 min", "23 h 59 min"];
        assert_eq!(said[..9], expected);
        assert_eq!(said[9..], ["1 d 0 h", "2 d 7 h"]);
    }

    #[test]
    fn a_function_is_said_with_its_tool_apart() {
        assert_eq!(function(&"mail.send".parse().unwrap()), ("send", "mail"));
    }
}
