//! How the examples reach NATS. On a server without accounts the defaults will do; where `vidimus nats config` keeps the
//! tenants apart, variables say what it printed for the user.

use std::{env, fs};

use async_nats::{Client, ConnectOptions};

/// Connects to `VIDIMUS_NATS`, with the seed in the file `VIDIMUS_NATS_NKEY` and answers to `VIDIMUS_NATS_INBOX`.
pub(crate) async fn connect(name: &str) -> Result<Client, async_nats::Error> {
    let url = env::var("VIDIMUS_NATS").unwrap_or_else(|_| "nats://127.0.0.1:4222".to_owned());
    let mut options = ConnectOptions::new().name(name);
    if let Ok(file) = env::var("VIDIMUS_NATS_NKEY") {
        options = options.nkey(fs::read_to_string(file)?.trim().to_owned());
    }
    if let Ok(prefix) = env::var("VIDIMUS_NATS_INBOX") {
        options = options.custom_inbox_prefix(prefix);
    }
    Ok(options.connect(url).await?)
}
