//! What is held of conversations, agents and tenants, and what is forgotten when there are too many.
//!
//! What no event was about for longest is forgotten first. Only events count as use, never questions, so that a replay
//! forgets what was forgotten live.

use std::{
    collections::{HashSet, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
};

use lru::LruCache;
use proto_events::Timestamp;

use super::{conversation::Conversation, windows::Windows};

/// The most conversations that are held.
pub(super) const MAX_CONVERSATIONS: usize = 100_000;
/// The most words and identifiers in all conversations.
const MAX_TEXTS: usize = 20_000_000;
/// The most forgotten conversations that are remembered as such. One that was forgotten before these is taken for new.
const MAX_FORGOTTEN: usize = 1_000_000;
/// The most agents, and the most tenants, that are counted for.
const MAX_COUNTED: usize = 100_000;

/// The conversations.
#[derive(Debug)]
pub(super) struct Conversations {
    held: LruCache<Box<str>, Conversation>,
    room: usize,
    room_for_texts: usize,
    texts: usize,
    forgotten: Forgotten,
}

impl Default for Conversations {
    fn default() -> Self {
        Self::with_room(MAX_CONVERSATIONS, MAX_TEXTS)
    }
}

impl Conversations {
    fn with_room(room: usize, room_for_texts: usize) -> Self {
        let held = LruCache::unbounded();
        Self { held, room, room_for_texts, texts: 0, forgotten: Forgotten::default() }
    }

    /// The conversation of this key, if something is held of it.
    pub(super) fn get(&self, key: &str) -> Option<&Conversation> {
        self.held.peek(key)
    }

    /// What is known of a conversation of which nothing is held.
    pub(super) fn blank(&self, key: &str) -> Conversation {
        Conversation::new(!self.forgotten.has(key))
    }

    /// Changes a conversation: an event was about it.
    pub(super) fn change<T>(&mut self, key: &str, change: impl FnOnce(&mut Conversation) -> T) -> T {
        let (answer, grown) = if let Some(conversation) = self.held.get_mut(key) {
            let before = conversation.size();
            let answer = change(conversation);
            (answer, conversation.size() - before)
        } else {
            let mut conversation = self.blank(key);
            let answer = change(&mut conversation);
            let size = conversation.size();
            self.held.put(key.into(), conversation);
            (answer, size)
        };
        self.texts += grown;
        // The one that was changed last stays, however large.
        while self.held.len() > 1 && (self.held.len() > self.room || self.texts > self.room_for_texts) {
            let Some((key, conversation)) = self.held.pop_lru() else { break };
            self.texts -= conversation.size();
            self.forgotten.add(&key);
        }
        answer
    }
}

/// Keys that were forgotten, as hashes. Two keys with the same hash are taken for one: then a conversation may count as
/// forgotten that was not, never the other way round.
#[derive(Debug, Default)]
struct Forgotten {
    hashes: HashSet<u64>,
    order: VecDeque<u64>,
}

impl Forgotten {
    /// The hash of a key, the same in every process.
    fn hash(key: &str) -> u64 {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        hasher.finish()
    }

    fn has(&self, key: &str) -> bool {
        !self.hashes.is_empty() && self.hashes.contains(&Self::hash(key))
    }

    fn add(&mut self, key: &str) {
        let hash = Self::hash(key);
        if self.hashes.insert(hash) {
            self.order.push_back(hash);
            if self.order.len() > MAX_FORGOTTEN
                && let Some(oldest) = self.order.pop_front()
            {
                self.hashes.remove(&oldest);
            }
        }
    }
}

/// Counts for agents, or for tenants.
#[derive(Debug)]
pub(super) struct Counted {
    /// Without a bound of its own: a cache with one takes the room for all of them at once.
    held: LruCache<Box<str>, Windows>,
    room: usize,
    /// Nothing from after this instant was forgotten.
    whole_from: Timestamp,
}

impl Default for Counted {
    fn default() -> Self {
        Self::with_room(MAX_COUNTED)
    }
}

impl Counted {
    fn with_room(room: usize) -> Self {
        Self { held: LruCache::unbounded(), room, whole_from: Timestamp::from_micros(i64::MIN) }
    }

    /// The counts of this key.
    pub(super) fn get(&self, key: &str) -> Option<&Windows> {
        self.held.peek(key)
    }

    /// What is known of one of which nothing is held.
    pub(super) const fn blank(&self) -> Windows {
        Windows::new(self.whole_from)
    }

    /// The counts of this key, to change them.
    pub(super) fn change(&mut self, key: &str, change: impl FnOnce(&mut Windows)) {
        if let Some(windows) = self.held.get_mut(key) {
            change(windows);
            return;
        }
        let mut windows = self.blank();
        change(&mut windows);
        self.held.put(key.into(), windows);
        if self.held.len() > self.room
            && let Some((_, lost)) = self.held.pop_lru()
        {
            self.whole_from = self.whole_from.max(lost.last);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_event_was_about_for_longest_is_forgotten_and_that_is_remembered() {
        let mut conversations = Conversations::with_room(2, usize::MAX);
        let touch = |conversations: &mut Conversations, key: &str| {
            conversations.change(key, |conversation| {
                conversation.calls += 1;
                (conversation.calls, conversation.is_whole)
            })
        };
        assert_eq!(touch(&mut conversations, "a"), (1, true));
        assert_eq!(touch(&mut conversations, "b"), (1, true));
        assert_eq!(touch(&mut conversations, "a"), (2, true));
        assert!(conversations.get("b").is_some(), "a question is no use");
        assert_eq!(touch(&mut conversations, "c"), (1, true));
        assert!(conversations.get("b").is_none());
        assert!(!conversations.blank("b").is_whole && conversations.blank("d").is_whole);
        assert_eq!(touch(&mut conversations, "b"), (1, false));
        assert_eq!(touch(&mut conversations, "b"), (2, false));
    }

    #[test]
    fn there_is_room_for_so_many_texts() {
        let mut conversations = Conversations::with_room(10, 6);
        for key in ["a", "b", "c"] {
            conversations.change(key, |conversation| conversation.user_spoke("the garden of 11 at 12"));
            assert!(conversations.texts <= 6, "{}", conversations.texts);
        }
        assert!(conversations.get("a").is_none() && conversations.get("c").is_some());
        conversations
            .change("c", |conversation| conversation.user_spoke("the 21, the 22, the 23, the 24, the 25"));
        assert!(conversations.get("c").is_some() && conversations.get("b").is_none(), "the last one stays");
    }

    #[test]
    fn of_forgotten_counts_it_is_known_until_when_they_were() {
        let mut counted = Counted::with_room(1);
        let hour = |hour: i64| Timestamp::from_micros(hour * 3_600_000_000);
        counted.change("a", |windows| windows.call(hour(1)));
        assert!(counted.get("a").is_some_and(|windows| windows.is_whole(hour(1))));
        counted.change("b", |windows| windows.call(hour(2)));
        assert!(counted.get("a").is_none());
        assert!(
            counted.get("b").is_some_and(|windows| windows.is_whole(hour(2))),
            "made before something was lost"
        );
        assert!(!counted.blank().is_whole(hour(20)) && counted.blank().is_whole(hour(40)));
    }
}
