//! What every answer of the console says to a browser, and what it asks of one.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};

use crate::ask::Refused;

/// Nothing from elsewhere, no script and no style in a page, in nobody's frame (CSP level 3).
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const SET: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

pub(crate) async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in SET {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    // What is shown is for this person, and true now.
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Refuses what the page of another site sent (Fetch Metadata; `Origin` for browsers without it).
pub(crate) fn same_site(headers: &HeaderMap) -> Result<(), Refused> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let ours = match (text("sec-fetch-site"), text("origin"), text("host")) {
        (Some(site), _, _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin), Some(host)) => {
            origin.split_once("://").is_some_and(|(_, origin)| origin.eq_ignore_ascii_case(host))
        }
        // No browser: the form's own token decides.
        (None, None, _) => true,
        (None, Some(_), None) => false,
    };
    if ours {
        return Ok(());
    }
    let detail = "this form was sent from the page of another site: send it from the console's own page";
    Err(Refused::new(StatusCode::FORBIDDEN, "another_site", detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_of_another_site_is_refused() {
        let cases = [
            (Some("same-origin"), None, true),
            (Some("none"), None, true),
            (Some("same-site"), None, false),
            (Some("cross-site"), Some("https://v.example.org"), false),
            (None, Some("https://v.example.org"), true),
            (None, Some("https://evil.example.org"), false),
            (None, Some("null"), false),
            (None, None, true),
        ];
        for (site, origin, ours) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("v.example.org"));
            for (name, value) in [("sec-fetch-site", site), ("origin", origin)] {
                if let Some(value) = value {
                    headers.insert(name, HeaderValue::from_static(value));
                }
            }
            assert_eq!(same_site(&headers).is_ok(), ours, "{site:?} {origin:?}");
        }
    }
}
