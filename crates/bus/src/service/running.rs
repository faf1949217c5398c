//! The service at work.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use async_nats::{Message, Subject, service::Request};
use futures_util::{FutureExt as _, StreamExt as _, stream::select_all};
use proto_events::BusCommand;
use tokio::{sync::watch, task::JoinSet, time::timeout};

use super::{
    CommandReply, CommandRequest, Commands, ServeError, Shared,
    endpoints::{self, Started},
    places::Place,
    reply,
    status::is_connected,
    subject::{self, Addressed},
};
use crate::{Bus, Standing};

/// How long the last answers may take to get to the server.
const FLUSH: Duration = Duration::from_secs(2);
/// How long an answer waits for a connection, where the one that it was asked on is gone.
const NEXT_CONNECTION: Duration = Duration::from_secs(2);
/// Subjects that nobody awaits an answer on: our own, that streams are kept of, and the server's. With the name of one as
/// that of an inbox, whoever may send a command could have us write there.
const NO_INBOX: [&str; 2] = ["vidimus.", "$"];

/// The commands that run, on whichever connection they came.
pub(super) struct Running {
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
}

impl Running {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, tasks: JoinSet::new() }
    }

    /// Serves on a connection until it is told to stop, and then lets what runs end.
    ///
    /// # Errors
    /// The connection is gone for good, or the service could not be begun on it. What runs goes on.
    pub(super) async fn serve(
        &mut self,
        bus: Bus,
        mut stop: watch::Receiver<bool>,
    ) -> Result<(), ServeError> {
        let shared = Arc::clone(&self.shared);
        let client = bus.client();
        let started = tokio::select! {
            started = endpoints::start(&client, &*shared.commands) => Some(started?),
            _ = stop.wait_for(|stop| *stop) => None,
        };
        let Some(mut started) = started else {
            self.end().await;
            return Ok(());
        };
        let _on = shared.board.on(bus.clone());
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => {}
            () = self.take_all(&mut started, &bus) => return Err(ServeError::ConnectionEnded),
            () = say_when_connected(&bus) => {}
        }
        let drained = timeout(shared.options.drain_timeout, self.drain(&mut started, &bus)).await;
        self.give_up(drained.is_err()).await;
        Ok(())
    }

    /// Lets what runs end.
    pub(super) async fn end(&mut self) {
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        let ended = timeout(self.shared.options.drain_timeout, ended).await;
        self.give_up(ended.is_err()).await;
    }

    async fn give_up(&mut self, late: bool) {
        if late {
            tracing::warn!(
                running = self.tasks.len(),
                "commands over NATS did not end in time and are given up"
            );
        }
        self.tasks.shutdown().await;
    }

    /// Takes requests until there are no more: the service is stopped, or its connection is gone for good.
    async fn take_all(&mut self, started: &mut Started, bus: &Bus) {
        loop {
            tokio::select! {
                request = started.requests.next() => match request {
                    Some(request) => self.take(request, bus).await,
                    None => return,
                },
                Some(_) = self.tasks.join_next() => {}
            }
        }
    }

    /// Takes what is here already, and waits until all is answered.
    async fn drain(&mut self, started: &mut Started, bus: &Bus) {
        let mut endpoints: Vec<_> = std::mem::take(&mut started.requests).into_iter().collect();
        for endpoint in &mut endpoints {
            if let Err(error) = endpoint.stop().await {
                tracing::debug!(%error, "an endpoint was stopped already");
            }
        }
        // To be stopped wakes nobody: without a server the end of the old stream of all would never be seen.
        started.requests = select_all(endpoints);
        self.take_all(started, bus).await;
        while self.tasks.join_next().await.is_some() {}
        // Without a server nobody is there to get the rest.
        if is_connected(bus) {
            let _ = timeout(FLUSH, bus.client().flush()).await;
        }
    }

    async fn take(&mut self, mut request: Request, bus: &Bus) {
        let Message { subject, reply, length, .. } = &request.message;
        let Some(reply) = reply else {
            tracing::debug!(%subject, "a command without a reply subject is passed over");
            return;
        };
        if NO_INBOX.iter().any(|prefix| reply.starts_with(prefix))
            || subject::is_inbox_of_another(subject, reply)
        {
            tracing::warn!(%subject, %reply, "a command whose reply subject is no inbox of its sender is passed over");
            return;
        }
        let addressed = match subject::read(subject) {
            Ok(addressed) => addressed,
            Err(detail) => return reply::send(bus, request, CommandReply::subject_invalid(&detail)).await,
        };
        let place = match self.shared.places.take(&addressed.tenant, *length) {
            Ok(place) => place,
            Err(full) => return reply::send(bus, request, CommandReply::no_place(full)).await,
        };
        let (command, place) = taken_out(&mut request.message, addressed, place);
        let shared = Arc::clone(&self.shared);
        self.tasks.spawn(async move {
            let answer = answer(&*shared.commands, &request.message.subject, command).await;
            match timeout(NEXT_CONNECTION, shared.board.connection()).await {
                Ok(Some(bus)) => reply::send(&bus, request, answer).await,
                _ => tracing::warn!(subject = %request.message.subject, "an answer is lost with its connection"),
            }
            drop(place);
        });
    }
}

/// Says it whenever it becomes so.
async fn say_when_connected(bus: &Bus) {
    let mut standing = bus.standing();
    while standing.wait_for(|standing| *standing == Standing::Connected).await.is_ok() {
        tracing::info!("commands are served over NATS");
        if standing.wait_for(|standing| *standing != Standing::Connected).await.is_err() {
            break;
        }
    }
    // Only the connection's end ends this, and that is seen elsewhere.
    std::future::pending().await
}

/// What is asked, out of its message: that is kept for the answer, and who waits for a decision does so for a minute.
fn taken_out(message: &mut Message, addressed: Addressed, mut place: Place) -> (CommandRequest, Place) {
    let Addressed { tenant, command, execution } = addressed;
    let mut headers: Vec<_> = message
        .headers
        .take()
        .iter()
        .flat_map(async_nats::HeaderMap::iter)
        .flat_map(|(name, values)| values.iter().map(move |value| (name.to_string(), value.to_string())))
        .collect();
    headers.sort_by(|(one, _), (other, _)| one.cmp(other));
    let mut body = std::mem::take(&mut message.payload);
    // A query is read and done with before it waits; of a change its events are made, so that counts until it is answered.
    if matches!(command, BusCommand::Get | BusCommand::ListApprovals) {
        body = place.held_by(body);
    }
    (CommandRequest { tenant, command, execution, headers, body }, place)
}

async fn answer(commands: &dyn Commands, subject: &Subject, request: CommandRequest) -> CommandReply {
    AssertUnwindSafe(commands.answer(request)).catch_unwind().await.unwrap_or_else(|_| {
        tracing::error!(%subject, "a command over NATS ended in a panic");
        CommandReply::internal()
    })
}
