//! What the views show of arguments and results: the same as notifications do, without what the catalogue calls sensitive.

use std::borrow::Cow;

use proto_events::{Json, Redaction};

/// Arguments or a result as they are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown<'j> {
    pub(crate) json: Cow<'j, Json>,
    /// What is left out (JSON Pointers, RFC 6901); the empty pointer: all of it.
    pub(crate) redacted: Vec<String>,
}

/// `json` without the members of these names. What has none of them stays to the letter.
pub(crate) fn shown<'j>(json: &'j Json, sensitive: &[String]) -> Shown<'j> {
    if sensitive.is_empty() {
        return Shown { json: Cow::Borrowed(json), redacted: Vec::new() };
    }
    let (json, redacted) = Redaction::of(sensitive.iter().map(String::as_str)).apply(json);
    Shown { json: Cow::Owned(json), redacted }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn only_what_is_named_is_left_out_at_any_depth() {
        let json =
            Json::from_text(r#"{"IBAN":"DE1","a":[{"i_ban":1.0}],"password":"p"}"#.to_owned()).unwrap();
        let out = shown(&json, &names(&["iban"]));
        assert_eq!(out.json.as_str(), r#"{"IBAN":"[redacted]","a":[{"i_ban":"[redacted]"}],"password":"p"}"#);
        assert_eq!(out.redacted, ["/IBAN", "/a/0/i_ban"]);
        for sensitive in [names(&[]), names(&["other"])] {
            let all = shown(&json, &sensitive);
            assert_eq!((&*all.json, all.redacted), (&json, vec![]), "to the letter");
        }
    }

    #[test]
    fn what_cannot_be_looked_into_is_not_shown_at_all() {
        let json = Json::from_text(r#"{"iban":1e999}"#.to_owned()).unwrap();
        let out = shown(&json, &names(&["iban"]));
        assert_eq!((out.json.as_str(), out.redacted), (r#""[redacted]""#, vec![String::new()]));
    }
}
