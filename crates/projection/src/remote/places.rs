//! Where on the stream which position is, as far as readers came by.

use std::collections::VecDeque;

use proto_events::GlobalPosition;

/// Most places that are remembered; the one that was noted first is forgotten first. Every reader notes its place with
/// every batch, so this is far more than there are readers.
const REMEMBERED: usize = 256;

/// Places on the stream. The event after a position is at the sequence beside it, or the first of ours from there on.
#[derive(Debug, Default)]
pub(super) struct Places(VecDeque<(GlobalPosition, u64)>);

impl Places {
    /// After `position`, reading goes on at `sequence`.
    pub(super) fn note(&mut self, position: GlobalPosition, sequence: u64) {
        if self.0.contains(&(position, sequence)) {
            return;
        }
        self.0.retain(|(known, _)| *known != position);
        if self.0.len() == REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back((position, sequence));
    }

    /// Where reading goes on after `position`, if that is known.
    pub(super) fn after(&self, position: GlobalPosition) -> Option<u64> {
        self.0.iter().find(|(known, _)| *known == position).map(|(_, sequence)| *sequence)
    }

    /// The nearest place before `position`.
    pub(super) fn before(&self, position: GlobalPosition) -> Option<(GlobalPosition, u64)> {
        self.0.iter().filter(|(known, _)| *known < position).max().copied()
    }

    /// The nearest place past `position`.
    pub(super) fn past(&self, position: GlobalPosition) -> Option<(GlobalPosition, u64)> {
        self.0.iter().filter(|(known, _)| *known > position).min().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_places_are_remembered_and_their_neighbours_found() {
        let at = GlobalPosition::new;
        let mut places = Places::default();
        for position in 0..=REMEMBERED as u64 {
            places.note(at(10 * position), 100 + 10 * position);
        }
        assert_eq!(places.after(at(0)), None, "the first is forgotten");
        assert_eq!((places.after(at(10)), places.after(at(11))), (Some(110), None));
        assert_eq!((places.before(at(10)), places.before(at(11))), (None, Some((at(10), 110))));
        assert_eq!((places.past(at(11)), places.past(at(20))), (Some((at(20), 120)), Some((at(30), 130))));
        places.note(at(20), 7);
        assert_eq!((places.after(at(20)), places.0.len()), (Some(7), REMEMBERED));
    }
}
