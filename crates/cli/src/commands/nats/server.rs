//! The part of the configuration that is about the server: where it listens, where it stores, TLS, cluster.

/// The server's part, with the accounts in a file beside it.
pub(super) fn including(max_bytes: &str) -> String {
    with(max_bytes, "# Who may do what.\ninclude \"./tenants.conf\"\n")
}

/// The server's part, and then the accounts.
pub(super) fn with(max_bytes: &str, accounts: &str) -> String {
    TEMPLATE.replace("MAX_BYTES", max_bytes) + accounts
}

const TEMPLATE: &str = r#"# nats-server for Vidimus: `nats-server -c nats-server.conf`; after a change `nats-server --signal reload`.

server_name: "vidimus-1"

# Without it the server would listen on every address. Name the one that others reach once TLS, below, is on.
host: "127.0.0.1"
port: 4222

# The largest event, with its headers, has room in it.
max_payload: 2MB

# Figures for monitoring (`/healthz`, `/jsz`, `/varz`), for this machine alone.
http: "127.0.0.1:8222"

jetstream: {
  store_dir: "/var/lib/nats"
  max_memory_store: 64MB
  # All streams of this server together. Each has a bound of its own (see docs/reference/nats.md); keep their sum below.
  max_file_store: MAX_BYTES
}

# TLS: take the `#` away and put the files there; then clients connect to `tls://…`.
# tls: {
#   cert_file: "/etc/nats/server.pem"
#   key_file: "/etc/nats/server.key"
#   # Only for clients that have to show a certificate as well.
#   # ca_file: "/etc/nats/clients-ca.pem"
#   # verify: true
# }

# A cluster of three: the same on each, with another `server_name` and its own addresses. See deploy/nats/README.md.
# cluster: {
#   name: "vidimus"
#   listen: "10.0.0.1:6222"
#   routes: ["nats://10.0.0.1:6222", "nats://10.0.0.2:6222", "nats://10.0.0.3:6222"]
#   tls: {
#     cert_file: "/etc/nats/server.pem"
#     key_file: "/etc/nats/server.key"
#     ca_file: "/etc/nats/cluster-ca.pem"
#     verify: true
#   }
# }

"#;
