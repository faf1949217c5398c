//! Bad input: each has its status and code, says which field is at fault, and changes nothing.

use axum::{
    body::Body,
    http::{Request, header},
};
use proto_events::Access;
use serde_json::json;

use crate::harness::{World, id, proposal};

/// A proposal as text, with `extra` before its end.
fn text(extra: &str) -> String {
    let whole = proposal().to_string();
    format!("{}{extra}}}", &whole[..whole.len() - 1])
}

/// A proposal whose field is this text.
fn field(name: &str, value: &str) -> String {
    let mut body = proposal();
    body[name] = json!("@@");
    body.to_string().replacen("\"@@\"", value, 1)
}

#[tokio::test]
async fn bodies() {
    let world = World::new().await;
    world.set(Access::Enabled).await;
    let tail = world.engine.tail();
    let nested =
        |open: &str, close: &str, levels: usize| format!("{}{}", open.repeat(levels), close.repeat(levels));
    let (objects, arrays) =
        (format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000)), nested("[", "]", 10_000));
    let malformed = "body_malformed";
    let invalid = "body_invalid";
    let cases: Vec<(Vec<u8>, u16, &str, &str)> = vec![
        // No JSON.
        (b"{".to_vec(), 400, malformed, ""),
        (b" ".to_vec(), 400, malformed, ""),
        (b"{\"agent\": }".to_vec(), 400, malformed, ""),
        (b"agent=x".to_vec(), 400, malformed, ""),
        (b"\xef\xbb\xbf{}".to_vec(), 400, malformed, ""),
        (b"{\"agent\": \"\xff\"}".to_vec(), 400, malformed, ""),
        (b"{\"agent\": \"a\nb\"}".to_vec(), 400, malformed, ""),
        (format!("{} x", proposal()).into_bytes(), 400, malformed, ""),
        (format!("{}{}", proposal(), proposal()).into_bytes(), 400, malformed, ""),
        (format!("{}\0", proposal()).into_bytes(), 400, malformed, ""),
        (nested("[", "", 100_000).into_bytes(), 422, invalid, "body"),
        // JSON, but not this.
        (b"".to_vec(), 422, invalid, "body.agent"),
        (b"{}".to_vec(), 422, invalid, "body.agent"),
        (b"null".to_vec(), 422, invalid, "body"),
        (b"[]".to_vec(), 422, invalid, "body"),
        (b"\"{}\"".to_vec(), 422, invalid, "body"),
        (arrays.clone().into_bytes(), 422, invalid, "body"),
        (objects.clone().into_bytes(), 422, invalid, "body.a"),
        (text(",\"agents\":1").into_bytes(), 422, invalid, "body.agents"),
        (text(",\"agent\":\"x\"").into_bytes(), 422, invalid, "body.agent"),
        (text(",\"arguments\":{}").into_bytes(), 422, invalid, "body.arguments"),
        (field("agent", "1").into_bytes(), 422, invalid, "body.agent"),
        (field("agent", "null").into_bytes(), 422, invalid, "body.agent"),
        (field("agent", "1e400").into_bytes(), 422, invalid, "body.agent"),
        (field("agent", "\"\\ud800\"").into_bytes(), 422, invalid, "body.agent"),
        (field("agent", &arrays).into_bytes(), 422, invalid, "body.agent"),
        (field("function", "\"nodot\"").into_bytes(), 422, invalid, "body.function"),
        (field("requester", "\"rita\"").into_bytes(), 422, invalid, "body.requester"),
        (field("requester", "[\"user\",\"rita\"]").into_bytes(), 422, invalid, "body.requester"),
        (
            field("requester", "{\"kind\":\"robot\",\"id\":\"x\"}").into_bytes(),
            422,
            invalid,
            "body.requester.kind",
        ),
        (field("requester", "{\"kind\":\"user\"}").into_bytes(), 422, invalid, "body.requester.id"),
        (field("requester", &objects).into_bytes(), 422, invalid, "body.requester.a"),
        // This, but out of bounds.
        (field("agent", "\"\"").into_bytes(), 422, "invalid_field", "body.agent"),
        (field("agent", "\"a\\u0000\"").into_bytes(), 422, "invalid_field", "body.agent"),
        (
            field("request_id", &format!("\"{}\"", "x".repeat(256))).into_bytes(),
            422,
            "invalid_field",
            "body.request_id",
        ),
        (
            field("requester", "{\"kind\":\"user\",\"id\":\"\"}").into_bytes(),
            422,
            "invalid_field",
            "body.requester",
        ),
        (field("arguments", "null").into_bytes(), 422, "arguments_not_object", "body.arguments"),
        (field("arguments", "[]").into_bytes(), 422, "arguments_not_object", "body.arguments"),
        (field("arguments", &objects).into_bytes(), 422, "arguments_too_deep", "body.arguments"),
        (field("arguments", &arrays).into_bytes(), 422, "arguments_too_deep", "body.arguments"),
        (field("arguments", "{\"n\":1e400}").into_bytes(), 422, "arguments_number_range", "body.arguments"),
        (
            field("arguments", "{\"n\":9007199254740992}").into_bytes(),
            422,
            "arguments_number_range",
            "body.arguments",
        ),
        (
            field("arguments", &format!("{{\"n\":{}}}", "9".repeat(100_000))).into_bytes(),
            422,
            "arguments_number_range",
            "body.arguments",
        ),
        (
            field("arguments", "{\"a\":1,\"a\":2}").into_bytes(),
            422,
            "arguments_duplicate_key",
            "body.arguments",
        ),
        (field("arguments", "{\"a\":\"\\ud800\"}").into_bytes(), 422, "arguments_not_json", "body.arguments"),
        (
            field("arguments", &format!("{{\"a\":\"{}\"}}", "x".repeat(256 * 1024))).into_bytes(),
            422,
            "arguments_too_large",
            "body.arguments",
        ),
        (field("context", &objects).into_bytes(), 422, "payload_too_deep", "body.context"),
        (field("context", "[]").into_bytes(), 422, "payload_not_object", "body.context"),
        (
            field("context", &format!("{{\"a\":\"{}\"}}", "x".repeat(16 * 1024))).into_bytes(),
            422,
            "invalid_field",
            "body.context",
        ),
        (vec![b' '; 1024 * 1024 + 1], 413, "body_too_large", ""),
    ];
    for (body, status, code, at) in cases {
        let shown = String::from_utf8_lossy(&body[..body.len().min(120)]).into_owned();
        let refused = world.raw("POST", "/v1/executions", Some(&world.acme.runtime), body).await;
        assert_eq!(refused.at_fault(), (status, code.to_owned(), at.to_owned()), "{shown}");
    }
    assert_eq!(world.engine.tail(), tail, "nothing is on record of what was refused");
}

