//! Words of a text.
//!
//! A word is a run of letters of any script; what is written with digits is an identifier's business. Only ASCII letters are
//! put into lower case: letters that merely look or fold like them stay different, so that no strange spelling passes for
//! a word of the user.

use super::lexicon::lexicon;

/// The longest word that is looked at, in bytes.
const MAX_BYTES: usize = 64;
/// The shortest word that can name or relate something, in bytes.
pub(super) const MIN_BYTES: usize = 3;

/// A word where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Its first byte.
    pub(super) start: usize,
    /// Written with a capital letter and small letters after it.
    pub(super) is_capital: bool,
}

/// Goes over the words of `text` once, in lower case. The word is lent in a buffer that the callee may change.
pub(super) fn each(text: &str, mut found: impl FnMut(&mut String, Place)) {
    let bytes = text.as_bytes();
    let mut word = String::with_capacity(MAX_BYTES);
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if !is_letter(text, at, byte) {
            at += 1;
            continue;
        }
        let start = at;
        while let Some(&byte) = bytes.get(at) {
            if byte.is_ascii() {
                if !byte.is_ascii_alphabetic() {
                    break;
                }
                at += 1;
            } else {
                match text.get(at..).and_then(|rest| rest.chars().next()) {
                    Some(letter) if letter.is_alphabetic() => at += letter.len_utf8(),
                    _ => break,
                }
            }
        }
        if let Some(run) = text.get(start..at).filter(|run| run.len() <= MAX_BYTES) {
            word.clear();
            word.push_str(run);
            word.make_ascii_lowercase();
            let mut letters = run.chars();
            let is_capital =
                letters.next().is_some_and(char::is_uppercase) && letters.all(char::is_lowercase);
            found(&mut word, Place { start, is_capital });
        }
    }
}

fn is_letter(text: &str, at: usize, byte: u8) -> bool {
    if byte.is_ascii() {
        return byte.is_ascii_alphabetic();
    }
    // Inside of a character there is no boundary, and so no letter.
    text.get(at..).and_then(|rest| rest.chars().next()).is_some_and(char::is_alphabetic)
}

/// All words of a short text, in lower case.
pub(super) fn all(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    each(text, |word, _| words.push(word.clone()));
    words
}

/// Takes a plural ending off.
pub(super) fn stem(word: &mut String) {
    if word.len() <= 4 {
        return;
    }
    if word.ends_with("ies") {
        word.truncate(word.len() - 3);
        word.push('y');
    } else if word.ends_with('s') && !word.ends_with("ss") {
        word.truncate(word.len() - 1);
    }
}

/// The word without its plural ending.
pub(super) fn stem_of(word: &str) -> String {
    let mut word = word.to_owned();
    stem(&mut word);
    word
}

/// Whether a text with these words is English, as the lexicon tells it.
pub(super) fn are_english(words: &[String]) -> bool {
    let lexicon = lexicon();
    let (mut told, mut perhaps, mut other) = (0, 0, 0);
    for word in words.iter().map(String::as_str) {
        told += usize::from(lexicon.english.contains(word));
        perhaps += usize::from(lexicon.perhaps_english.contains(word) || lexicon.kinds.contains_key(word));
        other += usize::from(lexicon.other_languages.contains(word));
    }
    let is_told = told > 0 && told * 10 >= words.len();
    let is_known = told + perhaps > 0 && (told + perhaps) * 5 >= words.len() * 2;
    (is_told || is_known) && other <= told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_runs_of_letters_in_lower_case() {
        let found = all("Tom's e-mail: café_2x, ÄRGER «ok»");
        assert_eq!(found, ["tom", "s", "e", "mail", "café", "x", "Ärger", "ok"]);
        assert_eq!(all(&"x".repeat(65)), Vec::<String>::new());
        assert!(all("123 -- ''").is_empty());
    }

    #[test]
    fn places_say_where_and_how_a_word_is_written() {
        let mut places = Vec::new();
        each("to Ana, CEO", |word, place| places.push((word.clone(), place.start, place.is_capital)));
        assert_eq!(
            places,
            [("to".to_owned(), 0, false), ("ana".to_owned(), 3, true), ("ceo".to_owned(), 8, false)]
        );
    }

    #[test]
    fn the_plural_goes() {
        assert_eq!(stem_of("invoices"), "invoice");
        assert_eq!(stem_of("queries"), "query");
        assert_eq!(stem_of("glass"), "glass");
        assert_eq!(stem_of("bus"), "bus");
    }

    #[test]
    fn english_is_told_from_other_languages() {
        for english in [
            "Please pay the bill of the gardener",
            "Check the balance, then tell me what is left",
            "Buy a pencil",
            "refund order A-17",
            "plan a party for Petra",
            "Delete /tmp",
        ] {
            assert!(are_english(&all(english)), "{english}");
        }
        for other in [
            "Bitte bezahle die Rechnung und schicke sie danach an den Steuerberater",
            "Por favor paga la factura del jardinero y guarda el recibo",
            "Réserve une table pour quatre personnes demain soir au restaurant",
            "Hotel in der Stadt buchen und eine Email senden",
            "Envoie un message",
            "请支付园丁的账单",
            "",
        ] {
            assert!(!are_english(&all(other)), "{other}");
        }
    }
}
