//! What runs for as long as a server does.

use std::{pin::Pin, task::Poll};

use tokio::task::{JoinError, JoinHandle};

use crate::error::{Failure, Kind};

/// One of them.
struct Part {
    name: &'static str,
    handle: JoinHandle<Result<(), Failure>>,
}

/// Parts that run beside each other.
#[derive(Default)]
pub(super) struct Parts(Vec<Part>);

impl Parts {
    pub(super) fn add(
        &mut self,
        name: &'static str,
        part: impl Future<Output = Result<(), Failure>> + Send + 'static,
    ) {
        self.0.push(Part { name, handle: tokio::spawn(part) });
    }

    /// Waits until one of them ends by itself, which none should; answers why.
    pub(super) async fn failed(&mut self) -> Failure {
        let ended = std::future::poll_fn(|context| {
            let ended = self.0.iter_mut().enumerate().find_map(|(index, part)| {
                match Pin::new(&mut part.handle).poll(context) {
                    Poll::Ready(ended) => Some((index, ended)),
                    Poll::Pending => None,
                }
            });
            ended.map_or(Poll::Pending, Poll::Ready)
        });
        let (index, ended) = ended.await;
        // A handle that has answered must not be asked again.
        let Part { name, .. } = self.0.swap_remove(index);
        why(name, ended)
    }

    /// Waits until all of them have ended; answers the first failure.
    pub(super) async fn ended(self) -> Result<(), Failure> {
        let mut all = Ok(());
        for Part { name, handle } in self.0 {
            all = all.and(match handle.await {
                Ok(Ok(())) => Ok(()),
                ended => Err(why(name, ended)),
            });
        }
        all
    }
}

fn why(name: &str, ended: Result<Result<(), Failure>, JoinError>) -> Failure {
    let ended_by_itself = || {
        let message = format!("{name} ended by itself: report this as a bug, with the log of the server");
        Failure::new(Kind::Other, "internal", message)
    };
    match ended {
        Ok(Err(failure)) => Failure { message: format!("{name}: {}", failure.message), ..failure },
        Ok(Ok(())) => ended_by_itself(),
        Err(error) => {
            tracing::error!(%error, "{name} ended in a panic");
            ended_by_itself()
        }
    }
}
