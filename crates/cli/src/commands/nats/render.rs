//! Accounts in the configuration language of nats-server.

use std::fmt::Write as _;

use super::{
    UserRow,
    accounts::{Account, Kind, Shared, User},
};
use crate::args::Layout;

/// The block `accounts`. Every name is in quotes: bare, some would be read as numbers or variables.
pub(super) fn accounts(layout: Layout, accounts: &[Account], rows: &[UserRow]) -> String {
    let what = match layout {
        Layout::Accounts => {
            "# Each tenant has an account, which imports its own subjects from the hub and nothing else."
        }
        Layout::Single => {
            "# All tenants are in one account, and their permissions keep them apart. Give no tenant a subject of the API of\n\
             # JetStream here: with the answer to a request one tenant could write to another's subjects."
        }
    };
    let mut text = format!(
        "# Who may do what on the bus of Vidimus. Written by `vidimus nats config`, which writes it anew.\n{what}\n\
         # There are public keys here alone; a user proves with its seed who it is. Connect with the inbox prefix named below.\n\n\
         accounts: {{\n"
    );
    for account in accounts {
        render_account(&mut text, account, rows);
    }
    text.push_str("}\n");
    text
}

fn render_account(text: &mut String, account: &Account, rows: &[UserRow]) {
    let _ = writeln!(text, "  # {}\n  \"{}\": {{", account.purpose, account.name);
    if account.has_streams {
        text.push_str("    jetstream: enabled\n");
    }
    list(text, "users", account.users.iter().map(|user| render_user(user, rows)));
    list(
        text,
        "exports",
        account.exports.iter().map(|(importer, shared)| format!("      {}\n", exported(importer, shared))),
    );
    list(text, "imports", account.imports.iter().map(|shared| format!("      {}\n", imported(shared))));
    text.push_str("  }\n");
}

fn list(text: &mut String, name: &str, items: impl Iterator<Item = String>) {
    let items: String = items.collect();
    if !items.is_empty() {
        let _ = write!(text, "    {name}: [\n{items}    ]\n");
    }
}

fn render_user(user: &User, rows: &[UserRow]) -> String {
    let User { name, purpose, inbox, publish, subscribe } = user;
    let key = rows.iter().find(|row| row.name == *name).map_or("", |row| &row.public_key);
    // An empty list of what is allowed would allow everything.
    let publish = if publish.is_empty() {
        "{ deny: [\">\"] }".to_owned()
    } else {
        format!("[\n{}        ]", lines(publish))
    };
    format!(
        "      # {name}: {purpose}; inbox prefix `{inbox}`\n      {{ nkey: \"{key}\", permissions: {{\n        publish: \
         {publish}\n        subscribe: [\n{}        ]\n      }} }}\n",
        lines(subscribe)
    )
}

fn lines(subjects: &[String]) -> String {
    subjects.iter().fold(String::new(), |mut text, subject| {
        let _ = writeln!(text, "          \"{subject}\"");
        text
    })
}

fn exported(importer: &str, Shared { kind, subject, .. }: &Shared) -> String {
    let (kind, more) = match kind {
        Kind::Stream => ("stream", ""),
        Kind::Service => ("service", ""),
        Kind::Answers => ("service", ", response_type: stream"),
    };
    format!("{{ {kind}: \"{subject}\"{more}, accounts: [\"{importer}\"] }}")
}

fn imported(Shared { kind, subject, called }: &Shared) -> String {
    let kind = if *kind == Kind::Stream { "stream" } else { "service" };
    let to = called.as_ref().map(|called| format!(", to: \"{called}\"")).unwrap_or_default();
    format!("{{ {kind}: {{ account: \"VIDIMUS\", subject: \"{subject}\" }}{to} }}")
}
