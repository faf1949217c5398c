//! Settings that more than one command has: the file, and what is done on NATS. What is said nearer wins: the command line,
//! then the environment, then the file, then the defaults.

use std::path::{Path, PathBuf};

use vidimus_bus::{ServiceOptions, StreamSpec};
use vidimus_projection::RelaySettings;

use crate::{
    args::{Global, NatsArgs, PublishOptions, Redact, Replicas, SettingsFile, Span, StreamBytes},
    error::{Failure, Kind},
    server,
};

/// Reads the file, if there is one.
pub(super) fn read(file: Option<&Path>) -> Result<SettingsFile, Failure> {
    let settings = file.map(read_file).transpose()?.unwrap_or_default();
    if settings.nats_creds.is_some() && settings.nats_nkey.is_some() {
        return Err(invalid(
            "`nats_creds` and `nats_nkey` both say who this is for NATS: leave one of them out".to_owned(),
        ));
    }
    Ok(settings)
}

/// The data directory.
pub(super) fn data(global: &Global, file: &SettingsFile) -> PathBuf {
    match (&global.data, &file.data) {
        (None, Some(data)) => data.clone(),
        _ => global.data().to_owned(),
    }
}

/// What is published on NATS and by whom. A user that is named replaces the file's, whichever way the file names it.
pub(super) fn publishing(
    publish: PublishOptions,
    nats: NatsArgs,
    mut file: SettingsFile,
) -> (PublishOptions, NatsArgs) {
    if nats.names_a_user() {
        (file.nats_creds, file.nats_nkey) = (None, None);
    }
    (publish.or(&file), nats.or(&file))
}

/// What is done on NATS, by this name in the server's lists; `None` where no server is named.
pub(super) fn nats(
    name: &str,
    publish: &PublishOptions,
    nats: &NatsArgs,
    commands: Option<ServiceOptions>,
) -> Result<Option<server::Nats>, Failure> {
    let Some(url) = &publish.nats else {
        return match nats.set().chain(publish.set()).find(|name| name.starts_with("nats_")) {
            Some(name) => Err(useless(name)),
            None => Ok(None),
        };
    };
    let stream = |made: StreamSpec| StreamSpec {
        replicas: publish.nats_replicas.map_or(made.replicas, |Replicas(number)| number),
        max_bytes: publish.nats_max_bytes.map_or(made.max_bytes, |StreamBytes(number)| number),
        ..made
    };
    let made = RelaySettings::default();
    let relay = RelaySettings {
        notifications: StreamSpec {
            max_age: publish.nats_max_age.map(|Span(time)| time),
            ..stream(made.notifications)
        },
        recorded: stream(made.recorded),
        redaction: publish.redact.clone().map_or(made.redaction, |Redact(redaction)| redaction),
    };
    Ok(Some(server::Nats { connection: nats.options(url, name), relay, commands }))
}

/// A setting of NATS without a NATS.
pub(super) fn useless(name: &str) -> Failure {
    invalid(format!(
        "`{name}` is of no use without `nats`: name the NATS server with `--nats URL` or `nats = \"URL\"`, or leave `{name}` out"
    ))
}

fn invalid(message: String) -> Failure {
    Failure::usage("config_invalid", message)
}

fn read_file(path: &Path) -> Result<SettingsFile, Failure> {
    let name = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| {
        let kind = if error.kind() == std::io::ErrorKind::NotFound { Kind::NotFound } else { Kind::Other };
        Failure::new(kind, "config_unreadable", format!("cannot read the settings in `{name}`: {error}"))
    })?;
    toml::from_str(&text).map_err(|error| {
        let line = error
            .span()
            .and_then(|span| text.get(..span.start))
            .map_or(1, |before| before.matches('\n').count() + 1);
        // Several lines with a drawing; its own first line says less than ours.
        invalid(format!("the settings in `{name}` are wrong in line {line}: {}", error.message()))
    })
}

#[cfg(test)]
mod tests;
