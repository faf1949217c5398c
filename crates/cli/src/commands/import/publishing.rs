//! What is imported, on NATS while it is imported.

use std::time::Duration;

use tokio::{
    sync::oneshot,
    task::JoinHandle,
    time::{Instant, interval},
};
use vidimus_bus::Bus;
use vidimus_log::ReadError;
use vidimus_projection::{Relay, RelaySettings, RelayStatus};

use crate::{
    data::Data,
    error::{Failure, Kind},
};

/// How often it is looked whether everything is published.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long nothing may be published before it is given up.
const PATIENCE: Duration = Duration::from_secs(30);
/// What becomes of what is not published.
pub(super) const REST: &str = "everything is on record, and `vidimus serve --nats …` publishes the rest";

/// A relay at work.
pub(super) struct Publishing {
    relay: Relay,
    stop: oneshot::Sender<()>,
    running: JoinHandle<Result<(), ReadError>>,
}

impl Publishing {
    pub(super) fn start(data: &Data, bus: Bus, settings: RelaySettings) -> Self {
        let relay = Relay::new(bus, data.log(), &data.relay_directory(), settings);
        let (stop, stopped) = oneshot::channel::<()>();
        let following = relay.clone();
        let running = tokio::spawn(async move {
            // An error says that the sender is gone, which is the end as well.
            following.run(async { stopped.await.unwrap_or(()) }).await
        });
        Self { relay, stop, running }
    }

    /// Waits until everything that is on the log is published, or publishing has ended by itself.
    ///
    /// # Errors
    /// It does not get there without somebody doing something.
    pub(super) async fn caught_up(&self) -> Result<(), Failure> {
        arrived(|| (!self.running.is_finished()).then(|| self.relay.status())).await
    }

    pub(super) async fn stop(self) -> Result<(), Failure> {
        // A relay that has ended by itself says why.
        let _ = self.stop.send(());
        Ok(self.running.await.map_err(std::io::Error::other)??)
    }
}

/// Looks until no feed lags behind, or there is nothing to look at any more.
async fn arrived(look: impl Fn() -> Option<[RelayStatus; 2]>) -> Result<(), Failure> {
    let mut looks = interval(LOOK_EVERY);
    let mut moved = (None, Instant::now());
    loop {
        looks.tick().await;
        let Some(feeds) = look() else { return Ok(()) };
        let behind: Vec<_> = feeds.iter().filter(|feed| feed.lag > 0).collect();
        let hopeless = |feed: &&RelayStatus| feed.trouble.as_ref().is_some_and(|trouble| !trouble.retryable);
        if behind.is_empty() {
            return Ok(());
        }
        let standing = feeds.each_ref().map(|feed| (feed.position, feed.published));
        if moved.0 != Some(standing) {
            moved = (Some(standing), Instant::now());
        }
        if behind.iter().all(hopeless) || moved.1.elapsed() >= PATIENCE {
            let worst = behind.iter().copied().find(|feed| hopeless(feed)).or(behind.first().copied());
            return Err(worst.map_or_else(nothing_moves, given_up));
        }
    }
}

fn given_up(feed: &RelayStatus) -> Failure {
    let Some(trouble) = &feed.trouble else { return nothing_moves() };
    let message = format!("not everything is published on `{}`: {}; {REST}", feed.stream, trouble.reason);
    Failure::coded(trouble.code, trouble.retryable, message)
}

fn nothing_moves() -> Failure {
    let message = format!("nothing was published on NATS for {} s; {REST}", PATIENCE.as_secs());
    Failure::new(Kind::TryLater, "nats_unavailable", message)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use proto_events::GlobalPosition;
    use vidimus_projection::RelayTrouble;

    use super::*;

    fn feed(position: u64, trouble: Option<(&'static str, bool)>) -> RelayStatus {
        RelayStatus {
            feed: "recorded",
            stream: "STREAM".to_owned(),
            position: GlobalPosition::new(position),
            lag: 10 - position,
            published: position,
            foreign: 0,
            trouble: trouble.map(|(code, retryable)| RelayTrouble {
                code,
                reason: "why".to_owned(),
                retryable,
            }),
        }
    }

    const AWAY: Option<(&str, bool)> = Some(("nats_unavailable", true));
    const UNFIT: Option<(&str, bool)> = Some(("nats_stream_unfit", false));

    /// What it says of feeds that stay as they are, and how long that took.
    async fn told(feeds: [RelayStatus; 2]) -> (Result<(), (Kind, String)>, u64) {
        let since = Instant::now();
        let told = arrived(|| Some(feeds.clone())).await;
        let told = told.map_err(|failure| {
            assert!(failure.message.contains("`vidimus serve --nats …` publishes the rest"));
            (failure.kind, failure.code.into_owned())
        });
        (told, since.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_pass_is_told_at_once_and_what_can_after_a_while() {
        let refused = |code: &str| Err((Kind::Refused, code.to_owned()));
        let later = || Err((Kind::TryLater, "nats_unavailable".to_owned()));
        // Who has everything may have any trouble.
        assert_eq!(told([feed(10, AWAY), feed(10, UNFIT)]).await, (Ok(()), 0));
        assert_eq!(told([feed(10, None), feed(3, UNFIT)]).await, (refused("nats_stream_unfit"), 0));
        assert_eq!(told([feed(1, AWAY), feed(2, AWAY)]).await, (later(), 30));
        assert_eq!(told([feed(1, None), feed(2, None)]).await, (later(), 30));
        // One goes on as long as it can, whatever the other says.
        assert_eq!(told([feed(1, AWAY), feed(2, UNFIT)]).await, (refused("nats_stream_unfit"), 30));
        assert!(arrived(|| None).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn whatever_moves_is_waited_for() {
        let (since, looks) = (Instant::now(), Cell::new(0_u64));
        // A step every 25 s: longer than the patience as a whole, never in one piece.
        let arriving = arrived(|| {
            looks.set(looks.get() + 1);
            Some([feed(10, None), feed((since.elapsed().as_secs() / 25).min(10), AWAY)])
        });
        assert!(arriving.await.is_ok());
        assert_eq!(since.elapsed().as_secs(), 250);
        assert!(looks.get() > 1_000);
    }
}
