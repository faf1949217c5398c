//! What a row says of arguments and results at a glance: a line of the input, and the link to the record it led to.

use proto_events::{Json, PayloadFields};

use crate::redact::shown;

/// The longest line of an input, in characters.
const MAX_SUMMARY_CHARS: usize = 240;
/// The longest link to a record, in characters.
const MAX_LINK_CHARS: usize = 2048;
/// The members that hold such a link, the first that is there.
const LINKS: [&str; 2] = ["record_link", "final_record"];
/// What stands where something was left out.
const REDACTED: &str = "[redacted]";

/// A line of `arguments`, which are as they are shown: members and their values, and a `…` where it is cut.
pub(super) fn input_summary(arguments: &Json) -> String {
    let members: Option<PayloadFields> = serde_json::from_str(arguments.as_str()).ok();
    let mut line = Line { text: String::new(), room: MAX_SUMMARY_CHARS };
    match members {
        Some(members) => {
            for (index, (name, value)) in members.iter().enumerate() {
                if index > 0 && !line.push(", ") {
                    break;
                }
                if !(line.push(name) && line.push(": ") && line.push(value.as_str())) {
                    break;
                }
            }
        }
        None => {
            line.push(arguments.as_str());
        }
    }
    line.text
}

/// A text of at most so many characters.
struct Line {
    text: String,
    room: usize,
}

impl Line {
    /// Puts `text` at the end, as far as there is room; answers whether there is more. What would break the line, or turn it
    /// around, is escaped.
    fn push(&mut self, text: &str) -> bool {
        for char in text.chars() {
            if is_unruly(char) {
                if !char.escape_debug().all(|char| self.char(char)) {
                    return false;
                }
            } else if !self.char(char) {
                return false;
            }
        }
        true
    }

    fn char(&mut self, char: char) -> bool {
        self.room = self.room.saturating_sub(1);
        self.text.push(if self.room == 0 { '…' } else { char });
        self.room > 0
    }
}

/// Control characters, the separators of lines and paragraphs, and the marks that change the direction of a text.
fn is_unruly(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{2028}' | '\u{2029}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// The link to the record that a call led to, as `json` (its result or its context) has it, if it has one that is shown.
pub(super) fn final_record(json: &Json, sensitive: &[String]) -> Option<String> {
    if !LINKS.iter().any(|name| json.as_str().contains(name)) {
        return None;
    }
    let shown = shown(json, sensitive);
    let members: PayloadFields = serde_json::from_str(shown.json.as_str()).ok()?;
    let link = LINKS.iter().find_map(|name| members.get(*name))?;
    let link: String = serde_json::from_str(link.as_str()).ok()?;
    let length = link.chars().count();
    ((1..=MAX_LINK_CHARS).contains(&length) && link != REDACTED).then_some(link)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Json {
        Json::from_text(text.to_owned()).unwrap()
    }

    #[test]
    fn an_input_is_a_line_of_its_members() {
        let line = |text: &str| input_summary(&json(text));
        assert_eq!(
            line(r#"{"amount":1250.5,"to":{"iban":"DE1"},"vendor":"Müller"}"#),
            r#"amount: 1250.5, to: {"iban":"DE1"}, vendor: "Müller""#
        );
        assert_eq!(line("{}"), "");
        assert_eq!(line("[1,2]"), "[1,2]");
        assert_eq!(line("{\"a\\nb\":\"\u{202e}x\u{2028}\"}"), r#"a\nb: "\u{202e}x\u{2028}""#);
    }

    #[test]
    fn a_long_input_is_cut() {
        let line = input_summary(&json(&format!(r#"{{"a":"{}"}}"#, "ä".repeat(10_000))));
        assert_eq!(line.chars().count(), 240);
        assert!(line.starts_with(r#"a: "ää"#) && line.ends_with("ä…"), "{line}");
        let many: Vec<String> = (0..1_000).map(|n| format!("\"m{n}\":1")).collect();
        assert_eq!(input_summary(&json(&format!("{{{}}}", many.join(",")))).chars().count(), 240);
    }

    #[test]
    fn a_record_is_linked_by_a_text_that_is_shown() {
        let link = |text: &str| final_record(&json(text), &["secret".to_owned(), "final_record".to_owned()]);
        assert_eq!(link(r#"{"record_link":"https://erp/4711"}"#).as_deref(), Some("https://erp/4711"));
        assert_eq!(final_record(&json(r#"{"final_record":"PO-4711"}"#), &[]).as_deref(), Some("PO-4711"));
        let longest = "x".repeat(2048);
        assert_eq!(link(&format!(r#"{{"record_link":"{longest}"}}"#)), Some(longest.clone()));
        for none in [
            r#"{"final_record":"PO-4711"}"#,
            r#"{"record_link":7}"#,
            r#"{"record_link":""}"#,
            r#"{"a":{"record_link":"x"}}"#,
            r#""record_link""#,
            &format!(r#"{{"record_link":"{longest}x"}}"#),
        ] {
            assert_eq!(link(none), None, "{none}");
        }
    }
}
