//! Whom this process signed in, without a key: what they may do.

use axum::{
    body::Body,
    http::{Method, Request, header},
};
use proto_events::{Actor, Role, TenantId};
use serde_json::{Value, json};
use vidimus_api::{RateLimit, Settings};
use vidimus_api_types::SignedIn;

use crate::harness::{Answer, World, id};

async fn ask(world: &World, who: &SignedIn, method: Method, path: &str, body: Value) -> Answer {
    let request =
        Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
    world.call(request.extension(who.clone()).body(Body::from(body.to_string())).unwrap()).await
}

fn lea(tenant: &TenantId, roles: &[Role]) -> SignedIn {
    SignedIn { tenant: tenant.clone(), actor: Actor::user("lea@example.org"), roles: roles.to_vec() }
}

#[tokio::test]
async fn they_are_who_they_are_said_to_be_and_may_what_their_roles_may() {
    let world = World::new().await;
    world.set(proto_events::Access::Enabled).await;
    let lea = lea(&world.acme.tenant, &[Role::Admin]);
    let me = ask(&world, &lea, Method::GET, "/v1/me", json!({})).await.with(200);
    assert_eq!(
        (&me["tenant"], &me["actor"], &me["roles"]),
        (&json!("acme"), &json!({"kind": "user", "id": "lea@example.org"}), &json!(["admin"]))
    );
    let frozen = json!({"scope": {"kind": "tenant"}, "reason": "looks odd"});
    let made = ask(&world, &lea, Method::POST, "/v1/freezes", frozen).await;
    assert!(made.status.is_success(), "{:#}", made.body);
    assert_eq!(made.body["by"], me["actor"], "the actor of the event");
    let refused = ask(&world, &lea, Method::POST, "/v1/approvals/decisions", json!({})).await;
    assert_eq!(refused.problem(), (403, "missing_role".to_owned()));
}

#[tokio::test]
async fn they_see_nothing_of_another_tenant() {
    let world = World::new().await;
    world.set(proto_events::Access::Enabled).await;
    let path = format!("/v1/executions/{}", id(&world.propose().await));
    let ours = lea(&world.acme.tenant, &[Role::Auditor]);
    ask(&world, &ours, Method::GET, &path, json!({})).await.with(200);
    let theirs = lea(&"globex".parse().unwrap(), &Role::ALL);
    let refused = ask(&world, &theirs, Method::GET, &path, json!({})).await;
    assert_eq!(refused.problem(), (404, "execution_not_found".to_owned()));
}

#[tokio::test]
async fn one_of_them_has_one_rate_for_all_sessions() {
    let limit = Some(RateLimit::new(1, 3));
    let world = World::with(Settings { rate_limit: limit, ..Settings::default() }).await;
    let one = lea(&world.acme.tenant, &[Role::Auditor]);
    for _ in 0..3 {
        ask(&world, &one, Method::GET, "/v1/me", json!({})).await.with(200);
    }
    let refused = ask(&world, &one, Method::GET, "/v1/me", json!({})).await;
    assert_eq!(refused.problem(), (429, "rate_limited".to_owned()));
    for other in [
        SignedIn { actor: Actor::user("ben"), ..one.clone() },
        SignedIn { actor: Actor::service("lea@example.org"), ..one.clone() },
        SignedIn { tenant: "globex".parse().unwrap(), ..one },
    ] {
        ask(&world, &other, Method::GET, "/v1/me", json!({})).await.with(200);
    }
}
