//! How a set is evaluated fast: each fact is looked up once, rules that plainly do not match are left out, and Cedar is
//! asked about the rest with no more facts than those read.
//!
//! Leaving out is all that is done here: what a rule that is left in means is said by Cedar alone.

mod quick;

use std::collections::BTreeMap;

use crate::{
    Rule,
    reads::Family,
    request::Request,
    value::FactValue,
    view::{self, Named, Types, View},
};
use quick::Quick;

/// The facts that rules of a set read by name, in order of families, each with its place in the list.
type Slots = Vec<(Family, String)>;

/// What is worked out of a set once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    slots: Slots,
    rules: Vec<Prepared>,
}

/// What is worked out of a rule once.
#[derive(Clone, Debug)]
struct Prepared {
    quick: Quick,
    /// The facts that it reads by name.
    slots: Vec<usize>,
    /// The families of which it may read any.
    all: [bool; Family::ALL.len()],
}

impl Plan {
    /// The plan for these rules.
    pub(crate) fn of(rules: &[Rule]) -> Self {
        let mut slots = Slots::new();
        for family in Family::ALL {
            let names = rules.iter().flat_map(|rule| &rule.reads.of(family).names);
            let mut names: Vec<&String> = names.collect();
            names.sort_unstable();
            names.dedup();
            slots.extend(names.into_iter().map(|name| (family, name.clone())));
        }
        let places: BTreeMap<(Family, &str), usize> =
            slots.iter().enumerate().map(|(at, (family, name))| ((*family, name.as_str()), at)).collect();
        let prepare = |rule: &Rule| {
            let named = |family| rule.reads.of(family).names.iter().map(move |name| (family, name.as_str()));
            let named = Family::ALL.into_iter().flat_map(named);
            Prepared {
                quick: Quick::of(&rule.meaning, &places),
                slots: named.filter_map(|fact| places.get(&fact).copied()).collect(),
                all: Family::ALL.map(|family| rule.reads.of(family).all),
            }
        };
        let rules = rules.iter().map(prepare).collect();
        Self { slots, rules }
    }

    /// The value of each fact that is read by name.
    pub(crate) fn values(&self, request: &Request<'_>) -> Vec<Option<FactValue>> {
        self.slots.iter().map(|(family, name)| view::fact(request, *family, name)).collect()
    }

    /// The rules that are not plainly without a match, as indexes of `rules`.
    pub(crate) fn candidates(
        &self,
        rules: &[Rule],
        request: &Request<'_>,
        values: &[Option<FactValue>],
    ) -> Vec<usize> {
        let (agent, function) = (request.agent.id, request.function.name);
        let connection = request.function.connection();
        let may_match = |(rule, prepared): (&Rule, &Prepared)| {
            rule.scope.admits(agent, function, connection) && prepared.quick.holds(values) != Some(false)
        };
        let both = rules.iter().zip(&self.rules).enumerate();
        both.filter(|(_, both)| may_match(*both)).map(|(index, _)| index).collect()
    }

    /// What Cedar has to see for these rules.
    pub(crate) fn view(
        &self,
        types: &Types,
        request: &Request<'_>,
        values: &[Option<FactValue>],
        rules: &[usize],
    ) -> Result<View, String> {
        let mut wanted = vec![false; self.slots.len()];
        let mut all = [false; Family::ALL.len()];
        for prepared in rules.iter().filter_map(|index| self.rules.get(*index)) {
            prepared.slots.iter().for_each(|slot| wanted[*slot] = true);
            all.iter_mut().zip(prepared.all).for_each(|(all, more)| *all |= more);
        }
        View::of(types, request, |family| self.facts(request, values, &wanted, &all, family))
    }

    /// The wanted facts of a family; nothing where none is wanted.
    fn facts(
        &self,
        request: &Request<'_>,
        values: &[Option<FactValue>],
        wanted: &[bool],
        all: &[bool; Family::ALL.len()],
        family: Family,
    ) -> Option<Named> {
        let start = self.slots.partition_point(|(other, _)| *other < family);
        let end = start + self.slots[start..].partition_point(|(other, _)| *other == family);
        let chosen = (start..end).filter(|slot| wanted[*slot]);
        if all[family as usize] {
            let names = chosen.map(|slot| self.slots[slot].1.as_str());
            return Some(view::with_values(request, family, true, names));
        }
        let mut chosen = chosen.peekable();
        chosen.peek()?;
        Some(chosen.filter_map(|slot| Some((self.slots[slot].1.clone(), values[slot].clone()?))).collect())
    }
}
