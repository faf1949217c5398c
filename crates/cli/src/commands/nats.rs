//! `vidimus nats`

mod accounts;
mod files;
mod keys;
mod render;
mod server;

use std::collections::{BTreeMap, BTreeSet};

use accounts::{Account, NOTIFICATIONS, RECORDED, consumer_name, has_the_inbox_of_operations, of_tenant};
use keys::Keys;
use proto_events::{Subject, TenantId};
use serde::Serialize;
use vidimus_bus::{Bus, ConsumerSpec, make_consumer};

use crate::{
    args::{self, Global, Layout, NatsConfig, NatsConsumer},
    error::Failure,
    output::Output,
};

pub(super) async fn run(global: &Global, command: args::Nats, output: Output) -> Result<(), Failure> {
    match command {
        args::Nats::Config(args) => config(args, output),
        args::Nats::Consumer(args) => consumer(global, args, output).await,
    }
}

/// What was printed or written.
#[derive(Serialize)]
struct Configured {
    /// The configuration, where it is not in files.
    #[serde(skip_serializing_if = "Option::is_none")]
    configuration: Option<String>,
    files: Vec<String>,
    users: Vec<UserRow>,
}

#[derive(Serialize)]
struct UserRow {
    name: String,
    account: String,
    seed_file: String,
    public_key: String,
    inbox_prefix: String,
}

fn config(args: NatsConfig, output: Output) -> Result<(), Failure> {
    let NatsConfig { tenants, layout, consumers, max_bytes, write, keys } = args;
    if layout == Layout::Single && !consumers.is_empty() {
        let message = "in the layout `single` there are no durable consumers, as with one a tenant could send to another's \
                       subjects: use the layout `accounts`, or leave out `--consumer`";
        return Err(Failure::usage("nats_layout", message));
    }
    let (tenants, consumers): (BTreeSet<_>, BTreeSet<_>) =
        (tenants.into_iter().collect(), consumers.into_iter().collect());
    differ_in_more_than_case(tenants.iter().map(TenantId::as_str))?;
    differ_in_more_than_case(consumers.iter().map(String::as_str))?;
    if layout == Layout::Single
        && let Some(tenant) = tenants.iter().find(|tenant| has_the_inbox_of_operations(tenant))
    {
        let message = format!(
            "in the layout `single` the user `{tenant}` of the server would see the answers to the tenant `{tenant}`: use the \
             layout `accounts`"
        );
        return Err(Failure::usage("nats_layout", message));
    }
    let accounts = match layout {
        Layout::Accounts => accounts::apart(&tenants, &consumers),
        Layout::Single => accounts::together(&tenants),
    };
    let directory = keys.or_else(|| write.as_ref().map(|directory| directory.join("keys")));
    let keys = Keys::in_directory(directory.unwrap_or_default())?;
    let mut rows = Vec::new();
    for Account { name: account, users, .. } in &accounts {
        for user in users {
            rows.push(UserRow {
                name: user.name.clone(),
                account: account.clone(),
                seed_file: keys.path(&user.name).display().to_string(),
                public_key: keys.public(&user.name)?,
                inbox_prefix: user.inbox.clone(),
            });
        }
    }
    let tenants = render::accounts(layout, &accounts, &rows);
    let mut done = Configured { configuration: None, files: Vec::new(), users: rows };
    match write {
        Some(directory) => done.files = files::write(&directory, &server::including(&max_bytes), &tenants)?,
        None => done.configuration = Some(server::with(&max_bytes, &tenants)),
    }
    output.show(&done, |done| done.configuration.clone().unwrap_or_else(|| people(done)))
}

/// Two names that differ in case alone are one file where file systems do not tell, and one name to people.
fn differ_in_more_than_case<'a>(names: impl Iterator<Item = &'a str>) -> Result<(), Failure> {
    let mut seen = BTreeMap::new();
    for name in names {
        if let Some(other) = seen.insert(name.to_ascii_lowercase(), name) {
            let message =
                format!("`{other}` and `{name}` differ in case alone: take one of them, or another name");
            return Err(Failure::usage("nats_names_alike", message));
        }
    }
    Ok(())
}

fn people(done: &Configured) -> String {
    let row = |user: &UserRow| {
        [&user.name, &user.account, &user.inbox_prefix, &user.seed_file].map(Clone::clone).to_vec()
    };
    let header = ["User", "Account", "Inbox prefix", "Seed"];
    let table = Output::table_to_fit(&header, done.users.iter().map(row), &["Account", "Inbox prefix"]);
    format!("written: {}\n{table}", done.files.join(", "))
}

async fn consumer(global: &Global, args: NatsConsumer, output: Output) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Made {
        stream: String,
        consumer: String,
        filter: String,
        made: bool,
    }
    let tenant = global.tenant();
    let (stream, all) =
        if args.recorded { (RECORDED, Subject::RECORDED) } else { (NOTIFICATIONS, Subject::NOTIFICATIONS) };
    let spec = ConsumerSpec {
        stream: stream.to_owned(),
        name: consumer_name(&tenant, &args.name),
        filter: of_tenant(all, &tenant),
        description: format!("{} of the tenant {tenant}", args.name),
    };
    let bus = Bus::connect(args.nats.options(&args.url, "vidimus nats consumer")).await?;
    let made = make_consumer(&bus, &spec).await?;
    let ConsumerSpec { stream, name: consumer, filter, .. } = spec;
    output.show(&Made { stream, consumer, filter, made }, |done| {
        let what = if done.made { "made" } else { "there already" };
        format!("consumer {} of {}: {what}; it reads {}", done.consumer, done.stream, done.filter)
    })
}
