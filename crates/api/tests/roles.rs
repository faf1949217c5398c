//! Who may use which route: `roles.txt` has every route of the document, and each of its cells is tried here.
//!
//! A route without a line fails, and so does a cell that differs. `UPDATE_EXPECT=1` writes the table as it is; read what
//! changed before you keep it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod harness;

use std::time::Duration;

use axum::body::Body;
use expect_test::expect_file;
use harness::{Answer, FUNCTION, Key, PERMIT_ALL, World, described, id};
use proto_events::{Access, Actor, Role};
use serde_json::{Value, json};
use uuid::Uuid;

const HEAD: &str = "\
# Who may use which route. Held against the routes and their description by roles.rs, which tries every cell.
#
# agent approver auditor admin   a key of the tenant with this one role: yes, or 403 `missing_role`
# foreign                        a key of another tenant with every role: 404 for what is not its own, or it gets its own
# none wrong expired revoked     no key, one with another's secret, one past its time, one that was revoked

";

/// A line of the table.
fn line(method: &str, path: &str, ours: &[&str], theirs: &str, nobodys: &[&str]) -> String {
    let cells = |cells: &[&str]| cells.iter().map(|cell| format!("{cell:<9}")).collect::<String>();
    let line = format!("{method:<7}{path:<62}{}{theirs:<9}{}", cells(ours), cells(nobodys));
    format!("{}\n", line.trim_end())
}

/// Methods and templates of all routes, with whether a key is needed and the roles that the description names.
fn routes() -> Vec<Route> {
    let document = serde_json::to_value(vidimus_api::openapi()).unwrap();
    let mut routes = Vec::new();
    for (template, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            // `security: [{}]`: no key is needed.
            let is_open = operation["security"].as_array().is_some_and(|ways| ways.contains(&json!({})));
            let description = operation["description"].as_str().unwrap_or_default();
            let said = description.lines().find_map(|line| line.strip_prefix("Roles: "));
            let takes = |role: Role| {
                said.is_some_and(|said| said == "any." || said.contains(&format!("`{}`", role.as_str())))
            };
            let roles = Role::ALL.map(takes);
            let (method, template) = (method.to_uppercase(), template.clone());
            assert!(
                is_open != said.is_some(),
                "{method} {template} does not say which roles it takes: `Roles: …`"
            );
            routes.push(Route { method, template, is_open, roles });
        }
    }
    routes.sort_by(|one, two| (&one.template, &one.method).cmp(&(&two.template, &two.method)));
    routes
}

struct Route {
    method: String,
    template: String,
    is_open: bool,
    roles: [bool; 4],
}

/// What the templates' parameters stand for, of the tenant that is asked.
struct Things {
    execution: String,
    key: Uuid,
    webhook: Uuid,
    /// To be deleted.
    spare_webhook: Uuid,
    freeze: String,
    grant: String,
    delegation: String,
    policy_set: String,
    agent: Uuid,
    call: Uuid,
}

impl Route {
    fn path(&self, things: &Things) -> String {
        let webhook = if self.method == "DELETE" { things.spare_webhook } else { things.webhook };
        // What the catalogue says of the function is read after this.
        let function = if self.method == "DELETE" { "crm.spare" } else { FUNCTION };
        let path = self
            .template
            .replace("{execution_id}", &things.execution)
            .replace("{key_id}", &things.key.to_string())
            .replace("{webhook_id}", &webhook.to_string())
            .replace("{agent_id}", &things.agent.to_string())
            .replace("{call_id}", &things.call.to_string())
            .replace("{freeze_id}", &things.freeze)
            .replace("{grant_id}", &things.grant)
            .replace("{delegation_id}", &things.delegation)
            .replace("{policy_set}", &things.policy_set)
            .replace("{agent}", "assistant")
            .replace("{conversation}", "conv-1")
            .replace("{connection}", "crm")
            .replace("{group}", "finance")
            .replace("{function}", function);
        assert!(!path.contains('{'), "`{path}`: say in this test what the parameter is to stand for");
        path
    }

    /// A body that has the right shape, where the shape comes before the thing.
    fn body(&self) -> String {
        let body = match self.template.rsplit('/').next().unwrap() {
            "deny" => json!({"reason": "no"}),
            "abort" => json!({"feedback": "ask"}),
            "settle" => json!({"status": "failed", "evidence": "none"}),
            "comments" => json!({"text": "why?"}),
            "revise" => json!({"arguments": {"to": "kim@example.com"}, "feedback": "ask for less"}),
            "tool-executions" => json!({
                "tool_name": "send_offer", "tool_kind": "webhook", "invocation_source": "system",
                "started_at": "2026-01-01T00:00:00Z", "finished_at": "2026-01-01T00:00:01Z",
                "duration_ms": 1000, "outcome": "succeeded",
            }),
            _ => json!({}),
        };
        body.to_string()
    }

