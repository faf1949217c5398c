//! The one cookie: which session it is (RFC 6265bis).

use axum::http::{HeaderMap, HeaderValue, header};

/// With the prefix a browser takes it from this host only, over TLS only, for the whole host.
const SECURE: &str = "__Host-vidimus-session";
/// On the machine itself there is no TLS.
const LOCAL: &str = "vidimus-session";

/// Headers of a proxy, which speaks for a browser somewhere else whatever name it asks for.
const OF_A_PROXY: [&str; 4] = ["forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"];

/// Whether the request came to a name of the machine itself: the one place where a cookie need not be `Secure`.
fn is_local(headers: &HeaderMap) -> bool {
    if OF_A_PROXY.into_iter().any(|name| headers.contains_key(name)) {
        return false;
    }
    let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()) else { return false };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

/// The session that the request names.
pub(crate) fn session(headers: &HeaderMap) -> Option<&str> {
    let wanted = if is_local(headers) { LOCAL } else { SECURE };
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|value| value.split(';')).find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == wanted).then_some(value)
    })
}

/// Sets the session, or ends it with `None`.
pub(crate) fn set(headers: &HeaderMap, session: Option<&str>) -> Option<HeaderValue> {
    let local = is_local(headers);
    let (name, secure) = if local { (LOCAL, "") } else { (SECURE, "; Secure") };
    let (value, age) = match session {
        Some(session) => (session, ""),
        None => ("", "; Max-Age=0"),
    };
    HeaderValue::try_from(format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{age}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(host: &str, cookie: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::try_from(host).unwrap());
        headers.insert(header::COOKIE, HeaderValue::try_from(cookie).unwrap());
        headers
    }

    #[test]
    fn a_cookie_is_secure_except_on_the_machine_itself() {
        for host in ["localhost:7878", "127.0.0.1", "[::1]:80", "localhost"] {
            let set = set(&headers(host, ""), Some("abc")).unwrap();
            assert_eq!(set, "vidimus-session=abc; Path=/; HttpOnly; SameSite=Strict", "{host}");
        }
        for host in ["vidimus.example.org", "localhost.example.org:443", "127.0.0.1.nip.io", "[::2]:80"] {
            let set = set(&headers(host, ""), Some("abc")).unwrap();
            let expected = "__Host-vidimus-session=abc; Path=/; HttpOnly; SameSite=Strict; Secure";
            assert_eq!(set, expected, "{host}");
        }
        let mut proxied = headers("127.0.0.1:7878", "");
        proxied.insert("x-forwarded-proto", HeaderValue::from_static("https"));
        assert!(set(&proxied, Some("abc")).unwrap().to_str().unwrap().ends_with("; Secure"));
        let ended = set(&headers("example.org", ""), None).unwrap();
        assert!(ended.to_str().unwrap().ends_with("Secure; Max-Age=0"));
    }

    #[test]
    fn the_session_is_the_one_of_its_own_name() {
        let cookies = "theme=dark; vidimus-session=local; __Host-vidimus-session=far";
        assert_eq!(session(&headers("127.0.0.1:7878", cookies)), Some("local"));
        assert_eq!(session(&headers("example.org", cookies)), Some("far"));
        assert_eq!(session(&headers("example.org", "vidimus-session=local")), None);
    }
}
