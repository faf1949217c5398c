//! Where a value of a call comes from.
//!
//! | class | the value | who can bring it about |
//! |---|---|---|
//! | `user` | stands in what the user said | the user alone |
//! | `contact` | was read; a word of the user is part of it (`ana.k@…` when the user spoke of Ana) | whoever chose the value |
//! | `trusted` | stands in a trusted result | the tenant's own systems alone |
//! | `from_named` | was read in a record that holds a name the user wrote | whoever writes into the record |
//! | `named_source` | was read in the result of a call for something that the user named | whoever writes there |
//! | `linked` | was read beside a word of the user | whoever writes that |
//! | `seen` | was read | anybody who is read |
//! | `injected` | was read beside text that reads like instructions only | anybody who is read |
//! | `made` | was nowhere before the call | the agent |
//!
//! The first class that fits counts. Untrusted results can bring about anything but `user` and `trusted`: what a stranger
//! writes gets at most as far as his knowledge of the user's words takes him.

use std::cell::Cell;

use super::{
    conversation::Conversation,
    identifiers::Kind,
    marks::Marks,
    words::{self, MIN_BYTES},
};

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Class {
    User,
    Contact,
    Trusted,
    FromNamed,
    NamedSource,
    Linked,
    Seen,
    Injected,
    Made,
}

impl Class {
    /// Every class.
    const ALL: [Self; 9] = [
        Self::User,
        Self::Contact,
        Self::Trusted,
        Self::FromNamed,
        Self::NamedSource,
        Self::Linked,
        Self::Seen,
        Self::Injected,
        Self::Made,
    ];

    /// Its stable name.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Contact => "contact",
            Self::Trusted => "trusted",
            Self::FromNamed => "from_named",
            Self::NamedSource => "named_source",
            Self::Linked => "linked",
            Self::Seen => "seen",
            Self::Injected => "injected",
            Self::Made => "made",
        }
    }
}

/// A set of classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Classes(u16);

impl Classes {
    /// Adds one.
    pub(super) const fn add(&mut self, class: Class) {
        self.0 |= 1 << class as u16;
    }

    /// These and those.
    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Their names.
    pub(super) fn names(self) -> std::collections::BTreeSet<String> {
        let has = |class: &Class| self.0 & (1 << *class as u16) != 0;
        Class::ALL.into_iter().filter(has).map(|class| class.as_str().to_owned()).collect()
    }
}

/// The shortest part of an address of mail that may be a user's word, in bytes.
const MIN_MAIL_PART: usize = 3;
/// The shortest label of a host that may be one.
const MIN_HOST_LABEL: usize = 4;

/// How much of what the user said may be searched for one call, in bytes: a call with very many values and a user who said
/// very much are not multiplied. Past it a value counts as one that the user did not write.
#[derive(Debug)]
pub(super) struct Room(Cell<usize>);

impl Default for Room {
    fn default() -> Self {
        Self(Cell::new(32 * 1024 * 1024))
    }
}

impl Room {
    fn take(&self, bytes: usize) -> bool {
        let left = self.0.get().checked_sub(bytes);
        self.0.set(left.unwrap_or(0));
        left.is_some()
    }
}

impl Conversation {
    /// Where an identifier comes from.
    pub(super) fn class_of(&self, kind: Kind, value: &str, room: &Room) -> Class {
        let marks = self.identifiers.of(value);
        if marks.has(Marks::USER) || self.user_said(value, room) {
            return Class::User;
        }
        if marks.has(Marks::SEEN) && self.holds_word_of_user(kind, value) {
            return Class::Contact;
        }
        let by_mark = [
            (Marks::TRUSTED, Class::Trusted),
            (Marks::FROM_NAMED, Class::FromNamed),
            (Marks::NAMED_SOURCE, Class::NamedSource),
            (Marks::LINKED, Class::Linked),
            (Marks::SEEN, Class::Seen),
            (Marks::INJECTED, Class::Injected),
        ];
        by_mark.into_iter().find(|(mark, _)| marks.has(*mark)).map_or(Class::Made, |(_, class)| class)
    }

    /// Where a value comes from by its words, for example the name of a person: as far as all of them do. Nothing where it
    /// has no word.
    pub(super) fn class_of_name(&self, name: &str, room: &Room) -> Option<Class> {
        let name = name.trim().to_ascii_lowercase();
        if self.user_said(&name, room) {
            return Some(Class::User);
        }
        let (mut any, mut trusted, mut seen) = (false, true, true);
        words::each(&name, |word, _| {
            if word.len() >= MIN_BYTES {
                words::stem(word);
                let marks = self.words.of(word);
                any = true;
                trusted &= marks.has(Marks::TRUSTED);
                seen &= marks.has(Marks::SEEN);
            }
        });
        let class = if trusted {
            Class::Trusted
        } else if seen {
            Class::Seen
        } else {
            Class::Made
        };
        any.then_some(class)
    }

    /// Whether an id is the user's or stood beside a word of the user.
    pub(super) fn is_linked(&self, value: &str, room: &Room) -> bool {
        let marks = self.identifiers.of(value);
        marks.has(Marks::USER) || marks.has(Marks::LINKED) || self.user_said(value, room)
    }

    /// Whether a secret is one that the user or a trusted result gave.
    pub(super) fn is_known_secret(&self, secret: &str, room: &Room) -> bool {
        let secret = secret.trim().to_ascii_lowercase();
        self.user_said(&secret, room) || self.words.of(trim_piece(&secret)).has(Marks::PIECE)
    }

    /// Whether the user wrote `value`, which is in lower case, as a word of its own: not as a part of a longer word or name.
    fn user_said(&self, value: &str, room: &Room) -> bool {
        if value.len() < MIN_BYTES || !room.take(self.user_text.len()) {
            return false;
        }
        self.user_text.match_indices(value).any(|(start, _)| {
            let goes_on = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '@' | '/');
            let (before, rest) = self.user_text.split_at(start);
            let mut after = rest.get(value.len()..).unwrap_or_default().chars();
            let mut before = before.chars().rev();
            // A dot goes on where a letter is on its other side.
            let is_end = |next: Option<char>, beyond: Option<char>| match next {
                Some('.') => !beyond.is_some_and(char::is_alphanumeric),
                Some(c) => !goes_on(c),
                None => true,
            };
            is_end(before.next(), before.next()) && is_end(after.next(), after.next())
        })
    }

    fn holds_word_of_user(&self, kind: Kind, value: &str) -> bool {
        let (text, shortest) = match kind {
            Kind::Mail => (value.split('@').next().unwrap_or_default(), MIN_MAIL_PART),
            Kind::Host => (value, MIN_HOST_LABEL),
            Kind::Path | Kind::Number | Kind::Token => return false,
        };
        let mut holds = false;
        words::each(text, |word, _| {
            if word.len() >= shortest {
                words::stem(word);
                holds |= self.words.of(word).has(Marks::CONTENT);
            }
        });
        holds
    }
}

/// A piece of text between white space, without marks of punctuation around it.
pub(super) fn trim_piece(piece: &str) -> &str {
    piece.trim_matches(['.', ',', ';', ':', '"', '\'', '(', ')', '[', ']', '{', '}', '<', '>'])
}
