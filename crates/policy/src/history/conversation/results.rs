//! What a call returned.
//!
//! Two passes over the text, one for words and one for identifiers, and cursors that only go forward: the time is linear
//! in the text.

use std::ops::Range;

use super::Conversation;
use crate::history::{
    identifiers,
    lexicon::lexicon,
    marks::Marks,
    provenance::trim_piece,
    text::ResultText,
    words::{self, MIN_BYTES},
};

/// How far from an identifier a word of the user may stand to link it, in bytes.
const NEAR: usize = 200;
/// What is near text that reads like instructions: so many bytes before it and after it.
const BEFORE_INSTRUCTIONS: usize = 60;
const AFTER_INSTRUCTIONS: usize = 900;

/// A list of places, in order, that is asked in order.
struct Cursor<'a> {
    places: &'a [usize],
    next: usize,
}

impl<'a> Cursor<'a> {
    const fn new(places: &'a [usize]) -> Self {
        Self { places, next: 0 }
    }

    /// The first place that is not before `from`. What is asked for must not go back.
    fn first(&mut self, from: usize) -> Option<usize> {
        while self.places.get(self.next).is_some_and(|place| *place < from) {
            self.next += 1;
        }
        self.places.get(self.next).copied()
    }

    /// The place before the one that was answered last.
    fn before(&self) -> usize {
        self.next.checked_sub(1).and_then(|index| self.places.get(index)).copied().unwrap_or(0)
    }
}

/// Ranges, in order and apart, that are asked in order.
struct Ranges(Vec<Range<usize>>, usize);

impl Ranges {
    /// What is near text that reads like instructions.
    fn near_instructions(text: &str) -> Self {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for found in lexicon().instructions.iter().flat_map(|pattern| pattern.find_iter(text.as_bytes())) {
            let range = found.start().saturating_sub(BEFORE_INSTRUCTIONS)
                ..found.end().saturating_add(AFTER_INSTRUCTIONS);
            match ranges.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => ranges.push(range),
            }
        }
        Self(ranges, 0)
    }

    fn has(&mut self, place: usize) -> bool {
        while self.0.get(self.1).is_some_and(|range| range.end <= place) {
            self.1 += 1;
        }
        self.0.get(self.1).is_some_and(|range| range.contains(&place))
    }

    fn rewind(&mut self) {
        self.1 = 0;
    }
}

impl Conversation {
    /// A call returned something. `is_trusted`: only the tenant's own systems write it. `is_named`: the call was for
    /// something that the user named.
    pub(in crate::history) fn returned(&mut self, result: &ResultText, is_trusted: bool, is_named: bool) {
        // What was not looked at can be anything.
        if !is_trusted || result.is_cut {
            self.untrusted_read = true;
            self.untrusted_since_user = true;
        }
        let text = result.text.as_str();
        let mut instructions = Ranges::near_instructions(text);
        self.instructions_seen |= !instructions.0.is_empty();
        let (content, names) = self.result_words(text, is_trusted, &mut instructions);
        instructions.rewind();
        let ends = result.record_ends();
        let (mut content, mut names, mut ends) =
            (Cursor::new(&content), Cursor::new(&names), Cursor::new(&ends));
        let (known, whole) = (&mut self.identifiers, &mut self.is_whole);
        let met = Marks::SEEN.and(Marks::TRUSTED.when(is_trusted)).and(Marks::NAMED_SOURCE.when(is_named));
        identifiers::each(text, |found| {
            if found.value.is_empty() {
                return;
            }
            if instructions.has(found.start) {
                *whole &= known.mark(found.value, Marks::INJECTED).is_some();
                return;
            }
            let end = ends.first(found.start).unwrap_or(text.len());
            let start = ends.before();
            let is_from_named = names.first(start).is_some_and(|place| place < end);
            let near = start.max(found.start.saturating_sub(NEAR))..end.min(found.end.saturating_add(NEAR));
            let is_linked = content.first(near.start).is_some_and(|place| place < near.end);
            let marks = met.and(Marks::FROM_NAMED.when(is_from_named)).and(Marks::LINKED.when(is_linked));
            *whole &= known.mark(found.value, marks).is_some();
        });
        if is_trusted {
            self.pieces(text);
        }
    }

    /// Remembers the words, and answers where the user's words and names stand.
    fn result_words(
        &mut self,
        text: &str,
        is_trusted: bool,
        instructions: &mut Ranges,
    ) -> (Vec<usize>, Vec<usize>) {
        let (mut content, mut names) = (Vec::new(), Vec::new());
        let met = Marks::SEEN.and(Marks::TRUSTED.when(is_trusted));
        let (known, whole) = (&mut self.words, &mut self.is_whole);
        words::each(text, |word, place| {
            if word.len() < MIN_BYTES {
                return;
            }
            words::stem(word);
            let Some(marks) = known.mark(word, met) else {
                *whole = false;
                return;
            };
            if marks.has(Marks::CONTENT) && !instructions.has(place.start) {
                content.push(place.start);
                if marks.has(Marks::NAME) {
                    names.push(place.start);
                }
            }
        });
        (content, names)
    }

    /// Remembers what stands between white space, to the letter: a password has no other shape.
    fn pieces(&mut self, text: &str) {
        let mut piece = String::new();
        for found in
            text.split_whitespace().map(trim_piece).filter(|piece| (MIN_BYTES..=64).contains(&piece.len()))
        {
            piece.clear();
            piece.push_str(found);
            piece.make_ascii_lowercase();
            self.is_whole &= self.words.mark(&piece, Marks::PIECE).is_some();
        }
    }
}
