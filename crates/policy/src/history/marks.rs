//! What a conversation remembers of a text: identifiers and words, each once, with marks of where it was met.

use std::collections::HashMap;

/// Marks of an identifier or a word: a set of bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks(u8);

impl Marks {
    /// The user wrote it.
    pub(super) const USER: Self = Self(1);
    /// It was in a trusted result.
    pub(super) const TRUSTED: Self = Self(1 << 1);
    /// It was in a result, away from text that reads like instructions.
    pub(super) const SEEN: Self = Self(1 << 2);

    /// Of an identifier: it was in a result beside a word of the user.
    pub(super) const LINKED: Self = Self(1 << 3);
    /// Of an identifier: it was in a record that holds a name which the user wrote.
    pub(super) const FROM_NAMED: Self = Self(1 << 4);
    /// Of an identifier: it was in the result of a call for something that the user named.
    pub(super) const NAMED_SOURCE: Self = Self(1 << 5);
    /// Of an identifier: it was beside text that reads like instructions.
    pub(super) const INJECTED: Self = Self(1 << 6);

    /// Of a word: the user wrote it, and it has weight.
    pub(super) const CONTENT: Self = Self(1 << 3);
    /// Of a word: the user wrote it as a name, and it has weight.
    pub(super) const NAME: Self = Self(1 << 4);
    /// Of a piece of text between white space: it was in a trusted result, to the letter.
    pub(super) const PIECE: Self = Self(1 << 5);

    /// These and those.
    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those where `holds`, else none.
    pub(super) const fn when(self, holds: bool) -> Self {
        if holds { self } else { Self(0) }
    }

    /// Whether all of `other` are here.
    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Texts with marks; never more than it has room for.
#[derive(Debug)]
pub(super) struct Marked {
    texts: HashMap<Box<str>, Marks>,
    room: usize,
}

impl Marked {
    /// Nothing yet, and room for so many.
    pub(super) fn with_room(room: usize) -> Self {
        Self { texts: HashMap::new(), room }
    }

    /// Adds marks; answers what it had before, or nothing where there is no room.
    pub(super) fn mark(&mut self, text: &str, marks: Marks) -> Option<Marks> {
        if let Some(known) = self.texts.get_mut(text) {
            let before = *known;
            *known = known.and(marks);
            return Some(before);
        }
        if self.texts.len() >= self.room {
            return None;
        }
        self.texts.insert(text.into(), marks);
        Some(Marks::default())
    }

    /// The marks of a text; none where it is not known.
    pub(super) fn of(&self, text: &str) -> Marks {
        self.texts.get(text).copied().unwrap_or_default()
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_add_up_and_what_has_no_room_is_not_kept() {
        let mut marked = Marked::with_room(2);
        assert_eq!(marked.mark("a", Marks::USER), Some(Marks::default()));
        assert_eq!(marked.mark("a", Marks::SEEN), Some(Marks::USER));
        assert_eq!(marked.mark("b", Marks::SEEN), Some(Marks::default()));
        assert_eq!(marked.mark("c", Marks::TRUSTED), None);
        assert!(marked.of("a").has(Marks::USER.and(Marks::SEEN)));
        assert!(!marked.of("c").has(Marks::TRUSTED));
        assert_eq!(marked.mark("b", Marks::TRUSTED), Some(Marks::SEEN), "what is known takes no room");
        assert_eq!(marked.len(), 2);
    }
}
