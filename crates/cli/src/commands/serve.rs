//! `vidimus serve`

mod config;

use std::process::ExitCode;

use serde::Serialize;
use tokio::net::TcpListener;

use crate::{
    args::{Global, Serve},
    error::{Failure, Kind},
    output::{self, Output},
    server::Server,
};

/// Where it listens, as JSON.
#[derive(Serialize)]
struct Listening<'a> {
    listening: &'a str,
}

pub(super) async fn run(global: &Global, args: Serve, output: Output) -> Result<ExitCode, Failure> {
    let config = config::read(global, args)?;
    output::trace(Some(&config.log), config.log_format);
    // From here on a signal is ours.
    let mut signals = Signals::listen()?;
    let listener = listen(&config.listen).await?;
    let server = Server::start(listener, config.server).await?;
    let url = server.url().to_owned();
    if output.is_json() {
        output.json_line(&Listening { listening: &url })?;
    } else {
        output.line(&format!("listening on {url}"))?;
    }
    serve(server, &mut signals).await
}

async fn serve(mut server: Server, signals: &mut Signals) -> Result<ExitCode, Failure> {
    let failed = tokio::select! {
        signal = signals.next() => {
            tracing::info!(signal, "stopping; once more stops at once");
            None
        }
        failure = server.failed() => {
            tracing::error!(code = %failure.code, reason = failure.message, "stopping, as a part of the server failed");
            Some(failure)
        }
    };
    tokio::select! {
        stopped = server.stop() => match failed {
            Some(failure) => Err(failure),
            None => stopped.map(|()| ExitCode::SUCCESS),
        },
        signal = signals.next() => {
            // What was answered is durable; what was not is the caller's to ask for again.
            tracing::warn!(signal, "stopped at once");
            std::process::exit(if signal == "SIGTERM" { 143 } else { 130 });
        }
    }
}

async fn listen(address: &str) -> Result<TcpListener, Failure> {
    let listener = TcpListener::bind(address).await.map_err(|error| {
        let message = match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                format!("`{address}` is in use: another program listens there; stop it, or listen elsewhere with `--listen`")
            }
            std::io::ErrorKind::PermissionDenied => {
                format!("cannot listen on `{address}` ({error}): use a port from 1024 on")
            }
            _ => format!("cannot listen on `{address}` ({error}): use an address of this machine, like `127.0.0.1:7878`"),
        };
        Failure::new(Kind::Other, "listen_failed", message)
    })?;
    let bound = listener.local_addr()?;
    if !bound.ip().is_loopback() {
        tracing::warn!(
            address = %bound,
            "others on the network can read what is sent here, keys too: put a proxy with TLS before it"
        );
    }
    Ok(listener)
}

/// What asks a process to stop.
pub(super) struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    pub(super) fn listen() -> Result<Self, Failure> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    pub(super) async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    pub(super) fn listen() -> Result<Self, Failure> {
        Ok(Self {})
    }

    pub(super) async fn next(&mut self) -> &'static str {
        let _ = tokio::signal::ctrl_c().await;
        "SIGINT"
    }
}
