//! `vidimus connection`

use vidimus_api_types::{Connection, DescribeConnection};

use super::or_dash;
use crate::{
    args::{self, Global},
    error::Failure,
    output::Output,
    source::Source,
};

pub(super) async fn run(global: &Global, command: args::Connection, output: Output) -> Result<(), Failure> {
    match command {
        args::Connection::Set { connection, purpose, endpoint, owner } => {
            let source = Source::create(global, "connection set", None).await?;
            let body = DescribeConnection { purpose, endpoint, owner };
            let set = source.describe_connection(&connection, body).await?;
            output.show(&set, |set| {
                let before = if set.changed == Some(false) { "was already so" } else { "is described" };
                format!("{} {before} (position {})", set.connection, set.position)
            })
        }
        args::Connection::Show { connection } => {
            let found = Source::open(global, "connection show").await?.connection(&connection).await?;
            output.show(&found, details)
        }
    }
}

fn details(connection: &Connection) -> String {
    let Connection { connection, purpose, endpoint, owner, position, .. } = connection;
    let (endpoint, owner) = (or_dash(endpoint.as_ref()), or_dash(owner.as_ref()));
    format!(
        "connection  {connection}\npurpose     {purpose}\nendpoint    {endpoint}\nowner       {owner}\nposition    {position}"
    )
}
