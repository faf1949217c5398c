//! Who a connection is, and the files that it needs: looked at before, as the library looks at them with each attempt and only says that
//! there is no connection.

use std::path::Path;

use async_nats::{
    ConnectOptions, ServerAddr,
    rustls::pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{Error, PemObject},
    },
};

use percent_encoding::percent_decode_str;

use super::{ConnectError, Credentials};

fn unusable(path: &Path, reason: impl ToString) -> ConnectError {
    ConnectError::File { path: path.to_owned(), reason: reason.to_string() }
}

pub(super) async fn credentials(
    credentials: &Credentials,
    addresses: &[ServerAddr],
) -> Result<ConnectOptions, ConnectError> {
    match credentials {
        Credentials::None => Ok(of_url(addresses)),
        Credentials::CredsFile(path) => {
            ConnectOptions::with_credentials_file(path).await.map_err(|error| unusable(path, error))
        }
        Credentials::NkeyFile(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| unusable(path, error))?;
            let seed = text.trim();
            nkeys::KeyPair::from_seed(seed)
                .map_err(|error| unusable(path, format!("it is no nkey seed: {error}")))?;
            Ok(ConnectOptions::with_nkey(seed.to_owned()))
        }
    }
}

/// The library does not look at who an address says.
fn of_url(addresses: &[ServerAddr]) -> ConnectOptions {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let Some((address, user)) = addresses.iter().find_map(|address| Some((address, address.username()?)))
    else {
        return ConnectOptions::new();
    };
    match address.password() {
        Some(password) => ConnectOptions::with_user_and_password(decoded(user), decoded(password)),
        None => ConnectOptions::with_token(decoded(user)),
    }
}

pub(super) fn check_certificates(path: &Path) -> Result<(), ConnectError> {
    let certificates = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match certificates {
        Ok(certificates) if certificates.is_empty() => Err(unusable(path, "there is no certificate in it")),
        Ok(_) => Ok(()),
        Err(error) => Err(unusable(path, in_words(&error))),
    }
}

pub(super) fn check_key(path: &Path) -> Result<(), ConnectError> {
    PrivateKeyDer::from_pem_file(path).map(drop).map_err(|error| unusable(path, in_words(&error)))
}

fn in_words(error: &Error) -> String {
    match error {
        Error::NoItemsFound => "there is no private key in it".to_owned(),
        Error::Io(error) => error.to_string(),
        other => format!("it is no PEM file: {other}"),
    }
}
