//! What a call returned, as one text with records.

use proto_events::Json;
use serde_json::Value;

/// How much is looked at of what a call returned, in bytes.
pub(super) const MAX_TEXT_BYTES: usize = 64 * 1024;

/// How records end in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Records {
    /// JSON objects: at `}` alone.
    Objects,
    /// A list with `- ` before each item: at `}` and before the next item.
    Items,
    /// Anything else: at `}` and at empty lines.
    Paragraphs,
}

/// What a call returned.
#[derive(Debug)]
pub(super) struct ResultText {
    /// The text; of JSON its names and values.
    pub(super) text: String,
    /// Whether there was more than is looked at.
    pub(super) is_cut: bool,
    records: Records,
}

impl ResultText {
    /// The text of a JSON value: a text as it is, of everything else names and values.
    pub(super) fn of_json(json: &Json) -> Self {
        match json.parse() {
            Ok(Value::String(text)) => Self::of_text(text),
            Ok(value) => {
                let mut text = String::new();
                let is_cut = !write(&value, &mut text);
                Self { text, is_cut, records: Records::Objects }
            }
            // JSON that the parser refuses (too deep, half a character) is looked at as it is written, and is not trusted.
            Err(_) => Self { is_cut: true, ..Self::of_text(json.as_str().to_owned()) },
        }
    }

    /// A plain text.
    pub(super) fn of_text(mut text: String) -> Self {
        let is_cut = text.len() > MAX_TEXT_BYTES;
        text.truncate(text.floor_char_boundary(MAX_TEXT_BYTES));
        // Only its first letters tell a list, which are the tool's and not a stranger's.
        let first = text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '<' | '[' | '"'));
        let records = if first.starts_with("- ") { Records::Items } else { Records::Paragraphs };
        Self { text, is_cut, records }
    }

    /// Where records end.
    pub(super) fn record_ends(&self) -> Vec<usize> {
        let bytes = self.text.as_bytes();
        let mut ends = Vec::new();
        // The line that a line break ended last had nothing in it but white space.
        let mut blank_since = None;
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                b'}' => ends.push(at),
                b'\n' => match self.records {
                    Records::Objects => {}
                    Records::Items => {
                        if bytes.get(at + 1..at + 3) == Some(b"- ") {
                            ends.push(at);
                        }
                    }
                    Records::Paragraphs => ends.extend(blank_since.replace(at)),
                },
                _ if byte.is_ascii_whitespace() => {}
                _ => blank_since = None,
            }
        }
        ends
    }
}

/// Writes names and values; answers whether there was room.
fn write(value: &Value, text: &mut String) -> bool {
    match value {
        Value::Null | Value::Bool(_) => true,
        Value::Number(number) => push(&number.to_string(), text),
        Value::String(words) => push(words, text),
        Value::Array(items) => items.iter().all(|item| write(item, text) && push(", ", text)),
        Value::Object(members) => {
            // By name, whatever order the parser keeps: what is near what must not hang on how the program was built.
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            members.into_iter().all(|(name, member)| {
                push(name, text) && push(": ", text) && write(member, text) && push("\n", text)
            }) && push("}\n", text)
        }
    }
}

fn push(more: &str, text: &mut String) -> bool {
    let room = MAX_TEXT_BYTES.saturating_sub(text.len());
    text.push_str(&more[..more.floor_char_boundary(room)]);
    more.len() <= room
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn records(result: &ResultText) -> Vec<&str> {
        let mut records = Vec::new();
        let mut start = 0;
        for end in result.record_ends() {
            records.push(result.text[start..end].trim_matches(['\n', '}', ' ', ',']));
            start = end;
        }
        records.push(result.text[start..].trim_matches(['\n', '}', ' ', ',']));
        records.retain(|record| !record.is_empty());
        records
    }

    #[test]
    fn records_are_objects_items_or_paragraphs() {
        let objects = json!([{"from": "ana", "body": "one\n\n- two"}, {"from": "bo", "sum": 12}]);
        assert_eq!(
            records(&ResultText::of_json(&Json::from_value(&objects))),
            ["body: one\n\n- two\nfrom: ana", "from: bo\nsum: 12"]
        );
        let items = ResultText::of_text("- from: ana\n  body: one\n\n  two\n- from: bo".to_owned());
        assert_eq!(records(&items), ["- from: ana\n  body: one\n\n  two", "- from: bo"]);
        let paragraphs = ResultText::of_text("one\n- a\n \n\ntwo".to_owned());
        assert_eq!(records(&paragraphs), ["one\n- a", "two"]);
        assert_eq!(records(&ResultText::of_text("{a: 1}, {b: 2}".to_owned())), ["{a: 1", "{b: 2"]);
    }

    #[test]
    fn a_long_text_is_cut_and_says_so() {
        let long = "ä".repeat(MAX_TEXT_BYTES);
        for cut in
            [ResultText::of_text(long.clone()), ResultText::of_json(&Json::from_value(&json!({"a": [long]})))]
        {
            assert!(cut.is_cut);
            assert!(cut.text.len() <= MAX_TEXT_BYTES && cut.text.len() > MAX_TEXT_BYTES - 4);
        }
        assert!(!ResultText::of_text("short".to_owned()).is_cut);
        let half = Json::from_text("\"\\ud800 text\"".to_owned()).unwrap_or_else(|error| panic!("{error}"));
        assert!(ResultText::of_json(&half).is_cut, "what cannot be read is not trusted");
    }
}
