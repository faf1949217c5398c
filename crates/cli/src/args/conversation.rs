//! `vidimus conversation`

use clap::Subcommand;

use super::PageArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum Conversation {
    /// Put on record what a user said to an agent; policy reads it as what was asked for.
    Say {
        /// The conversation.
        conversation: String,
        /// The words, at most 64 KiB.
        text: String,
        /// The agent that it was said to.
        #[arg(long)]
        agent: String,
    },
    /// What the user said to an agent in a conversation, newest first.
    Messages {
        /// The conversation.
        conversation: String,
        /// The agent that it was said to.
        #[arg(long)]
        agent: String,
        #[command(flatten)]
        page: PageArgs,
    },
}
