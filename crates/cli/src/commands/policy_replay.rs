//! `vidimus policy replay` and `vidimus policy cases`: past decisions derived again, decided by a candidate, and exported.

mod drive;
mod people;
mod there;

use std::{process::ExitCode, sync::Arc, time::Instant};

use proto_events::{Digest, GlobalPosition, TenantId, Timestamp};
use serde::Serialize;
use vidimus_api::convert;
use vidimus_api_types::ReplayReport;
use vidimus_engine::replay::{DecidedCalls, ReplayQuery, case_of};

use crate::{
    args::{Global, Place, PolicyCases, PolicyReplay, Range, ReplayRange},
    error::{Failure, Kind},
    files,
    output::Output,
    source::Source,
};

/// What a replay found, and how fast where it was made here.
#[derive(Serialize)]
struct Summary {
    #[serde(skip_serializing_if = "Option::is_none")]
    candidate: Option<Digest>,
    /// The span that a server has looked at.
    #[serde(flatten)]
    span: Option<Span>,
    #[serde(flatten)]
    report: ReplayReport,
    #[serde(flatten)]
    speed: Option<Speed>,
}

#[derive(Serialize)]
struct Span {
    since: Timestamp,
    until: Timestamp,
}

#[derive(Serialize)]
struct Speed {
    threads: usize,
    seconds: f64,
    evaluations_per_second: f64,
}

impl Summary {
    fn show(&self, output: Output) -> Result<ExitCode, Failure> {
        output.show(self, people::replay)?;
        Ok(if self.report.mismatched > 0 { Kind::Damaged.exit_code() } else { ExitCode::SUCCESS })
    }
}

/// The part of a query that says which decisions.
fn ranged(range: ReplayRange, tenant: TenantId) -> ReplayQuery {
    let ReplayRange { from, to, conversation } = range;
    let mut query = ReplayQuery { conversation, ..ReplayQuery::everything(tenant) };
    match from {
        Some(Place::Position(position)) => query.from = position,
        Some(Place::Time(time)) => query.from_time = Some(time),
        None => {}
    }
    match to {
        Some(Place::Position(position)) => query.until = position,
        Some(Place::Time(time)) => query.to_time = Some(time),
        None => {}
    }
    query
}

/// What has to be read: what a decision rests on may be as old as the log.
fn to_read(query: &ReplayQuery) -> Range {
    let until = (query.until.get() < u64::MAX).then_some(query.until);
    Range { after: GlobalPosition::START, until }
}

pub(super) async fn replay(global: &Global, args: PolicyReplay, output: Output) -> Result<ExitCode, Failure> {
    let PolicyReplay { set, range, recorded, limit, at_server, threads } = args;
    let candidate = set.as_deref().map(files::policy_set).transpose()?.map(Arc::new);
    if let (true, Some(candidate)) = (at_server, &candidate) {
        return there::replay(global, candidate, range, recorded, limit).await?.show(output);
    }
    let reads = candidate.as_ref().map(|set| set.history_reads()).unwrap_or_default();
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let query =
        ReplayQuery { candidate: candidate.clone(), recorded, limit, ..ranged(range, global.tenant()) };
    let source = Source::open(global, "policy replay").await?;

    #[expect(clippy::disallowed_methods, reason = "how long it takes is told")]
    let begun = Instant::now();
    let mut threads = threads.map_or_else(files::cores, usize::from);
    if reads.agent || reads.tenant {
        threads = 1;
    }
    let mut report = drive::replay(&source, query.clone(), threads).await?;
    if (report.reads_beyond || report.mismatched > 0) && threads > 1 {
        // A set that was in force reads more than conversations, or the history may have forgotten some of them: one thread
        // has to see them all.
        threads = 1;
        report = drive::replay(&source, query, threads).await?;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let evaluations = report.decisions() + report.compared;
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let evaluations_per_second = evaluations as f64 / seconds.max(f64::MIN_POSITIVE);
    let summary = Summary {
        candidate: candidate.as_ref().map(|set| set.digest()),
        span: None,
        report: convert::replay_report(report),
        speed: Some(Speed { threads, seconds, evaluations_per_second }),
    };
    summary.show(output)
}

pub(super) async fn cases(global: &Global, args: PolicyCases, output: Output) -> Result<(), Failure> {
    let PolicyCases { range, limit } = args;
    let query = ranged(range, global.tenant());
    let source = Source::open(global, "policy cases").await?;
    // A server shows one tenant: its key's.
    let tenant = matches!(source, Source::Data(_)).then(|| global.tenant());
    let (mut calls, mut left) = (DecidedCalls::default(), limit);
    source
        .each_event(&to_read(&query), |recorded| {
            if left == 0 || tenant.as_ref().is_some_and(|tenant| recorded.tenant != *tenant) {
                return Ok(());
            }
            let event = drive::decode(recorded)?;
            let Some(call) = calls.push(recorded, &event) else { return Ok(()) };
            if !query.asks_for(call.position, call.at, call.conversation()) {
                return Ok(());
            }
            let Some(case) = case_of(&call) else { return Ok(()) };
            left -= 1;
            output.json_line(&case)
        })
        .await?;
    let dropped = calls.dropped();
    if dropped > 0 {
        output.note(&serde_json::json!({ "too_many_open": dropped }), |_| {
            format!("{dropped} calls are left out, as too many were open when they began")
        })?;
    }
    Ok(())
}
