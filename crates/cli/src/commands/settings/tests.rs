use vidimus_bus::Credentials;

use super::*;
use crate::args::Limit;

const REFERENCE: &str = include_str!("../../../../../docs/reference/cli.md");
const SAMPLE: &str = include_str!("../../../../../deploy/vidimus.toml");

fn of(text: &str) -> Result<SettingsFile, Failure> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    read(Some(file.path()))
}

#[test]
fn every_setting_can_be_in_a_file() {
    let text = r#"
        data = "/var/lib/vidimus"
        log = "debug"
        listen = "[::1]:0"
        log_format = "json"
        rate_limit = "off"
        max_body_bytes = 1000
        max_connections = 1
        max_streams = 2
        max_waiters = 3
        drain = "4s"
        confirmation_ttl = "5m"
        approval_ttl = "6h"
        permit_ttl = "7d"
        lease = "800ms"
        checkpoint_origin = "example.com/vidimus"
        redact = "ssn,password"
        webhook_networks = "10.1.0.0/16,fd00::/8"
        webhook_http = true
        webhook_retry_for = "9h"
        nats = "nats://127.0.0.1:4222"
        nats_creds = "/etc/vidimus/nats.creds"
        nats_nkey = "/etc/vidimus/vidimus.nk"
        nats_ca = "/etc/vidimus/nats-ca.pem"
        nats_replicas = 3
        nats_max_bytes = 1000000
        nats_max_age = "10d"
        nats_max_commands = 11
        [console]
        session_lifetime = "2h"
        session_idle = "10m"
        [console.oidc]
        issuer = "https://login.example.org"
        client_id = "vidimus"
        client_secret_file = "/etc/vidimus/oidc-secret"
        address = "https://vidimus.example.org"
        label = "Acme"
        scopes = []
        name_claim = "upn"
        groups_claim = "roles"
        tenant = "acme"
        roles = { reviewers = ["approver"], operators = ["admin", "auditor"] }
    "#;
    let settings: SettingsFile = toml::from_str(text).unwrap();
    let shown = format!("{settings:?}");
    assert!(!shown.contains(": None"), "{shown}");
    for name in SettingsFile::NAMES {
        assert!(text.contains(&format!("\n        {name} = ")), "{name}");
    }
    assert_eq!(settings.rate_limit, Some(Limit(None)));
    assert_eq!(of("").unwrap(), SettingsFile::default());
    assert_eq!(read(None).unwrap(), SettingsFile::default());
}

#[test]
fn every_setting_is_in_the_reference_and_in_the_sample() {
    // The tables come last, with nothing else among them.
    let (sample, tables) = SAMPLE.split_once("# [console]\n").unwrap();
    let tables: String =
        tables.lines().map(|line| format!("{}\n", line.strip_prefix("# ").unwrap())).collect();
    let sample: String = sample.lines().map(|line| line.strip_prefix("# ").unwrap_or(line)).fold(
        String::new(),
        |text, line| {
            // What is prose with its `#` taken away is no setting.
            let is_setting = SettingsFile::NAMES.iter().any(|name| line.starts_with(&format!("{name} = ")));
            if is_setting { text + line + "\n" } else { text }
        },
    );
    for name in SettingsFile::NAMES {
        assert!(REFERENCE.contains(&format!("\n| `{name}` | ")), "`{name}` is not in docs/reference/cli.md");
        assert!(
            sample.lines().any(|line| line.starts_with(&format!("{name} = "))),
            "{name} is not in deploy/vidimus.toml"
        );
    }
    for line in tables.lines().take_while(|line| !line.starts_with("[console.oidc.roles]")) {
        let Some((name, _)) = line.split_once(" = ") else { continue };
        assert!(REFERENCE.contains(&format!("\n| `{name}` | ")), "`{name}` is not in docs/reference/cli.md");
    }
    let settings: SettingsFile = toml::from_str(&format!("{sample}[console]\n{tables}")).unwrap();
    assert!(!format!("{settings:?}").contains(": None"), "{settings:?}");
    assert!(toml::from_str::<SettingsFile>(SAMPLE).is_ok());
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    for (text, line, says) in [
        ("listen = \"a\"\nlisten_on = 7\n", 2, "unknown field `listen_on`"),
        ("\n\nmax_streams = \"many\"\n", 3, "invalid type"),
        ("drain = \"10 s\"\n", 1, "`10 s` is no time"),
        ("max_streams = 1\nrate_limit = \"fast\"\n", 2, "`fast` is no limit"),
        ("listen = \n", 1, ""),
        ("log_format = \"xml\"", 1, "`xml`"),
        ("max_streams = -1", 1, "invalid value"),
        ("\nnats_replicas = 0", 2, "`0` is no number of servers"),
        ("nats_replicas = 6", 1, "`6` is no number of servers"),
        ("nats_max_bytes = 0", 1, "`0` is nothing that a stream can hold"),
        ("nats_max_bytes = -4", 1, "`-4` is nothing that a stream can hold"),
        ("[console]\nsession_idle = \"long\"", 2, "`long` is no time"),
        ("[console]\nsession = \"1h\"", 2, "unknown field `session`"),
        ("[console.oidc]\nissuer = \"https://a.example\"", 1, "missing field `client_id`"),
        ("[console.oidc]\n\nclient_secret = \"s\"", 3, "unknown field `client_secret`"),
        ("[console.oidc]\ntenant = \"a b\"", 2, "a b"),
        ("[console.oidc.roles]\nr = [\"owner\"]", 2, "unknown variant `owner`"),
    ] {
        let failure = of(text).unwrap_err();
        assert_eq!((failure.kind, &*failure.code), (Kind::Usage, "config_invalid"));
        let message = &failure.message;
        assert!(message.contains(&format!("in line {line}: ")) && message.contains(says), "{message}");
    }
}

