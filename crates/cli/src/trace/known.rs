//! What all conversations of a trace have in common: the policy set and the catalogue.

use std::collections::HashMap;

use proto_events::{FunctionDescription, FunctionName};
use vidimus_policy::{ArgumentSchema, ArgumentSchemaError, PolicySet};

use crate::catalogue::Catalogue;

/// A function of the catalogue, ready to decide on calls of it.
pub(super) struct KnownFunction {
    pub(super) description: FunctionDescription,
    pub(super) schema: Option<ArgumentSchema>,
}

/// What all conversations have in common.
pub(crate) struct Known {
    pub(super) set: PolicySet,
    pub(super) functions: HashMap<FunctionName, KnownFunction>,
}

impl Known {
    /// # Errors
    /// Where the argument schema of a function cannot be used: the function, and why.
    pub(crate) fn new(
        set: PolicySet,
        catalogue: Catalogue,
    ) -> Result<Self, (FunctionName, ArgumentSchemaError)> {
        let mut functions = HashMap::new();
        // The same schema in several suites is compiled for each; there are not many.
        for entry in catalogue.entries {
            let schema = entry.description.arguments_schema.as_ref().map(|schema| {
                ArgumentSchema::compile(&schema.to_value()).map_err(|error| (entry.function.clone(), error))
            });
            let schema = schema.transpose()?;
            functions.insert(entry.function, KnownFunction { description: entry.description, schema });
        }
        Ok(Self { set, functions })
    }
}
