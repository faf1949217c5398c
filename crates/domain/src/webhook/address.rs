//! What a notification can be posted to.

use url::Url;

use super::Rejection;
use crate::field::InvalidField;

/// The longest address, in bytes.
pub const MAX_URL_BYTES: usize = 2048;

/// Reads an address: `http` or `https`, a host, perhaps a port, a path and a query, all in ASCII; no user and no fragment.
/// Which hosts, and whether without TLS, is for the configuration of whoever posts there.
///
/// # Errors
/// A field where it does not have that form; `address_unusable` where it has, and still names no host, as with a port that
/// there is not.
pub fn address(text: &str) -> Result<Url, Rejection> {
    if text.len() > MAX_URL_BYTES {
        return Err(invalid("has more than 2048 bytes"));
    }
    if !has_form(text) {
        return Err(invalid(
            "is no address of a web server; use one like `https://example.com/hook`, in ASCII, without user and fragment",
        ));
    }
    Url::parse(text)
        .map_err(|_| Rejection::AddressUnusable { problem: "has no host or port that there can be" })
}

const fn invalid(problem: &'static str) -> Rejection {
    Rejection::Field(InvalidField::Invalid { field: "url", problem })
}

/// A parser of URLs mends much before it refuses anything; what it would have to mend is refused here.
fn has_form(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        let (authority, rest) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'#' && byte != b'\\';
        is_authority(authority) && rest.bytes().all(is_plain)
    })
}

fn is_authority(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let Some((address, port)) = rest.split_once(']') else { return false };
            let is_address = |byte: u8| byte.is_ascii_hexdigit() || byte == b':' || byte == b'.';
            (!address.is_empty() && address.bytes().all(is_address), port)
        }
        None => {
            let (name, port) = text.split_at(text.find(':').unwrap_or(text.len()));
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
            (!name.is_empty() && name.bytes().all(is_name), port)
        }
    };
    let is_port =
        |digits: &str| matches!(digits.len(), 1..=5) && digits.bytes().all(|byte| byte.is_ascii_digit());
    host && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
}
