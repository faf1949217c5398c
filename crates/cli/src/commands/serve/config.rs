//! The settings of the server: the command line, then the environment, then the file, then the defaults.

use std::path::{Path, PathBuf};

use vidimus_api::Settings as ApiSettings;
use vidimus_engine::Settings as EngineSettings;

use crate::{
    args::{Global, Limit, LogFormat, Serve, ServeOptions, Span},
    error::{Failure, Kind},
    server,
};

/// All settings.
#[derive(Debug)]
pub(super) struct Config {
    pub(super) listen: String,
    pub(super) log: String,
    pub(super) log_format: LogFormat,
    pub(super) server: server::Config,
}

pub(super) fn read(global: &Global, args: Serve) -> Result<Config, Failure> {
    let file = args.config.as_deref().map(read_file).transpose()?.unwrap_or_default();
    let ServeOptions {
        data,
        log,
        listen,
        log_format,
        rate_limit,
        max_body_bytes,
        max_connections,
        max_streams,
        max_waiters,
        drain,
        confirmation_ttl,
        approval_ttl,
        permit_ttl,
        lease,
    } = args.options.or(file);
    let (api, engine) = (ApiSettings::default(), EngineSettings::default());
    let time = |given: Option<Span>, default| given.map_or(default, |Span(time)| time);
    let directory: PathBuf = match (&global.data, data) {
        (None, Some(data)) => data,
        _ => global.data().to_owned(),
    };
    Ok(Config {
        listen: listen.unwrap_or_else(|| "127.0.0.1:7878".to_owned()),
        log: log.unwrap_or_else(|| "info,sled=off".to_owned()),
        log_format: log_format.unwrap_or_default(),
        server: server::Config {
            data: directory,
            api: ApiSettings {
                max_body_bytes: max_body_bytes.unwrap_or(api.max_body_bytes),
                max_connections: max_connections.unwrap_or(api.max_connections),
                max_streams: max_streams.unwrap_or(api.max_streams),
                max_waiters: max_waiters.unwrap_or(api.max_waiters),
                drain_timeout: time(drain, api.drain_timeout),
                rate_limit: rate_limit.map_or(api.rate_limit, |Limit(limit)| limit),
                ..api
            },
            engine: EngineSettings {
                confirmation_ttl: time(confirmation_ttl, engine.confirmation_ttl),
                approval_ttl: time(approval_ttl, engine.approval_ttl),
                permit_ttl: time(permit_ttl, engine.permit_ttl),
                lease: time(lease, engine.lease),
            },
        },
    })
}

fn read_file(path: &Path) -> Result<ServeOptions, Failure> {
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
        let message = format!("the settings in `{name}` are wrong in line {line}: {}", error.message());
        Failure::usage("config_invalid", message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<ServeOptions, Failure> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        read_file(file.path())
    }

    #[test]
    fn every_setting_can_be_in_a_file() {
        let text = r#"
            data = "/var/lib/vidimus"
            log = "debug"
            listen = "[::1]:0"
            log_format = "json"
            rate_limit = "off"
            max_body_bytes = 1000
            max_connections = 1
            max_streams = 2
            max_waiters = 3
            drain = "4s"
            confirmation_ttl = "5m"
            approval_ttl = "6h"
            permit_ttl = "7d"
            lease = "800ms"
        "#;
        let options = of(text).unwrap();
        let shown = format!("{options:?}");
        assert!(!shown.contains("None,") || shown.matches("None").count() == 1, "{shown}");
        assert_eq!(options.rate_limit, Some(Limit(None)));
        assert_eq!(of("").unwrap(), ServeOptions::default());
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, line, says) in [
            ("listen = \"a\"\nlisten_on = 7\n", 2, "unknown field `listen_on`"),
            ("\n\nmax_streams = \"many\"\n", 3, "invalid type"),
            ("drain = \"10 s\"\n", 1, "`10 s` is no time"),
            ("max_streams = 1\nrate_limit = \"fast\"\n", 2, "`fast` is no limit"),
            ("listen = \n", 1, ""),
            ("log_format = \"xml\"", 1, "`xml`"),
            ("max_streams = -1", 1, "invalid value"),
        ] {
            let failure = of(text).unwrap_err();
            assert_eq!((failure.kind, &*failure.code), (Kind::Usage, "config_invalid"));
            let message = &failure.message;
            assert!(message.contains(&format!("in line {line}: ")) && message.contains(says), "{message}");
        }
    }
}
