//! What `log_probe` saw in a directory.

use std::{path::Path, process::Command, time::Duration};

use uuid::Uuid;

use crate::child::{Ended, Running};

/// An event as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its position.
    pub position: u64,
    /// Its id.
    pub id: Uuid,
    /// Its stream.
    pub stream: String,
    /// Its version.
    pub version: u64,
    /// SHA-256 of its payload.
    pub payload: String,
    /// Its leaf hash, recomputed from all fields.
    pub leaf: String,
}

/// An error with its code, and the position it names (0: none).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The position.
    pub position: u64,
    /// The stable code.
    pub code: String,
    /// The error's text.
    pub text: String,
}

/// A report of `verify` or `examine`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many events it read.
    pub events: u64,
    /// The last position.
    pub tail: u64,
    /// The root.
    pub root: String,
    /// How many findings.
    pub total: u64,
    /// The findings.
    pub findings: Vec<Failure>,
}

/// Everything the probe said.
#[derive(Debug, Default)]
pub struct Probe {
    /// Where the log ended, if it opened.
    pub tail: Option<u64>,
    /// Why it did not open.
    pub open_error: Option<Failure>,
    /// What was read.
    pub events: Vec<Seen>,
    /// Why reading ended early.
    pub read_error: Option<Failure>,
    /// What `verify` said or, where it did not open, `examine`.
    pub report: Option<Report>,
    /// First and last position of what it appended.
    pub appended: Option<(u64, u64)>,
    /// Lines that should not be there: reads that contradict each other, failed appends, failed examinations.
    pub odd: Vec<String>,
    /// Whether it came to its end.
    pub done: bool,
    /// Whether it hung.
    pub hung: bool,
    /// How the process ended and what it wrote to standard error.
    pub end: String,
}

fn failure(text: &str) -> Failure {
    let mut words = text.splitn(3, ' ').map(str::to_owned);
    let mut next = || words.next().unwrap_or_default();
    Failure { position: next().parse().unwrap(), code: next(), text: next() }
}

fn numbers(text: &str) -> Vec<u64> {
    text.split(' ').filter_map(|word| word.parse().ok()).collect()
}

impl Probe {
    fn line(&mut self, line: &str) {
        let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
        match kind {
            "open" => self.tail = rest.parse().ok(),
            "open_error" => self.open_error = Some(failure(rest)),
            "read_error" => self.read_error = Some(failure(rest)),
            "event" => {
                let words: Vec<&str> = rest.split(' ').collect();
                self.events.push(Seen {
                    position: words[0].parse().unwrap(),
                    id: words[1].parse().unwrap(),
                    stream: words[2].to_owned(),
                    version: words[3].parse().unwrap(),
                    payload: words[4].to_owned(),
                    leaf: words[5].to_owned(),
                });
            }
            "report" => {
                let words: Vec<&str> = rest.split(' ').collect();
                let number = |at: usize| words[at].parse().unwrap();
                self.report = Some(Report {
                    events: number(0),
                    tail: number(1),
                    root: words[2].to_owned(),
                    total: number(3),
                    findings: Vec::new(),
                });
            }
            "finding" => {
                if let Some(report) = &mut self.report {
                    report.findings.push(failure(rest));
                }
            }
            "appended" => self.appended = Some((numbers(rest)[0], numbers(rest)[1])),
            "done" => self.done = true,
            _ => self.odd.push(line.to_owned()),
        }
    }

    /// Whether it opened, was read to the end and verified with nothing found.
    pub fn is_clean(&self) -> bool {
        let whole = self.tail == Some(self.events.len() as u64) && self.read_error.is_none();
        let report =
            self.report.as_ref().is_some_and(|report| report.total == 0 && Some(report.tail) == self.tail);
        self.done && whole && report && self.odd.is_empty()
    }

    /// All of it without the events, for a message.
    pub fn summary(&self) -> String {
        let Self { tail, open_error, events, read_error, report, appended, odd, done, hung, end } = self;
        format!(
            "tail {tail:?}, {} events, open {open_error:?}, read {read_error:?}, report {report:?}, \
             appended {appended:?}, odd {odd:?}, done {done}, hung {hung}\n{end}",
            events.len()
        )
    }
}

/// Runs the probe (`CARGO_BIN_EXE_log_probe`) on `directory`.
pub fn probe(program: &str, directory: &Path, arguments: &[&str]) -> Probe {
    let mut command = Command::new(program);
    command.arg(directory).args(arguments).env("RUST_BACKTRACE", "0");
    let Ended { lines, stderr, status } = Running::start(&mut command).end(Duration::from_secs(45));
    let mut probe =
        Probe { hung: status.is_none(), end: format!("{status:?}: {stderr}"), ..Probe::default() };
    for line in &lines {
        probe.line(line);
    }
    probe
}
