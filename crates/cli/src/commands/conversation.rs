//! `vidimus conversation`

use vidimus_api_types::{AddMessage, Message};

use crate::{
    args::{Conversation, Global},
    error::Failure,
    output::Output,
    source::Source,
};

pub(super) async fn run(global: &Global, command: Conversation, output: Output) -> Result<(), Failure> {
    let Conversation::Say { conversation, text, agent } = command;
    let source = Source::create(global, "conversation say", None).await?;
    let said = source.add_message(&conversation, AddMessage { agent, text }).await?;
    output.show(&said, |said| {
        let Message { agent, conversation, position } = said;
        format!("what was said to {agent} in {conversation} is on record (position {position})")
    })
}
