//! What the tests share.
#![allow(dead_code, reason = "not every test needs all of it")]

use std::collections::BTreeMap;

use vidimus_policy::{Evaluation, PolicySet, PolicySource, RequestData};

/// These files.
pub(crate) fn source(files: &[(&str, &str)]) -> PolicySource {
    let files: BTreeMap<String, String> =
        files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    PolicySource::new(files).unwrap()
}

/// The set of this one file.
pub(crate) fn set(text: &str) -> PolicySet {
    PolicySet::parse(&source(&[("a.cedar", text)])).unwrap_or_else(|errors| panic!("{errors}"))
}

/// The decision of the set of this one file on this request.
pub(crate) fn decide(text: &str, request: &serde_json::Value) -> Evaluation {
    set(text).evaluate(&data(request).as_request())
}

/// The request that this JSON is.
pub(crate) fn data(request: &serde_json::Value) -> RequestData {
    serde_json::from_value(request.clone()).unwrap()
}
