//! `vidimus serve`

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::{NatsArgs, PublishOptions, ServeOptions};

#[derive(Debug, ClapArgs)]
pub(crate) struct Serve {
    /// Settings as TOML: the options below with `_` for `-`, `data`, `log`, and tables for the console. The command line and the environment win.
    #[arg(long, env = "VIDIMUS_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) options: ServeOptions,
    #[command(flatten)]
    pub(crate) publish: PublishOptions,
    #[command(flatten)]
    pub(crate) nats: NatsArgs,
}
