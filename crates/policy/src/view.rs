//! What rules see of a request: Cedar's request and entities, with the facts that the rules read.

mod arguments;
mod lookup;
mod types;

use std::collections::BTreeSet;

use cedar_policy::{Context, Entities, Entity, EntityUid, RestrictedExpression};

use crate::{
    reads::{Family, Reads},
    request::Request,
    value::FactValue,
};

pub(crate) use lookup::fact;
pub(crate) use types::Types;

/// Facts of one family by name.
pub(crate) type Named<'a> = Vec<(String, FactValue<'a>)>;

/// A request as Cedar takes it.
pub(crate) struct View {
    pub(crate) request: cedar_policy::Request,
    pub(crate) entities: Entities,
}

/// The facts of `family` that are read, each with its value where it has one.
pub(crate) fn facts<'a>(request: &Request<'a>, reads: &Reads, family: Family) -> Named<'a> {
    let selection = reads.of(family);
    with_values(request, family, selection.all, selection.names.iter().map(String::as_str))
}

/// The facts of `family` of these names, and all others too where `all` says so.
pub(crate) fn with_values<'a, 'b>(
    request: &Request<'a>,
    family: Family,
    all: bool,
    names: impl Iterator<Item = &'b str>,
) -> Named<'a> {
    let mut wanted: BTreeSet<String> = names.map(str::to_owned).collect();
    if all {
        wanted.extend(lookup::names(request, family));
    }
    let value = |name: String| fact(request, family, &name).map(|value| (name, value));
    wanted.into_iter().filter_map(value).collect()
}

impl View {
    /// `request` with the facts that are read.
    ///
    /// # Errors
    /// As for [`View::of`].
    pub(crate) fn of_reads(types: &Types, request: &Request<'_>, reads: &Reads) -> Result<Self, String> {
        Self::of(types, request, |family| {
            (!reads.of(family).is_empty()).then(|| facts(request, reads, family))
        })
    }

    /// `request` with the facts that `read` gives for a family, or nothing where the family is not read.
    ///
    /// # Errors
    /// When Cedar refuses it; its values are made of what it takes, so this is a fault of this crate.
    pub(crate) fn of<'a>(
        types: &Types,
        request: &Request<'a>,
        read: impl Fn(Family) -> Option<Named<'a>>,
    ) -> Result<Self, String> {
        let mut entities = Vec::with_capacity(9);
        let cedar = |family| {
            let facts = read(family)?;
            Some(facts.into_iter().map(|(name, value)| (name, value.into_cedar())))
        };

        let agent = types.agent(request.agent.id);
        if let Some(attributes) = cedar(Family::Agent) {
            entities.push(entity(agent.clone(), attributes, None)?);
        }
        let function = types.function(request.function.name);
        let connection = request.function.connection();
        let parent = (!connection.is_empty()).then(|| types.connection(connection));
        let attributes = cedar(Family::Function).into_iter().flatten();
        entities.push(entity(function.clone(), attributes, parent)?);

        let mut context = Vec::with_capacity(12);
        if let Some(attributes) = cedar(Family::Requester) {
            let requester = types.user(request.requester.id);
            context.push(("requester".to_owned(), RestrictedExpression::new_entity_uid(requester.clone())));
            entities.push(entity(requester, attributes, None)?);
        }
        for (family, uid) in types.tagged() {
            let Some(tags) = cedar(*family) else { continue };
            let tagged = Entity::new_with_tags(uid.clone(), [], [], tags);
            entities.push(tagged.map_err(|error| error.to_string())?);
            context.push((family.as_str().to_owned(), RestrictedExpression::new_entity_uid(uid.clone())));
        }
        for family in [Family::Now, Family::History] {
            let Some(fields) = cedar(family) else { continue };
            let record = RestrictedExpression::new_record(fields).map_err(|error| error.to_string())?;
            context.push((family.as_str().to_owned(), record));
        }
        context.extend(cedar(Family::Call).into_iter().flatten());

        let context = Context::from_pairs(context).map_err(|error| error.to_string())?;
        let entities = Entities::from_entities(entities, None).map_err(|error| error.to_string())?;
        let request = cedar_policy::Request::new(agent, types.call.clone(), function, context, None)
            .map_err(|error| error.to_string())?;
        Ok(Self { request, entities })
    }
}

fn entity(
    uid: EntityUid,
    attributes: impl Iterator<Item = (String, RestrictedExpression)>,
    parent: Option<EntityUid>,
) -> Result<Entity, String> {
    Entity::new(uid, attributes.collect(), parent.into_iter().collect()).map_err(|error| error.to_string())
}
