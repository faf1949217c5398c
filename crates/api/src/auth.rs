//! Who is asking: the bearer key, or whom this process signed in, and the roles that a route takes.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use proto_events::{Role, TenantId};
use uuid::Uuid;
use vidimus_api_types::SignedIn;
use vidimus_engine::{AuthenticateError, Principal};

use crate::{commands::OverBus, problem::ApiError, state::Api, telemetry::InTrace};

/// Roles as bits: what the table of routes is written in.
pub(crate) const AGENT: u8 = 1;
pub(crate) const APPROVER: u8 = 1 << 1;
pub(crate) const AUDITOR: u8 = 1 << 2;
pub(crate) const ADMIN: u8 = 1 << 3;
/// Whoever has a key.
pub(crate) const ANYONE: u8 = AGENT | APPROVER | AUDITOR | ADMIN;

const fn bit(role: Role) -> u8 {
    match role {
        Role::Agent => AGENT,
        Role::Approver => APPROVER,
        Role::Auditor => AUDITOR,
        Role::Admin => ADMIN,
    }
}

/// The principal of a request, who has at least one of `ROLES`. As the first argument of a handler it is looked at before
/// anything else of the request is.
pub(crate) struct Caller<const ROLES: u8> {
    pub(crate) principal: Principal,
}

impl<const ROLES: u8> Caller<ROLES> {
    pub(crate) fn tenant(&self) -> &TenantId {
        &self.principal.tenant
    }
}

/// The key that a request comes with.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whose key it is, and the key's id.
async fn by_key(parts: &Parts, api: &Api) -> Result<(Principal, Uuid), ApiError> {
    let missing = || {
        let detail = "no key: send `Authorization: Bearer …` with a key from `vidimus key create`";
        ApiError::new(StatusCode::UNAUTHORIZED, "key_missing", detail)
    };
    let Some(token) = bearer(&parts.headers) else {
        api.metrics().unauthenticated.inc();
        return Err(missing());
    };
    let over_bus = parts.extensions.get::<OverBus>();
    let authenticated = api.engine().authenticate(token).await;
    let authenticated = authenticated.and_then(|found| match over_bus {
        Some(over_bus) if over_bus.tenant != found.principal.tenant => Err(AuthenticateError::Unknown),
        _ => Ok(found),
    });
    let authenticated = authenticated.map_err(|error| match error {
        AuthenticateError::Engine(error) => error.into(),
        other => {
            api.metrics().unauthenticated.inc();
            ApiError::new(StatusCode::UNAUTHORIZED, other.code(), other)
        }
    })?;
    tracing::Span::current().record("key_id", tracing::field::display(authenticated.key_id));
    Ok((authenticated.principal, authenticated.key_id))
}

/// Whom this process signed in, and what their requests are counted under: one for all their sessions. It is no key's id, as
/// those are drawn at random.
fn signed_in(SignedIn { tenant, actor, roles }: SignedIn) -> (Principal, Uuid) {
    let counted = Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("vidimus:{tenant}\n{actor}").as_bytes());
    (Principal::new(tenant, actor, roles), counted)
}

impl<const ROLES: u8> FromRequestParts<Api> for Caller<ROLES> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        let (mut principal, counted) = match parts.extensions.get::<SignedIn>() {
            Some(who) => signed_in(who.clone()),
            None => by_key(parts, api).await?,
        };
        api.rate_limits().check(counted).map_err(|seconds| {
            api.metrics().rate_limited.inc();
            let detail =
                format!("too many requests with this key or of this person: try again in {seconds} s");
            ApiError::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail).retry_after(seconds)
        })?;
        if let Some(InTrace(trace_id)) = parts.extensions.get() {
            principal = principal.in_request(*trace_id);
        }
        if !principal.roles.iter().any(|role| bit(*role) & ROLES != 0) {
            let takes: Vec<_> = Role::ALL
                .into_iter()
                .filter(|role| bit(*role) & ROLES != 0)
                .map(|role| format!("`{}`", role.as_str()))
                .collect();
            let detail = format!(
                "`{}` does not have the role that this takes ({}): use a key that has it, or ask an administrator for one",
                principal.actor,
                takes.join(" or ")
            );
            return Err(ApiError::new(StatusCode::FORBIDDEN, "missing_role", detail));
        }
        match parts.extensions.get::<OverBus>().and_then(|over_bus| over_bus.refusal.clone()) {
            Some(refusal) => Err(refusal),
            None => Ok(Self { principal }),
        }
    }
}
