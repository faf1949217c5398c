//! `vidimus key`

use vidimus_api_types::{CreateKey, Key, RevokeKey};
use vidimus_engine::{Clock as _, SystemClock};

use super::or_dash;
use crate::{
    args::{self, Global, KeyCreate, Span},
    error::Failure,
    output::{Output, cut, instant},
    pepper::Missing,
    source::Source,
};

pub(super) async fn run(global: &Global, command: args::Key, output: Output) -> Result<(), Failure> {
    match command {
        args::Key::Create(args) => create(global, args, output).await,
        args::Key::List => {
            let keys = Source::open(global, "key list").await?.keys().await?;
            output.show(&keys, |keys| {
                if keys.is_empty() {
                    return "there are no keys; `vidimus key create` makes one".to_owned();
                }
                let header =
                    ["Key", "Status", "Actor", "Roles", "Label", "Expires at", "Created at", "Created by"];
                let spare = ["Created by", "Created at", "Expires at", "Label"];
                Output::table_to_fit(&header, keys.iter().map(row), &spare)
            })
        }
        args::Key::Revoke { id, reason } => {
            let source = Source::open(global, "key revoke").await?;
            let revoked = source.revoke_key(id, RevokeKey { reason }).await?;
            output.show(&revoked, |key| {
                let by = key.revoked_by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
                let at = key.revoked_at.map(|at| format!(" since {}", instant(at))).unwrap_or_default();
                format!("{} is revoked{by}{at} (position {})", key.id, key.position)
            })
        }
    }
}

async fn create(global: &Global, args: KeyCreate, output: Output) -> Result<(), Failure> {
    let missing = if args.new_pepper { Missing::Anew } else { Missing::First };
    if args.new_pepper {
        crate::source::refuse_server(global, "key create --new-pepper")?;
    }
    let source = Source::create(global, "key create", Some(missing)).await?;
    let after = |Span(time)| SystemClock.now().plus(time);
    let body = CreateKey {
        roles: args.roles.into_iter().collect(),
        actor: args.actor,
        label: args.label,
        expires_at: args.expires_at.or_else(|| args.expires_in.map(after)),
    };
    let created = source.create_key(body).await?;
    output.show(&created, |created| {
        let key = &created.key;
        format!(
            "{}\nkey {} for {} ({}). Its secret, above, is not shown again: send it as `Authorization: Bearer …`, or put \
             it into VIDIMUS_KEY for `vidimus --server`",
            created.secret,
            created.id,
            key.actor,
            roles(key)
        )
    })
}

fn roles(key: &Key) -> String {
    key.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ")
}

fn row(key: &Key) -> Vec<String> {
    vec![
        key.id.to_string(),
        key.status.to_string(),
        cut(&key.actor.to_string(), 60),
        roles(key),
        cut(&or_dash(key.label.as_ref()), 40),
        or_dash(key.expires_at.map(instant)),
        instant(key.created_at),
        cut(&key.created_by.to_string(), 40),
    ]
}
