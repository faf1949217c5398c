//! The document at `/openapi.json` says what is so: it has every route and nothing else, and the answers have the shapes
//! that it says they have.
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod harness;

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use expect_test::expect_file;
use harness::{Answer, FUNCTION, Key, PERMIT_ALL, World, described, id, proposal};
use proto_events::Access;
use serde_json::{Value, json};

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
/// What is served and not described: the document itself.
const NOT_DESCRIBED: [&str; 1] = ["/openapi.json"];

fn document() -> Value {
    serde_json::to_value(vidimus_api::openapi()).unwrap()
}

/// Template, method and description of every operation.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let of_path = |(template, item): (&String, &Value)| -> Vec<_> {
        let operations = item.as_object().unwrap().iter();
        operations
            .map(|(method, operation)| (template.clone(), method.to_uppercase(), operation.clone()))
            .collect()
    };
    paths.iter().flat_map(of_path).collect()
}

fn filled(template: &str) -> String {
    let uuid = "01890000-0000-7000-8000-000000000000";
    let mut path = template.replace("{function}", FUNCTION);
    while let (Some(open), Some(close)) = (path.find('{'), path.find('}')) {
        path.replace_range(open..=close, uuid);
    }
    path
}

#[tokio::test]
async fn it_is_served_as_it_is() {
    let world = World::new().await;
    let answer = world.raw("GET", "/openapi.json", None, Body::empty()).await;
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(answer.with(200), document());
    assert!(document()["openapi"].as_str().unwrap().starts_with("3.1."));
    assert_eq!(document()["security"], json!([{"key": []}]));
    assert_eq!(document()["components"]["securitySchemes"]["key"]["scheme"], "bearer");
}

#[test]
fn what_a_request_chooses_from_has_no_fields_but_its_own() {
    let document = document();
    let schemas = &document["components"]["schemas"];
    for name in ["BatchVerdict", "GivenFreezeScope", "GivenTest"] {
        let choices = schemas[name]["oneOf"].as_array().unwrap();
        assert!(
            choices.len() > 1 && choices.iter().all(|choice| choice["additionalProperties"] == false),
            "{name}"
        );
    }
    assert_eq!(schemas["GivenPerson"]["properties"]["kind"]["enum"], serde_json::json!(["user"]));
}

#[test]
fn its_operations() {
    let document = document();
    let operations = operations(&document);
    let mut lines = BTreeSet::new();
    let mut ids = BTreeMap::new();
    let tags: BTreeSet<_> =
        document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].clone().to_string()).collect();
    for (template, method, operation) in &operations {
        let what = format!("{method} {template}");
        let id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{what} has no id"));
        lines.insert(format!("{what} {id}"));
        assert_eq!(ids.insert(id.to_owned(), what.clone()), None, "{id} is there twice");
        let summary = operation["summary"].as_str().unwrap_or_default();
        assert!(
            !summary.is_empty() && !summary.contains('\n') && !summary.ends_with('.'),
            "{what}: {summary}"
        );
        for tag in operation["tags"].as_array().unwrap() {
            assert!(tags.contains(&tag.to_string()), "{what}: the tag {tag} is not described");
        }
        // What needs no key has nothing to refuse.
        let is_open = operation["security"].as_array().is_some_and(|ways| ways.contains(&json!({})));
        let default = &operation["responses"]["default"]["content"];
        let is_problem =
            default["application/problem+json"]["schema"]["$ref"] == "#/components/schemas/Problem";
        assert!(
            is_problem || is_open || template.ends_with("/tool-executions"),
            "{what} does not say how it says no"
        );

        let declared = operation["parameters"].as_array().cloned().unwrap_or_default();
        let mut in_path = BTreeSet::new();
        for parameter in &declared {
            let name = parameter["name"].as_str().unwrap();
            if parameter["in"] == "path" {
                assert_eq!(parameter["required"], true, "{what}: {name}");
                in_path.insert(format!("{{{name}}}"));
            }
            assert!(parameter["schema"].is_object(), "{what}: {name}");
            assert!(parameter["description"].is_string(), "{what}: {name} is not described");
        }
        let in_template: BTreeSet<_> =
            template.split('/').filter(|part| part.starts_with('{')).map(str::to_owned).collect();
        assert_eq!(in_path, in_template, "{what}");
    }
    let lines: String = lines.into_iter().map(|line| line + "\n").collect();
    expect_file!["openapi.txt"].assert_eq(&lines);
}

