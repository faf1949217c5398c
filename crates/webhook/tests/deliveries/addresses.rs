//! Where nothing is posted to.

use std::sync::Arc;

use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer},
};
use vidimus_webhook::Settings;

use crate::{
    receiver::Receiver,
    world::{World, settings, stands},
};

async fn refused(settings: Settings, host: &str) -> String {
    let world = World::new();
    let receiver = Receiver::start().await;
    let created = world.webhook("acme", &format!("http://{host}:{}/hook", receiver.port)).await;
    world.call("acme").await;
    let running = world.deliverer(settings);
    let at = stands(&running, &created, |delivery| delivery.failing.is_some()).await;
    assert_eq!(receiver.got(), [], "{host}");
    running.stop().await;
    at.last_failure.unwrap().reason
}

#[tokio::test]
async fn an_address_inside_is_refused_however_it_is_written() {
    let strict = || Settings { allow_networks: Vec::new(), ..settings() };
    for host in ["127.0.0.1", "127.1", "0x7f000001", "[::ffff:127.0.0.1]"] {
        let reason = refused(strict(), host).await;
        assert!(reason.contains("has no address that may be posted to"), "{host}: {reason}");
    }
}

#[tokio::test]
async fn a_name_that_stands_for_an_address_inside_is_refused() {
    let strict = || Settings { allow_networks: Vec::new(), ..settings() };
    let reason = refused(strict(), "localhost").await;
    let told = "`localhost` has no address that may be posted to: it has to be a public one, or of a network that the configuration allows";
    assert_eq!(reason, told);
    assert!(!reason.contains("127.0.0.1"), "what the name stands for is not told");
    // Nor is whether there is such a name.
    let none = refused(strict(), "no-such-name.invalid").await;
    assert_eq!(none, told.replace("localhost", "no-such-name.invalid"));
    // Allowed is another network.
    let other = Settings { allow_networks: vec!["10.0.0.0/8".parse().unwrap()], ..settings() };
    assert_eq!(refused(other, "localhost").await, told);
}

#[tokio::test]
async fn a_name_is_posted_to_where_its_network_is_allowed() {
    let world = World::new();
    let receiver = Receiver::start().await;
    let created = world.webhook("acme", &format!("http://localhost:{}/hook", receiver.port)).await;
    world.call("acme").await;
    let running = world.deliverer(settings());
    stands(&running, &created, |delivery| delivery.position >= world.engine.tail()).await;
    assert_eq!(receiver.got().len(), 2);
    assert_eq!(receiver.got()[0].header("host"), format!("localhost:{}", receiver.port));
    running.stop().await;
}

#[tokio::test]
async fn plain_http_is_refused_unless_it_is_allowed() {
    let reason = refused(Settings { allow_http: false, ..settings() }, "127.0.0.1").await;
    assert_eq!(reason, "the address is not `https`, and the configuration does not allow `http`");
}

#[tokio::test]
async fn https_is_posted_to_with_a_certificate_that_is_trusted_and_with_no_other() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    let receiver = Receiver::start_tls(TlsAcceptor::from(Arc::new(config))).await;
    let world = World::new();
    let created = world.webhook("acme", &format!("https://localhost:{}/hook", receiver.port)).await;
    world.call("acme").await;
    let only_https = || Settings { allow_http: false, ..settings() };
    let running = world.deliverer(only_https());
    let at = stands(&running, &created, |delivery| delivery.failing.is_some()).await;
    let reason = at.last_failure.unwrap().reason;
    assert!(reason.contains("certificate"), "{reason}");
    running.stop().await;
    assert_eq!(receiver.got(), []);
    let running = world.deliverer(Settings { trusted: vec![certificate.to_vec()], ..only_https() });
    stands(&running, &created, |delivery| delivery.position >= world.engine.tail()).await;
    assert_eq!(receiver.got().len(), 2);
    running.stop().await;
}