#[tokio::test]
async fn what_is_long_is_not_said_back_in_full() {
    let world = World::new().await;
    let long = "ä".repeat(400_000);
    for (body, field) in [
        (text(&format!(",\"{long}\":1")), format!("body.{}…", "ä".repeat(195))),
        (field("requester", &format!("\"{long}\"")), "body.requester".to_owned()),
    ] {
        let refused = world.raw("POST", "/v1/executions", Some(&world.acme.runtime), body).await;
        assert_eq!(refused.body["errors"][0]["field"], field);
        let detail = refused.body["detail"].as_str().unwrap();
        assert_eq!(refused.body["errors"][0]["detail"], detail);
        assert!(detail.chars().count() < 900, "{detail}");
        assert!(detail.contains("expected") && detail.contains("at line 1 column"), "{detail}");
        assert_eq!(refused.at_fault(), (422, "body_invalid".to_owned(), field));
    }
    let path = format!("/v1/executions?{}=1", "x".repeat(10_000));
    let refused = world.get(&world.acme.olga, &path).await;
    assert!(refused.body["detail"].as_str().unwrap().len() < 900);
    let (_, _, field) = refused.at_fault();
    assert_eq!(field, format!("query.{}…", "x".repeat(194)));
    let refused = world.get(&world.acme.olga, &format!("/v1/executions/{}", "x".repeat(10_000))).await;
    assert!(refused.body["detail"].as_str().unwrap().len() < 900);
}

