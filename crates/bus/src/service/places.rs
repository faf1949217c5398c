//! How many commands there may be at once, and of what size.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use proto_events::TenantId;

/// Most bytes of all commands that are held at once.
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// Of what there is, one tenant gets one part in so many: a tenant that waits for many things holds up none of the others.
const PARTS: usize = 4;

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// The tenant has as many commands as it may have.
    OfTenant { most: usize },
    /// The tenant has as many bytes as it may have.
    BytesOfTenant { most: usize },
    /// There are as many commands as there may be.
    OfAll { most: usize },
    /// There are as many bytes as there may be.
    BytesOfAll { most: usize },
    /// It is larger than a tenant's part, so it would never have a place.
    TooLarge { most: usize },
}

/// What is held: by all, or by one tenant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) commands: usize,
    pub(super) bytes: usize,
}

#[derive(Debug, Default)]
struct State {
    all: Held,
    /// Those that hold something.
    tenants: HashMap<TenantId, Held>,
    refused: u64,
}

/// The places.
#[derive(Debug)]
pub(super) struct Places {
    most: Held,
    state: Mutex<State>,
}

/// A place of a tenant, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    tenant: TenantId,
    holds: Held,
}

impl Places {
    pub(super) fn new(max_in_flight: usize) -> Arc<Self> {
        Arc::new(Self { most: Held { commands: max_in_flight, bytes: MOST_BYTES }, state: Mutex::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What all hold, and how often there was no place.
    pub(super) fn figures(&self) -> (Held, u64) {
        let state = self.state();
        (state.all, state.refused)
    }

    /// A place for a command of so many bytes.
    ///
    /// # Errors
    /// Why there is none; it is counted where there can be one later.
    pub(super) fn take(self: &Arc<Self>, tenant: &TenantId, bytes: usize) -> Result<Place, Full> {
        let mut state = self.state();
        let State { all, tenants, refused } = &mut *state;
        let own = tenants.get(tenant).copied().unwrap_or_default();
        if let Some(full) = self.full(own, *all, bytes) {
            *refused += u64::from(!matches!(full, Full::TooLarge { .. }));
            return Err(full);
        }
        let holds = Held { commands: 1, bytes };
        all.add(holds);
        tenants.entry(tenant.clone()).or_default().add(holds);
        Ok(Place { places: Arc::clone(self), tenant: tenant.clone(), holds })
    }

    fn full(&self, own: Held, all: Held, bytes: usize) -> Option<Full> {
        let part = Held { commands: self.most.commands.div_ceil(PARTS), bytes: self.most.bytes / PARTS };
        if bytes > part.bytes {
            Some(Full::TooLarge { most: part.bytes })
        } else if own.commands >= part.commands {
            Some(Full::OfTenant { most: part.commands })
        } else if own.bytes + bytes > part.bytes {
            Some(Full::BytesOfTenant { most: part.bytes })
        } else if all.commands >= self.most.commands {
            Some(Full::OfAll { most: self.most.commands })
        } else if all.bytes + bytes > self.most.bytes {
            Some(Full::BytesOfAll { most: self.most.bytes })
        } else {
            None
        }
    }
}

impl Held {
    fn add(&mut self, more: Self) {
        self.commands += more.commands;
        self.bytes += more.bytes;
    }

    fn take_away(&mut self, less: Self) {
        self.commands = self.commands.saturating_sub(less.commands);
        self.bytes = self.bytes.saturating_sub(less.bytes);
    }
}

impl Place {
    /// The body, with its bytes of the place: they are free when nobody has it any more, which may be long before the command
    /// has its answer.
    pub(super) fn held_by(&mut self, body: Bytes) -> Bytes {
        let bytes = body.len().min(self.holds.bytes);
        self.holds.bytes -= bytes;
        let holds = Held { commands: 0, bytes };
        let place = Self { places: Arc::clone(&self.places), tenant: self.tenant.clone(), holds };
        Bytes::from_owner(Body { body, _place: place })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.places.state();
        state.all.take_away(self.holds);
        if let Some(own) = state.tenants.get_mut(&self.tenant) {
            own.take_away(self.holds);
            if *own == Held::default() {
                state.tenants.remove(&self.tenant);
            }
        }
    }
}

struct Body {
    body: Bytes,
    _place: Place,
}

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(name: &str) -> TenantId {
        name.parse().unwrap()
    }

    #[test]
    fn a_tenant_has_a_quarter_and_four_have_all() {
        let places = Places::new(8);
        let names = ["a", "b", "c", "d"].map(tenant);
        let mut taken = Vec::new();
        for name in &names {
            taken.extend([(); 2].map(|()| places.take(name, 0).unwrap()));
            assert_eq!(places.take(name, 0).unwrap_err(), Full::OfTenant { most: 2 });
        }
        assert_eq!(places.take(&tenant("e"), 0).unwrap_err(), Full::OfAll { most: 8 });
        assert_eq!(places.figures(), (Held { commands: 8, bytes: 0 }, 5));
        taken.remove(0);
        let again = places.take(&names[0], 0).unwrap();
        drop((taken, again));
        assert_eq!(places.figures().0, Held::default());
        assert!(places.state().tenants.is_empty(), "who holds nothing is forgotten");
    }

    #[test]
    fn bytes_are_bounded_as_places_are() {
        let (places, part) = (Places::new(1000), MOST_BYTES / PARTS);
        let one = places.take(&tenant("a"), part - 1).unwrap();
        assert_eq!(places.take(&tenant("a"), 2).unwrap_err(), Full::BytesOfTenant { most: part });
        let rest = places.take(&tenant("a"), 1).unwrap();
        let others = ["b", "c", "d"].map(|name| places.take(&tenant(name), part).unwrap());
        assert_eq!(places.take(&tenant("e"), 1).unwrap_err(), Full::BytesOfAll { most: MOST_BYTES });
        assert_eq!(places.take(&tenant("e"), part + 1).unwrap_err(), Full::TooLarge { most: part });
        drop((one, rest, others));
        assert_eq!(places.figures(), (Held::default(), 2), "what is too large is not too much");
    }

    #[test]
    fn few_places_are_at_least_one_for_a_tenant() {
        let places = Places::new(1);
        let _one = places.take(&tenant("a"), 0).unwrap();
        assert_eq!(places.take(&tenant("b"), 0).unwrap_err(), Full::OfAll { most: 1 });
    }

    #[test]
    fn the_bytes_of_a_body_are_free_when_it_is_dropped_and_the_place_is_not() {
        let places = Places::new(8);
        let mut place = places.take(&tenant("a"), 10).unwrap();
        let body = place.held_by("1234567".into());
        let copy = body.slice(1..);
        drop(body);
        assert_eq!(places.figures().0, Held { commands: 1, bytes: 10 });
        drop(copy);
        assert_eq!(places.figures().0, Held { commands: 1, bytes: 3 });
        drop(place);
        assert_eq!(places.figures().0, Held::default());
    }
}
