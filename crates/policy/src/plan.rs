//! How a set is evaluated fast: each fact is looked up once, what can be told of a rule without Cedar is told, and Cedar is
//! asked about the rest with no more facts than those read.
//!
//! Comparisons of one fact with literals, and what is made of them, are told ([`quick`]); tests hold that against what Cedar
//! says. Where anything of a rule is in doubt, errors included, it is Cedar that says.

mod quick;

use std::collections::BTreeMap;

use proto_events::Facts;

use crate::{
    Rule,
    reads::{Family, Reads},
    request::Request,
    value::FactValue,
    view::{self, Named, Types, View},
};
use quick::Quick;

/// A fact that rules of a set read by name.
#[derive(Clone, Debug)]
struct Slot {
    family: Family,
    name: String,
    /// Its name on record.
    recorded: String,
}

/// The values of the facts of a plan, each at its place.
pub(crate) type Values<'a> = Vec<Option<FactValue<'a>>>;

/// A rule that may match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// Which of the set's.
    pub(crate) rule: usize,
    /// It does match: no need to ask Cedar.
    pub(crate) is_told: bool,
}

/// What is worked out of a set once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    /// In order of families.
    slots: Vec<Slot>,
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
        let mut slots = Vec::new();
        for family in Family::ALL {
            let names = rules.iter().flat_map(|rule| &rule.reads.of(family).names);
            let mut names: Vec<&String> = names.collect();
            names.sort_unstable();
            names.dedup();
            slots.extend(names.into_iter().map(|name| Slot {
                family,
                name: name.clone(),
                recorded: family.fact_name(name),
            }));
        }
        let places: BTreeMap<(Family, &str), usize> =
            slots.iter().enumerate().map(|(at, slot)| ((slot.family, slot.name.as_str()), at)).collect();
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
    pub(crate) fn values<'a>(&self, request: &Request<'a>) -> Values<'a> {
        self.slots.iter().map(|slot| view::fact(request, slot.family, &slot.name)).collect()
    }

    /// What the record keeps of what the rules read: everything but arguments and circumstances, which are on record
    /// themselves.
    pub(crate) fn recorded(&self, request: &Request<'_>, reads: &Reads, values: Values<'_>) -> Facts {
        let kept = |family: Family| !family.is_tagged();
        let named = self.slots.iter().zip(values).filter(|(slot, _)| kept(slot.family));
        let mut facts: Facts =
            named.filter_map(|(slot, value)| Some((slot.recorded.clone(), value?.into_json()))).collect();
        let all = Family::ALL.into_iter().filter(|family| kept(*family) && reads.of(*family).all);
        facts.extend(crate::evaluate::facts_in(request, reads, all));
        facts
    }

    /// The rules of which it cannot be told that they do not match, in order of the set.
    pub(crate) fn candidates(
        &self,
        rules: &[Rule],
        request: &Request<'_>,
        values: &[Option<FactValue<'_>>],
    ) -> Vec<Candidate> {
        let (agent, function) = (request.agent.id, request.function.name);
        let connection = request.function.connection();
        let candidate = |(index, (rule, prepared)): (usize, (&Rule, &Prepared))| {
            if !rule.scope.admits(agent, function, connection) {
                return None;
            }
            match prepared.quick.holds(values) {
                Some(false) => None,
                told => Some(Candidate { rule: index, is_told: told.is_some() && rule.scope.is_exact }),
            }
        };
        rules.iter().zip(&self.rules).enumerate().filter_map(candidate).collect()
    }

    /// What Cedar has to see for these rules.
    pub(crate) fn view<'a>(
        &self,
        types: &Types,
        request: &Request<'a>,
        values: &[Option<FactValue<'a>>],
        rules: impl Iterator<Item = usize>,
    ) -> Result<View, String> {
        let mut wanted = vec![false; self.slots.len()];
        let mut all = [false; Family::ALL.len()];
        for prepared in rules.filter_map(|index| self.rules.get(index)) {
            prepared.slots.iter().for_each(|slot| wanted[*slot] = true);
            all.iter_mut().zip(prepared.all).for_each(|(all, more)| *all |= more);
        }
        View::of(types, request, |family| self.facts(request, values, &wanted, &all, family))
    }

    /// The wanted facts of a family; nothing where none is wanted.
    fn facts<'a>(
        &self,
        request: &Request<'a>,
        values: &[Option<FactValue<'a>>],
        wanted: &[bool],
        all: &[bool; Family::ALL.len()],
        family: Family,
    ) -> Option<Named<'a>> {
        let start = self.slots.partition_point(|slot| slot.family < family);
        let end = start + self.slots[start..].partition_point(|slot| slot.family == family);
        let chosen = (start..end).filter(|slot| wanted[*slot]);
        if all[family as usize] {
            let names = chosen.map(|slot| self.slots[slot].name.as_str());
            return Some(view::with_values(request, family, true, names));
        }
        let mut chosen = chosen.peekable();
        chosen.peek()?;
        Some(chosen.filter_map(|slot| Some((self.slots[slot].name.clone(), values[slot].clone()?))).collect())
    }
}
