//! What is wrong with a request, all of it at once, in the words that clients of the document know (pydantic's).

use vidimus_api_types::{SubmissionErrorDetail, ValidationItem};

use crate::problem::ApiError;

/// What is wrong with one part.
pub(super) struct Fault {
    code: &'static str,
    message: String,
}

impl Fault {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl From<ApiError> for Fault {
    fn from(error: ApiError) -> Self {
        Self::new(error.code(), error.detail())
    }
}

/// What is wrong, part by part.
#[derive(Default)]
pub(super) struct Faults(Vec<ValidationItem>);

impl Faults {
    pub(super) fn add(&mut self, place: &[&str], fault: Fault) {
        let loc = place.iter().map(|&step| step.to_owned()).collect();
        self.0.push(ValidationItem { loc, msg: fault.message, code: fault.code.to_owned() });
    }

    /// The value, or nothing and a fault more.
    pub(super) fn keep<T>(&mut self, place: &[&str], read: Result<T, Fault>) -> Option<T> {
        read.map_err(|fault| self.add(place, fault)).ok()
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Faults> for SubmissionErrorDetail {
    fn from(faults: Faults) -> Self {
        Self::Validation(faults.0)
    }
}
