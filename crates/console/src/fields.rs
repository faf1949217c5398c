//! What comes in with a request: the pairs of a query or of a form.

use axum::{
    body::to_bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{StatusCode, header, request::Parts},
};
use subtle::ConstantTimeEq as _;

use crate::{Console, ask::Refused, frame::Broken, guard, pages::Visitor};

/// The largest form: a reason, an edited set of arguments, a policy set.
const MOST_BYTES: usize = 1024 * 1024;

/// How long a form may take to arrive.
const BODY_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(30);

/// Pairs in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(crate) fn parse(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    /// The value of this name, where it is not empty: an empty field of a form is one that was not filled in.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// The values of this name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The pairs that are filled in, as a query of the API takes them, without those of these names.
    pub(crate) fn filled<'a>(&'a self, except: &[&str]) -> Vec<(&'a str, &'a str)> {
        let filled = |(name, value): &(String, String)| !value.is_empty() && !except.contains(&name.as_str());
        self.0
            .iter()
            .filter(|pair| filled(pair))
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect()
    }

    /// Which past is asked for, as a pair of a query.
    pub(crate) fn then(&self) -> Option<(&'static str, &str)> {
        self.get("as_of").map(|as_of| ("as_of", as_of))
    }

    /// The query that leads to the same page with this pair set (or left out, with `None`).
    pub(crate) fn with(&self, name: &str, value: Option<&str>) -> String {
        self.changed(&[name], name, value)
    }

    /// The same at the first page of the list: where a filter changes, a cursor of before leads nowhere.
    pub(crate) fn anew(&self, name: &str, value: Option<&str>) -> String {
        self.changed(&[name, "cursor"], name, value)
    }

    fn changed(&self, without: &[&str], name: &str, value: Option<&str>) -> String {
        let mut pairs = self.filled(without);
        pairs.extend(value.map(|value| (name, value)));
        query(&pairs)
    }
}

/// The pairs as a query, encoded.
pub(crate) fn query(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// A page with a query, if there is any.
pub(crate) fn address(page: &str, pairs: &[(&str, &str)]) -> String {
    if pairs.is_empty() { page.to_owned() } else { format!("{page}?{}", query(pairs)) }
}

/// A text as one part of a path, encoded. A form's way, but for the space: in a path a `+` is a plus.
pub(crate) fn part(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// The query of a page.
pub(crate) struct Query(pub(crate) Fields);

impl FromRequestParts<Console> for Query {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Console) -> Result<Self, Self::Rejection> {
        Ok(Self(Fields::parse(parts.uri.query().unwrap_or_default().as_bytes())))
    }
}

/// A form that was sent from a page of this console, by whoever is signed in: it has the session's token against forgery
/// (CSRF), and no other site's page sent it.
pub(crate) struct Posted {
    pub(crate) visitor: Visitor,
    pub(crate) fields: Fields,
}

impl FromRequest<Console> for Posted {
    type Rejection = Broken;

    async fn from_request(request: Request, console: &Console) -> Result<Self, Broken> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, console).await?;
        let fields = form(&Parts::clone(&parts), body).await.map_err(|refused| visitor.broken(refused))?;
        let sent = fields.get("csrf").unwrap_or_default().as_bytes();
        if !bool::from(sent.ct_eq(visitor.session.csrf.as_bytes())) {
            let detail = "this form is not from a page of your session, or from one before you signed in again: go back, \
                          reload the page and send it again";
            return Err(visitor.broken(Refused::new(StatusCode::FORBIDDEN, "form_not_yours", detail)));
        }
        Ok(Self { visitor, fields })
    }
}

/// The fields of a form that no other site sent.
pub(crate) async fn form(parts: &Parts, body: axum::body::Body) -> Result<Fields, Refused> {
    guard::same_site(&parts.headers)?;
    let media_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !media_type.is_some_and(|media_type| media_type.starts_with("application/x-www-form-urlencoded")) {
        let detail = "this is no form of the console: use its pages, or the HTTP API under `/v1`";
        return Err(Refused::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_a_form", detail));
    }
    let read = tokio::time::timeout(BODY_TIMEOUT, to_bytes(body, MOST_BYTES)).await.map_err(|_| {
        let detail = format!("the form did not arrive within {} s: send it again", BODY_TIMEOUT.as_secs());
        Refused::new(StatusCode::REQUEST_TIMEOUT, "form_too_slow", detail)
    })?;
    let bytes = read.map_err(|_| {
        let detail = format!("the form is larger than {MOST_BYTES} bytes, or broke off: send less");
        Refused::new(StatusCode::PAYLOAD_TOO_LARGE, "form_too_large", detail)
    })?;
    Ok(Fields::parse(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_path_has_its_own_spaces() {
        assert_eq!(part("talk 1+2/ü"), "talk%201%2B2%2F%C3%BC");
        assert_eq!(query(&[("a", "1 +"), ("b", "&")]), "a=1+%2B&b=%26");
    }

    #[test]
    fn an_empty_field_was_not_filled_in_and_links_keep_the_rest() {
        let fields = Fields::parse(b"status=Pending&search=&agent=a+b&id=1&id=2");
        assert_eq!((fields.get("status"), fields.get("search")), (Some("Pending"), None));
        assert_eq!(fields.all("id").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(fields.filled(&["id"]), [("status", "Pending"), ("agent", "a b")]);
        assert_eq!(fields.with("status", None), "agent=a+b&id=1&id=2");
        assert_eq!(fields.with("cursor", Some("00&")), "status=Pending&agent=a+b&id=1&id=2&cursor=00%26");
        let second = Fields::parse(b"actor=ana&cursor=00");
        assert_eq!(second.anew("category", Some("shadow")), "actor=ana&category=shadow");
        assert_eq!(second.anew("actor", None), "");
    }
}
