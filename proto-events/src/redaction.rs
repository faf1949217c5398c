//! What is left out of arguments where many can read them.

use std::{borrow::Cow, collections::BTreeSet};

use serde_json::Value;

use crate::Json;

/// Stands where a value was left out.
const REDACTED: &str = "[redacted]";
/// Most bytes of pointers to what was left out. Over that all of the arguments are left out, so that a notification stays
/// about as large as the arguments are, whatever they are made of.
const MOST_POINTERS: usize = 16 * 1024;

/// Which members of arguments are left out of notifications, by name, at any depth. Approvals stay bound to the digest of
/// what was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redaction {
    /// The names in lower case, without `_` and `-`.
    names: BTreeSet<String>,
}

impl Default for Redaction {
    /// What usually holds a secret.
    fn default() -> Self {
        Self::of(Self::USUAL)
    }
}

impl Redaction {
    /// The names that are left out unless told otherwise.
    pub const USUAL: [&'static str; 14] = [
        "password",
        "passwd",
        "passphrase",
        "secret",
        "client_secret",
        "token",
        "access_token",
        "refresh_token",
        "api_key",
        "authorization",
        "private_key",
        "credentials",
        "card_number",
        "cvv",
    ];

    /// Leaves out members by these names. Case, `_` and `-` make no difference.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self { names: names.into_iter().map(folded).filter(|name| !name.is_empty()).collect() }
    }

    /// Leaves out these members as well.
    #[must_use]
    pub fn with(&self, names: &[String]) -> Cow<'_, Self> {
        if names.is_empty() {
            return Cow::Borrowed(self);
        }
        let more = names.iter().map(|name| folded(name)).filter(|name| !name.is_empty());
        Cow::Owned(Self { names: self.names.iter().cloned().chain(more).collect() })
    }

    /// Leaves out nothing.
    pub const fn none() -> Self {
        Self { names: BTreeSet::new() }
    }

    /// The names, in lower case and without `_` and `-`; each once, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The arguments without what is to be left out, and where that was (JSON Pointers, RFC 6901). Where there is nothing
    /// to leave out, the text stays as it is; where there is too much to be named, the empty pointer names the whole.
    pub fn apply(&self, arguments: &Json) -> (Json, Vec<String>) {
        if self.names.is_empty() {
            return (arguments.clone(), Vec::new());
        }
        let whole = || (Json::from_value(&REDACTED.into()), vec![String::new()]);
        // What is let in can be parsed; what cannot is not shown unseen.
        let Ok(mut value) = arguments.parse() else { return whole() };
        let mut left_out = LeftOut { pointers: Vec::new(), room: MOST_POINTERS };
        match self.walk(&mut value, &mut String::new(), &mut left_out) {
            None => whole(),
            Some(()) if left_out.pointers.is_empty() => (arguments.clone(), left_out.pointers),
            Some(()) => (Json::from_value(&value), left_out.pointers),
        }
    }

    /// `None`: there is too much to be named. Arguments are bounded in depth where they are let in.
    fn walk(&self, value: &mut Value, pointer: &mut String, left_out: &mut LeftOut) -> Option<()> {
        let length = pointer.len();
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    pointer.push('/');
                    pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
                    if self.names.contains(&folded(name)) {
                        *member = REDACTED.into();
                        left_out.name(pointer)?;
                    } else {
                        self.walk(member, pointer, left_out)?;
                    }
                    pointer.truncate(length);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    pointer.push('/');
                    pointer.push_str(&index.to_string());
                    self.walk(item, pointer, left_out)?;
                    pointer.truncate(length);
                }
            }
            _ => {}
        }
        Some(())
    }
}

/// What was left out so far.
struct LeftOut {
    pointers: Vec<String>,
    room: usize,
}

impl LeftOut {
    fn name(&mut self, pointer: &str) -> Option<()> {
        self.room = self.room.checked_sub(pointer.len())?;
        self.pointers.push(pointer.to_owned());
        Some(())
    }
}

fn folded(name: &str) -> String {
    name.chars().filter(|character| !matches!(character, '_' | '-')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(redaction: &Redaction, arguments: &str) -> (String, Vec<String>) {
        let (json, left_out) = redaction.apply(&Json::from_text(arguments.to_owned()).unwrap());
        (json.as_str().to_owned(), left_out)
    }

    #[test]
    fn members_are_left_out_by_name_at_any_depth() {
        let given = r#"{"Api-Key":"k","list":[{"a/b":{"passWord":{"x":1}}},2],"to":"mira","tokens":3}"#;
        let (text, left_out) = applied(&Redaction::default(), given);
        let expected =
            r#"{"Api-Key":"[redacted]","list":[{"a/b":{"passWord":"[redacted]"}},2],"to":"mira","tokens":3}"#;
        assert_eq!(text, expected);
        assert_eq!(left_out, ["/Api-Key", "/list/0/a~1b/passWord"]);
        assert_eq!(applied(&Redaction::of(["TO"]), given).1, ["/to"]);
    }

    #[test]
    fn what_is_too_much_to_be_named_is_left_out_as_a_whole() {
        let cards = |count: usize| format!("{{\"cards\":[{}]}}", vec![r#"{"cvv":1}"#; count].join(","));
        let (text, left_out) = applied(&Redaction::default(), &cards(1000));
        assert_eq!((left_out.len(), left_out[999].as_str()), (1000, "/cards/999/cvv"));
        assert!(text.len() < cards(1000).len() + 16 * 1024);
        let (text, left_out) = applied(&Redaction::default(), &cards(2000));
        assert_eq!((&*text, left_out), (r#""[redacted]""#, vec![String::new()]));
    }

    #[test]
    fn what_has_nothing_to_leave_out_stays_to_the_letter() {
        let given = r#"{"amount":1E400,"password":"p"}"#;
        assert_eq!(applied(&Redaction::none(), given), (given.to_owned(), vec![]));
        let unseen = (r#""[redacted]""#.to_owned(), vec![String::new()]);
        assert_eq!(applied(&Redaction::default(), given), unseen, "no type holds that number");
        assert_eq!(applied(&Redaction::default(), r#"{ "a":1.0 }"#), (r#"{ "a":1.0 }"#.to_owned(), vec![]));
    }
}
