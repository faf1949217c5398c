//! `vidimus approval batch`

use std::path::Path;

use vidimus_api_types::{BatchDecision, BatchVerdict, DecideBatch, Execution};

use crate::{
    args::{Batch, Global, Verdict},
    error::Failure,
    files,
    output::{Output, cut},
    source::Source,
};

/// Most decisions at once.
const MAX_BATCH: usize = 100;
/// Largest file of decisions, in bytes.
const MAX_FILE_BYTES: usize = 4 * 1024 * 1024;

pub(super) async fn run(global: &Global, args: Batch, output: Output) -> Result<(), Failure> {
    let decisions = match &args.file {
        Some(file) => Some(read(file)?),
        None => None,
    };
    let source = Source::open(global, "approval batch").await?;
    let decisions = match decisions {
        Some(decisions) => decisions,
        None => named(&source, args, output).await?,
    };
    let decided = source.decide_batch(DecideBatch { decisions }).await?;
    output.show(&decided, |decided| {
        let header = ["Execution", "Action", "State"];
        Output::table(&header, decided.items.iter().map(row))
            + &format!("\nall are decided (position {})", decided.position)
    })
}

/// The same verdict on each. What is approved is what is shown.
async fn named(source: &Source, args: Batch, output: Output) -> Result<Vec<BatchDecision>, Failure> {
    if args.ids.len() > MAX_BATCH {
        let message = format!(
            "{} are more than the {MAX_BATCH} that are decided at once: give several batches",
            args.ids.len()
        );
        return Err(Failure::usage("batch_size", message));
    }
    let words = |what: &str| {
        args.text
            .clone()
            .ok_or_else(|| Failure::usage("text_missing", format!("say the {what} with `--text`")))
    };
    let verdict = match args.verdict {
        Some(Verdict::Deny) => BatchVerdict::Deny { reason: words("reason")? },
        Some(Verdict::Abort) => BatchVerdict::Abort { feedback: words("feedback")? },
        Some(Verdict::Approve) | None => BatchVerdict::Approve { comment: args.text.clone(), stage: None },
    };
    let mut decisions = Vec::with_capacity(args.ids.len());
    for execution_id in args.ids {
        let Execution { function, requester, arguments, arguments_digest, approval, .. } =
            source.execution(execution_id).await?;
        let arguments = arguments.map(|arguments| cut(arguments.as_str(), 2000)).unwrap_or_default();
        let at =
            approval.as_ref().and_then(super::stage).map(|at| format!("stage {at}  ")).unwrap_or_default();
        output.line(&format!("{execution_id}  {function} for {requester}  {at}{arguments}"))?;
        let mut verdict = verdict.clone();
        if let BatchVerdict::Approve { stage, .. } = &mut verdict {
            *stage = approval.as_ref().map(|approval| approval.stage);
        }
        decisions.push(BatchDecision { execution_id, arguments_digest, card: None, verdict });
    }
    Ok(decisions)
}

fn read(file: &Path) -> Result<Vec<BatchDecision>, Failure> {
    let name = file.display();
    let invalid = |message: String| Failure::refused("batch_invalid", format!("`{name}`{message}"));
    let bytes = files::read(file, MAX_FILE_BYTES)?;
    if bytes.len() > MAX_FILE_BYTES {
        return Err(invalid(" is larger than 4 MiB: split it".to_owned()));
    }
    let text = String::from_utf8(bytes).map_err(|_| invalid(" is not UTF-8: save it as UTF-8".to_owned()))?;
    let mut decisions = Vec::new();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let decision = serde_json::from_str(line).map_err(|error| {
            invalid(format!(
                ", line {number}: {error}: a line is `{{\"execution_id\", \"verdict\": {{\"kind\"}}}}`"
            ))
        })?;
        decisions.push(decision);
        if decisions.len() > MAX_BATCH {
            return Err(invalid(format!(" has more than {MAX_BATCH} decisions: split it")));
        }
    }
    if decisions.is_empty() {
        return Err(invalid(" has no decision in it".to_owned()));
    }
    Ok(decisions)
}

fn row(execution: &Execution) -> Vec<String> {
    vec![
        execution.execution_id.to_string(),
        cut(execution.function.as_str(), 60),
        execution.stage.to_string(),
    ]
}
