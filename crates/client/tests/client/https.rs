//! https, against a server with a certificate of its own.

use std::sync::Arc;

use tokio::{io::AsyncWriteExt as _, net::TcpListener};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer},
};
use vidimus_client::{Client, RetryPolicy};

use crate::support::{ID, KEY, execution, read};

#[tokio::test]
async fn https_works_with_a_certificate_that_is_trusted_and_with_no_other() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let Some(request) = read(&mut stream).await else { continue };
            assert_eq!(request.headers["authorization"], format!("Bearer {KEY}"));
            let body = execution("permitted");
            let head = format!("HTTP/1.1 200 X\r\ncontent-length: {}\r\n\r\n", body.len());
            stream.write_all((head + &body).as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
        }
    });
    let trusting = Client::builder(&url, KEY).trust(certificate.to_vec()).build().unwrap();
    assert_eq!(trusting.execution(ID).await.unwrap().execution_id, ID);
    let other = Client::builder(&url, KEY).retries(RetryPolicy::NEVER).build().unwrap();
    let error = other.execution(ID).await.unwrap_err();
    assert_eq!(error.code(), "unreachable");
    assert!(error.to_string().contains("certificate"), "{error}");
}
