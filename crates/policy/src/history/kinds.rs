//! Kinds of action: what a user asks for and what a function does, by one lexicon.

use super::{lexicon::lexicon, words};

/// The kinds, as the sections of the lexicon name them.
pub(super) const NAMES: [&str; 15] = [
    "transfer",
    "purchase",
    "refund",
    "message",
    "publish",
    "schedule",
    "file",
    "delete",
    "credential",
    "book",
    "web",
    "profile",
    "code",
    "access",
    "human",
];

/// The most words that belong together.
const MAX_PHRASE: usize = 3;
/// What may follow a word of the lexicon.
const ENDINGS: [&str; 5] = ["s", "es", "d", "ed", "ing"];

/// A set of kinds of action.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Kinds(u16);

impl Kinds {
    /// The kind of this name alone; none for a name that is not one.
    pub(super) fn named(name: &str) -> Self {
        NAMES.iter().position(|known| *known == name).map_or(Self(0), |index| Self(1 << index))
    }

    /// These and those.
    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether some kind is in both.
    pub(super) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether there is none.
    pub(super) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The kinds that these words, in lower case, speak of.
    pub(super) fn of_words<T: AsRef<str>>(words: &[T]) -> Self {
        let mut kinds = Self::default();
        let mut phrase = String::new();
        for start in 0..words.len() {
            phrase.clear();
            for word in words[start..].iter().take(MAX_PHRASE) {
                if !phrase.is_empty() {
                    phrase.push(' ');
                }
                phrase.push_str(word.as_ref());
                kinds = kinds.and(Self::of_phrase(&phrase));
            }
        }
        kinds
    }

    /// The kinds that a text speaks of.
    pub(super) fn of_text(text: &str) -> Self {
        Self::of_words(&words::all(text))
    }

    fn of_phrase(phrase: &str) -> Self {
        let known = &lexicon().kinds;
        let stems = ENDINGS.iter().filter_map(|ending| phrase.strip_suffix(ending));
        std::iter::once(phrase)
            .chain(stems)
            .filter_map(|word| known.get(word))
            .fold(Self::default(), |kinds, found| kinds.and(*found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_speaks_of_kinds_by_words_their_forms_and_phrases() {
        let speaks = |text: &str, name: &str| Kinds::of_text(text).meets(Kinds::named(name));
        assert!(speaks("Please pay the gardener", "transfer"));
        assert!(speaks("I was paying for it", "transfer"));
        assert!(speaks("Checks: check out the basket", "purchase"));
        assert!(!speaks("check the basket", "purchase"));
        assert!(speaks("we need to rent a car", "book"));
        assert!(speaks("update_user_info", "profile"));
        assert!(!speaks("the repayable sum", "transfer"), "a word inside of another is not meant");
        assert!(Kinds::of_text("water the plants").is_empty());
        assert!(Kinds::of_text("").is_empty());
    }
}
