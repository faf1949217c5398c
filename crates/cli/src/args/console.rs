//! Settings of the console: in the file alone, as they are tables.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use proto_events::{Role, TenantId};
use serde::Deserialize;

use super::Span;

/// `[console]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ConsoleFile {
    /// How long a session may last.
    pub(crate) session_lifetime: Option<Span>,
    /// How long a session may be left alone.
    pub(crate) session_idle: Option<Span>,
    /// Signing in by OpenID Connect.
    pub(crate) oidc: Option<OidcFile>,
}

/// `[console.oidc]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(feature = "oidc"), allow(dead_code, reason = "without the feature it is refused as a whole"))]
pub(crate) struct OidcFile {
    /// The provider, as it calls itself.
    pub(crate) issuer: String,
    /// What the console is called there.
    pub(crate) client_id: String,
    /// A file with the client's secret; a public client has none.
    pub(crate) client_secret_file: Option<PathBuf>,
    /// The address under which browsers find the console.
    pub(crate) address: String,
    /// What people know the provider by.
    pub(crate) label: Option<String>,
    /// What is asked for besides `openid`.
    pub(crate) scopes: Option<Vec<String>>,
    /// The claim that names a person.
    pub(crate) name_claim: Option<String>,
    /// The claim with the groups of a person.
    pub(crate) groups_claim: Option<String>,
    /// The tenant that the provider's people belong to.
    pub(crate) tenant: TenantId,
    /// What members of a group may do.
    pub(crate) roles: BTreeMap<String, BTreeSet<Role>>,
}
