//! `vidimus nats`

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use proto_events::TenantId;

use super::NatsArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum Nats {
    /// Write the configuration of a nats-server that keeps tenants apart, and the keys of its users.
    Config(NatsConfig),
    /// Make a durable consumer of the tenant, for readers who may be away; does nothing where it is there.
    Consumer(NatsConsumer),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct NatsConfig {
    /// The tenants, all of them: who is left out loses access at the next reload.
    #[arg(required = true, value_name = "TENANT")]
    pub(crate) tenants: Vec<TenantId>,
    /// What keeps them apart.
    #[arg(long, value_enum, default_value_t = Layout::Accounts)]
    pub(crate) layout: Layout,
    /// A durable consumer that each tenant may read (`vidimus nats consumer` makes it); can be given more than once.
    #[arg(long = "consumer", value_name = "NAME", value_parser = consumer)]
    pub(crate) consumers: Vec<String>,
    /// The most that the streams of this server may hold.
    #[arg(long, default_value = "20GB", value_name = "SIZE", value_parser = size)]
    pub(crate) max_bytes: String,
    /// Write `nats-server.conf` (where it is missing) and `tenants.conf` (anew) there, instead of printing them as one.
    #[arg(long, value_name = "DIR")]
    pub(crate) write: Option<PathBuf>,
    /// Where the seeds of the users are: those that are there are kept, others are drawn. With `--write DIR` it is
    /// `DIR/keys` unless told otherwise.
    #[arg(long, required_unless_present = "write", value_name = "DIR")]
    pub(crate) keys: Option<PathBuf>,
}

/// What keeps tenants apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Layout {
    /// An account each: nothing of another tenant has a name there.
    Accounts,
    /// Permissions in one account; no durable consumers.
    Single,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct NatsConsumer {
    /// Its name, one that `vidimus nats config --consumer` was given.
    #[arg(long, value_name = "NAME", value_parser = consumer)]
    pub(crate) name: String,
    /// Of the recorded events, instead of the notifications.
    #[arg(long)]
    pub(crate) recorded: bool,
    /// The NATS server: `nats://HOST` or `tls://HOST`; several of a cluster with commas.
    #[arg(long = "nats", env = "VIDIMUS_NATS", hide_env_values = true, value_name = "URL")]
    pub(crate) url: String,
    #[command(flatten)]
    pub(crate) nats: NatsArgs,
}

/// Without `_`, which stands between it and the tenant on the server: `a` and `b_c` would be `a_b` and `c` else.
fn consumer(text: &str) -> Result<String, String> {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if (1..=32).contains(&text.len()) && text.bytes().all(token) {
        return Ok(text.to_owned());
    }
    Err("a consumer's name is 1 to 32 ASCII letters, digits and `-`".to_owned())
}

fn size(text: &str) -> Result<String, String> {
    let number = text.trim_end_matches(|character: char| character.is_ascii_uppercase());
    let unit = &text[number.len()..];
    let is_number = (1..=9).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    if is_number && number.bytes().any(|digit| digit != b'0') && ["MB", "GB", "TB"].contains(&unit) {
        return Ok(text.to_owned());
    }
    Err("a size is a whole number with `MB`, `GB` or `TB`, for example `20GB`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_consumer_has_a_plain_name() {
        for name in ["monitor", "a-b", "X1", &"a".repeat(32)] {
            assert_eq!(consumer(name).as_deref(), Ok(name));
        }
        for name in ["", "a_b", "a.b", "*", ">", "a b", "ä", &"a".repeat(33)] {
            assert!(consumer(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_size_has_a_unit() {
        for text in ["1MB", "20GB", "3TB"] {
            assert_eq!(size(text).as_deref(), Ok(text));
        }
        for text in ["", "20", "0GB", "GB", "-1GB", "1.5GB", "20gb", "20KB", "1GBGB", "9999999999GB", "1 GB"]
        {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
