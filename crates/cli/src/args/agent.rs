//! `vidimus agent`

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Agent {
    /// The scopes of an agent; with `--set` or `--none`, say which it has.
    Scopes {
        /// The agent.
        agent: String,
        /// A scope that it has, and none but these; can be given more than once.
        #[arg(long = "set", value_name = "SCOPE", conflicts_with = "none")]
        scopes: Vec<String>,
        /// It has none.
        #[arg(long)]
        none: bool,
    },
    /// The tools that an agent can see now.
    Tools {
        /// The agent.
        agent: String,
        /// In these circumstances: a JSON object, as `context` of a proposal has them; left out: in whatever ones
        #[arg(long, value_name = "JSON")]
        context: Option<String>,
    },
}
