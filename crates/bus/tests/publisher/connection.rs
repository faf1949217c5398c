//! Connections: to nobody, as nobody, over TLS, with files that are none.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::time::timeout;
use vidimus_bus::{Bus, Credentials, Options, Standing};
use vidimus_tests::nats::{Server, free_port};

const PATIENCE: Duration = Duration::from_secs(60);

fn tls(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/publisher/tls").join(name)
}

async fn reason(bus: &Bus) -> String {
    let mut standing = bus.standing();
    let known = standing.wait_for(|standing| matches!(standing, Standing::Connecting { reason: Some(_) }));
    match &*timeout(PATIENCE, known).await.unwrap().unwrap() {
        Standing::Connecting { reason: Some(reason) } => reason.clone(),
        _ => unreachable!(),
    }
}

async fn connected(bus: &Bus) {
    let mut standing = bus.standing();
    let connected = standing.wait_for(|standing| *standing == Standing::Connected);
    timeout(PATIENCE, connected).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_connection_waits_for_its_server_and_says_why() {
    let mut server = Server::start();
    server.stop();
    let bus = Bus::connect(Options::new(server.url())).await.unwrap();
    assert!(reason(&bus).await.starts_with("no server answers at this address: is it running?"));
    assert_eq!(bus.max_payload(), None);
    server.start_again();
    connected(&bus).await;
    assert_eq!(bus.max_payload(), Some(1 << 20));
    server.kill();
    reason(&bus).await;
    server.start_again();
    connected(&bus).await;
}

#[tokio::test]
async fn a_user_that_is_not_accepted_is_no_missing_server() {
    let users = |password| format!("authorization {{ user: ann, password: {password} }}\n");
    let server = Server::start_with(&users("right"));
    let url = server.url().replace("nats://", "nats://ann:wrong@");
    let bus = Bus::connect(Options::new(&url)).await.unwrap();
    assert!(reason(&bus).await.starts_with("the server does not accept this user: check the credentials"));
    server.configure(&users("wrong"));
    server.reload();
    connected(&bus).await;
    // One that is accepted no longer.
    server.configure(&users("new"));
    server.reload();
    assert!(reason(&bus).await.contains("check the credentials"));
}

#[tokio::test]
async fn a_token_and_an_nkey_are_who_one_is() {
    let server = Server::start_with("authorization { token: abc }\n");
    connected(&Bus::connect(Options::new(server.url().replace("nats://", "nats://abc@"))).await.unwrap())
        .await;

    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("nkey");
    let key = nkeys::KeyPair::new_user();
    std::fs::write(&file, format!("{}\n", key.seed().unwrap())).unwrap();
    let server =
        Server::start_with(&format!("authorization {{ users: [ {{ nkey: {} }} ] }}\n", key.public_key()));
    let credentials = Credentials::NkeyFile(file);
    connected(&Bus::connect(Options { credentials, ..Options::new(server.url()) }).await.unwrap()).await;
}

#[tokio::test]
async fn over_tls_both_sides_say_who_they_are() {
    let server = Server::start_with(&format!(
        "tls {{ cert_file: \"{}\", key_file: \"{}\", ca_file: \"{}\", verify: true }}\n",
        tls("server.pem").display(),
        tls("server.key").display(),
        tls("ca.pem").display()
    ));
    let url = server.url().replace("nats://", "tls://");
    let known = Options {
        ca_file: Some(tls("ca.pem")),
        client_certificate: Some((tls("client.pem"), tls("client.key"))),
        ..Options::new(url)
    };
    connected(&Bus::connect(known.clone()).await.unwrap()).await;
    let strange = Options { ca_file: None, ..known.clone() };
    let reason_of_strange = reason(&Bus::connect(strange).await.unwrap()).await;
    assert!(reason_of_strange.contains("check the certificates"), "{reason_of_strange}");
    let nobody = Options { client_certificate: None, ..known };
    let reason_of_nobody = reason(&Bus::connect(nobody).await.unwrap()).await;
    assert!(reason_of_nobody.contains("ertificate"), "{reason_of_nobody}");
}

#[tokio::test]
async fn files_that_are_none_are_named_before_anything_is_connected() {
    let directory = tempfile::tempdir().unwrap();
    let (missing, empty) = (directory.path().join("missing"), directory.path().join("empty"));
    std::fs::write(&empty, "nothing\n").unwrap();
    let options = || Options::new(format!("nats://127.0.0.1:{}", free_port()));
    for path in [&missing, &empty] {
        let all = [
            Options { credentials: Credentials::CredsFile(path.clone()), ..options() },
            Options { credentials: Credentials::NkeyFile(path.clone()), ..options() },
            Options { ca_file: Some(path.clone()), ..options() },
            Options { client_certificate: Some((path.clone(), tls("client.key"))), ..options() },
            Options { client_certificate: Some((tls("client.pem"), path.clone())), ..options() },
        ];
        for options in all {
            let error = Bus::connect(options).await.unwrap_err();
            assert_eq!(error.code(), "nats_file_unusable");
            let message = error.to_string();
            assert!(message.starts_with(&format!("cannot use `{}` for NATS: ", path.display())), "{message}");
        }
    }
    let error = Bus::connect(Options::new("nats://ann:secret@:x")).await.unwrap_err();
    assert_eq!(error.code(), "nats_url_invalid");
    assert!(!error.to_string().contains("secret"), "{error}");
}
