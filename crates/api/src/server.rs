//! The server: accepts connections, serves them, and stops without losing what it accepted.

mod connection;

use std::{io, sync::Arc, time::Duration};

use axum::Router;
pub(crate) use connection::Connection;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::JoinSet,
    time::{MissedTickBehavior, interval, sleep, timeout},
};

use crate::{
    live,
    routes::router,
    state::{Api, Settings},
};

/// How long to leave the listener alone when the system has no room for another connection.
const NO_ROOM_PAUSE: Duration = Duration::from_millis(100);
/// How often what is held for nobody is let go.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Serves the API on `listener` until `stop` turns true or its sender is gone. From then on it accepts nothing, ends what
/// is open without end (streams of notifications, long polls), lets running requests end within
/// [`Settings::drain_timeout`], and returns. An [`Api`] is served once at a time.
///
/// # Errors
/// When connections can never again be accepted on the listener.
pub async fn serve(listener: TcpListener, api: Api, mut stop: watch::Receiver<bool>) -> io::Result<()> {
    // Before the first request is accepted: what happens after anybody was answered is followed.
    let tail = api.engine().log().tail();
    api.live().ring.begin_after(tail);
    api.closing().send_replace(false);
    let mut background = JoinSet::new();
    background.spawn(live::follow(api.clone(), tail));

    let router = match api.pages() {
        Some(pages) => pages.clone().fallback_service(router(api.clone())),
        None => router(api.clone()),
    };
    let server = Server { router, api: api.clone() };
    let mut connections = JoinSet::new();
    let accepted = tokio::select! {
        _ = stop.wait_for(|stop| *stop) => Ok(()),
        ended = server.accept(&listener, &mut connections) => ended,
        () = tend(&api, &mut background) => Ok(()),
    };
    drop(listener);
    api.closing().send_replace(true);
    let ended = async { while connections.join_next().await.is_some() {} };
    if timeout(api.settings().drain_timeout, ended).await.is_err() {
        tracing::warn!(open = connections.len(), "connections did not end in time and are closed");
        connections.shutdown().await;
    }
    background.shutdown().await;
    accepted
}

/// Looks after what runs beside the connections. Never ends.
async fn tend(api: &Api, background: &mut JoinSet<()>) {
    let mut sweep = interval(SWEEP_EVERY);
    sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = sweep.tick() => api.rate_limits().sweep(),
            // It says itself why it ended, unless it could not.
            Some(Err(error)) = background.join_next() => api.live().fail(error),
        }
    }
}

struct Server {
    router: Router,
    api: Api,
}

impl Server {
    fn settings(&self) -> &Settings {
        self.api.settings()
    }

    /// Accepts connections, at most so many at a time; ends only with an error that is for good.
    async fn accept(&self, listener: &TcpListener, connections: &mut JoinSet<()>) -> io::Result<()> {
        let places = Arc::new(Semaphore::new(self.settings().max_connections));
        loop {
            // What is not accepted waits with the operating system, which bounds it too.
            let place = tokio::select! {
                Ok(place) = Arc::clone(&places).acquire_owned() => place,
                Some(_) = connections.join_next() => continue,
            };
            let accepted = loop {
                tokio::select! {
                    accepted = listener.accept() => break accepted,
                    Some(_) = connections.join_next() => {}
                }
            };
            match accepted {
                Ok((stream, _)) => self.spawn(stream, place, connections),
                Err(error) => pause_after(error).await?,
            }
        }
    }

    fn spawn(&self, stream: TcpStream, place: OwnedSemaphorePermit, connections: &mut JoinSet<()>) {
        // Answers are written whole; waiting for more to send with them only makes them late.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection came and went");
            return;
        }
        let (api, router) = (self.api.clone(), self.router.clone());
        connections.spawn(async move {
            connection::run(stream, &api, router).await;
            drop(place);
        });
    }
}

/// What to make of an error of `accept`: most are the connection's own, or pass.
async fn pause_after(error: io::Error) -> io::Result<()> {
    use io::ErrorKind as K;
    match error.kind() {
        // That connection is gone; the next may be fine.
        K::ConnectionAborted | K::ConnectionReset | K::ConnectionRefused | K::Interrupted | K::BrokenPipe => {
            Ok(())
        }
        // It is no listener (any more).
        K::InvalidInput | K::NotConnected | K::Unsupported => Err(error),
        // Out of file descriptors or memory, or something that this does not know: it may pass, but not at once.
        _ => {
            tracing::warn!(%error, "cannot accept connections; trying again in a moment");
            sleep(NO_ROOM_PAUSE).await;
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_passes_does_not_end_the_server() {
        use io::ErrorKind as K;
        for kind in
            [K::ConnectionAborted, K::ConnectionReset, K::Interrupted, K::OutOfMemory, K::PermissionDenied]
        {
            assert!(pause_after(kind.into()).await.is_ok(), "{kind}");
        }
        // EMFILE, ENFILE, ENOBUFS on Linux: not at once again, or it would spin.
        for code in [24, 23, 105] {
            let began = tokio::time::Instant::now();
            assert!(pause_after(io::Error::from_raw_os_error(code)).await.is_ok());
            assert_eq!(began.elapsed(), NO_ROOM_PAUSE);
        }
        // EINVAL: it does not listen.
        assert!(pause_after(io::Error::from_raw_os_error(22)).await.is_err());
    }
}
