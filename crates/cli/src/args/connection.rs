//! `vidimus connection`

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Connection {
    /// Describe a connection in the catalogue.
    Set {
        /// The connection: what comes before the dot of its functions' names.
        connection: String,
        /// What it is for.
        #[arg(long)]
        purpose: String,
        /// Where it goes, without credentials.
        #[arg(long, value_name = "URL")]
        endpoint: Option<String>,
        /// Who answers for it: a group or a principal.
        #[arg(long)]
        owner: Option<String>,
    },
    /// What the catalogue says of a connection.
    Show {
        /// The connection.
        connection: String,
    },
}
