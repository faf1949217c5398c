//! `vidimus conversation`

use vidimus_api_types::{AddMessage, Message, MessageQuery, UserMessage};

use super::more;
use crate::{
    args::{Conversation, Global},
    error::Failure,
    output::{Output, cut, instant},
    source::Source,
};

pub(super) async fn run(global: &Global, command: Conversation, output: Output) -> Result<(), Failure> {
    match command {
        Conversation::Say { conversation, text, agent } => {
            let source = Source::create(global, "conversation say", None).await?;
            let said = source.add_message(&conversation, AddMessage { agent, text }).await?;
            output.show(&said, |said| {
                let Message { agent, conversation, position } = said;
                format!("what was said to {agent} in {conversation} is on record (position {position})")
            })
        }
        Conversation::Messages { conversation, agent, page } => {
            let (limit, cursor, as_of) = (Some(page.limit), page.cursor, page.as_of);
            let query = MessageQuery { agent, as_of, limit, cursor };
            let source = Source::open(global, "conversation messages").await?;
            let page = source.messages(&conversation, &query).await?;
            output.show(&page, |page| {
                if page.items.is_empty() {
                    return format!(
                        "nothing is on record that was said to {} in {conversation}",
                        query.agent
                    );
                }
                let header = ["Position", "At", "Text"];
                Output::table_to_fit(&header, page.items.iter().map(row), &["Text"]) + &more(page)
            })
        }
    }
}

fn row(message: &UserMessage) -> Vec<String> {
    let text = message.text.replace('\n', " ");
    vec![message.position.to_string(), instant(message.at), cut(&text, 500)]
}
