//! The catalogue: what it says of functions and connections, what an agent can see of it, and what users say.

use proto_events::{Access, Actor, Role};
use serde_json::{Value, json};

use crate::harness::{FUNCTION, World, described, id, proposal};

#[tokio::test]
async fn a_function_is_described_read_and_withdrawn() {
    let world = World::new().await;
    let (acme, path) = (&world.acme, format!("/v1/functions/{FUNCTION}/description"));
    let unsaid = world.get(&acme.runtime, &path).await;
    assert_eq!(unsaid.problem(), (404, "function_not_described".to_owned()));

    let mut body = described();
    body["arguments_schema"] = json!({"type": "object", "required": ["to"]});
    body["max_data_age_seconds"] = json!(7.0);
    let set = world.put(&acme.ada, &path, body.clone()).await.with(200);
    assert_eq!((&set["changed"], &set["access"]), (&json!(true), &Value::Null));
    let again = world.put(&acme.ada, &path, body.clone()).await.with(200);
    assert_eq!((&again["changed"], &again["position"]), (&json!(false), &set["position"]));
    let said = world.get(&acme.runtime, &path).await.with(200);
    for (name, value) in body.as_object().unwrap() {
        let value = if name == "max_data_age_seconds" { &json!(7) } else { value };
        assert_eq!(&said[name], value, "{name}");
    }
    let function = world.get(&acme.olga, &format!("/v1/functions/{FUNCTION}")).await.with(200);
    assert_eq!(function["description"], said);
    // Setting the access does not touch it, and says it too.
    let access = json!({"access": "Enabled"});
    let set = world.put(&acme.ada, &format!("/v1/functions/{FUNCTION}"), access).await.with(200);
    assert_eq!((&set["description"], &set["changed"]), (&said, &json!(true)));
    // One that is only described is listed as well.
    world.put(&acme.ada, "/v1/functions/a.b/description", described()).await.with(200);
    let listed = world.get(&acme.olga, "/v1/functions").await.with(200);
    let names: Vec<_> =
        listed["items"].as_array().unwrap().iter().map(|item| item["function"].clone()).collect();
    assert_eq!(names, [json!("a.b"), json!(FUNCTION)]);

    let gone = world.delete(&acme.ada, &path).await.with(200);
    assert_eq!((&gone["changed"], gone.get("description")), (&json!(true), None));
    assert_eq!(world.get(&acme.runtime, &path).await.problem().0, 404);
    assert_eq!(world.delete(&acme.ada, &path).await.with(200)["changed"], false);
}

#[tokio::test]
async fn what_a_description_may_not_be_says_why() {
    let world = World::new().await;
    let path = format!("/v1/functions/{FUNCTION}/description");
    let large = json!({"description": "x".repeat(65_536)});
    for (name, value, status, code) in [
        ("purpose", json!(" "), 422, "text_missing"),
        ("purpose", json!("x".repeat(5001)), 422, "text_too_long"),
        ("tool_type", json!("hammer"), 422, "body_invalid"),
        ("risk", Value::Null, 422, "body_invalid"),
        ("arguments_schema", json!([]), 422, "body_invalid"),
        ("arguments_schema", json!(true), 422, "body_invalid"),
        ("arguments_schema", json!({"type": "thing"}), 409, "schema_invalid"),
        ("arguments_schema", large, 409, "invalid_field"),
        ("scopes", json!([""]), 422, "invalid_field"),
        ("scopes", json!(["a", "a"]), 422, "invalid_field"),
        ("scopes", json!((0..33).map(|n| format!("s{n}")).collect::<Vec<_>>()), 422, "invalid_field"),
        ("max_data_age_seconds", json!(0), 422, "invalid_field"),
        ("max_data_age_seconds", json!(1.5), 422, "body_invalid"),
        ("amount", json!("amount"), 422, "body_invalid"),
        ("amount", json!("/a~2"), 422, "body_invalid"),
        ("more", json!(1), 422, "body_invalid"),
    ] {
        let mut body = described();
        body[name] = value.clone();
        let refused = world.put(&world.acme.ada, &path, body).await;
        let (found, code_found, field) = refused.at_fault();
        assert_eq!((found, &*code_found), (status, code), "{name} {value}");
        assert!(field.starts_with(&format!("body.{name}")), "{name}: {field}");
    }
    let agent = world.key(&world.acme.tenant, Actor::agent("bot"), &[Role::Admin], None).await;
    let refused = world.put(&agent, &path, described()).await;
    assert_eq!(refused.problem(), (403, "agent_cannot_manage_catalogue".to_owned()));
}

