//! What the form has: the files of the candidate, and how far back it looks.

use axum::http::StatusCode;
use vidimus_api_types::{PolicyFault, PolicyFiles};

use crate::{ask::Refused, fields::Fields};

/// How far back it looks unless told otherwise, in days.
const DAYS: &str = "7";
const MOST_DAYS: u32 = 30;
/// Rows of a field of text, so that short rules have room and long ones do not fill the page.
const ROWS: (usize, usize) = (6, 28);

/// A file as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) faults: Vec<Fault>,
}

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) line: u64,
    pub(super) column: u64,
    /// The line as it was typed.
    pub(super) typed: String,
    pub(super) message: String,
    pub(super) help: String,
    pub(super) code: String,
}

impl File {
    pub(super) fn rows(&self) -> usize {
        self.text.lines().count().saturating_add(1).clamp(ROWS.0, ROWS.1)
    }

    fn is_blank(&self) -> bool {
        self.name.is_empty() && self.text.trim().is_empty()
    }
}

/// The form. Behind the files there is always room for one more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) files: Vec<File>,
    pub(super) days: String,
    pub(super) recorded: bool,
}

impl Form {
    /// With the files of a set; without any, with a name for the first.
    pub(super) fn of(files: PolicyFiles) -> Self {
        let file = |(name, text)| File { name, text, faults: Vec::new() };
        let mut files: Vec<File> = files.into_iter().map(file).collect();
        if files.is_empty() {
            files.push(File { name: "rules.cedar".to_owned(), ..File::default() });
        }
        Self { files, days: DAYS.to_owned(), recorded: false }.with_room()
    }

    /// As it was sent.
    pub(super) fn sent(fields: &Fields) -> Self {
        let file = |(name, text): (&str, &str)| File {
            name: name.trim().to_owned(),
            // A browser ends lines in its own way.
            text: text.replace("\r\n", "\n"),
            faults: Vec::new(),
        };
        let files = fields.all("name").zip(fields.all("text")).map(file).filter(|file| !file.is_blank());
        Self {
            files: files.collect(),
            days: fields.get("days").unwrap_or_default().to_owned(),
            recorded: fields.get("recorded").is_some(),
        }
        .with_room()
    }

    fn with_room(mut self) -> Self {
        self.files.push(File::default());
        self
    }

    /// The candidate, as the API takes it.
    pub(super) fn files(&self) -> Result<PolicyFiles, Refused> {
        let mut files = PolicyFiles::new();
        for file in self.files.iter().filter(|file| !file.is_blank()) {
            if files.insert(file.name.clone(), file.text.clone()).is_some() {
                let detail = format!("there are two files `{}`: give one of them another name", file.name);
                return Err(Refused::new(StatusCode::UNPROCESSABLE_ENTITY, "file_twice", detail));
            }
        }
        Ok(files)
    }

    /// How many days back.
    pub(super) fn days(&self) -> Result<u32, Refused> {
        let days = self.days.trim().parse().ok().filter(|days| (1..=MOST_DAYS).contains(days));
        days.ok_or_else(|| {
            let detail = format!("`{}` is no number of days: write one from 1 to {MOST_DAYS}", self.days);
            Refused::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_days", detail)
        })
    }

    /// Puts what is wrong to the files that it is in.
    pub(super) fn faults(&mut self, faults: &[PolicyFault]) {
        for fault in faults {
            let Some(file) = self.files.iter_mut().find(|file| file.name == fault.file) else { continue };
            let line = usize::try_from(fault.line.saturating_sub(1)).unwrap_or(usize::MAX);
            file.faults.push(Fault {
                line: fault.line,
                column: fault.column,
                typed: file.text.lines().nth(line).unwrap_or_default().trim().to_owned(),
                message: fault.message.clone(),
                help: fault.help.clone(),
                code: fault.code.clone(),
            });
        }
    }

    pub(super) fn has_faults(&self) -> bool {
        self.files.iter().any(|file| !file.faults.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sent(form: &str) -> Form {
        Form::sent(&Fields::parse(form.as_bytes()))
    }

    #[test]
    fn files_are_what_was_typed_and_what_is_blank_is_none() {
        let form = sent(
            "days=3&name=a.cedar&text=one%0D%0Atwo%0D%0A&name=&text=&name=b.cedar&text=&name=+&text=+%0D%0A",
        );
        let names: Vec<_> = form.files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["a.cedar", "b.cedar", ""], "and room for one more");
        let files = form.files().unwrap();
        assert_eq!(serde_json::to_value(files).unwrap(), json!({"a.cedar": "one\ntwo\n", "b.cedar": ""}));
        assert_eq!((form.days().unwrap(), form.recorded), (3, false));
        assert!(sent("recorded=on").recorded);
        let nameless = sent("name=&text=permit").files().unwrap();
        assert_eq!(nameless.keys().collect::<Vec<_>>(), [""], "the API says that it needs a name");
        let twice = sent("name=a.cedar&text=x&name=a.cedar&text=y").files().unwrap_err();
        assert_eq!(twice.code, "file_twice");
    }

    #[test]
    fn days_are_one_to_thirty() {
        let days = |typed: &str| sent(&format!("days={typed}")).days().map_err(|refused| refused.code);
        assert_eq!([days("1"), days("30"), days("+7+")], [Ok(1), Ok(30), Ok(7)]);
        for wrong in ["", "0", "31", "-1", "1.5", "week", "99999999999"] {
            assert_eq!(days(wrong), Err("invalid_days".to_owned()), "{wrong}");
        }
    }

    #[test]
    fn without_a_set_there_is_a_name_to_begin_with() {
        let form = Form::of(PolicyFiles::new());
        assert_eq!(
            (form.files[0].name.as_str(), form.files.len(), form.days.as_str()),
            ("rules.cedar", 2, "7")
        );
        let set = [("a.cedar".to_owned(), "x\n".repeat(100)), ("b.cedar".to_owned(), String::new())];
        let form = Form::of(set.into());
        assert_eq!(form.files.iter().map(File::rows).collect::<Vec<_>>(), [28, 6, 6]);
    }

    #[test]
    fn a_fault_is_with_its_file_and_has_the_line_that_it_is_in() {
        let mut form = sent("name=a.cedar&text=ok&name=b.cedar&text=one%0Atwo+%3C%0A");
        let fault = |file: &str, line: u64| -> PolicyFault {
            let fault = json!({
                "file": file, "line": line, "column": 5, "code": "policy_syntax", "rule": null, "message": "no", "help": "so",
            });
            serde_json::from_value(fault).unwrap()
        };
        assert!(!form.has_faults());
        form.faults(&[fault("b.cedar", 2), fault("b.cedar", 99), fault("none.cedar", 1)]);
        assert!(form.has_faults() && form.files[0].faults.is_empty());
        let found: Vec<_> =
            form.files[1].faults.iter().map(|fault| (fault.line, fault.typed.as_str())).collect();
        assert_eq!(found, [(2, "two <"), (99, "")]);
    }
}