#[tokio::test]
async fn results_are_bounded() {
    let world = World::new().await;
    world.set(Access::Enabled).await;
    let execution = id(&world.started().await);
    let deep = format!("{{\"result\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let large = format!("{{\"result\":\"{}\"}}", "x".repeat(256 * 1024));
    for (command, body, code) in [
        ("complete", &deep, "payload_too_deep"),
        ("fail", &deep, "payload_too_deep"),
        ("complete", &large, "payload_too_large"),
    ] {
        let path = format!("/v1/executions/{execution}/{command}");
        let refused = world.raw("POST", &path, Some(&world.acme.runtime), body.clone()).await;
        assert_eq!(refused.at_fault(), (422, code.to_owned(), "body.result".to_owned()));
    }
    for (command, body, at) in [
        ("progress", "{\"percent\":1e400}", "body.percent"),
        ("progress", "{\"percent\":256}", "body.percent"),
        ("progress", "{\"percent\":-1}", "body.percent"),
        ("progress", "{\"percent\":1.5}", "body.percent"),
        ("progress", "{\"percent\":99999999999999999999999999}", "body.percent"),
        ("complete", "{\"timing\":[]}", "body.timing"),
        ("complete", "{\"timing\":{\"started_at\":\"today\"}}", "body.timing.started_at"),
        ("fail", "{\"status\":\"succeeded\"}", "body.status"),
        ("fail", "{\"error\":[\"m\"]}", "body.error"),
        ("fail", "{\"error\":{\"message\":\"m\",\"kode\":1}}", "body.error.kode"),
        ("start", "{\"permit_id\":\"x\"}", "body.permit_id"),
        ("start", "{\"arguments_digest\":\"x\"}", "body.arguments_digest"),
        ("cancel", "[]", "body"),
    ] {
        let path = format!("/v1/executions/{execution}/{command}");
        let refused = world.raw("POST", &path, Some(&world.acme.runtime), body).await;
        assert_eq!(refused.at_fault(), (422, "body_invalid".to_owned(), at.to_owned()), "{body}");
    }
}

#[tokio::test]
async fn queries() {
    let world = World::new().await;
    let invalid = "query_invalid";
    for (query, code, at) in [
        ("limit=0", "invalid_limit", "query.limit"),
        ("limit=1001", "invalid_limit", "query.limit"),
        ("limit=abc", invalid, "query.limit"),
        ("limit=", invalid, "query.limit"),
        ("limit=-1", invalid, "query.limit"),
        ("limit=1.5", invalid, "query.limit"),
        ("limit=99999999999", invalid, "query.limit"),
        ("limit=1&limit=2", invalid, "query.limit"),
        ("agent=a&agent=b", invalid, "query.agent"),
        ("agents=a", invalid, "query.agents"),
        ("Agent=a", invalid, "query.Agent"),
        ("status=pending", invalid, "query.status"),
        ("stage=", invalid, "query.stage"),
        ("from=yesterday", invalid, "query.from"),
        ("from=2023-11-14", invalid, "query.from"),
        ("min_position=x", invalid, "query.min_position"),
        ("min_position=-1", invalid, "query.min_position"),
        ("min_position=18446744073709551616", invalid, "query.min_position"),
        ("cursor=x", "invalid_cursor", "query.cursor"),
        ("cursor=", "invalid_cursor", "query.cursor"),
        ("agent=%FF%FE", invalid, "query"),
        ("agent=%C3", invalid, "query"),
        ("agent=%zz", invalid, "query"),
        ("agent=%", invalid, "query"),
        ("agent=%E", invalid, "query"),
        ("%FF=1", invalid, "query"),
        ("=1", invalid, "query."),
    ] {
        let refused = world.get(&world.acme.olga, &format!("/v1/executions?{query}")).await;
        let (status, found, field) = refused.at_fault();
        assert_eq!((status, &*found, &*field), (422, code, at), "{query}");
    }
    // Any text can be asked for; not every text can be searched for.
    let refused = world.get(&world.acme.olga, "/v1/executions?search=%22").await;
    assert_eq!(refused.at_fault(), (409, "invalid_search".to_owned(), "query.search".to_owned()));
    for (path, at) in [
        ("/v1/audit?execution_id=x", "query.execution_id"),
        ("/v1/audit?oldest_first=yes", "query.oldest_first"),
        ("/v1/audit?actor_kind=robot", "query.actor_kind"),
        ("/v1/approvals?kind=none", "query.kind"),
        ("/v1/events?after=x", "query.after"),
        ("/v1/events?cursor=1", "query.cursor"),
        ("/v1/events?limit=x", "query.limit"),
        ("/v1/keys?agent=x", "query.agent"),
        ("/v1/functions?agent=x", "query.agent"),
    ] {
        let refused = world.get(&world.acme.ada, path).await;
        assert_eq!(refused.at_fault(), (422, invalid.to_owned(), at.to_owned()), "{path}");
    }
    for path in ["/v1/audit", "/v1/approvals", "/v1/events", "/v1/keys", "/v1/functions"] {
        for limit in ["0", "1001"] {
            let refused = world.get(&world.acme.ada, &format!("{path}?limit={limit}")).await;
            assert_eq!(
                refused.at_fault(),
                (422, "invalid_limit".to_owned(), "query.limit".to_owned()),
                "{path}"
            );
        }
        world.get(&world.acme.ada, &format!("{path}?limit=1000")).await.with(200);
        world.get(&world.acme.ada, &format!("{path}?")).await.with(200);
    }
}

#[tokio::test]
async fn paths() {
    let world = World::new().await;
    let runtime = &world.acme.runtime;
    for (path, at) in [
        ("/v1/executions/x", "path.execution_id"),
        ("/v1/executions/%20", "path.execution_id"),
        ("/v1/executions/x/events", "path.execution_id"),
        ("/v1/executions/%FF", "path"),
        ("/v1/executions/%2", "path"),
        // Other spellings of a UUID than the one of the document.
        ("/v1/executions/0b0b0b0b00000000000000000000000b", "path.execution_id"),
        ("/v1/executions/%7B0b0b0b0b-0000-0000-0000-00000000000b%7D", "path.execution_id"),
        ("/v1/executions/urn:uuid:0b0b0b0b-0000-0000-0000-00000000000b", "path.execution_id"),
    ] {
        let refused = world.get(runtime, path).await;
        assert_eq!(refused.at_fault(), (422, "path_invalid".to_owned(), at.to_owned()), "{path}");
    }
    let refused = world.get(runtime, "/v1/executions/0B0B0B0B-0000-0000-0000-00000000000b").await;
    assert_eq!(refused.problem(), (404, "execution_not_found".to_owned()), "either case");
    let refused = world.delete(&world.acme.ada, "/v1/keys/0b0b0b0b00000000000000000000000b").await;
    assert_eq!(refused.at_fault(), (422, "path_invalid".to_owned(), "path.key_id".to_owned()));
    let refused = world.post(runtime, "/v1/executions/x/start", json!({})).await;
    assert_eq!(refused.at_fault(), (422, "path_invalid".to_owned(), "path.execution_id".to_owned()));
    for path in
        ["/", "/v1", "/v1/", "/v1/executions/", "/v2/executions", "/v1/executions/x/y/z", "//v1/executions"]
    {
        assert_eq!(world.get(runtime, path).await.problem(), (404, "route_not_found".to_owned()), "{path}");
    }
    for (method, path, allow) in [
        ("PATCH", "/v1/executions", "GET,HEAD,POST"),
        ("DELETE", "/v1/functions/a.b", "GET,HEAD,PUT"),
        ("GET", "/v1/executions/x/start", "POST"),
    ] {
        let refused = world.raw(method, path, Some(runtime), Body::empty()).await;
        assert_eq!(refused.headers[header::ALLOW], allow);
        assert_eq!(refused.problem(), (405, "method_not_allowed".to_owned()), "{path}");
    }
}

#[tokio::test]
async fn content_types() {
    let world = World::new().await;
    let send = async |content_type: Option<&str>, body: &str| {
        let mut request = Request::post("/v1/executions")
            .header(header::AUTHORIZATION, format!("Bearer {}", world.acme.runtime.secret));
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        world.call(request.body(Body::from(body.to_owned())).unwrap()).await
    };
    let body = proposal().to_string();
    for content_type in
        [None, Some(""), Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("json")]
    {
        let refused = send(content_type, &body).await;
        assert_eq!(refused.problem(), (415, "not_json".to_owned()), "{content_type:?}");
    }
    for content_type in
        ["application/json", "Application/JSON; charset=UTF-8", "application/cloudevents+json"]
    {
        send(Some(content_type), &body).await.with(201);
    }
    // Where nothing is required, nothing has to be sent.
    world.set(Access::Enabled).await;
    let execution = id(&world.propose().await);
    let request = Request::post(format!("/v1/executions/{execution}/start"))
        .header(header::AUTHORIZATION, format!("Bearer {}", world.acme.runtime.secret));
    world.call(request.body(Body::empty()).unwrap()).await.with(200);
}