#[tokio::test]
async fn a_connection_is_described_and_read() {
    let world = World::new().await;
    let (ada, path) = (&world.acme.ada, "/v1/connections/crm");
    assert_eq!(world.get(ada, path).await.problem(), (404, "connection_not_found".to_owned()));
    let body = json!({"purpose": "customers", "endpoint": "https://crm.example/mcp"});
    let set = world.put(ada, path, body.clone()).await.with(200);
    assert_eq!((&set["connection"], &set["changed"]), (&json!("crm"), &json!(true)));
    assert_eq!(world.put(ada, path, body).await.with(200)["changed"], false);
    let read = world.get(&world.acme.runtime, path).await.with(200);
    assert_eq!(read["endpoint"], "https://crm.example/mcp");
    assert_eq!(read.get("changed"), None);

    for (body, status, field) in [
        (json!({}), 422, "body.purpose"),
        (json!({"purpose": ""}), 422, "body.purpose"),
        // It has the form of a text, and is no address, or one with a secret.
        (json!({"purpose": "x", "endpoint": "nowhere"}), 409, "body.endpoint"),
        (json!({"purpose": "x", "endpoint": "https://me:secret@crm.example"}), 409, "body.endpoint"),
        (json!({"purpose": "x", "endpoint": ""}), 422, "body.endpoint"),
    ] {
        let (found, _, at) = world.put(ada, path, body.clone()).await.at_fault();
        assert_eq!((found, &*at), (status, field), "{body}");
    }
    let refused = world.put(ada, "/v1/connections/c.r", json!({"purpose": "x"})).await;
    assert_eq!(refused.problem(), (422, "path_invalid".to_owned()));
}

