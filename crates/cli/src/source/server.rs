//! A server that was named, and the key for it.

use std::{path::Path, time::Duration};

use vidimus_client::{Client, ClientError, RetryPolicy};

use crate::{
    args::Global,
    error::{Failure, Kind},
};

/// The variable with the key. There is no option for it: other users see the command line of a process.
const KEY: &str = "VIDIMUS_KEY";

/// A server, with a key for it.
pub(crate) struct Server(Client);

impl Server {
    /// The server that the command line or the environment names, if one is.
    pub(crate) fn named(global: &Global) -> Result<Option<Self>, Failure> {
        let Some(url) = &global.server else { return Ok(None) };
        let key = match &global.key_file {
            Some(file) => read(file)?,
            None => std::env::var(KEY).map_err(|_| {
                let message = "a server wants a key: put one into the variable VIDIMUS_KEY, or into a file that `--key-file` names";
                Failure::usage("key_missing", message)
            })?,
        };
        let key = key.trim();
        // A token names its tenant. To work in another than was asked for would be a surprise.
        let of_key =
            key.strip_prefix("vidimus_").and_then(|rest| rest.split_once('.')).map(|(tenant, _)| tenant);
        if let (Some(asked), Some(of_key)) = (global.named_tenant(), of_key)
            && asked.as_str() != of_key
        {
            let message =
                format!("the key is of tenant `{of_key}`, not of `{asked}`: use a key of that tenant");
            return Err(Failure::usage("other_tenant", message));
        }
        // A person waits: what cannot be reached is told soon.
        let retries =
            RetryPolicy { retries: 3, all_pauses: Duration::from_secs(10), ..RetryPolicy::default() };
        Ok(Some(Self(Client::builder(url, key).retries(retries).build()?)))
    }

    pub(crate) const fn client(&self) -> &Client {
        &self.0
    }

    /// The answer, or a failure that says where it came from if the server cannot be reached.
    pub(crate) fn answered<T>(&self, answer: Result<T, ClientError>) -> Result<T, Failure> {
        answer.map_err(|error| {
            let at = matches!(error, ClientError::Transport { .. } | ClientError::Unexpected { .. });
            let mut failure = Failure::from(error);
            if at {
                failure.message = format!("`{}`: {}", self.0.base_url(), failure.message);
            }
            if failure.code == "unreachable" {
                failure.message += "; is `vidimus serve` running there?";
            }
            failure
        })
    }
}

fn read(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| {
        let message = format!("cannot read the key from `{}`: {error}", file.display());
        let kind = if error.kind() == std::io::ErrorKind::NotFound { Kind::NotFound } else { Kind::Other };
        Failure::new(kind, "key_file_unreadable", message)
    })
}

/// Refuses a server for a command that works on the data directory itself.
pub(crate) fn refuse(global: &Global, what: &str) -> Result<(), Failure> {
    if global.server.is_none() {
        return Ok(());
    }
    let message = format!(
        "`vidimus {what}` works on this machine's files and not through a server: leave out `--server`, or unset VIDIMUS_SERVER"
    );
    Err(Failure::usage("not_through_a_server", message))
}
