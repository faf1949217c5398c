//! Signing in by OpenID Connect: the authorization code flow with PKCE, `state` and `nonce`.
//!
//! The provider is asked for the first time when somebody signs in, so that it need not be there when the server starts. Who
//! somebody is, and what they may do, is in [`claims`]; the way there and back in [`flow`].

mod claims;
mod flow;
mod http;
mod pending;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use openidconnect::{ClientId, ClientSecret, IssuerUrl, RedirectUrl, Scope, url::Url};
pub(crate) use pending::Begun;
use vidimus_api_types::{Role, TenantId};

use self::{claims::Rules, flow::Known, http::Http, pending::Pending};

/// Most sign-ins that are ended at a time: each asks the provider.
const MOST_ENDING: usize = 16;

/// What has to be known of a provider, and what it says of people that counts here.
#[derive(Clone)]
pub struct Settings {
    /// The issuer, to the letter as the provider calls itself; by https, but for one on this machine.
    pub issuer: String,
    /// What the console is called there.
    pub client_id: String,
    /// What it says to be believed there; `None` for a public client.
    pub client_secret: Option<String>,
    /// The address under which browsers find the console, without a path.
    pub address: String,
    /// What people know the provider by.
    pub label: String,
    /// What is asked for besides `openid`.
    pub scopes: Vec<String>,
    /// The claim that names a person in events: unique at the provider, and not chosen by the person.
    pub name_claim: String,
    /// The claim with the groups of a person.
    pub groups_claim: String,
    /// The tenant that the provider's people belong to.
    pub tenant: TenantId,
    /// What members of a group may do.
    pub roles: BTreeMap<String, BTreeSet<Role>>,
}

/// A provider that people sign in with. Cheap to clone; the clones are one.
#[derive(Clone)]
pub struct Provider(Arc<Shared>);

struct Shared {
    issuer: IssuerUrl,
    client_id: ClientId,
    client_secret: Option<ClientSecret>,
    address: Url,
    redirect: RedirectUrl,
    scopes: Vec<Scope>,
    rules: Rules,
    http: Http,
    /// What the provider said of itself, if it was asked.
    known: tokio::sync::Mutex<Option<Known>>,
    pending: Pending,
    /// Sign-ins that are being ended.
    turns: tokio::sync::Semaphore,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Provider").field(&self.0.issuer.as_str()).finish()
    }
}

impl Provider {
    /// The provider of these settings. It is not asked anything yet.
    ///
    /// # Errors
    /// What is wrong with which setting, and what to do about it.
    pub fn new(settings: Settings) -> Result<Self, String> {
        let Settings { issuer, client_id, client_secret, address, label, scopes, .. } = settings;
        let (issuer_url, address) = (checked("issuer", &issuer)?, checked("address", &address)?);
        if address.path() != "/" {
            let path = address.path();
            return Err(format!(
                "`address` has the path `{path}`: leave it out, the console is at `/console`"
            ));
        }
        let texts = [
            ("client_id", &client_id),
            ("label", &label),
            ("name_claim", &settings.name_claim),
            ("groups_claim", &settings.groups_claim),
        ];
        if let Some((name, _)) = texts.into_iter().find(|(_, text)| text.trim().is_empty()) {
            return Err(format!("`{name}` is empty: give it a value"));
        }
        if client_secret.as_ref().is_some_and(String::is_empty) {
            return Err("the client's secret is empty: leave it out for a public client".to_owned());
        }
        if let Some(scope) =
            scopes.iter().find(|scope| scope.is_empty() || scope.contains(char::is_whitespace))
        {
            return Err(format!("`{scope}` in `scopes` is no scope: write each by itself, without spaces"));
        }
        if !settings.roles.values().any(|roles| !roles.is_empty()) {
            return Err(
                "`roles` gives nobody a role: name a group and its roles, like `reviewers = [\"approver\"]`"
                    .to_owned(),
            );
        }
        let redirect = address.join("/console/sign-in/oidc/callback").map_err(|error| error.to_string())?;
        let rules = Rules {
            label,
            tenant: settings.tenant,
            name_claim: settings.name_claim,
            groups_claim: settings.groups_claim,
            roles: settings.roles,
        };
        Ok(Self(Arc::new(Shared {
            http: Http::new(issuer_url.scheme() == "http")?,
            issuer: IssuerUrl::new(issuer).map_err(|error| error.to_string())?,
            client_id: ClientId::new(client_id),
            client_secret: client_secret.map(ClientSecret::new),
            address,
            redirect: RedirectUrl::from_url(redirect),
            scopes: scopes.into_iter().filter(|scope| scope != "openid").map(Scope::new).collect(),
            rules,
            known: tokio::sync::Mutex::default(),
            pending: Pending::default(),
            turns: tokio::sync::Semaphore::new(MOST_ENDING),
        })))
    }

    pub(crate) fn label(&self) -> &str {
        &self.0.rules.label
    }

    pub(crate) fn pending(&self) -> &Pending {
        &self.0.pending
    }

    /// Where browsers find the console.
    pub(crate) fn console_address(&self) -> String {
        format!("{}console", self.0.address)
    }
}

/// An address of the settings: by https, but for one on this machine.
fn checked(name: &str, text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| {
        format!("`{text}` in `{name}` is no address ({error}): use one like `https://example.org`")
    })?;
    if !http::may_be_asked(&url, true) {
        return Err(format!(
            "`{text}` in `{name}` is not safe from being read or changed on its way: use `https` (`http` is for `localhost` alone)"
        ));
    }
    let has_more = !url.username().is_empty() || url.password().is_some();
    if has_more || url.query().is_some() || url.fragment().is_some() {
        // Not quoted: it may have a password in it.
        return Err(format!("`{name}` has a user, a query or a fragment in it: leave that out"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests;