    async fn ask(&self, world: &World, things: &Things, key: Option<&Key>) -> Answer {
        let body = if self.method == "GET" { Body::empty() } else { Body::from(self.body()) };
        world.raw(&self.method, &self.path(things), key, body).await
    }

    /// Whether what it is about has to be there, and so is one tenant's.
    fn names_a_thing(&self) -> bool {
        let things = [
            "{execution_id}",
            "{key_id}",
            "{call_id}",
            "{webhook_id}",
            "{freeze_id}",
            "{grant_id}",
            "{delegation_id}",
            "{policy_set}",
        ];
        // What the catalogue says: put anew, read only where it is.
        let said = ["/v1/connections/{connection}", "/v1/functions/{function}/description"];
        things.iter().any(|thing| self.template.contains(thing))
            || (self.method == "GET" && said.contains(&self.template.as_str()))
    }
}

/// Whether the answer is that the key does not have the role. Others may be forbidden something as well, by who they are.
fn is_missing_role(answer: &Answer) -> bool {
    answer.status == 403 && answer.body.get("code").is_none_or(|code| code == "missing_role")
}

async fn things(world: &World) -> Things {
    let (agent, call) = (Uuid::from_u128(0xa), Uuid::from_u128(0xca));
    let path = format!("/v1/agents/{agent}");
    for path in [path.clone(), format!("{path}/calls/{call}")] {
        for key in [&world.acme.runtime, &world.acme.ada] {
            world.put(key, &path, json!({})).await;
        }
    }
    world.set(Access::EnabledWithConfirmation).await;
    let execution = id(&world.propose().await);
    let key = world.key(&world.acme.tenant, Actor::user("spare"), &[Role::Agent], None).await.id;
    let webhook = async || -> Uuid {
        let body = json!({"url": "https://example.com/hook"});
        let created = world.post(&world.acme.ada, "/v1/webhooks", body).await.with(201);
        created["webhook"]["id"].as_str().unwrap().parse().unwrap()
    };
    let (webhook, spare_webhook) = (webhook().await, webhook().await);
    let made = async |path: &str, body: Value| {
        let made = world.post(&world.acme.ada, path, body).await.with(201);
        made["id"].as_str().unwrap().to_owned()
    };
    let scope = json!({"kind": "agent", "agent": "somebody else"});
    let freeze = made("/v1/freezes", json!({"scope": scope, "reason": "strange"})).await;
    let (soon, scope) = ("2023-11-20T00:00:00Z", json!({"agent": "other", "function": FUNCTION}));
    let grant = made("/v1/grants", json!({"scope": scope, "expires_at": soon, "reason": "trusted"})).await;
    let (paul, petra) = (json!({"kind": "user", "id": "paul"}), json!({"kind": "user", "id": "petra"}));
    let delegation = made("/v1/delegations", json!({"from": paul, "to": petra, "ends_at": soon})).await;
    let put = async |path: &str, body: Value| world.put(&world.acme.ada, path, body).await.with(200);
    put("/v1/connections/crm", json!({"purpose": "customers"})).await;
    put(&format!("/v1/functions/{FUNCTION}/description"), described()).await;
    // Stored, and no longer in force.
    let applied = put("/v1/policy", json!({"files": {"all.cedar": PERMIT_ALL}})).await;
    let policy_set = applied["policy_set"].as_str().unwrap().to_owned();
    world.delete(&world.acme.ada, "/v1/policy").await.with(200);
    Things { execution, key, webhook, spare_webhook, freeze, grant, delegation, policy_set, agent, call }
}

