//! `vidimus project`

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::NatsArgs;

#[derive(Debug, ClapArgs)]
pub(crate) struct Project {
    /// The NATS server that has the recorded events: `nats://HOST` or `tls://HOST`; several of a cluster with commas.
    #[arg(long, env = "VIDIMUS_NATS", hide_env_values = true, value_name = "URL")]
    pub(crate) from: String,
    /// The directory of the views, which is made if it is not there.
    #[arg(long, value_name = "DIR")]
    pub(crate) views: PathBuf,
    /// The stream with the recorded events.
    #[arg(long, default_value = "VIDIMUS_RECORDED", value_name = "STREAM")]
    pub(crate) stream: String,
    #[command(flatten)]
    pub(crate) nats: NatsArgs,
    /// End when the views have everything that is on the stream.
    #[arg(long)]
    pub(crate) once: bool,
}
