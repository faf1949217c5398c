//! `vidimus trace`

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Instant,
};

use serde::Serialize;

use crate::{
    args::{Trace, TraceDecide},
    catalogue::{Form, Given},
    error::Failure,
    files,
    import::{Line, Lines},
    output::{Output, grouped},
    trace::{self, Counts, Ended, Grouper, Job, Known, TraceError},
};

pub(super) async fn run(command: Trace, output: Output) -> Result<ExitCode, Failure> {
    let Trace::Decide(decide) = command;
    let decided = tokio::task::spawn_blocking(move || self::decide(&decide)).await;
    let summary = decided.map_err(io::Error::other)??;
    output.note(&summary, people)?;
    Ok(ExitCode::SUCCESS)
}

/// What was decided, and how fast.
#[derive(Serialize)]
struct Summary {
    #[serde(flatten)]
    counts: Counts,
    policy_set: String,
    functions: usize,
    threads: usize,
    seconds: f64,
    decisions_per_second: f64,
}

fn decide(args: &TraceDecide) -> Result<Summary, Failure> {
    let set = files::policy_set(&args.set)?;
    let policy_set = set.digest().to_string();
    let given =
        Given { connection: args.connection.as_deref(), owner: None, numbers_as_text: !args.strict_numbers };
    let catalogue = files::catalogue(&args.catalogue, Form::Auto, &given)?;
    let functions = catalogue.entries.len();
    let known = Known::new(set, catalogue).map_err(|(function, error)| {
        Failure::refused(error.code(), format!("`{function}` in `{}`: {error}", args.catalogue.display()))
    })?;
    let threads = args.threads.map_or_else(files::cores, usize::from);
    #[expect(clippy::disallowed_methods, reason = "how long it takes is told")]
    let begun = Instant::now();
    let counts = match &args.out {
        Some(path) => {
            let named = |error: io::Error| cannot_write(&path.display().to_string(), &error);
            let mut file = BufWriter::new(File::create(path).map_err(named)?);
            decide_files(&known, threads, &mut file, &args.files, &path.display().to_string())?
        }
        None => {
            let mut out = BufWriter::new(Output::raw());
            decide_files(&known, threads, &mut out, &args.files, "standard output")?
        }
    };
    let seconds = begun.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let decisions_per_second = counts.calls as f64 / seconds.max(f64::MIN_POSITIVE);
    Ok(Summary { counts, policy_set, functions, threads, seconds, decisions_per_second })
}

fn decide_files(
    known: &Known,
    threads: usize,
    out: &mut (dyn Write + Send),
    files: &[PathBuf],
    name: &str,
) -> Result<Counts, Failure> {
    // Lines are numbered through all files; a problem is told by the file and its own line there.
    let mut begins: Vec<(u64, &Path)> = Vec::new();
    let mut problem = None;
    let ran = trace::run(known, threads, out, |hand_on| {
        let (mut grouper, mut number) = (Grouper::default(), 0);
        for file in files {
            begins.push((number, file));
            match read(file, &mut number, &mut grouper, hand_on)? {
                Read::Whole => {}
                Read::NobodyTakesIt => return Ok(()),
                Read::Bad(error) => {
                    problem = Some(error);
                    return Ok(());
                }
            }
        }
        grouper.finish().map(hand_on);
        Ok::<(), Failure>(())
    });
    let told = |error: &TraceError| {
        let (before, file) =
            begins.iter().rfind(|(before, _)| *before < error.line).copied().unwrap_or((0, Path::new("-")));
        let message = format!("`{}` line {}: {}", file.display(), error.line - before, error.problem);
        Failure::refused(error.code(), message)
    };
    match ran {
        Ok((counts, read)) => {
            read?;
            problem.map_or(Ok(counts), |error| Err(told(&error)))
        }
        Err(Ended::Trace(error)) => Err(told(&error)),
        Err(Ended::Write(error)) => Err(cannot_write(name, &error)),
    }
}

/// How reading a file ended.
enum Read {
    Whole,
    NobodyTakesIt,
    Bad(TraceError),
}

fn read(
    file: &Path,
    number: &mut u64,
    grouper: &mut Grouper,
    hand_on: &mut dyn FnMut(Job) -> bool,
) -> Result<Read, Failure> {
    let unreadable = |error: io::Error| files::unreadable(file, &error);
    for (index, line) in Lines::open(file, Arc::default()).map_err(unreadable)?.enumerate() {
        *number += 1;
        let line = match line.map_err(unreadable)? {
            Line::Whole(line) if line.iter().all(u8::is_ascii_whitespace) => continue,
            // Some programs put a byte order mark before a text.
            Line::Whole(line) if index == 0 => {
                line.strip_prefix(b"\xef\xbb\xbf").map_or_else(|| line.clone(), <[u8]>::to_vec)
            }
            Line::Whole(line) => line,
            Line::TooLong => return Ok(Read::Bad(TraceError::too_long(*number))),
        };
        match grouper.push(*number, line) {
            Ok(None) => {}
            Ok(Some(job)) => {
                if !hand_on(job) {
                    return Ok(Read::NobodyTakesIt);
                }
            }
            Err(error) => return Ok(Read::Bad(error)),
        }
    }
    Ok(Read::Whole)
}

fn cannot_write(name: &str, error: &io::Error) -> Failure {
    Failure::new(crate::error::Kind::Other, "io", format!("cannot write to {name}: {error}"))
}

fn people(summary: &Summary) -> String {
    let Counts { conversations, calls, allow, confirm, approve, block } = summary.counts;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate for people")]
    let rate = summary.decisions_per_second as u64;
    format!(
        "{} calls in {} conversations: {} allow, {} confirm, {} approve, {} block; {:.1} s on {} threads, {} decisions/s",
        grouped(calls),
        grouped(conversations),
        grouped(allow),
        grouped(confirm),
        grouped(approve),
        grouped(block),
        summary.seconds,
        summary.threads,
        grouped(rate),
    )
}
