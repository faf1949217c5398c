//! What is held, by position.

use proto_events::GlobalPosition;

/// At most so many of what is held by position; what was used longest ago makes room.
#[derive(Debug)]
pub(super) struct Shelf<T> {
    /// What was used longest ago comes first.
    places: Vec<(GlobalPosition, T)>,
    most: usize,
}

impl<T: Clone> Shelf<T> {
    /// A shelf with room for `most` (at least 1).
    pub(super) fn new(most: usize) -> Self {
        Self { places: Vec::new(), most: most.max(1) }
    }

    /// What is held at `position`, which is used by that.
    pub(super) fn take_hold(&mut self, position: GlobalPosition) -> Option<T> {
        let index = self.places.iter().position(|(held, _)| *held == position)?;
        let place = self.places.remove(index);
        let item = place.1.clone();
        self.places.push(place);
        Some(item)
    }

    /// The first that `is_wanted`, and where.
    pub(super) fn find(&self, is_wanted: impl Fn(&T) -> bool) -> Option<(GlobalPosition, &T)> {
        self.places.iter().find(|(_, item)| is_wanted(item)).map(|(position, item)| (*position, item))
    }

    /// Holds `item`; answers what made room for it.
    pub(super) fn put(&mut self, position: GlobalPosition, item: T) -> Vec<T> {
        let mut gone: Vec<_> = self.places.extract_if(.., |(held, _)| *held == position).collect();
        let over = (self.places.len() + 1).saturating_sub(self.most);
        gone.extend(self.places.drain(..over));
        self.places.push((position, item));
        gone.into_iter().map(|(_, item)| item).collect()
    }

    /// Lets go of what `is_unwanted`.
    pub(super) fn remove(&mut self, is_unwanted: impl Fn(&T) -> bool) {
        self.places.retain(|(_, item)| !is_unwanted(item));
    }

    /// How many are held.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(position: u64) -> GlobalPosition {
        GlobalPosition::new(position)
    }

    #[test]
    fn what_was_used_longest_ago_makes_room() {
        let mut shelf = Shelf::new(2);
        assert_eq!(shelf.put(at(1), "a"), [""; 0]);
        assert_eq!(shelf.put(at(2), "b"), [""; 0]);
        assert_eq!(shelf.take_hold(at(1)), Some("a"));
        assert_eq!(shelf.put(at(3), "c"), ["b"]);
        assert_eq!((shelf.take_hold(at(2)), shelf.take_hold(at(1))), (None, Some("a")));
        assert_eq!(shelf.put(at(1), "d"), ["a"], "one at a position");
        assert_eq!((shelf.take_hold(at(3)), shelf.take_hold(at(1)), shelf.len()), (Some("c"), Some("d"), 2));
        assert_eq!(shelf.find(|item| *item == "d"), Some((at(1), &"d")));
        shelf.remove(|item| *item == "c");
        assert_eq!((shelf.find(|item| *item == "c"), shelf.len()), (None, 1));
        assert_eq!(shelf.put(at(4), "e"), [""; 0]);
    }

    #[test]
    fn there_is_always_room_for_one() {
        let mut shelf = Shelf::new(0);
        assert_eq!((shelf.put(at(1), 'a'), shelf.put(at(2), 'b')), (vec![], vec!['a']));
    }
}