#[test]
fn what_may_be_left_out_is_said_to_be_optional() {
    let required: BTreeSet<_> = operations(&document())
        .into_iter()
        .filter(|(_, _, operation)| operation["requestBody"]["required"] == true)
        .map(|(template, method, _)| format!("{method} {}", template.rsplit('/').next().unwrap()))
        .collect();
    let of_ours: Vec<_> = required.iter().map(String::as_str).filter(|one| !one.contains("agent")).collect();
    assert_eq!(
        of_ours,
        [
            "POST abort",
            "POST comments",
            "POST decisions",
            "POST delegations",
            "POST deny",
            "POST executions",
            "POST freezes",
            "POST grants",
            "POST keys",
            "POST messages",
            "POST replay",
            "POST revise",
            "POST settle",
            "POST tool-executions",
            "POST webhooks",
            "PUT description",
            "PUT policy",
            "PUT scopes",
            "PUT shadow",
            "PUT {connection}",
            "PUT {function}",
            "PUT {group}"
        ]
    );
}

/// Every reference under `value`.
fn references<'v>(value: &'v Value, found: &mut BTreeSet<&'v str>) {
    match value {
        Value::Object(entries) => {
            for (name, entry) in entries {
                match entry.as_str() {
                    Some(reference) if name == "$ref" => drop(found.insert(reference)),
                    _ => references(entry, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn its_schemas_are_schemas_and_all_there() {
    let document = document();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    for reference in &found {
        assert!(document.pointer(&reference[1..]).is_some(), "{reference} is not there");
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let valid = jsonschema::draft202012::meta::validate(schema);
        assert!(valid.is_ok(), "{name}: {valid:?}");
    }
}

#[tokio::test]
async fn it_has_every_route_and_no_other() {
    let world = World::new().await;
    let operations = operations(&document());
    let described: BTreeSet<_> =
        operations.iter().map(|(template, method, _)| (template.as_str(), method.as_str())).collect();
    let templates: BTreeSet<_> =
        described.iter().map(|(template, _)| *template).chain(NOT_DESCRIBED).collect();
    for template in templates {
        for method in METHODS {
            let answer = world.raw(method, &filled(template), None, Body::empty()).await;
            let code = answer.body["code"].as_str().unwrap_or_default();
            let is_there = code != "route_not_found" && answer.status != 405;
            let should_be = described.contains(&(template, method))
                || (NOT_DESCRIBED.contains(&template) && method == "GET");
            assert_eq!(is_there, should_be, "{method} {template}: {}", answer.status);
            if answer.status == 405 {
                let allow = answer.headers["allow"].to_str().unwrap();
                let allowed: BTreeSet<_> = allow.split(',').filter(|one| *one != "HEAD").collect();
                let expected: BTreeSet<_> = METHODS
                    .into_iter()
                    .filter(|one| {
                        described.contains(&(template, one))
                            || (NOT_DESCRIBED.contains(&template) && *one == "GET")
                    })
                    .collect();
                assert_eq!(allowed, expected, "{method} {template}");
            }
        }
    }
}

/// Answers, and what the document says of them.
struct Conforming {
    world: World,
    document: Value,
}

impl Conforming {
    async fn ask(&self, key: &Key, method: &str, template: &str, path: &str, body: Value) -> Value {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let answer = self.world.raw(method, path, Some(key), body).await;
        self.check(method, template, &answer);
        answer.body
    }

    fn check(&self, method: &str, template: &str, answer: &Answer) {
        let what = format!("{method} {template}: {}", answer.status);
        let operation = &self.document["paths"][template][method.to_lowercase()];
        let responses =
            operation["responses"].as_object().unwrap_or_else(|| panic!("{what} is not described"));
        let response = responses.get(answer.status.as_str()).or_else(|| responses.get("default"));
        let response = response.unwrap_or_else(|| panic!("{what} is not described"));
        let media = answer.headers["content-type"].to_str().unwrap();
        let schema = &response["content"][media]["schema"];
        assert!(schema.is_object(), "{what}: {media} is not described");
        let schema = json!({"allOf": [schema], "components": self.document["components"]});
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        let errors: Vec<_> = validator.iter_errors(&answer.body).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{what}: {errors:#?}\n{:#}", answer.body);
    }
}

#[tokio::test]
async fn the_answers_are_as_it_says() {
    let all = Conforming { world: World::new().await, document: document() };
    let acme = &all.world.acme;
    let function = "/v1/functions/{function}";
    let path = format!("/v1/functions/{FUNCTION}");
    all.ask(&acme.ada, "GET", function, &path, Value::Null).await;
    let blocked = all.ask(&acme.runtime, "POST", "/v1/executions", "/v1/executions", proposal()).await;
    assert_eq!(blocked["outcome"], "blocked");
    all.ask(&acme.ada, "PUT", function, &path, json!({"access": Access::EnabledWithConfirmation})).await;
    let mut body = proposal();
    body["context"] = json!({"a": 1});
    body["idempotency_key"] = json!("k");
    let proposed = all.ask(&acme.runtime, "POST", "/v1/executions", "/v1/executions", body.clone()).await;
    let again = all.ask(&acme.runtime, "POST", "/v1/executions", "/v1/executions", body).await;
    assert_eq!(again["already"], true);

    let execution = id(&proposed);
    let command = async |key: &Key, command: &str, body: Value| {
        let template = format!("/v1/executions/{{execution_id}}/{command}");
        let path = format!("/v1/executions/{execution}/{command}");
        all.ask(key, "POST", &template, &path, body).await
    };
    let waiting =
        all.ask(&acme.paul, "GET", "/v1/approvals", "/v1/approvals?min_position=1", Value::Null).await;
    assert!(waiting["position"].is_u64());
    command(&acme.runtime, "start", json!({})).await;
    command(&acme.runtime, "start", json!({"permit": 1})).await;
    command(&acme.rita, "confirm", json!({})).await;
    command(&acme.paul, "approve", json!({"comment": "fine"})).await;
    command(&acme.petra, "deny", json!({"reason": "no"})).await;
    command(&acme.runtime, "start", json!({})).await;
    command(&acme.runtime, "progress", json!({"message": "half", "percent": 50})).await;
    let timing = json!({"started_at": "2026-01-01T00:00:00Z", "finished_at": "2026-01-01T00:00:01Z", "duration_ms": 1000});
    let error = json!({"message": "m", "code": "c", "type": "t", "stack_trace": "s"});
    let failed =
        command(&acme.runtime, "fail", json!({"error": error, "timing": timing, "result": null})).await;

    let seen = format!("min_position={}", failed["position"]);
    for (key, template, path) in [
        (&acme.olga, "/v1/executions/{execution_id}", format!("/v1/executions/{execution}")),
        (&acme.olga, "/v1/executions/{execution_id}/events", format!("/v1/executions/{execution}/events")),
        (&acme.olga, "/v1/executions", format!("/v1/executions?{seen}")),
        (&acme.olga, "/v1/executions", "/v1/executions?limit=1&limit=2".to_owned()),
        (&acme.olga, "/v1/audit", format!("/v1/audit?limit=1000&{seen}")),
        (&acme.olga, "/v1/events", "/v1/events?limit=7".to_owned()),
        (&acme.olga, "/v1/functions", format!("/v1/functions?limit=7&{seen}")),
        (&acme.ada, "/v1/keys", format!("/v1/keys?{seen}")),
        (&acme.olga, "/v1/keys", "/v1/keys".to_owned()),
    ] {
        all.ask(key, "GET", template, &path, Value::Null).await;
    }
    let made = json!({"roles": ["agent"], "label": "night shift", "expires_at": "2099-01-01T00:00:00Z"});
    let created = all.ask(&acme.ada, "POST", "/v1/keys", "/v1/keys", made).await;
    let path = format!("/v1/keys/{}", created["id"].as_str().unwrap());
    all.ask(&acme.ada, "DELETE", "/v1/keys/{key_id}", &path, json!({"reason": "left"})).await;
    all.ask(&acme.ada, "DELETE", "/v1/keys/{key_id}", "/v1/keys/x", Value::Null).await;

    let (hooks, hook) = ("/v1/webhooks", "/v1/webhooks/{webhook_id}");
    let filter = json!({"types": ["NOTIFICATION_TOOL_EXECUTION_BLOCKED"], "agent": "a", "conversation": "c", "function": "a.b"});
    let made = json!({"url": "https://example.com/hook", "label": "chat", "filter": filter, "after": 0});
    let created = all.ask(&acme.ada, "POST", hooks, hooks, made).await;
    let path = format!("/v1/webhooks/{}", created["webhook"]["id"].as_str().unwrap());
    all.ask(&acme.olga, "GET", hooks, hooks, Value::Null).await;
    all.ask(&acme.olga, "GET", hook, &path, Value::Null).await;
    all.ask(&acme.ada, "GET", "/v1/webhooks/{webhook_id}/secret", &format!("{path}/secret"), Value::Null)
        .await;
    all.ask(
        &acme.ada,
        "POST",
        "/v1/webhooks/{webhook_id}/replay",
        &format!("{path}/replay"),
        json!({"after": 1}),
    )
    .await;
    all.ask(&acme.ada, "POST", hooks, hooks, json!({"url": "no"})).await;
    all.ask(&acme.ada, "DELETE", hook, &path, json!({"reason": "moved"})).await;
    all.ask(&acme.ada, "GET", hook, &path, Value::Null).await;

    governance(&all).await;

    // Pending approvals have the most to say.
    let pending = all.world.propose().await;
    let path = format!("/v1/approvals?min_position={}", pending["position"]);
    let pending = all.ask(&acme.paul, "GET", "/v1/approvals", &path, Value::Null).await;
    // One was explained and one revised before.
    assert_eq!(pending["items"].as_array().unwrap().len(), 3);
}

/// What governs calls: each route once with what has the most to say.
async fn governance(all: &Conforming) {
    let acme = &all.world.acme;
    let ask = async |key: &Key, method: &str, template: &str, filled: &[(&str, &str)], body: Value| {
        let replace =
            |path: String, (name, value): &(&str, &str)| path.replace(&format!("{{{name}}}"), value);
        let path = filled.iter().fold(template.to_owned(), replace);
        all.ask(key, method, template, &path, body).await
    };
    let (ada, olga, none) = (&acme.ada, &acme.olga, Value::Null);

    let function = [("function", FUNCTION)];
    let description = "/v1/functions/{function}/description";
    let mut body = described();
    body["arguments_schema"] = json!({"type": "object", "properties": {"to": {"type": "string"}}});
    body["scopes"] = json!(["offers"]);
    body["max_data_age_seconds"] = json!(3600.0);
    body["amount"] = json!("/amount");
    ask(ada, "PUT", description, &function, body).await;
    ask(olga, "GET", description, &function, none.clone()).await;
    ask(olga, "GET", "/v1/functions/{function}", &function, none.clone()).await;
    let agent = [("agent", "assistant")];
    ask(ada, "PUT", "/v1/agents/{agent}/scopes", &agent, json!({"scopes": ["offers"]})).await;
    ask(olga, "GET", "/v1/agents/{agent}/scopes", &agent, none.clone()).await;
    all.ask(&acme.runtime, "GET", "/v1/tools", "/v1/tools?agent=assistant", none.clone()).await;
    let connection = [("connection", "crm")];
    let body = json!({"purpose": "customers", "endpoint": "https://crm.example/mcp", "owner": "sales"});
    ask(ada, "PUT", "/v1/connections/{connection}", &connection, body).await;
    ask(olga, "GET", "/v1/connections/{connection}", &connection, none.clone()).await;
    ask(ada, "DELETE", description, &function, json!({"reason": "gone"})).await;
    ask(olga, "GET", description, &function, none.clone()).await;
    // Of a connection that is described, only what is described can be called.
    ask(ada, "PUT", description, &function, described()).await;
    let body = json!({"agent": "assistant", "text": "send it to kim@example.com"});
    ask(
        &acme.runtime,
        "POST",
        "/v1/conversations/{conversation}/messages",
        &[("conversation", "conv-1")],
        body,
    )
    .await;

    let (files, broken) = (json!({"all.cedar": PERMIT_ALL}), json!({"all.cedar": "permit"}));
    ask(ada, "PUT", "/v1/policy", &[], json!({"files": broken})).await;
    let applied = ask(ada, "PUT", "/v1/policy", &[], json!({"files": files, "expected_former": null})).await;
    let set = applied["policy_set"].as_str().unwrap().to_owned();
    ask(ada, "PUT", "/v1/policy/shadow", &[], json!({"files": files, "reason": "trial"})).await;
    ask(olga, "GET", "/v1/policy", &[], none.clone()).await;
    ask(olga, "GET", "/v1/policy/sets/{policy_set}", &[("policy_set", &set)], none.clone()).await;
    let proposed = all.world.propose().await;
    let execution = [("execution_id", proposed["execution_id"].as_str().unwrap())];
    ask(olga, "GET", "/v1/executions/{execution_id}/explanation", &execution, none.clone()).await;
    let replay =
        ask(olga, "POST", "/v1/policy/replay", &[], json!({"files": {"no.cedar": ""}, "limit": 1.0})).await;
    assert_eq!(replay["changes"]["newly_blocked"]["first"].as_array().unwrap().len(), 1, "{replay:#}");
    ask(ada, "POST", "/v1/policy/replay", &[], json!({"files": broken})).await;
    ask(ada, "DELETE", "/v1/policy/shadow", &[], none.clone()).await;
    ask(ada, "DELETE", "/v1/policy", &[], json!({"expected_former": set})).await;
    ask(olga, "GET", "/v1/policy/history", &[], none.clone()).await;

    let body = json!({"scope": {"kind": "function", "function": "a.b"}, "reason": "strange"});
    let freeze = ask(ada, "POST", "/v1/freezes", &[], body.clone()).await;
    ask(ada, "POST", "/v1/freezes", &[], body).await;
    ask(olga, "GET", "/v1/freezes", &[], none.clone()).await;
    let freeze = [("freeze_id", freeze["id"].as_str().unwrap())];
    ask(ada, "DELETE", "/v1/freezes/{freeze_id}", &freeze, json!({"reason": "it is well"})).await;

    let conditions = json!([
        {"pointer": "/to", "test": {"kind": "one_of", "values": ["kim@example.com"]}},
        {"pointer": "/amount", "test": {"kind": "at_most", "number": "99.50"}},
        {"pointer": "/path", "test": {"kind": "starts_with", "text": "/srv/"}},
        {"pointer": "/cc", "test": {"kind": "absent"}},
    ]);
    let scope =
        json!({"agent": "assistant", "function": FUNCTION, "conversation": "c", "conditions": conditions});
    let body = json!({
        "scope": scope, "max_uses": 3.0, "max_sum": "1000", "expires_at": "2023-11-20T00:00:00Z", "reason": "known",
    });
    let grant = ask(ada, "POST", "/v1/grants", &[], body).await;
    ask(olga, "GET", "/v1/grants", &[], none.clone()).await;
    let grant = [("grant_id", grant["id"].as_str().unwrap())];
    ask(ada, "DELETE", "/v1/grants/{grant_id}", &grant, none.clone()).await;

    let (paul, petra) = (json!({"kind": "user", "id": "paul"}), json!({"kind": "user", "id": "petra"}));
    let group = [("group", "finance")];
    ask(ada, "PUT", "/v1/groups/{group}", &group, json!({"members": [paul, petra]})).await;
    ask(olga, "GET", "/v1/groups", &[], none.clone()).await;
    let body = json!({"to": petra, "ends_at": "2023-11-20T00:00:00Z", "reason": "away"});
    let delegation = ask(&acme.paul, "POST", "/v1/delegations", &[], body).await;
    ask(olga, "GET", "/v1/delegations", &[], none.clone()).await;
    let delegation = [("delegation_id", delegation["id"].as_str().unwrap())];
    ask(&acme.paul, "DELETE", "/v1/delegations/{delegation_id}", &delegation, none.clone()).await;

    let ids = [all.world.propose().await, all.world.propose().await, all.world.propose().await];
    let [one, two, three] = ids.map(|proposed| id(&proposed));
    let command = "/v1/executions/{execution_id}/comments";
    ask(&acme.paul, "POST", command, &[("execution_id", &one)], json!({"text": "why?"})).await;
    let body = json!({"decisions": [
        {"execution_id": one, "verdict": {"kind": "approve", "comment": "fine"}},
        {"execution_id": two, "verdict": {"kind": "deny", "reason": "no"}},
    ]});
    ask(&acme.paul, "POST", "/v1/approvals/decisions", &[], body.clone()).await;
    ask(&acme.petra, "POST", "/v1/approvals/decisions", &[], body).await;
    let body = json!({"arguments": {"to": "kim@example.com", "amount": 50}, "feedback": "less"});
    ask(&acme.paul, "POST", "/v1/executions/{execution_id}/revise", &[("execution_id", &three)], body).await;
    let proof = "/v1/executions/{execution_id}/proof";
    ask(&acme.paul, "GET", proof, &[("execution_id", &one)], json!(null)).await;
    let path = "/v1/checkpoint/consistency";
    let consistency = all.world.get(&acme.rita, &format!("{path}?from=1")).await;
    all.check("GET", path, &consistency);
    assert_eq!(consistency.body["from"], 1);
    let keys = all.world.raw("GET", "/v1/permits/keys", None, Body::empty()).await;
    all.check("GET", "/v1/permits/keys", &keys);
    assert_eq!(keys.body["keys"][0]["crv"], "Ed25519");
}
