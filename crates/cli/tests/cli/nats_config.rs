//! The configuration of a nats-server, and durable consumers.

use std::{collections::BTreeSet, path::Path, process::Command};

use proto_events::Subject;
use serde_json::{Value, json};
use vidimus_bus::{Bus, Credentials, Options, Publisher, StreamSpec};
use vidimus_tests::nats::{self, Server};

use crate::support::Place;

const SEEDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/nats");

#[test]
fn the_samples_are_what_it_prints() {
    let place = Place::new();
    for (args, sample) in [
        (&["--consumer", "monitor"][..], include_str!("../../../../deploy/nats/accounts.conf")),
        (&["--layout", "single"][..], include_str!("../../../../deploy/nats/single.conf")),
    ] {
        let printed =
            place.run(["nats", "config", "umbrella", "acme", "--keys", SEEDS].iter().chain(args)).ok();
        assert_eq!(printed.out, sample);
    }
}

/// What a server says to a configuration, with its store elsewhere.
#[track_caller]
fn takes(place: &Place, file: &Path) {
    let text = std::fs::read_to_string(file).unwrap();
    let store = place.path("store");
    std::fs::write(file, text.replace("/var/lib/nats", store.to_str().unwrap())).unwrap();
    let output = Command::new(nats::binary()).arg("-t").arg("-c").arg(file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn written_again_it_keeps_keys_and_what_was_edited() {
    let place = Place::new();
    let write = |tenants: &[&str]| place.json(["nats", "config", "--write", "n"].iter().chain(tenants));
    let first = write(&["acme"]);
    assert_eq!(first["files"], json!(["n/nats-server.conf", "n/tenants.conf"]));
    takes(&place, &place.path("n/nats-server.conf"));
    let edited = std::fs::read(place.path("n/nats-server.conf")).unwrap();

    let second = write(&["acme", "umbrella"]);
    assert_eq!(second["files"], json!(["n/tenants.conf"]));
    takes(&place, &place.path("n/nats-server.conf"));
    assert_eq!(std::fs::read(place.path("n/nats-server.conf")).unwrap(), edited);
    let names = |done: &Value| -> Vec<Value> { done["users"].as_array().unwrap().clone() };
    assert_eq!(names(&second)[..6], names(&first));
    assert_eq!(names(&second).len(), 9);

    let third = write(&["umbrella"]);
    assert_eq!(names(&third)[3..], names(&second)[6..]);
    let tenants = std::fs::read_to_string(place.path("n/tenants.conf")).unwrap();
    assert!(!tenants.contains("acme"), "{tenants}");
}

#[test]
fn a_seed_is_in_its_file_alone_and_its_owners() {
    let place = Place::new();
    let done = place.run(["nats", "config", "acme", "--write", "n"]).ok();
    let printed = place.run(["nats", "config", "acme", "--keys", "n/keys"]).ok();
    let mut seeds = 0;
    for entry in std::fs::read_dir(place.path("n/keys")).unwrap() {
        let path = entry.unwrap().path();
        let seed = std::fs::read_to_string(&path).unwrap();
        assert!(seed.starts_with("SU") && seed.len() == 59, "{seed}");
        let configuration = std::fs::read_to_string(place.path("n/tenants.conf")).unwrap();
        assert!(!(done.out.clone() + &printed.out + &configuration).contains(seed.trim()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        seeds += 1;
    }
    assert_eq!(seeds, 6);
}

#[cfg(unix)]
#[test]
fn a_server_that_is_another_user_can_read_the_configuration_and_no_seed() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new();
    let mode = |name: &str| std::fs::metadata(place.path(name)).unwrap().permissions().mode() & 0o777;
    let write = |tenants: &[&str]| place.run(["nats", "config", "--write", "n"].iter().chain(tenants)).ok();
    write(&["acme"]);
    assert_eq!((mode("n/nats-server.conf"), mode("n/tenants.conf")), (0o644, 0o644));
    assert_eq!((mode("n/keys"), mode("n/keys/vidimus.nk")), (0o700, 0o600));
    // What its operator made of it stays.
    let tenants = place.path("n/tenants.conf");
    std::fs::set_permissions(&tenants, std::fs::Permissions::from_mode(0o640)).unwrap();
    write(&["acme", "umbrella"]);
    assert_eq!((mode("n/tenants.conf"), mode("n/keys/umbrella-auditor.nk")), (0o640, 0o600));
    assert!(std::fs::read_to_string(tenants).unwrap().contains("umbrella"));
    // A directory with others in it is made no narrower.
    place.run(["nats", "config", "acme", "--keys", "a/b/keys"]).ok();
    assert_eq!(mode("a/b/keys"), 0o700);
    assert_ne!(mode("a"), 0o700);
}

/// `a_b` and `c` must not be what `a` and `b_c` are, nor `a-b` what `a_b` is.
#[test]
fn tenants_with_names_alike_have_nothing_in_common() {
    let place = Place::new();
    let tenants = [
        "a",
        "a-b",
        "a_b",
        "c",
        "a-monitor",
        "a_monitor",
        "1k",
        "vidimus",
        "operations",
        "tenant_a",
        "-",
        "_",
    ];
    let write = ["nats", "config", "--write", "n", "--consumer", "b", "--consumer", "monitor"];
    let done = place.json(write.iter().chain(&tenants));
    let users = done["users"].as_array().unwrap();
    assert_eq!(users.len(), 3 + 3 * tenants.len());
    for field in ["name", "public_key", "seed_file"] {
        assert_eq!(
            users.iter().map(|user| user[field].to_string()).collect::<BTreeSet<_>>().len(),
            users.len()
        );
    }
    for field in ["account", "inbox_prefix"] {
        let tenants_users = users[3..].iter().map(|user| user[field].to_string()).collect::<BTreeSet<_>>();
        assert_eq!(tenants_users.len(), tenants.len() * if field == "account" { 1 } else { 3 });
    }
    let text = std::fs::read_to_string(place.path("n/tenants.conf")).unwrap();
    let exports: Vec<_> = text.lines().filter(|line| line.contains("accounts: [\"")).collect();
    let subjects = exports.iter().map(|line| line.split('"').nth(1).unwrap()).collect::<BTreeSet<_>>();
    assert_eq!((exports.len(), subjects.len()), (tenants.len() * 15, tenants.len() * 15));
    takes(&place, &place.path("n/nats-server.conf"));
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_written() {
    let place = Place::new();
    let refused = |args: &[&str], says: &str| {
        let done = place.run(["nats", "config"].iter().chain(args)).says(says);
        assert_eq!((done.code, done.out.as_str()), (Some(2), ""));
    };
    refused(&["--write", "n"], "<TENANT>");
    refused(&["acme"], "--keys");
    refused(&["a.b", "--write", "n"], "`a.b`");
    refused(&["acme", "--write", "n", "--consumer", "a_b"], "letters, digits and `-`");
    refused(&["acme", "--write", "n", "--max-bytes", "20"], "for example `20GB`");
    refused(&["acme", "--write", "n", "--layout", "single", "--consumer", "monitor"], "nats_layout");
    refused(&["acme", "operations", "--write", "n", "--layout", "single"], "nats_layout");
    refused(&["acme", "b", "Acme", "--write", "n"], "`Acme` and `acme` differ in case alone");
    refused(&["a", "--write", "n", "--consumer", "x", "--consumer", "X"], "nats_names_alike");
    assert!(!place.path("n").exists());
    std::fs::create_dir(place.path("keys")).unwrap();
    place.file("keys/vidimus.nk", "nonsense");
    place.run(["nats", "config", "acme", "--keys", "keys"]).failed(5, "nats_seed_invalid").says("vidimus.nk");
    place
        .run(["nats", "config", "acme", "--keys", "keys", "--server", "http://x"])
        .failed(2, "not_through_a_server");
}

#[test]
fn a_consumer_is_made_once() {
    let place = Place::new();
    let written = place.json(["nats", "config", "acme", "--consumer", "monitor", "--write", "n"]);
    assert_eq!(written["users"][0]["name"], "vidimus");
    let server = Server::start_with(&std::fs::read_to_string(place.path("n/tenants.conf")).unwrap());
    let url = server.url();
    let make = |nkey: &str, more: &[&str]| {
        let nkey = format!("n/keys/{nkey}.nk");
        let args = [
            "nats",
            "consumer",
            "--tenant",
            "acme",
            "--nats",
            &url,
            "--nats-nkey",
            &nkey,
            "--output",
            "json",
        ];
        place.run(args.iter().chain(more))
    };
    let missing = make("vidimus", &["--name", "monitor"]);
    assert_eq!(missing.code, Some(3));
    missing.says("nats_stream_missing");

    let credentials = Credentials::NkeyFile(place.path("n/keys/vidimus.nk"));
    open_stream(Options { credentials, ..Options::new(server.url()) });
    for made in [true, false] {
        let consumer = json!({
            "stream": "VIDIMUS_NOTIFICATIONS", "consumer": "acme_monitor",
            "filter": "vidimus.v1.acme.tool_execution.>", "made": made
        });
        assert_eq!(make("vidimus", &["--name", "monitor"]).ok().json(), consumer);
    }
    make("vidimus", &["--name", "monitor", "--recorded"]).says("nats_stream_missing");
    let denied = make("acme-operator", &["--name", "monitor"]);
    assert_eq!(denied.code, Some(4));
    denied.says("nats_not_permitted");
}

fn open_stream(options: Options) {
    let spec = StreamSpec {
        name: "VIDIMUS_NOTIFICATIONS".to_owned(),
        subjects: Subject::NOTIFICATIONS.to_owned(),
        description: "of a test".to_owned(),
        max_bytes: 1 << 20,
        max_age: None,
        replicas: 1,
        message_bytes: 1 << 10,
    };
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let bus = Bus::connect(options).await.unwrap();
        Publisher::open(&bus, &spec).await.unwrap();
    });
}
