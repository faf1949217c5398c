//! Addresses of NATS servers, and what is said of them: never a password.

use async_nats::ServerAddr;

use crate::ConnectError;

/// The servers that a URL names.
pub(super) fn addresses(url: &str) -> Result<Vec<ServerAddr>, ConnectError> {
    // All of it is named: a password with a comma would otherwise be in two parts, and one of them without its `@`.
    let invalid = |reason: String| ConnectError::InvalidUrl { url: without_password(url), reason };
    let parse = |url: &str| {
        let address: ServerAddr =
            url.trim().parse().map_err(|error: std::io::Error| invalid(error.to_string()))?;
        if address.host().is_empty() {
            return Err(invalid("it names no host".to_owned()));
        }
        Ok(address)
    };
    url.split(',').map(parse).collect()
}

/// The URL without what stands before an `@`.
pub(super) fn without_password(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => format!("{}…{}", &url[..scheme + 3], &url[at..]),
        (None, Some(at)) => format!("…{}", &url[at..]),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_is_none_is_named_without_its_password() {
        let error = addresses("nats://ann:secret@host:port").unwrap_err();
        assert!(error.to_string().starts_with("`nats://…@host:port` is no address"), "{error}");
        assert_eq!(error.code(), "nats_url_invalid");
        for url in ["nats://ann:se,cret@host", "ann:se,cret@host", "nats://a:1,nats://ann:se,c@ret@host:port"]
        {
            let error = addresses(url).unwrap_err().to_string();
            assert!(!error.contains("se,") && !error.contains("ret@"), "{error}");
            assert!(error.contains("`,` as `%2C`"), "{error}");
        }
        assert_eq!(without_password("ann:secret@host"), "…@host");
        assert_eq!(without_password("host:4222"), "host:4222");
        assert_eq!(addresses("nats://a:4222, tls://b").unwrap().len(), 2);
        assert_eq!(addresses("nats://ann:se%2Ccret@a,nats://b").unwrap()[0].password(), Some("se%2Ccret"));
    }

    #[test]
    fn an_address_without_a_host_is_none() {
        for url in ["", "nats://", "nats://a:4222,", "nats://ann:secret@"] {
            let error = addresses(url).unwrap_err();
            assert_eq!(error.code(), "nats_url_invalid", "{url}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
