//! What the user said.

use super::Conversation;
use crate::history::{
    identifiers,
    kinds::Kinds,
    lexicon::lexicon,
    marks::Marks,
    words::{self, MIN_BYTES},
};

/// How much is kept of what the user said in a conversation, in bytes.
pub(crate) const MAX_USER_BYTES: usize = 256 * 1024;

impl Conversation {
    /// The user said something.
    pub(in crate::history) fn user_spoke(&mut self, text: &str) {
        self.untrusted_since_user = false;
        if self.user_text.len() + text.len() >= MAX_USER_BYTES {
            self.is_whole = false;
            return;
        }
        let start = self.user_text.len();
        self.user_text.push_str(text);
        self.user_text.push('\n');
        if let Some(added) = self.user_text.get_mut(start..) {
            added.make_ascii_lowercase();
        }
        let (known, whole) = (&mut self.identifiers, &mut self.is_whole);
        identifiers::each(text, |found| *whole &= known.mark(found.value, Marks::USER).is_some());
        self.user_words(text);
    }

    /// What the words say, where they are English: of another language it is not known which words have no weight, and every
    /// `und` or `de` would relate what has nothing to do with each other.
    fn user_words(&mut self, text: &str) {
        let mut all: Vec<(String, bool)> = Vec::new();
        words::each(text, |word, place| all.push((word.clone(), place.is_capital)));
        let spoken: Vec<String> = all.iter().map(|(word, _)| word.clone()).collect();
        if !words::are_english(&spoken) {
            return;
        }
        self.user_kinds = self.user_kinds.and(Kinds::of_words(&spoken));
        let delegation = lexicon().delegation.as_ref();
        self.delegated |= delegation.is_some_and(|pattern| pattern.is_match(text.as_bytes()));
        for (mut word, is_capital) in all {
            if word.len() < MIN_BYTES {
                continue;
            }
            words::stem(&mut word);
            if lexicon().stop.contains(&word) {
                continue;
            }
            let has_weight = !lexicon().of_kinds.contains(&word);
            let marks = Marks::USER
                .and(Marks::CONTENT.when(has_weight))
                .and(Marks::NAME.when(has_weight && is_capital));
            self.is_whole &= self.words.mark(&word, marks).is_some();
        }
    }
}
