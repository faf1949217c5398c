//! The cookies (RFC 6265bis): which session it is, and with OpenID Connect which sign-in was begun.

use axum::http::{HeaderMap, HeaderValue, header};

/// A cookie.
struct Cookie {
    /// With the prefix a browser takes it from this host only, over TLS only, for the whole host.
    secure: &'static str,
    /// On the machine itself there is no TLS.
    local: &'static str,
    /// From which sites a browser sends it, and how long it keeps it.
    kept: &'static str,
}

/// No page of another site leads here with it.
const SESSION: Cookie =
    Cookie { secure: "__Host-vidimus-session", local: "vidimus-session", kept: "SameSite=Strict" };

/// Whom the provider sends back comes from the provider's page, and with a strict cookie nothing would tell that it was this
/// browser that went there. A lax one comes along where the browser itself goes to an address by GET, and nowhere else. It opens
/// nothing: it is good once, for ten minutes, with the answer of the provider.
#[cfg(feature = "oidc")]
const SIGN_IN: Cookie =
    Cookie { secure: "__Host-vidimus-sign-in", local: "vidimus-sign-in", kept: "SameSite=Lax; Max-Age=600" };

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
    find(headers, &SESSION)
}

/// Sets the session, or ends it with `None`.
pub(crate) fn set(headers: &HeaderMap, session: Option<&str>) -> Option<HeaderValue> {
    make(headers, &SESSION, session)
}

/// The sign-in that this browser began.
#[cfg(feature = "oidc")]
pub(crate) fn sign_in(headers: &HeaderMap) -> Option<&str> {
    find(headers, &SIGN_IN)
}

/// Sets the sign-in that this browser began, or ends it with `None`.
#[cfg(feature = "oidc")]
pub(crate) fn set_sign_in(headers: &HeaderMap, state: Option<&str>) -> Option<HeaderValue> {
    make(headers, &SIGN_IN, state)
}

fn find<'a>(headers: &'a HeaderMap, cookie: &Cookie) -> Option<&'a str> {
    let wanted = if is_local(headers) { cookie.local } else { cookie.secure };
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|value| value.split(';')).find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == wanted).then_some(value)
    })
}

fn make(headers: &HeaderMap, cookie: &Cookie, value: Option<&str>) -> Option<HeaderValue> {
    let local = is_local(headers);
    let (name, secure) = if local { (cookie.local, "") } else { (cookie.secure, "; Secure") };
    // The last of two ages counts.
    let (value, age) = match value {
        Some(value) => (value, ""),
        None => ("", "; Max-Age=0"),
    };
    HeaderValue::try_from(format!("{name}={value}; Path=/; HttpOnly; {}{secure}{age}", cookie.kept)).ok()
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

    #[cfg(feature = "oidc")]
    #[test]
    fn a_sign_in_that_was_begun_is_kept_for_ten_minutes_and_comes_back_from_another_site() {
        let begun = set_sign_in(&headers("example.org", ""), Some("abc")).unwrap();
        let kept = "Path=/; HttpOnly; SameSite=Lax; Max-Age=600; Secure";
        assert_eq!(begun, format!("__Host-vidimus-sign-in=abc; {kept}"));
        let ended = set_sign_in(&headers("example.org", ""), None).unwrap();
        assert_eq!(ended, format!("__Host-vidimus-sign-in=; {kept}; Max-Age=0"));
        let both = "__Host-vidimus-session=one; __Host-vidimus-sign-in=two";
        assert_eq!(sign_in(&headers("example.org", both)), Some("two"));
        assert_eq!(session(&headers("example.org", both)), Some("one"));
    }

    #[test]
    fn the_session_is_the_one_of_its_own_name() {
        let cookies = "theme=dark; vidimus-session=local; __Host-vidimus-session=far";
        assert_eq!(session(&headers("127.0.0.1:7878", cookies)), Some("local"));
        assert_eq!(session(&headers("example.org", cookies)), Some("far"));
        assert_eq!(session(&headers("example.org", "vidimus-session=local")), None);
    }
}
