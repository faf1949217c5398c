//! Who is asking: the bearer key, and the roles that a route takes.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use proto_events::{Role, TenantId};
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

impl<const ROLES: u8> FromRequestParts<Api> for Caller<ROLES> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
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
        api.rate_limits().check(authenticated.key_id).map_err(|seconds| {
            api.metrics().rate_limited.inc();
            let detail = format!("too many requests with this key: try again in {seconds} s");
            ApiError::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail).retry_after(seconds)
        })?;
        let mut principal = authenticated.principal;
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
        match over_bus.and_then(|over_bus| over_bus.refusal.clone()) {
            Some(refusal) => Err(refusal),
            None => Ok(Self { principal }),
        }
    }
}