#[tokio::test]
async fn an_agent_sees_what_it_has_the_scopes_for() {
    let world = World::new().await;
    let acme = &world.acme;
    for name in ["a.one", "a.two", "b.three"] {
        let mut body = described();
        body["scopes"] = json!(if name == "a.two" { vec!["extra"] } else { vec![] });
        world.put(&acme.ada, &format!("/v1/functions/{name}/description"), body).await.with(200);
        world.put(&acme.ada, &format!("/v1/functions/{name}"), json!({"access": "Enabled"})).await.with(200);
    }
    let see = async |query: &str| world.get(&acme.runtime, &format!("/v1/tools?{query}")).await;
    let names = |set: &Value| -> Vec<String> {
        set["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tool| tool["function"].as_str().unwrap().to_owned())
            .collect()
    };
    let set = see("agent=assistant").await.with(200);
    assert_eq!(names(&set), ["a.one", "b.three"]);
    assert_eq!((&set["total"], &set["next"]), (&json!(2), &Value::Null));
    let tool = &set["items"][0];
    assert_eq!((&tool["access"], &tool["description"]["tool_type"]), (&json!("Enabled"), &json!("lookup")));

    let scopes = "/v1/agents/assistant/scopes";
    assert_eq!(world.get(&acme.runtime, scopes).await.with(200)["scopes"], json!([]));
    let given = world.put(&acme.ada, scopes, json!({"scopes": ["extra", "extra"]})).await.with(200);
    assert_eq!((&given["scopes"], &given["changed"]), (&json!(["extra"]), &json!(true)));
    assert_eq!(world.put(&acme.ada, scopes, json!({"scopes": ["extra"]})).await.with(200)["changed"], false);
    let more = see("agent=assistant").await.with(200);
    assert_eq!(names(&more), ["a.one", "a.two", "b.three"]);
    assert_ne!(more["tool_set"], set["tool_set"]);

    // Page by page it is the same set.
    let first = see("agent=assistant&limit=2").await.with(200);
    assert_eq!((names(&first), &first["next"]), (vec!["a.one".to_owned(), "a.two".into()], &json!("a.two")));
    let rest = see("agent=assistant&limit=2&cursor=a.two").await.with(200);
    assert_eq!((names(&rest), &rest["next"]), (vec!["b.three".to_owned()], &Value::Null));
    assert_eq!([&first["tool_set"], &rest["tool_set"]], [&more["tool_set"]; 2]);

    for (query, field) in
        [("", "query.agent"), ("agent=%20", "query.agent"), ("agent=a&limit=0", "query.limit")]
    {
        let (status, _, at) = see(query).await.at_fault();
        assert_eq!((status, &*at), (422, field), "{query}");
    }
    let none = world.put(&acme.ada, scopes, json!({"scopes": ["\u{7}"]})).await;
    assert_eq!(none.at_fault(), (422, "invalid_field".to_owned(), "body.scopes".to_owned()));
}

#[tokio::test]
async fn what_can_be_seen_depends_on_the_circumstances() {
    let world = World::new().await;
    let mut needs = described();
    needs["required_context"] = json!(["site"]);
    world.put(&world.acme.ada, &format!("/v1/functions/{FUNCTION}/description"), needs).await.with(200);
    world.set(Access::Enabled).await;
    let see = async |context: &str| {
        world.get(&world.acme.runtime, &format!("/v1/tools?agent=assistant{context}")).await
    };
    for (context, total) in [("", 1), ("&context=%7B%22site%22:1%7D", 1), ("&context=%7B%7D", 0)] {
        assert_eq!(see(context).await.with(200)["total"], total, "{context}");
    }
    let large = format!("&context=%22{}%22", "x".repeat(16_384));
    for context in ["&context=", "&context=%7B", "&context=1", "&context=%5B%5D", "&context=null", &large] {
        let refused = see(context).await.at_fault();
        assert_eq!(refused, (409, "invalid_field".to_owned(), "query.context".to_owned()), "{context}");
    }
}

#[tokio::test]
async fn a_decision_names_what_could_be_seen() {
    let world = World::new().await;
    let path = format!("/v1/functions/{FUNCTION}/description");
    world.put(&world.acme.ada, &path, described()).await.with(200);
    world.set(Access::Enabled).await;
    let seen = world.get(&world.acme.runtime, "/v1/tools?agent=assistant").await.with(200);
    let proposed = world.propose().await;
    assert_eq!(proposed["visible_tools"], seen["tool_set"]);
    let path = format!(
        "/v1/executions?visible_tools={}&min_position={}",
        seen["tool_set"].as_str().unwrap(),
        proposed["position"]
    );
    let listed = world.get(&world.acme.olga, &path).await.with(200);
    assert_eq!(listed["items"][0]["execution_id"], proposed["execution_id"]);
    let row = &listed["items"][0];
    assert_eq!(row["catalogue"]["purpose"], "Sends an offer to a customer.");
    assert_eq!(
        (&row["catalogue"]["tool_type"], &row["catalogue"]["risk"]),
        (&json!("lookup"), &json!("low"))
    );
    assert_eq!(row["audit_outcome"], "allowed");
    let whole = world.get(&world.acme.olga, &format!("/v1/executions/{}", id(&proposed))).await.with(200);
    assert_eq!((&whole["catalogue"], &whole["audit_outcome"]), (&row["catalogue"], &json!("allowed")));
}

#[tokio::test]
async fn what_is_sensitive_is_for_whoever_asks_for_the_call() {
    let world = World::new().await;
    let mut body = described();
    body["sensitive"] = json!(["amount"]);
    world.put(&world.acme.ada, &format!("/v1/functions/{FUNCTION}/description"), body).await.with(200);
    world.set(Access::EnabledWithConfirmation).await;
    let proposed = world.propose().await;
    world
        .get(&world.acme.olga, &format!("/v1/executions?min_position={}", proposed["position"]))
        .await
        .with(200);
    let path = format!("/v1/executions/{}", id(&proposed));
    let theirs = world.get(&world.acme.runtime, &path).await.with(200);
    assert_eq!((&theirs["arguments"], theirs.get("redacted_arguments")), (&proposal()["arguments"], None));
    for key in [&world.acme.olga, &world.acme.paul] {
        let shown = world.get(key, &path).await.with(200);
        assert_eq!(shown["arguments"], json!({"to": "kim@example.com", "amount": "[redacted]"}));
        assert_eq!(shown["redacted_arguments"], json!(["/amount"]));
        assert_eq!(shown["arguments_digest"], theirs["arguments_digest"]);
    }
}

#[tokio::test]
async fn what_a_user_says_is_put_on_record() {
    let world = World::new().await;
    let (runtime, path) = (&world.acme.runtime, "/v1/conversations/conv%2F1/messages");
    let body = json!({"agent": "assistant", "text": "send it to kim@example.com"});
    let said = world.post(runtime, path, body.clone()).await.with(201);
    assert_eq!((&said["conversation"], &said["agent"]), (&json!("conv/1"), &json!("assistant")));
    let again = world.post(runtime, path, body).await.with(201);
    assert!(again["position"].as_u64() > said["position"].as_u64());
    for (text, status, code) in [
        (" ".to_owned(), 422, "text_missing"),
        ("x".repeat(65_537), 422, "text_too_long"),
        // Few enough characters, and too many bytes.
        ("ü".repeat(40_000), 409, "invalid_field"),
    ] {
        let refused = world.post(runtime, path, json!({"agent": "assistant", "text": text})).await;
        assert_eq!(refused.at_fault(), (status, code.to_owned(), "body.text".to_owned()));
    }
    let refused =
        world.post(runtime, "/v1/conversations/%20/messages", json!({"agent": "a", "text": "x"})).await;
    assert_eq!(refused.problem(), (422, "path_invalid".to_owned()));
}

#[tokio::test]
async fn what_users_said_is_listed_for_who_decides() {
    let world = World::new().await;
    let (runtime, path) = (&world.acme.runtime, "/v1/conversations/conv%2F1/messages");
    let mut positions = Vec::new();
    for text in ["pay Kim", "and Lee", "no, only Kim"] {
        let said = world.post(runtime, path, json!({"agent": "assistant", "text": text})).await.with(201);
        positions.push(said["position"].as_u64().unwrap());
    }
    let texts = |page: &Value| -> Vec<String> {
        page["items"].as_array().unwrap().iter().map(|one| one["text"].as_str().unwrap().to_owned()).collect()
    };
    let list = async |more: &str| world.get(&world.acme.paul, &format!("{path}?agent=assistant{more}")).await;
    let page = list("&limit=2").await.with(200);
    assert_eq!(texts(&page), ["no, only Kim", "and Lee"]);
    assert_eq!(page["items"][0]["position"], positions[2]);
    assert_eq!(page["items"][0]["by"]["kind"], "agent");
    let next = page["next"].as_str().unwrap();
    let page = list(&format!("&limit=2&cursor={next}")).await.with(200);
    assert_eq!((texts(&page), &page["next"]), (vec!["pay Kim".to_owned()], &Value::Null));
    let then = list(&format!("&as_of={}", positions[1])).await.with(200);
    assert_eq!(
        (texts(&then), &then["position"]),
        (vec!["and Lee".into(), "pay Kim".into()], &json!(positions[1]))
    );
    let none = world.get(&world.acme.paul, &format!("{path}?agent=another")).await.with(200);
    assert_eq!(none["items"], json!([]));
    assert_eq!(world.get(&world.acme.paul, path).await.problem(), (422, "query_invalid".to_owned()));
    let refused = world.get(&world.acme.paul, &format!("{path}?agent=%20")).await;
    assert_eq!(refused.at_fault(), (422, "invalid_field".to_owned(), "query.agent".to_owned()));
    assert_eq!(list("&cursor=x").await.problem(), (422, "invalid_cursor".to_owned()));
}
