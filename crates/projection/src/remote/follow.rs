//! Following the end of the stream.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;
use vidimus_bus::StoredMessage;
use vidimus_log::ReadError;

use super::{
    READ_EVENTS,
    message::{Fault, passage},
    source::Source,
};

/// How long to wait before what failed is tried again.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// Follows the stream from sequence `next` on; ends where it is broken, or made anew.
pub(super) async fn run(source: Arc<Source>, mut next: u64) {
    let (mut trouble, mut looked_for) = (None, None);
    loop {
        let went = match source.reader.wait(next, READ_EVENTS).await {
            Ok(messages) => go_on(&source, next, &messages, &mut looked_for).await,
            Err(error) => Err(Stop::Trouble(error.to_string())),
        };
        match went {
            Ok(then) => {
                next = then;
                if trouble.take().is_some() {
                    tracing::info!("the recorded events are followed again");
                }
            }
            Err(Stop::Replaced) => {
                tracing::warn!(stream = source.reader.stream(), "the stream was removed and made anew");
                return;
            }
            Err(Stop::Broken(error)) => {
                tracing::error!(%error, "the recorded events cannot be followed any further");
                return;
            }
            // Said once, however long it lasts.
            Err(Stop::Trouble(reason)) => {
                if trouble.as_ref() != Some(&reason) {
                    tracing::warn!(reason, "cannot follow the recorded events: trying again");
                    trouble = Some(reason);
                }
                sleep(RETRY_AFTER).await;
            }
        }
    }
}

/// Why it does not go on.
enum Stop {
    /// For now.
    Trouble(String),
    Broken(ReadError),
    Replaced,
}

/// Takes what came at sequence `from`, and answers where it goes on. `looked_for` is what was not where it should be, so that
/// it was looked for on the whole stream.
async fn go_on(
    source: &Source,
    from: u64,
    messages: &[StoredMessage],
    looked_for: &mut Option<Fault>,
) -> Result<u64, Stop> {
    if messages.is_empty() {
        let state = source.reader.state().await.map_err(|error| Stop::Trouble(error.to_string()))?;
        return if source.is_replaced(state, from) { Err(Stop::Replaced) } else { Ok(from) };
    }
    let after = source.tail.borrow().position;
    let passage = passage(messages, from, after, usize::MAX);
    let is_nothing_before = passage.events.is_empty();
    source.grow(passage.events, passage.next);
    match passage.fault {
        // What was asked for from there on is the whole truth; before that, a message could have been lost on the way.
        Some(fault) if is_nothing_before => {
            let fault = match looked_for {
                // Who looks for it passes over what is damaged: the first says more.
                Some(first) if first.position == fault.position => first.clone(),
                _ => {
                    let located = source.locate_anew(after).await;
                    let located = located.map_err(|error| Stop::Trouble(error.to_string()))?;
                    *looked_for = Some(fault);
                    return Ok(located);
                }
            };
            let error = source.faulty(fault).await.unwrap_or_else(|error| error);
            match error {
                ReadError::Broken(broken) => {
                    source.tail.send_modify(|tail| tail.broken = Some(broken.clone()));
                    Err(Stop::Broken(broken.into()))
                }
                _ if source.tail.borrow().replaced => Err(Stop::Replaced),
                error => Err(Stop::Trouble(error.to_string())),
            }
        }
        _ => Ok(passage.next),
    }
}
