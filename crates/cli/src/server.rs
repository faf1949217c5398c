//! A server on a data directory: the API, the deadlines, the views, the webhooks, and where there is NATS, the relay and the
//! commands over it, all at work until one of them fails or all are told to stop.

mod part;

use std::{path::PathBuf, sync::Arc};

use part::Parts;
use tokio::{net::TcpListener, sync::watch};
use vidimus_api::Api;
use vidimus_bus::{Bus, ServiceOptions};
use vidimus_engine::{CheckpointOrigin, DeadlineKeeper};
use vidimus_log::SledLog;
use vidimus_projection::{Relay, RelaySettings};
use vidimus_webhook::Deliverer;

use crate::{
    commands_over_nats,
    console::Console,
    data::Data,
    error::{Failure, Kind},
    pepper::Missing,
};

/// What a server works with.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) data: PathBuf,
    pub(crate) api: vidimus_api::Settings,
    pub(crate) engine: vidimus_engine::Settings,
    pub(crate) webhooks: vidimus_webhook::Settings,
    pub(crate) console: Console,
    pub(crate) nats: Option<Nats>,
    /// The log's name in its checkpoints; made of its key where there is none.
    pub(crate) origin: Option<CheckpointOrigin>,
}

/// What it does on NATS.
#[derive(Debug)]
pub(crate) struct Nats {
    pub(crate) connection: vidimus_bus::Options,
    pub(crate) relay: RelaySettings,
    /// `None`: takes no commands there.
    pub(crate) commands: Option<ServiceOptions>,
}

/// A running server.
pub(crate) struct Server {
    url: String,
    log: Arc<SledLog>,
    /// Ends first.
    stop_asked: watch::Sender<bool>,
    /// Ends when no request is left.
    stop_rest: watch::Sender<bool>,
    /// Those who are asked: the API, the commands over NATS.
    asked: Parts,
    /// Those who follow the log.
    rest: Parts,
}

impl Server {
    /// Opens the data directory, which is made if it is not there, and serves it on `listener`.
    pub(crate) async fn start(listener: TcpListener, config: Config) -> Result<Self, Failure> {
        let url = format!("http://{}", listener.local_addr()?);
        let holder = format!("`vidimus serve` on {url}");
        // First what can be wrong in the settings.
        let bus = match &config.nats {
            Some(nats) => Some(Bus::connect(nats.connection.clone()).await?),
            None => None,
        };
        let data =
            Data::create_named(&config.data, &holder, config.engine, Some(Missing::First), config.origin)
                .await?;
        let (views, past) = (data.views().await?, data.past()?);
        let (relay_directory, webhooks_directory) = (data.relay_directory(), data.webhooks_directory());
        let Data { log, engine, .. } = data;
        // The first decision shall not wait for the log to be read.
        if let Err(error) = engine.warm_up().await {
            // Whoever follows the log comes to it as well, and says what is to be done.
            tracing::warn!(%error, code = error.code(), "the log cannot be read to its end");
        }
        let (stop_asked, asked_stopped) = watch::channel(false);
        let (stop_rest, rest_stopped) = watch::channel(false);
        let (mut asked, mut rest) = (Parts::default(), Parts::default());

        let keeper = DeadlineKeeper::new(Arc::clone(&engine));
        let until = rest_stopped.clone();
        rest.add("the deadline keeper", async move { keeper.run(until).await.map_err(Failure::from) });

        let (following, until) = (views.clone(), stopped(rest_stopped.clone()));
        rest.add("what keeps the views", async move { following.run(until).await.map_err(Failure::from) });

        let deliverer = Deliverer::new(Arc::clone(&engine), webhooks_directory, config.webhooks)?;
        let mut api = Api::new(engine, views, config.api);
        api = api.with_past(past).with_webhooks(deliverer.status());
        let until = rest_stopped.clone();
        rest.add("what delivers to webhooks", async move {
            if let Err(error) = deliverer.run(until.clone()).await {
                // All else goes on without them.
                tracing::error!(%error, code = error.code(), "webhooks are not delivered any more until the next start");
                stopped(until).await;
            }
            Ok(())
        });

        if let (Some(bus), Some(nats)) = (bus, config.nats) {
            let relay = Relay::new(bus, Arc::<SledLog>::clone(&log), &relay_directory, nats.relay);
            api = api.with_relay(relay.clone());
            let until = stopped(rest_stopped);
            rest.add("the relay", async move { relay.run(until).await.map_err(Failure::from) });
            if let Some(options) = nats.commands {
                let service;
                (api, service) = commands_over_nats::service(api, options);
                // One of its own: whoever may send a command can end it.
                let first = Bus::connect(nats.connection.clone()).await?;
                let until = asked_stopped.clone();
                asked.add("commands over NATS", async move {
                    service.run(first, nats.connection, until).await;
                    Ok(())
                });
            }
        }
        let api = config.console.beside(api);
        asked.add("the API", async move {
            vidimus_api::serve(listener, api, asked_stopped).await.map_err(|error| {
                Failure::new(
                    Kind::Other,
                    "listen_failed",
                    format!("cannot accept connections any more: {error}"),
                )
            })
        });
        tracing::info!(url, data = %config.data.display(), "serving");
        Ok(Self { url, log, stop_asked, stop_rest, asked, rest })
    }

    /// Its address.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Waits until a part of it ends by itself, which none should; answers why.
    pub(crate) async fn failed(&mut self) -> Failure {
        tokio::select! {
            failure = self.asked.failed() => failure,
            failure = self.rest.failed() => failure,
        }
    }

    /// Stops it: accepts nothing any more, ends streams and long polls, lets requests end, then closes the log.
    pub(crate) async fn stop(self) -> Result<(), Failure> {
        let Self { log, stop_asked, stop_rest, asked, rest, .. } = self;
        stop_asked.send_replace(true);
        let asked = asked.ended().await;
        stop_rest.send_replace(true);
        let rest = rest.ended().await;
        // Blocks until what is on its way is durable.
        tokio::task::spawn_blocking(move || log.close()).await.map_err(std::io::Error::other)?;
        tracing::info!("stopped");
        asked.and(rest)
    }
}

async fn stopped(mut stop: watch::Receiver<bool>) {
    // An error says that the sender is gone, which is the end as well.
    let _ = stop.wait_for(|stop| *stop).await;
}
