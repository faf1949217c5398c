//! The data directory: what a command opens.
//!
//! ```text
//! DIR/log/         the append-only log
//! DIR/views/       the views; can be deleted at any time
//! DIR/views-as-of/ the views as they were, for as long as somebody asks; deleted at the start
//! DIR/relay/       how far the relay to NATS is; without it, the streams are asked
//! DIR/webhooks/    how far each webhook is; without it, deliveries are made again
//! DIR/key-pepper   what API keys are hashed with; goes into every backup
//! ```

use std::{io::ErrorKind, path::Path, sync::Arc};

use proto_events::Actor;
use vidimus_engine::{CheckpointOrigin, Engine, Principal, Role, Settings};
use vidimus_log::{EventLog, SledLog, SledLogOptions, VerifyReport};
use vidimus_projection::{Past, QueryError, Views};

use crate::{
    args::Global,
    error::{Failure, Kind},
    pepper::{self, Missing},
};

/// An open data directory.
pub(crate) struct Data {
    pub(crate) log: Arc<SledLog>,
    pub(crate) engine: Arc<Engine>,
    views: std::path::PathBuf,
}

fn options(holder: &str) -> SledLogOptions {
    let holder = format!("process {} ({holder})", std::process::id());
    SledLogOptions { holder, ..SledLogOptions::default() }
}

fn must_exist(directory: &Path) -> Result<(), Failure> {
    let name = directory.display();
    match std::fs::metadata(directory.join("log")) {
        Ok(log) if log.is_dir() => Ok(()),
        // Whether it is there is not known: to say that it is missing would be a guess.
        Err(error) if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            let message = format!("cannot look into `{name}`: {error}; check its permissions");
            Err(Failure::new(Kind::Other, "storage_failed", message))
        }
        _ => {
            let message = format!(
                "there is no data in `{name}`: name the data directory with `--data`, or make one with `vidimus import` or `vidimus serve`"
            );
            Err(Failure::new(Kind::NotFound, "data_missing", message))
        }
    }
}

impl Data {
    /// Opens the directory; makes it if it is not there.
    pub(crate) async fn create(global: &Global, what: &str) -> Result<Self, Failure> {
        Self::create_in(global.data(), &format!("`vidimus {what}`"), Settings::default(), None).await
    }

    /// Opens the directory, or makes it, for a holder by this name and with these settings; with the pepper of its keys
    /// where that is asked for.
    pub(crate) async fn create_in(
        data: &Path,
        holder: &str,
        settings: Settings,
        pepper: Option<Missing>,
    ) -> Result<Self, Failure> {
        Self::create_named(data, holder, settings, pepper, None).await
    }

    /// As [`Self::create_in`], with a name for the log in its checkpoints.
    pub(crate) async fn create_named(
        data: &Path,
        holder: &str,
        settings: Settings,
        pepper: Option<Missing>,
        origin: Option<CheckpointOrigin>,
    ) -> Result<Self, Failure> {
        let (directory, options) = (data.join("log"), options(holder));
        let opened = tokio::task::spawn_blocking(move || SledLog::open(&directory, options)).await;
        let log = Arc::new(opened.map_err(std::io::Error::other)??);
        let mut engine = Engine::new(Arc::<SledLog>::clone(&log), settings);
        if let Some(missing) = pepper {
            let pepper = pepper::of(data, engine.log(), missing).await?;
            engine = engine.with_key_pepper(pepper);
            if let Some(origin) = origin {
                engine = engine.with_checkpoint_origin(origin);
            }
        }
        Ok(Self { log, engine: Arc::new(engine), views: data.join("views") })
    }

    /// Opens a directory that has to be there.
    pub(crate) async fn open(global: &Global, what: &str) -> Result<Self, Failure> {
        must_exist(global.data())?;
        Self::create(global, what).await
    }

    /// Opens a directory that has to be there, with the pepper of its keys.
    pub(crate) async fn open_with_pepper(global: &Global, what: &str) -> Result<Self, Failure> {
        Self::open_named(global, what, None).await
    }

    /// As [`Self::open_with_pepper`], with a name for the log in its checkpoints.
    pub(crate) async fn open_named(
        global: &Global,
        what: &str,
        origin: Option<CheckpointOrigin>,
    ) -> Result<Self, Failure> {
        must_exist(global.data())?;
        let holder = format!("`vidimus {what}`");
        let pepper = Some(Missing::First);
        Self::create_named(global.data(), &holder, Settings::default(), pepper, origin).await
    }

    /// Everything that is wrong with the log, also where it does not open.
    pub(crate) async fn examine(global: &Global) -> Result<VerifyReport, Failure> {
        must_exist(global.data())?;
        let directory = global.data().join("log");
        let examined = tokio::task::spawn_blocking(move || {
            SledLog::examine(&directory, &options("`vidimus log verify`"))
        })
        .await;
        Ok(examined.map_err(std::io::Error::other)??)
    }

    pub(crate) fn log(&self) -> Arc<dyn EventLog> {
        Arc::<SledLog>::clone(&self.log)
    }

    /// Where it is kept how far the relay is.
    pub(crate) fn relay_directory(&self) -> std::path::PathBuf {
        self.views.with_file_name("relay")
    }

    /// Where it is kept how far each webhook is.
    pub(crate) fn webhooks_directory(&self) -> std::path::PathBuf {
        self.views.with_file_name("webhooks")
    }

    /// The views as they are.
    pub(crate) async fn views(&self) -> Result<Views, Failure> {
        Ok(Views::open(&self.views, self.log()).await?)
    }

    /// The views as they were.
    pub(crate) fn past(&self) -> Result<Past, Failure> {
        Ok(Past::open(&self.views.with_file_name("views-as-of"), self.log())?)
    }

    /// The views, at the log's tail.
    pub(crate) async fn current_views(&self) -> Result<Views, Failure> {
        let views = self.views().await?;
        views.catch_up().await?;
        Ok(views)
    }
}

/// What `query` answers. A view that turns out to be damaged is built anew and asked again: whoever reads it need not know.
pub(crate) async fn ask<T>(
    views: &Views,
    query: impl AsyncFn(&Views) -> Result<T, QueryError>,
) -> Result<T, Failure> {
    match query(views).await {
        Err(QueryError::Damaged { .. }) => {
            views.catch_up().await?;
            Ok(query(views).await?)
        }
        answer => Ok(answer?),
    }
}

/// The operator at the terminal: whoever can open the data directory may do everything in it.
pub(crate) fn operator(global: &Global) -> Principal {
    let roles = [Role::Agent, Role::Approver, Role::Auditor, Role::Admin];
    Principal::new(global.tenant(), Actor::user(global.actor.clone()), roles)
}