fn creds(file: &str) -> NatsArgs {
    NatsArgs { nats_creds: Some(file.into()), ..NatsArgs::default() }
}

fn nkey(file: &str) -> NatsArgs {
    NatsArgs { nats_nkey: Some(file.into()), ..NatsArgs::default() }
}

#[test]
fn whoever_is_named_nearer_is_who_it_is() {
    let user = |given: NatsArgs, file: &str| {
        let (publish, nats) = publishing(PublishOptions::default(), given, of(file).unwrap());
        let nats = super::nats("a test", &publish, &nats, None).unwrap().unwrap();
        assert_eq!(nats.connection.name, "a test");
        match nats.connection.credentials {
            Credentials::None => "nobody".to_owned(),
            Credentials::CredsFile(file) => format!("creds {}", file.display()),
            Credentials::NkeyFile(file) => format!("nkey {}", file.display()),
        }
    };
    let (with_creds, with_nkey) = ("nats = \"n\"\nnats_creds = \"f\"", "nats = \"n\"\nnats_nkey = \"f\"");
    assert_eq!(user(NatsArgs::default(), "nats = \"n\""), "nobody");
    assert_eq!(user(NatsArgs::default(), with_creds), "creds f");
    assert_eq!(user(NatsArgs::default(), with_nkey), "nkey f");
    assert_eq!(user(nkey("c"), with_creds), "nkey c");
    assert_eq!(user(creds("c"), with_nkey), "creds c");
    assert_eq!(user(creds("c"), with_creds), "creds c");
    let failure = of("nats = \"n\"\nnats_creds = \"f\"\nnats_nkey = \"g\"").unwrap_err();
    assert_eq!((failure.kind, &*failure.code), (Kind::Usage, "config_invalid"));
    assert!(failure.message.contains("leave one of them out"), "{}", failure.message);
}

#[test]
fn settings_of_nats_without_a_nats_are_refused() {
    for text in [
        "nats_creds = \"f\"",
        "nats_nkey = \"f\"",
        "nats_ca = \"f\"",
        "nats_replicas = 3",
        "nats_max_bytes = 1",
        "nats_max_age = \"1h\"",
    ] {
        let (publish, nats) = publishing(PublishOptions::default(), NatsArgs::default(), of(text).unwrap());
        let failure = super::nats("a test", &publish, &nats, None).unwrap_err();
        assert_eq!((failure.kind, &*failure.code), (Kind::Usage, "config_invalid"));
        let name = text.split(' ').next().unwrap();
        assert!(failure.message.starts_with(&format!("`{name}` is of no use without `nats`")));
    }
    let (publish, nats) =
        publishing(PublishOptions::default(), NatsArgs::default(), of("redact = \"off\"").unwrap());
    assert!(super::nats("a test", &publish, &nats, None).unwrap().is_none());
}

#[test]
fn what_is_set_for_the_streams_is_what_they_are_made_with() {
    let text = "nats = \"n\"\nnats_replicas = 3\nnats_max_bytes = 7\nnats_max_age = \"1h\"\nredact = \"off\"";
    let (publish, nats) = publishing(PublishOptions::default(), NatsArgs::default(), of(text).unwrap());
    let relay = super::nats("a test", &publish, &nats, None).unwrap().unwrap().relay;
    for stream in [&relay.notifications, &relay.recorded] {
        assert_eq!((stream.replicas, stream.max_bytes), (3, 7));
    }
    assert_eq!(relay.notifications.max_age.map(|age| age.as_secs()), Some(3600));
    assert_eq!(relay.recorded.max_age, None);
    assert_eq!(relay.redaction, proto_events::Redaction::none());
}
