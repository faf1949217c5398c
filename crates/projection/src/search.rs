//! The words of a text: the same for what is indexed and for what is searched, whatever the database.
//!
//! A word is a run of letters and digits, in lower case and without diacritics, at most [`MAX_WORD_BYTES`] long. A
//! Chinese, Japanese or Korean character is a word of its own, as nothing separates words there. FTS5 gets the words
//! already split and never sees a character that means something to it.

use proto_events::TenantId;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::{
    QueryError,
    facet::{AllOf, Facet},
};

/// A longer word is cut: nobody types more, and encoded binary data does not bloat the index.
const MAX_WORD_BYTES: usize = 64;
/// The longest search text, in characters.
const MAX_SEARCH_CHARS: usize = 1000;
/// The most words in a search text.
const MAX_SEARCH_WORDS: usize = 32;

fn is_ideographic(char: char) -> bool {
    matches!(char, '\u{2E80}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Collects the words of a document, each followed by a space.
#[derive(Default)]
pub(crate) struct Words {
    words: String,
    /// Where the word begins that is being read.
    start: usize,
}

impl Words {
    fn char(&mut self, char: char) {
        if char.is_ascii_alphanumeric() {
            self.words.push(char.to_ascii_lowercase());
        } else if char.is_ascii() {
            self.end_word();
        } else if is_ideographic(char) {
            self.end_word();
            self.words.push(char);
            self.end_word();
        } else if char.is_alphanumeric() {
            self.words.extend(char.to_lowercase());
        } else if !is_combining_mark(char) {
            self.end_word();
        }
    }

    fn end_word(&mut self) {
        if self.words.len() > self.start {
            if self.words.len() - self.start > MAX_WORD_BYTES {
                self.words.truncate(self.words.floor_char_boundary(self.start + MAX_WORD_BYTES));
            }
            self.words.push(' ');
            self.start = self.words.len();
        }
    }

    /// The words of a text.
    pub(crate) fn text(&mut self, text: &str) {
        if text.is_ascii() {
            text.bytes().for_each(|byte| self.char(char::from(byte)));
        } else {
            // Decomposed, a letter with a diacritic is the letter and a mark, which is left out. Hangul would come
            // apart too, so it is left alone.
            for char in text.chars() {
                if char.is_ascii() || is_ideographic(char) {
                    self.char(char);
                } else {
                    std::iter::once(char).nfkd().for_each(|char| self.char(char));
                }
            }
        }
        self.end_word();
    }

    /// The words of a JSON text: of its keys and values.
    pub(crate) fn json(&mut self, json: &str) {
        if !json.contains('\\') {
            return self.text(json);
        }
        // Escapes have to be undone, or `\nfoo` would be the word `nfoo`.
        match serde_json::from_str::<serde_json::Value>(json) {
            Ok(value) => self.value(&value),
            Err(_) => self.text(json),
        }
    }

    fn value(&mut self, value: &serde_json::Value) {
        match value {
            serde_json::Value::String(text) => self.text(text),
            serde_json::Value::Array(values) => values.iter().for_each(|value| self.value(value)),
            serde_json::Value::Object(fields) => fields.iter().for_each(|(key, value)| {
                self.text(key);
                self.value(value);
            }),
            other => self.text(&other.to_string()),
        }
    }

    /// A fact, as a word that no text can have.
    pub(crate) fn facet(&mut self, facet: Facet, tenant: &TenantId, value: &[u8]) {
        self.end_word();
        facet.push(&mut self.words, tenant, value);
        self.start = self.words.len();
    }

    /// The words so far, in order.
    pub(crate) fn as_str(&self) -> &str {
        self.words.trim_ascii_end()
    }

    /// Begins a new document.
    pub(crate) fn clear(&mut self) {
        self.words.clear();
        self.start = 0;
    }
}

/// Adds to `all` that every word of `text` has to be there; answers whether there are any (not where it is blank).
pub(crate) fn require(all: &mut AllOf, text: &str) -> Result<bool, QueryError> {
    let invalid = |reason: String| QueryError::InvalidSearch {
        text: text.chars().take(80).flat_map(char::escape_debug).collect(),
        reason,
    };
    if text.trim().is_empty() {
        return Ok(false);
    }
    if text.chars().nth(MAX_SEARCH_CHARS).is_some() {
        return Err(invalid(format!("it has more than {MAX_SEARCH_CHARS} characters; use fewer words")));
    }
    let mut terms = Vec::new();
    for piece in text.split_inclusive('*') {
        let is_prefix = piece.chars().rev().nth(1).is_some_and(char::is_alphanumeric) && piece.ends_with('*');
        let mut words = Words::default();
        words.text(piece);
        let count = words.as_str().split_ascii_whitespace().count();
        for (index, word) in words.as_str().split_ascii_whitespace().enumerate() {
            let star = if is_prefix && index + 1 == count { "*" } else { "" };
            if !star.is_empty() && word.len() < 2 {
                return Err(invalid("write at least two characters before `*`".to_owned()));
            }
            terms.push(format!("\"{word}\"{star}"));
        }
    }
    terms.sort_unstable();
    terms.dedup();
    match terms.len() {
        0 => Err(invalid("it has neither letters nor digits".to_owned())),
        1..=MAX_SEARCH_WORDS => {
            terms.iter().for_each(|term| all.term(term));
            Ok(true)
        }
        _ => Err(invalid(format!("it has more than {MAX_SEARCH_WORDS} words; use fewer"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> String {
        let mut words = Words::default();
        words.text(text);
        words.as_str().to_owned()
    }

    fn search(text: &str) -> Result<Option<String>, &'static str> {
        let mut all = AllOf::tenant(&"a".parse().unwrap());
        let found = require(&mut all, text).map_err(|error| error.code())?;
        Ok(found.then(|| all.into_string().split_once(" AND ").unwrap().1.to_owned()))
    }

    #[test]
    fn words_are_runs_of_letters_and_digits_in_lower_case() {
        assert_eq!(words("erp.invoice_Approve, INVOICE 12-b"), "erp invoice approve invoice 12 b");
        assert_eq!(words("Café Straße Кот ＡＢＣ"), "cafe straße кот abc");
        assert_eq!(words("cafe\u{301}"), words("caf\u{e9}"));
        assert_eq!(words("削除x しますか"), "削 除 x し ま す か");
        assert_eq!(words("한국 abc"), "한 국 abc");
        assert_eq!(words(" \"*' "), "");
        assert_eq!(words(&"x".repeat(100)), "x".repeat(64));
    }

    #[test]
    fn escapes_in_json_are_undone() {
        let mut words = Words::default();
        words.json(r#"{"path\n":"a\tb","n":[1.5,true,null,"\u00e9"]}"#);
        // In which order the members come depends on what else is built; a word's place does not matter.
        let mut found: Vec<_> = words.as_str().split(' ').collect();
        found.sort_unstable();
        assert_eq!(found, ["1", "5", "a", "b", "e", "n", "null", "path", "true"]);
        words.clear();
        words.json(r#"{"a":"\ud800"}"#);
        assert_eq!(words.as_str(), "a ud800");
    }

    #[test]
    fn no_text_breaks_the_expression() {
        assert_eq!(search("invoice NEAR( a"), Ok(Some(r#""a" AND "invoice" AND "near""#.to_owned())));
        assert_eq!(
            search("a AND b OR NOT"),
            Ok(Some(r#""a" AND "and" AND "b" AND "not" AND "or""#.to_owned()))
        );
        assert_eq!(search("col:x^2 {y} -z"), Ok(Some(r#""2" AND "col" AND "x" AND "y" AND "z""#.to_owned())));
        assert_eq!(search("inv* x"), Ok(Some(r#""inv"* AND "x""#.to_owned())));
        assert_eq!(search("inv * x"), Ok(Some(r#""inv" AND "x""#.to_owned())));
        assert_eq!(search("  \t "), Ok(None));
        assert_eq!(search(""), Ok(None));
        for text in ["\"", "***", "\u{E000}", "a*", &"a ".repeat(5_000), &words_numbered(33)] {
            assert_eq!(search(text), Err("invalid_search"), "{text}");
        }
        assert!(search(&words_numbered(32)).is_ok());
    }

    fn words_numbered(count: u32) -> String {
        (0..count).map(|word| format!("w{word} ")).collect()
    }
}
