//! The settings of the server.

use vidimus_api::Settings as ApiSettings;
use vidimus_bus::ServiceOptions;
use vidimus_engine::Settings as EngineSettings;
use vidimus_webhook::Settings as WebhookSettings;

use crate::{
    args::{Global, Limit, LogFormat, Networks, Origin, Redact, Serve, ServeOptions, Span},
    commands::settings,
    console::Console,
    error::Failure,
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
    let Serve { config, options, publish, nats } = args;
    let file = settings::read(config.as_deref())?;
    let directory = settings::data(global, &file);
    let options = options.or(&file);
    let console = Console::of(file.console.clone().unwrap_or_default())?;
    let of_nats = options.set().find(|name| name.starts_with("nats_"));
    let ServeOptions {
        data: _,
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
        checkpoint_origin,
        webhook_networks,
        webhook_http,
        webhook_retry_for,
        nats_max_commands,
    } = options;
    let (publish, nats) = settings::publishing(publish, nats, file);
    let (api, engine) = (ApiSettings::default(), EngineSettings::default());
    let time = |given: Option<Span>, default| given.map_or(default, |Span(time)| time);
    let redaction = publish.redact.clone().map_or(api.redaction, |Redact(redaction)| redaction);
    let webhooks = WebhookSettings::default();
    let webhooks = WebhookSettings {
        allow_networks: webhook_networks.map_or(webhooks.allow_networks, |Networks(networks)| networks),
        allow_http: webhook_http.unwrap_or(webhooks.allow_http),
        retry_for: time(webhook_retry_for, webhooks.retry_for),
        redaction: redaction.clone(),
        ..webhooks
    };
    let drain_timeout = time(drain, api.drain_timeout);
    let max_in_flight = nats_max_commands.unwrap_or(ServiceOptions::default().max_in_flight);
    let commands = (max_in_flight > 0).then_some(ServiceOptions { max_in_flight, drain_timeout });
    let nats = settings::nats("vidimus", &publish, &nats, commands)?;
    if nats.is_none()
        && let Some(name) = of_nats
    {
        return Err(settings::useless(name));
    }
    Ok(Config {
        listen: listen.unwrap_or_else(|| "127.0.0.1:7878".to_owned()),
        log: log.unwrap_or_else(|| "info,sled=off,async_nats=off".to_owned()),
        log_format: log_format.unwrap_or_default(),
        server: server::Config {
            data: directory,
            api: ApiSettings {
                max_body_bytes: max_body_bytes.unwrap_or(api.max_body_bytes),
                max_connections: max_connections.unwrap_or(api.max_connections),
                max_streams: max_streams.unwrap_or(api.max_streams),
                max_waiters: max_waiters.unwrap_or(api.max_waiters),
                drain_timeout,
                redaction,
                rate_limit: rate_limit.map_or(api.rate_limit, |Limit(limit)| limit),
                ..api
            },
            engine: EngineSettings {
                confirmation_ttl: time(confirmation_ttl, engine.confirmation_ttl),
                approval_ttl: time(approval_ttl, engine.approval_ttl),
                permit_ttl: time(permit_ttl, engine.permit_ttl),
                lease: time(lease, engine.lease),
            },
            webhooks,
            console,
            nats,
            origin: checkpoint_origin.map(|Origin(origin)| origin),
        },
    })
}
