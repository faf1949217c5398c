//! `vidimus project`

use std::{
    fs::{File, TryLockError},
    path::Path,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use proto_events::GlobalPosition;
use serde::Serialize;
use tokio::{
    sync::Notify,
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use vidimus_bus::{Bus, StreamReader};
use vidimus_log::EventLog as _;
use vidimus_projection::{RemoteLog, Views};

use super::serve::Signals;
use crate::{
    args::Project,
    error::{Failure, INTERRUPTED, Kind},
    output::{Output, grouped},
};

/// How often it says where it is, as long as that changes.
const REPORT_EVERY: Duration = Duration::from_secs(1);
/// How long to wait before what failed is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How long a batch that was begun has to end when it is told to stop; what is cut off is done again the next time.
const DRAIN: Duration = Duration::from_secs(2);

/// Where the views are.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
struct Standing {
    /// The position that every view has reached.
    position: GlobalPosition,
    /// The last position on the stream.
    tail: GlobalPosition,
    /// How many events are between them.
    lag: u64,
}

pub(super) async fn run(args: Project, output: Output) -> Result<ExitCode, Failure> {
    let mut signals = Signals::listen()?;
    let _lock = lock(&args.views)?;
    let bus = Bus::connect(args.nats.options(&args.from, "vidimus project")).await?;
    let stopped = ExitCode::from(if args.once { INTERRUPTED } else { 0 });
    loop {
        let (log, views) = tokio::select! {
            _ = signals.next() => return Ok(stopped),
            opened = open(&bus, &args) => opened?,
        };
        match project(&log, &views, args.once, &mut signals, output).await? {
            End::Stopped => return Ok(stopped),
            End::Done => return Ok(ExitCode::SUCCESS),
            // The views find out by themselves what they can keep.
            End::Replaced => {}
        }
    }
}

/// Why projecting is over.
enum End {
    /// The views have what there is, and that was all that was wanted.
    Done,
    /// A signal.
    Stopped,
    /// The stream was made anew.
    Replaced,
}

async fn project(
    log: &RemoteLog,
    views: &Views,
    once: bool,
    signals: &mut Signals,
    output: Output,
) -> Result<End, Failure> {
    let stop = Notify::new();
    let work =
        async { if once { views.catch_up().await.map(|_| ()) } else { views.run(stop.notified()).await } };
    tokio::pin!(work);
    let mut reports = interval(REPORT_EVERY);
    reports.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut said = None;
    let end = loop {
        tokio::select! {
            worked = &mut work => {
                worked?;
                report(log, views, &mut said, output)?;
                if !once {
                    let message = "following the stream ended though nobody asked for that, which is a bug: its log says more; start it again, the views go on where they were";
                    return Err(Failure::new(Kind::Other, "internal", message));
                }
                return Ok(End::Done);
            }
            _ = signals.next() => break End::Stopped,
            () = log.replaced() => break End::Replaced,
            _ = reports.tick() => report(log, views, &mut said, output)?,
        }
    };
    stop.notify_one();
    if !once {
        // Past that, or with an error, it is over as well.
        let _ = timeout(DRAIN, work).await;
    }
    report(log, views, &mut said, output)?;
    Ok(end)
}

/// Says where the views are, where that is not what was said last.
fn report(
    log: &RemoteLog,
    views: &Views,
    said: &mut Option<Standing>,
    output: Output,
) -> Result<(), Failure> {
    // First the views: they are never past the tail.
    let position = views.position();
    let tail = log.tail();
    let standing = Standing { position, tail, lag: tail.get().saturating_sub(position.get()) };
    if said.replace(standing) == Some(standing) {
        return Ok(());
    }
    if output.is_json() {
        return output.json_line(&standing);
    }
    let (position, tail) = (grouped(position.get()), grouped(tail.get()));
    output.line(&match standing.lag {
        0 => format!("position {position}, which is all there is"),
        lag => format!("position {position} of {tail}, {} to go", grouped(lag)),
    })
}

/// The copy of the log and the views. Where it follows, it waits for a server, and until the stream has what the views do.
async fn open(bus: &Bus, args: &Project) -> Result<(Arc<RemoteLog>, Views), Failure> {
    let mut trouble = None;
    loop {
        match open_once(bus, args).await {
            // Said once, however long it lasts.
            Err(failure) if failure.kind == Kind::TryLater && !args.once => {
                if trouble.as_ref() != Some(&failure.message) {
                    tracing::warn!(code = %failure.code, reason = failure.message, "trying again");
                    trouble = Some(failure.message);
                }
                sleep(RETRY_AFTER).await;
            }
            opened => return opened,
        }
    }
}

async fn open_once(bus: &Bus, args: &Project) -> Result<(Arc<RemoteLog>, Views), Failure> {
    let reader = StreamReader::open(bus, &args.stream).await?;
    let log = Arc::new(RemoteLog::open(reader).await?);
    // They are ahead where the stream was made anew and is filled again: to open them then would delete them.
    let (position, stream, views) =
        (Views::position_in(&args.views).await?, &args.stream, args.views.display());
    if log.tail() < position {
        let message = format!(
            "the stream `{stream}` has not come to position {position} yet, which the views in `{views}` have: they are kept until it has; if it is the stream of another log, or of this one before that, remove the directory, and they are built anew"
        );
        return Err(Failure::coded("views_ahead", true, message));
    }
    let views = Views::open(&args.views, Arc::<RemoteLog>::clone(&log)).await?;
    Ok((log, views))
}

/// Makes the directory and takes it for this process: two that write the same views would undo each other's work.
fn lock(directory: &Path) -> Result<File, Failure> {
    let name = directory.display();
    let unusable = |error: std::io::Error| {
        let message = format!("cannot keep views in `{name}`: {error}; name a directory that can be written");
        Failure::new(Kind::Other, "storage_failed", message)
    };
    std::fs::create_dir_all(directory).map_err(unusable)?;
    let full = directory.canonicalize().map_err(unusable)?;
    if full.ends_with("views") && full.parent().is_some_and(|parent| parent.join("log").is_dir()) {
        let message = format!(
            "`{name}` has the views of a data directory, which are built from its own log: name another"
        );
        return Err(Failure::usage("views_of_data", message));
    }
    let lock = File::options().create(true).truncate(false).write(true).open(full.join("project.lock"));
    let lock = lock.map_err(unusable)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            let message = format!(
                "another `vidimus project` keeps the views in `{name}`: stop it, or name another directory"
            );
            Err(Failure::new(Kind::InUse, "views_locked", message))
        }
        Err(TryLockError::Error(error)) => Err(unusable(error)),
    }
}
