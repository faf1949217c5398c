//! What was passed over on the way back from a stream's end: kept over attempts that fail, as each message is a question to
//! the server and there may be any number of them.

use proto_events::GlobalPosition;

/// Most stretches with something unseen in between: one more begins with each attempt that failed while the stream grew.
const STRETCHES: usize = 64;

/// Stretches of sequences with nothing of this log.
#[derive(Debug, Default)]
pub(in super::super) struct Passed {
    /// On which stream, and after which position of this log: what names a later one is not passed over.
    of: (String, GlobalPosition),
    /// First and last sequence of each, from the oldest to the newest.
    stretches: Vec<(u64, u64)>,
    /// How many messages of others are counted among them.
    foreign: u64,
}

impl Passed {
    /// Forgets what was passed over elsewhere, or with something else in mind.
    pub(super) fn begin(&mut self, created: &str, after: GlobalPosition) {
        if self.of.0 != created || self.of.1 != after || self.stretches.len() > STRETCHES {
            *self = Self { of: (created.to_owned(), after), ..Self::default() };
        }
    }

    /// The next sequence to look at on the way back from `last`; `None`: there is none any more.
    pub(super) fn next(&self, last: u64) -> Option<u64> {
        let next = match self.stretches.last() {
            Some((first, newest)) if *newest >= last => first - 1,
            _ => last,
        };
        (next > 0).then_some(next)
    }

    /// There is nothing of this log at this sequence, the one that [`next`](Self::next) answered.
    pub(super) fn add(&mut self, sequence: u64, counts: bool) {
        self.foreign += u64::from(counts);
        match self.stretches.last_mut() {
            Some((first, _)) if *first == sequence + 1 => *first = sequence,
            _ => self.stretches.push((sequence, sequence)),
        }
        // Where it meets the one before, they are one.
        if let [.., (_, older), (first, newest)] = &mut *self.stretches
            && *older + 1 == *first
        {
            *older = *newest;
            self.stretches.pop();
        }
    }

    /// How many messages of others were counted.
    pub(super) const fn foreign(&self) -> u64 {
        self.foreign
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks back from `last`, at most `most` times; what it looked at.
    fn walk(passed: &mut Passed, last: u64, most: usize) -> Vec<u64> {
        passed.begin("now", GlobalPosition::START);
        let mut seen = Vec::new();
        while let Some(sequence) = passed.next(last).filter(|_| seen.len() < most) {
            passed.add(sequence, sequence % 2 == 0);
            seen.push(sequence);
        }
        seen
    }

    #[test]
    fn nothing_is_looked_at_twice_however_often_it_begins_again() {
        let mut passed = Passed::default();
        assert_eq!(walk(&mut passed, 10, 3), [10, 9, 8]);
        assert_eq!(walk(&mut passed, 10, 2), [7, 6]);
        assert_eq!(walk(&mut passed, 13, 1), [13]);
        assert_eq!(walk(&mut passed, 15, 1), [15]);
        assert_eq!(walk(&mut passed, 15, 4), [14, 12, 11, 5], "over what was passed before");
        assert_eq!(walk(&mut passed, 15, 99), [4, 3, 2, 1]);
        assert_eq!((walk(&mut passed, 15, 99), passed.foreign()), (vec![], 7));
    }

    #[test]
    fn it_begins_anew_on_another_stream_and_after_another_position() {
        let mut passed = Passed::default();
        walk(&mut passed, 10, 3);
        for (created, after) in [("now", 1), ("later", 1)] {
            passed.begin(created, GlobalPosition::new(after));
            assert_eq!((passed.next(10), passed.foreign()), (Some(10), 0), "{created} {after}");
            passed.add(10, true);
        }
        for last in 0..=STRETCHES as u64 {
            passed.add(20 + 2 * last, false);
        }
        passed.begin("later", GlobalPosition::new(1));
        assert_eq!(passed.next(9), Some(9), "its size is bounded");
    }
}
