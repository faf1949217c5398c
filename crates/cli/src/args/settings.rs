//! Every setting is an option and a key of the configuration file, by the same name.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use serde::Deserialize;
use vidimus_bus::{Credentials, Options};

use super::{ConsoleFile, Limit, LogFormat, Networks, Origin, Redact, Replicas, Span, StreamBytes};

/// Declares the settings: in groups, by which commands have them as options, and all of them for the file.
macro_rules! settings {
    ($($(#[$about:meta])* $group:ident { $($(#[$meta:meta])* $name:ident: $type:ty,)+ })+) => {
        /// What a configuration file says.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub(crate) struct SettingsFile {
            $($(pub(crate) $name: Option<$type>,)+)+
            /// The console's: tables, which are no options.
            pub(crate) console: Option<ConsoleFile>,
        }

        impl SettingsFile {
            /// The names of all settings.
            #[cfg(test)]
            pub(crate) const NAMES: &[&str] = &[$($(stringify!($name),)+)+];
        }

        $(
            $(#[$about])*
            #[derive(Clone, Debug, Default, PartialEq, Eq, ClapArgs)]
            pub(crate) struct $group {
                $($(#[$meta])* pub(crate) $name: Option<$type>,)+
            }

            impl $group {
                /// These, and where they say nothing, those of the file.
                pub(crate) fn or(self, file: &SettingsFile) -> Self {
                    Self { $($name: self.$name.or_else(|| file.$name.clone()),)+ }
                }

                /// The names of those that are set.
                pub(crate) fn set(&self) -> impl Iterator<Item = &'static str> {
                    [$((stringify!($name), self.$name.is_some()),)+]
                        .into_iter()
                        .filter_map(|(name, is_set)| is_set.then_some(name))
                }
            }
        )+
    };
}

settings! {
    /// Settings of a server alone.
    ServeOptions {
        /// The data directory. On the command line it is the global `--data`.
        #[arg(skip)]
        data: PathBuf,
        /// What is traced. In the environment it is `VIDIMUS_LOG`.
        #[arg(skip)]
        log: String,
        /// Where to listen; port 0 takes a free one [default: 127.0.0.1:7878].
        #[arg(long, env = "VIDIMUS_LISTEN", value_name = "ADDRESS")]
        listen: String,
        /// How the log of the server is written, to standard error [default: text].
        #[arg(long, value_enum, value_name = "FORMAT")]
        log_format: LogFormat,
        /// How many requests a key may make: `PER_SECOND:BURST`, or `off` [default: 1000:2000].
        #[arg(long, value_name = "LIMIT")]
        rate_limit: Limit,
        /// The largest body of a request [default: 1048576].
        #[arg(long, value_name = "BYTES")]
        max_body_bytes: usize,
        /// Most connections; further ones wait [default: 4096].
        #[arg(long, value_name = "NUMBER")]
        max_connections: usize,
        /// Most open streams of notifications [default: 2000].
        #[arg(long, value_name = "NUMBER")]
        max_streams: usize,
        /// Most requests that wait for a decision [default: 10000].
        #[arg(long, value_name = "NUMBER")]
        max_waiters: usize,
        /// How long running requests have to end when the server stops [default: 10s].
        #[arg(long, value_name = "TIME")]
        drain: Span,
        /// How long a user has to confirm [default: 1h].
        #[arg(long, value_name = "TIME")]
        confirmation_ttl: Span,
        /// How long reviewers have to resolve an approval [default: 24h].
        #[arg(long, value_name = "TIME")]
        approval_ttl: Span,
        /// How long a permit may wait to be used [default: 1h].
        #[arg(long, value_name = "TIME")]
        permit_ttl: Span,
        /// How long a running call may be silent before its result counts as unknown [default: 5m].
        #[arg(long, value_name = "TIME")]
        lease: Span,
        /// The log's name in its signed checkpoints: an address of yours without its scheme [default: made of its key].
        #[arg(long, env = "VIDIMUS_CHECKPOINT_ORIGIN", value_name = "NAME")]
        checkpoint_origin: Origin,
        /// Networks that webhooks may be posted to although they are not public, by commas: `10.1.0.0/16`.
        #[arg(long, value_name = "NETWORKS")]
        webhook_networks: Networks,
        /// Take webhooks with `http` too, not only `https`.
        #[arg(long, num_args = 0, default_missing_value = "true")]
        webhook_http: bool,
        /// How long a notification is tried at a webhook before it is parked [default: 24h].
        #[arg(long, value_name = "TIME")]
        webhook_retry_for: Span,
        /// Most commands over NATS at once; 0 takes none [default: 4096].
        #[arg(long, value_name = "NUMBER", help_heading = NATS)]
        nats_max_commands: usize,
    }

    /// What is published on NATS, and where: the same for whoever does.
    PublishOptions {
        /// What notifications leave out of arguments: names of members, by commas, or `off` [default: what usually holds a
        /// secret: password, token, api_key …].
        #[arg(long, value_name = "NAMES")]
        redact: Redact,
        /// Publish on the NATS server at this address [default: no NATS].
        #[arg(long, env = "VIDIMUS_NATS", hide_env_values = true, value_name = "URL", help_heading = NATS)]
        nats: String,
        /// On how many NATS servers the streams are kept, where they are made [default: 1].
        #[arg(long, value_name = "NUMBER", help_heading = NATS)]
        nats_replicas: Replicas,
        /// Most bytes that each stream holds, where it is made; then it takes nothing more [default: 4294967296].
        #[arg(long, value_name = "BYTES", help_heading = NATS)]
        nats_max_bytes: StreamBytes,
        /// How long the stream of notifications holds one, where it is made [default: for ever].
        #[arg(long, value_name = "TIME", help_heading = NATS)]
        nats_max_age: Span,
    }

    /// Who this is for a NATS server, and which server is believed: the same for every command that reaches one.
    NatsArgs {
        /// Who this is for NATS: a credentials file (JWT and seed), as `nsc` writes it.
        #[arg(long, env = "VIDIMUS_NATS_CREDS", value_name = "FILE", help_heading = NATS, conflicts_with = "nats_nkey")]
        nats_creds: PathBuf,
        /// Who this is for NATS: a file with an nkey seed.
        #[arg(long, env = "VIDIMUS_NATS_NKEY", value_name = "FILE", help_heading = NATS)]
        nats_nkey: PathBuf,
        /// A file with the certificates that a NATS server is to be signed by, instead of the system's.
        #[arg(long, env = "VIDIMUS_NATS_CA", value_name = "FILE", help_heading = NATS)]
        nats_ca: PathBuf,
    }
}

const NATS: &str = "NATS";

impl NatsArgs {
    /// Whether it says who this is.
    pub(crate) const fn names_a_user(&self) -> bool {
        self.nats_creds.is_some() || self.nats_nkey.is_some()
    }

    /// How to connect to `url`, by this name in the server's lists.
    pub(crate) fn options(&self, url: &str, name: &str) -> Options {
        let credentials = match (&self.nats_creds, &self.nats_nkey) {
            (Some(file), _) => Credentials::CredsFile(file.clone()),
            (None, Some(file)) => Credentials::NkeyFile(file.clone()),
            (None, None) => Credentials::None,
        };
        let ca_file = self.nats_ca.clone();
        Options { credentials, ca_file, name: name.to_owned(), ..Options::new(url) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_wins() {
        let given = ServeOptions { listen: Some("a".to_owned()), ..ServeOptions::default() };
        let file = SettingsFile {
            listen: Some("b".to_owned()),
            max_streams: Some(3),
            nats: Some("n".to_owned()),
            ..SettingsFile::default()
        };
        let both = given.or(&file);
        assert_eq!((both.listen.as_deref(), both.max_streams, both.drain), (Some("a"), Some(3), None));
        assert_eq!(both.set().collect::<Vec<_>>(), ["listen", "max_streams"]);
        assert_eq!(PublishOptions::default().or(&file).set().collect::<Vec<_>>(), ["nats"]);
    }
}
