//! `vidimus policy validate` and `vidimus policy test`: without data and without a server.

use std::{path::Path, process::ExitCode};

use proto_events::Digest;
use serde::Serialize;
use vidimus_policy::{CaseResult, parse_cases, run_cases};

use crate::{
    error::{Failure, Kind},
    files,
    output::Output,
};

/// Largest file of cases, in bytes.
const MAX_CASES_BYTES: usize = 64 * 1024 * 1024;

/// A set that is in order.
#[derive(Serialize)]
struct Checked {
    policy_set: Digest,
    files: usize,
    rules: usize,
    warnings: Vec<String>,
}

pub(super) fn validate(directory: &Path, output: Output) -> Result<(), Failure> {
    let set = files::policy_set(directory)?;
    let checked = Checked {
        policy_set: set.digest(),
        files: set.source().files().len(),
        rules: set.rules().len(),
        warnings: set.warnings().iter().map(ToString::to_string).collect(),
    };
    output.show(&checked, |checked| {
        let warnings: String = checked.warnings.iter().map(|warning| format!("{warning}\n")).collect();
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        let Checked { policy_set, files, rules, .. } = checked;
        format!(
            "{warnings}policy set {policy_set} is in order: {rules} rule{} in {files} file{}",
            plural(*rules),
            plural(*files)
        )
    })
}

/// What came of the cases.
#[derive(Serialize)]
struct Tested {
    policy_set: Digest,
    passed: usize,
    failed: usize,
    failures: Vec<FailedCase>,
}

#[derive(Serialize)]
struct FailedCase {
    name: String,
    differences: Vec<String>,
}

pub(super) fn test(directory: &Path, cases: &Path, output: Output) -> Result<ExitCode, Failure> {
    let set = files::policy_set(directory)?;
    let bytes = files::read(cases, MAX_CASES_BYTES)?;
    let name = cases.display();
    if bytes.len() > MAX_CASES_BYTES {
        let message = format!("`{name}` is larger than 64 MiB: split it");
        return Err(Failure::refused("policy_cases_too_many", message));
    }
    let text = String::from_utf8(bytes).map_err(|_| {
        Failure::refused("policy_case_invalid", format!("`{name}` is not UTF-8: save it as UTF-8"))
    })?;
    let cases = parse_cases(&text).map_err(|errors| {
        let code = errors.first().map_or("policy_case_invalid", |error| error.code());
        let lines: Vec<_> = errors.iter().map(|error| format!("`{name}`: {error}")).collect();
        Failure::refused(code, lines.join("\n"))
    })?;
    let results = run_cases(&set, &cases);
    let (held, broken): (Vec<CaseResult>, Vec<_>) = results.into_iter().partition(CaseResult::holds);
    let failed_case = |result: CaseResult| FailedCase { name: result.name, differences: result.differences };
    let tested = Tested {
        policy_set: set.digest(),
        passed: held.len(),
        failed: broken.len(),
        failures: broken.into_iter().map(failed_case).collect(),
    };
    output.show(&tested, |tested| {
        let mut text = String::new();
        for failure in &tested.failures {
            text += &format!("FAILED {}\n", failure.name);
            for difference in &failure.differences {
                text += &format!("    {difference}\n");
            }
        }
        text + &format!("{} passed, {} failed", tested.passed, tested.failed)
    })?;
    Ok(if tested.failed > 0 { Kind::Refused.exit_code() } else { ExitCode::SUCCESS })
}