#[tokio::test]
async fn every_cell_of_the_table() {
    let world = World::new().await;
    let things = things(&world).await;
    let tenant = &world.acme.tenant;
    let key = async |role| world.key(tenant, Actor::user(format!("only-{role:?}")), &[role], None).await;
    let by_role =
        [key(Role::ALL[0]).await, key(Role::ALL[1]).await, key(Role::ALL[2]).await, key(Role::ALL[3]).await];
    let globex = "globex".parse().unwrap();
    let foreign = world.key(&globex, Actor::user("eve"), &Role::ALL, None).await;

    let (one, other) = (&world.acme.ada.secret, &world.acme.olga.secret);
    let (head, tail) = (one.rsplit_once('.').unwrap().0, other.rsplit_once('.').unwrap().1);
    let wrong = Key { id: world.acme.ada.id, secret: format!("{head}.{tail}") };
    let minute = Duration::from_secs(60);
    let expired = world.key(tenant, Actor::user("late"), &Role::ALL, Some(minute)).await;
    let revoked = world.key(tenant, Actor::user("gone"), &Role::ALL, None).await;
    world.delete(&world.acme.ada, &format!("/v1/keys/{}", revoked.id)).await.with(200);
    world.clock.advance(minute);

    let routes = routes();
    // Backwards: so that nothing is made of the other tenant's before it is asked for.
    let mut theirs = Vec::new();
    for route in routes.iter().rev() {
        let position = world.engine.tail();
        let answer = route.ask(&world, &things, Some(&foreign)).await;
        let what = format!("{} {} of another tenant: {}", route.method, route.template, answer.body);
        let status = answer.status.as_u16();
        assert!(!matches!(status, 401 | 403 | 405 | 500..), "{what}");
        assert_eq!(status == 404, route.names_a_thing(), "{what}");
        let shown = answer.body.to_string();
        assert!(!shown.contains("\"acme\"") && !shown.contains("kim@example.com"), "{what}");
        // What came of it is the other tenant's.
        let added = world.engine.events(tenant, position, 10).await.unwrap();
        assert!(added.events.is_empty(), "{what}");
        theirs.push(if status == 404 { "404" } else { "own" });
    }

    let mut table = line(
        "METHOD",
        "path",
        &Role::ALL.map(Role::as_str),
        "foreign",
        &["none", "wrong", "expired", "revoked"],
    );
    for (route, theirs) in routes.iter().zip(theirs.into_iter().rev()) {
        let mut ours = Vec::new();
        for ((role, key), takes) in Role::ALL.iter().zip(&by_role).zip(route.roles) {
            let answer = route.ask(&world, &things, Some(key)).await;
            let what = format!("{} {} as {role:?}: {}", route.method, route.template, answer.body);
            assert!(!matches!(answer.status.as_u16(), 401 | 405 | 429 | 500..), "{what}");
            assert_ne!(answer.body["code"], "route_not_found", "{what}");
            // What the document says is what is so.
            assert_eq!(!is_missing_role(&answer), takes || route.is_open, "{what}");
            // With the role, what is there is found.
            assert!(is_missing_role(&answer) || answer.status != 404, "{what}");
            ours.push(if is_missing_role(&answer) { "403" } else { "yes" });
        }
        let mut nobodys = Vec::new();
        for (key, code) in [
            (None, "key_missing"),
            (Some(&wrong), "key_invalid"),
            (Some(&expired), "key_expired"),
            (Some(&revoked), "key_revoked"),
        ] {
            let answer = route.ask(&world, &things, key).await;
            let what = format!("{} {} ({code}): {}", route.method, route.template, answer.body);
            assert_eq!(answer.status != 401, route.is_open, "{what}");
            if let Some(found) = answer.body.get("code") {
                assert_eq!(found, code, "{what}");
                assert_eq!(answer.headers["www-authenticate"], "Bearer", "{what}");
            }
            nobodys.push(if answer.status == 401 { "401" } else { "yes" });
        }
        table.push_str(&line(&route.method, &route.template, &ours, theirs, &nobodys));
    }
    expect_file!["roles.txt"].assert_eq(&format!("{HEAD}{table}"));
}

/// No key is looked at before anything else is: rubbish gets no other answer than what is in order.
#[tokio::test]
async fn without_a_key_nobody_learns_anything() {
    let world = World::new().await;
    let things = things(&world).await;
    let somebody = world.key(&world.acme.tenant, Actor::user("nobody"), &[Role::Auditor], None).await;
    let large = vec![b'x'; 2 * 1024 * 1024];
    for route in routes().iter().filter(|route| !route.is_open) {
        for path in [route.path(&things), route.template.replace(['{', '}'], "~")] {
            for body in [b"{", &large[..], b""] {
                let path = format!("{path}?limit=x");
                let answer = world.raw(&route.method, &path, None, body.to_vec()).await;
                assert_eq!(answer.status, 401, "{} {path}", route.method);
                if !route.roles[2] {
                    let answer = world.raw(&route.method, &path, Some(&somebody), body.to_vec()).await;
                    assert_eq!(answer.status, 403, "{} {path}", route.method);
                }
            }
        }
    }
}

#[tokio::test]
async fn keys_that_are_none() {
    let world = World::new().await;
    for (secret, code) in [
        ("x".to_owned(), "key_invalid"),
        (world.acme.ada.secret.replace("acme", "globex"), "key_invalid"),
        (world.acme.ada.secret.to_uppercase(), "key_invalid"),
        ("x".repeat(100_000), "key_invalid"),
        (String::new(), "key_invalid"),
    ] {
        let key = Key { id: Uuid::nil(), secret };
        assert_eq!(
            world.get(&key, "/v1/executions").await.problem(),
            (401, code.to_owned()),
            "{}",
            key.secret.len()
        );
    }
    let with = async |value: &str| {
        let request = axum::http::Request::get("/v1/executions").header("authorization", value);
        world.call(request.body(Body::empty()).unwrap()).await
    };
    for value in ["", "Bearer", &format!("Basic {}", world.acme.ada.secret), &world.acme.ada.secret] {
        assert_eq!(with(value).await.problem(), (401, "key_missing".to_owned()), "{value}");
    }
    let found: Value = with(&format!("BEARER  {} ", world.acme.ada.secret)).await.with(200);
    assert!(found["items"].is_array());
}
