//! Groups of reviewers, delegations, and whose turn it is.

use proto_events::{Access, Actor, Role};
use serde_json::{Value, json};

use crate::harness::{PERMIT_ALL, World, id};

const SOON: &str = "2023-11-20T00:00:00Z";

/// Everything waits for two of finance.
const TWO_OF_FINANCE: &str = r#"
@id("two")
@require("approval")
@reviewers("finance")
@quorum("2")
@reason("money")
forbid (principal, action, resource);
"#;

fn user(id: &str) -> Value {
    json!({"kind": "user", "id": id})
}

async fn governed() -> World {
    let world = World::new().await;
    world.set(Access::Enabled).await;
    let body = json!({"members": [user("paul"), user("petra")]});
    world.put(&world.acme.ada, "/v1/groups/finance", body).await.with(200);
    let files = json!({"all.cedar": PERMIT_ALL, "two.cedar": TWO_OF_FINANCE});
    world.put(&world.acme.ada, "/v1/policy", json!({"files": files})).await.with(200);
    world
}

#[tokio::test]
async fn a_group_is_set_listed_and_ended() {
    let world = World::new().await;
    let ada = &world.acme.ada;
    let body = json!({"members": [user("petra"), user("paul"), user("paul")]});
    let set = world.put(ada, "/v1/groups/finance", body.clone()).await.with(200);
    assert_eq!((&set["members"], &set["already"]), (&json!([user("paul"), user("petra")]), &json!(false)));
    assert_eq!(world.put(ada, "/v1/groups/finance", body).await.with(200)["already"], true);
    let listed = world.get(&world.acme.paul, "/v1/groups").await.with(200);
    assert_eq!(listed["items"][0]["group"], "finance");
    world.put(ada, "/v1/groups/finance", json!({"members": []})).await.with(200);
    assert_eq!(world.get(ada, "/v1/groups").await.with(200)["items"], json!([]));

    for members in [json!([{"kind": "agent", "id": "a"}]), json!([{"kind": "user"}]), json!([["user", "a"]])]
    {
        let refused = world.put(ada, "/v1/groups/g", json!({"members": members})).await;
        assert_eq!(refused.problem(), (422, "body_invalid".to_owned()), "{members}");
    }
    let refused = world.put(ada, "/v1/groups/a%20b", json!({"members": []})).await;
    assert_eq!(refused.problem(), (422, "path_invalid".to_owned()));
}

#[tokio::test]
async fn two_distinct_people_accept_and_each_sees_what_is_theirs() {
    let world = governed().await;
    let acme = &world.acme;
    let held = world.propose().await;
    assert_eq!(held["waits_for"]["reviewers"]["groups"], json!(["finance"]));
    let path = format!("/v1/approvals?mine=true&min_position={}", held["position"]);
    let pending = world.get(&acme.paul, &path).await.with(200)["items"][0].clone();
    assert_eq!(
        (&pending["missing"], &pending["quorum"], &pending["stages"]),
        (&json!(2), &json!(2), &json!(1))
    );

    let once = world.command(&acme.paul, &id(&held), "approve", json!({"comment": "fine"})).await.with(200);
    assert_eq!((&once["stage"], &once["approval"]["missing"]), (&json!("awaiting_approval"), &json!(1)));
    let vote = &once["approval"]["votes"][0];
    assert_eq!(
        (&vote["by"], &vote["groups"], &vote["comment"]),
        (&user("paul"), &json!(["finance"]), &json!("fine"))
    );
    assert_eq!(once.get("permit"), Some(&Value::Null));
    let twice = world.command(&acme.paul, &id(&held), "approve", json!({})).await;
    assert!([200, 409].contains(&twice.status.as_u16()), "{:#}", twice.body);
    // It is no longer his turn, and still hers.
    let path = format!("/v1/approvals?mine=true&min_position={}", once["position"]);
    assert_eq!(world.get(&acme.paul, &path).await.with(200)["items"], json!([]));
    assert_eq!(world.get(&acme.petra, &path).await.with(200)["items"].as_array().unwrap().len(), 1);
    let done = world.command(&acme.petra, &id(&held), "approve", json!({})).await.with(200);
    assert_eq!((&done["stage"], &done["approval"]["missing"]), (&json!("permitted"), &json!(0)));
    assert!(done["permit"]["permit_id"].is_string(), "{done:#}");
    assert_eq!(done["resolution"]["verdict"], "approved");
}

#[tokio::test]
async fn who_stands_in_counts_as_the_other() {
    let world = governed().await;
    let acme = &world.acme;
    let otto = world.key(&acme.tenant, Actor::user("otto"), &[Role::Approver], None).await;
    let held = world.propose().await;
    let refused = world.command(&otto, &id(&held), "approve", json!({})).await;
    assert_eq!(refused.problem(), (403, "not_a_reviewer".to_owned()));
    let body = json!({"to": user("otto"), "ends_at": SOON, "reason": "on holiday"});
    let delegation = world.post(&acme.paul, "/v1/delegations", body).await.with(201);
    assert_eq!((&delegation["from"], &delegation["status"]), (&user("paul"), &json!("in_force")));
    let path = format!("/v1/approvals?mine=true&min_position={}", delegation["position"]);
    assert_eq!(world.get(&otto, &path).await.with(200)["items"].as_array().unwrap().len(), 1);
    let voted = world.command(&otto, &id(&held), "approve", json!({})).await.with(200);
    assert_eq!(voted["approval"]["votes"][0]["on_behalf_of"], user("paul"));

    let path = format!("/v1/delegations/{}", delegation["id"].as_str().unwrap());
    let theirs = world.delete(&acme.petra, &path).await;
    assert_eq!(theirs.problem(), (403, "delegation_of_another".to_owned()));
    let ended = world.delete(&acme.paul, &path).await.with(200);
    assert_eq!(ended["id"], delegation["id"]);
    world.delete(&acme.paul, &path).await.with(200);
    assert_eq!(world.get(&acme.olga, "/v1/delegations").await.with(200)["items"], json!([]));
}

#[tokio::test]
async fn what_is_no_delegation_says_why() {
    let world = World::new().await;
    let acme = &world.acme;
    let body = |to: Value, ends: &str| json!({"to": to, "ends_at": ends});
    for (key, body, status, code) in [
        (&acme.paul, body(user("paul"), SOON), 409, "delegation_to_oneself"),
        (&acme.paul, body(user("petra"), "2023-11-14T22:13:20Z"), 409, "delegation_over"),
        (&acme.paul, body(user("petra"), "2024-11-14T22:13:20Z"), 409, "delegation_too_long"),
        (&acme.paul, body(json!({"kind": "agent", "id": "a"}), SOON), 422, "body_invalid"),
        (
            &acme.paul,
            json!({"from": user("petra"), "to": user("otto"), "ends_at": SOON}),
            403,
            "delegation_of_another",
        ),
    ] {
        let refused = world.post(key, "/v1/delegations", body.clone()).await;
        assert_eq!(refused.problem(), (status, code.to_owned()), "{body}");
    }
    let later = json!({"from": user("paul"), "to": user("petra"), "starts_at": SOON, "ends_at": "2023-11-21T00:00:00Z"});
    let planned = world.post(&acme.ada, "/v1/delegations", later).await.with(201);
    assert_eq!(planned["status"], "planned");
    let none = world.delete(&acme.ada, "/v1/delegations/01890000-0000-7000-8000-000000000000").await;
    assert_eq!(none.problem(), (404, "delegation_not_found".to_owned()));
}
