//! The schema's types, read once for a policy set.

use cedar_policy::{EntityId, EntityTypeName, EntityUid};

use crate::reads::Family;

/// The names that entities of a request have.
#[derive(Clone, Debug)]
pub(crate) struct Types {
    agent: EntityTypeName,
    user: EntityTypeName,
    function: EntityTypeName,
    connection: EntityTypeName,
    pub(crate) call: EntityUid,
    tagged: [(Family, EntityUid); 6],
}

impl Types {
    pub(crate) fn new() -> Result<Self, String> {
        let name = |name: &str| name.parse::<EntityTypeName>().map_err(|error| error.to_string());
        let uid = |type_name: &str, id: &str| -> Result<EntityUid, String> {
            Ok(EntityUid::from_type_name_and_id(name(type_name)?, EntityId::new(id)))
        };
        Ok(Self {
            agent: name("Agent")?,
            user: name("User")?,
            function: name("Function")?,
            connection: name("Connection")?,
            call: uid("Action", "call")?,
            tagged: [
                (Family::Text, uid("Texts", "arguments")?),
                (Family::Number, uid("Numbers", "arguments")?),
                (Family::Decimal, uid("Decimals", "arguments")?),
                (Family::Flag, uid("Flags", "arguments")?),
                (Family::List, uid("Lists", "arguments")?),
                (Family::Attributes, uid("Texts", "attributes")?),
            ],
        })
    }

    pub(crate) fn agent(&self, id: &str) -> EntityUid {
        EntityUid::from_type_name_and_id(self.agent.clone(), EntityId::new(id))
    }

    pub(crate) fn user(&self, id: &str) -> EntityUid {
        EntityUid::from_type_name_and_id(self.user.clone(), EntityId::new(id))
    }

    pub(crate) fn function(&self, name: &str) -> EntityUid {
        EntityUid::from_type_name_and_id(self.function.clone(), EntityId::new(name))
    }

    pub(crate) fn connection(&self, name: &str) -> EntityUid {
        EntityUid::from_type_name_and_id(self.connection.clone(), EntityId::new(name))
    }

    /// The entities whose tags are facts, one for each family.
    pub(crate) const fn tagged(&self) -> &[(Family, EntityUid); 6] {
        &self.tagged
    }
}
