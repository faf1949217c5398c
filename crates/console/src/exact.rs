//! Canonical JSON for reading: only white space is added between its parts, and what nobody could see is spelt out.

/// From so many levels on nothing is moved to the right any more: nobody reads that far, and an agent could make kilobytes of
/// white space out of each byte.
const MOST_INDENT: usize = 8;

/// `json` with line breaks. Every number and every string stands as it stands in the canonical text, but for characters that
/// cannot be seen or that turn text around: those are written as the escapes that mean the same.
pub(crate) fn spread(json: &str) -> String {
    let mut spread = String::with_capacity(json.len() * 2);
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    let mut chars = json.chars().peekable();
    let line = |spread: &mut String, depth: usize| {
        spread.push('\n');
        spread.extend(std::iter::repeat_n("  ", depth.min(MOST_INDENT)));
    };
    while let Some(char) = chars.next() {
        if in_text {
            if is_unseen(char) {
                let mut units = [0; 2];
                for unit in char.encode_utf16(&mut units) {
                    spread.push_str(&format!("\\u{unit:04x}"));
                }
            } else {
                spread.push(char);
            }
            in_text = escaped || char != '"';
            escaped = !escaped && char == '\\';
            continue;
        }
        match char {
            '{' | '[' => {
                spread.push(char);
                let end = if char == '{' { '}' } else { ']' };
                if let Some(end) = chars.next_if_eq(&end) {
                    spread.push(end);
                } else {
                    depth += 1;
                    line(&mut spread, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut spread, depth);
                spread.push(char);
            }
            ',' => {
                spread.push(char);
                line(&mut spread, depth);
            }
            ':' => spread.push_str(": "),
            '"' => {
                spread.push(char);
                in_text = true;
            }
            char if char.is_whitespace() => {}
            char => spread.push(char),
        }
    }
    spread
}

/// A text for reading: its lines, and the escapes of what cannot be seen or turns text around.
pub(crate) fn lines(text: &str) -> String {
    let mut lines = String::with_capacity(text.len());
    for char in text.chars() {
        if is_unseen(char) && !matches!(char, '\n' | '\t') {
            lines.extend(char.escape_unicode());
        } else {
            lines.push(char);
        }
    }
    lines
}

/// Whether the text has characters that [`spread`] spells out.
pub(crate) fn has_unseen(json: &str) -> bool {
    json.chars().any(is_unseen)
}

/// Characters without a shape, and those that change the direction of what follows.
fn is_unseen(char: char) -> bool {
    char.is_control()
        || matches!(
            u32::from(char),
            0x00ad
                | 0x034f
                | 0x061c
                | 0x115f..=0x1160
                | 0x17b4..=0x17b5
                | 0x180b..=0x180f
                | 0x2000..=0x200a
                | 0x2800
                | 0x3000
                | 0x200b..=0x200f
                | 0x2028..=0x202e
                | 0x2060..=0x206f
                | 0x3164
                | 0xfe00..=0xfe0f
                | 0xfeff
                | 0xffa0
                | 0xfff9..=0xfffb
                | 0xe0000..=0xe0fff
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_stands_as_it_stood() {
        let json = r#"{"a":[1e+21,-0,{}],"b":[],"c":"x\"{,\\","d":{"e":null}}"#;
        let expected = "{\n  \"a\": [\n    1e+21,\n    -0,\n    {}\n  ],\n  \"b\": [],\n  \
                        \"c\": \"x\\\"{,\\\\\",\n  \"d\": {\n    \"e\": null\n  }\n}";
        assert_eq!(spread(json), expected);
        assert!(!has_unseen(json));
    }

    #[test]
    fn levels_that_nobody_reads_take_no_room() {
        let deep = format!("{}{}{}", "[".repeat(64), "0,".repeat(999) + "0", "]".repeat(64));
        assert!(spread(&deep).len() < 12 * deep.len());
        assert_eq!(lines("a\n\tb\u{202e}c\r"), "a\n\tb\\u{202e}c\\u{d}");
    }

    #[test]
    fn what_cannot_be_seen_is_spelt_out_and_means_the_same() {
        let json = "{\"to\":\"ana\u{202e}moc.\u{200b}live\u{e0041}\"}";
        let shown = spread(json);
        assert_eq!(shown, "{\n  \"to\": \"ana\\u202emoc.\\u200blive\\udb40\\udc41\"\n}");
        assert!(has_unseen(json) && !has_unseen(&shown.replace('\n', "")));
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(value(json), value(&shown));
    }
}
