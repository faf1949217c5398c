//! `vidimus proof`

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use super::values::Origin;

#[derive(Debug, Subcommand)]
pub(crate) enum Proof {
    /// Check a proof, or a signed checkpoint, that somebody hands you. Asks nobody.
    Verify(ProofVerify),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ProofVerify {
    /// The file: what `execution proof` or `log checkpoint` printed; `-` is standard input.
    pub(crate) file: PathBuf,
    /// The log's verifier key, as you know it from before. Without it the one in the file is taken, which shows only that
    /// the file fits together.
    #[arg(long, value_name = "VKEY")]
    pub(crate) key: Option<String>,
    /// The recorded events, one a line as `log replay --execution ID --output json` writes them: each has to be the one
    /// that is proved.
    #[arg(long, value_name = "FILE")]
    pub(crate) events: Option<PathBuf>,
    /// A signed checkpoint that you kept: the proof has to be against it, and a proof of consistency has to begin with it.
    #[arg(long, value_name = "FILE")]
    pub(crate) checkpoint: Option<PathBuf>,
}

/// How the log is called.
#[derive(Debug, ClapArgs)]
pub(crate) struct NamedLog {
    /// The log's name in its checkpoints, as `vidimus serve` has it. A server has its own [default: made of its key].
    #[arg(long, env = "VIDIMUS_CHECKPOINT_ORIGIN", value_name = "NAME")]
    checkpoint_origin: Option<Origin>,
}

impl NamedLog {
    pub(crate) fn origin(self) -> Option<vidimus_engine::CheckpointOrigin> {
        self.checkpoint_origin.map(|Origin(origin)| origin)
    }
}
