//! A server on a data directory: the API, the deadlines and the views, all at work until one of them fails or all are
//! told to stop.

use std::{path::PathBuf, sync::Arc};

use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinError, JoinHandle},
};
use vidimus_api::Api;
use vidimus_engine::DeadlineKeeper;
use vidimus_log::SledLog;

use crate::{
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
}

type Part = JoinHandle<Result<(), Failure>>;

/// A running server.
pub(crate) struct Server {
    url: String,
    log: Arc<SledLog>,
    /// Ends first.
    stop_api: watch::Sender<bool>,
    /// Ends when no request is left.
    stop_rest: watch::Sender<bool>,
    api: Option<Part>,
    deadlines: Option<Part>,
    views: Option<Part>,
}

impl Server {
    /// Opens the data directory, which is made if it is not there, and serves it on `listener`.
    pub(crate) async fn start(listener: TcpListener, config: Config) -> Result<Self, Failure> {
        let url = format!("http://{}", listener.local_addr()?);
        let holder = format!("`vidimus serve` on {url}");
        let data = Data::create_in(&config.data, &holder, config.engine, Some(Missing::First)).await?;
        let views = data.views().await?;
        let Data { log, engine, .. } = data;
        let (stop_api, api_stopped) = watch::channel(false);
        let (stop_rest, rest_stopped) = watch::channel(false);

        let keeper = DeadlineKeeper::new(Arc::clone(&engine));
        let until = rest_stopped.clone();
        let deadlines = tokio::spawn(async move { keeper.run(until).await.map_err(Failure::from) });

        let (following, mut until) = (views.clone(), rest_stopped);
        let until = async move {
            // An error says that the sender is gone, which is the end as well.
            let _ = until.wait_for(|stop| *stop).await;
        };
        let views_part = tokio::spawn(async move { following.run(until).await.map_err(Failure::from) });

        let api = Api::new(engine, views, config.api);
        let serving = async move {
            vidimus_api::serve(listener, api, api_stopped).await.map_err(|error| {
                Failure::new(
                    Kind::Other,
                    "listen_failed",
                    format!("cannot accept connections any more: {error}"),
                )
            })
        };
        tracing::info!(url, data = %config.data.display(), "serving");
        Ok(Self {
            url,
            log,
            stop_api,
            stop_rest,
            api: Some(tokio::spawn(serving)),
            deadlines: Some(deadlines),
            views: Some(views_part),
        })
    }

    /// Its address.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Waits until a part of it ends by itself, which none should; answers why.
    pub(crate) async fn failed(&mut self) -> Failure {
        let (name, ended) = tokio::select! {
            ended = joined(&mut self.api) => ("the API", ended),
            ended = joined(&mut self.deadlines) => ("the deadline keeper", ended),
            ended = joined(&mut self.views) => ("what keeps the views", ended),
        };
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

    /// Stops it: accepts nothing any more, ends streams and long polls, lets requests end, then closes the log.
    pub(crate) async fn stop(self) -> Result<(), Failure> {
        let Self { log, stop_api, stop_rest, mut api, mut deadlines, mut views, .. } = self;
        stop_api.send_replace(true);
        let api = joined_if_any(&mut api).await;
        stop_rest.send_replace(true);
        let deadlines = joined_if_any(&mut deadlines).await;
        let views = joined_if_any(&mut views).await;
        // Blocks until what is on its way is durable.
        tokio::task::spawn_blocking(move || log.close()).await.map_err(std::io::Error::other)?;
        tracing::info!("stopped");
        [api, deadlines, views].into_iter().collect()
    }
}

/// The end of a part; it is asked for once.
async fn joined(part: &mut Option<Part>) -> Result<Result<(), Failure>, JoinError> {
    match part {
        Some(handle) => {
            let ended = handle.await;
            *part = None;
            ended
        }
        None => std::future::pending().await,
    }
}

async fn joined_if_any(part: &mut Option<Part>) -> Result<(), Failure> {
    if part.is_none() {
        return Ok(());
    }
    joined(part).await.map_err(|error| Failure::from(std::io::Error::other(error)))?
}
