//! Against an API that gives pages as the test says.

use axum::{Json, extract::Query, http::HeaderMap, response::IntoResponse, routing::get};
use serde_json::{Value, json};
use vidimus_api_types::AuditEntry;

use super::*;

fn entry(position: u64, summary: &str) -> Value {
    json!({
        "position": position, "stream": "keys-all", "version": 0,
        "event_id": "00000000-0000-4000-8000-000000000001", "recorded_at": "2026-01-15T10:30:00Z",
        "actor": {"kind": "user", "id": "ana"}, "event_type": "key_created", "category": "administrative",
        "subject": "a \"key\", of two\r\nlines", "execution_id": null, "agent": null, "conversation": null,
        "function": null, "summary": summary, "correlation_id": "00000000-0000-4000-8000-000000000002",
        "causation_id": null,
    })
}

/// Three pages; the one after `broken` cannot be had.
fn api(broken: Option<&'static str>) -> Router {
    let page = async move |headers: HeaderMap,
                           Query(query): Query<std::collections::BTreeMap<String, String>>| {
        assert_eq!(headers["authorization"], "Bearer key");
        assert_eq!((query["limit"].as_str(), query["category"].as_str()), ("1000", "administrative"));
        let cursor = query.get("cursor").map(String::as_str);
        if cursor.is_some() && cursor == broken {
            return (StatusCode::SERVICE_UNAVAILABLE, Json(json!({"not": "a problem"}))).into_response();
        }
        let (items, next) = match cursor {
            None => (vec![entry(9, "=cmd()"), entry(7, "b")], Some("1")),
            Some("1") => (Vec::new(), Some("2")),
            _ => (vec![entry(3, "last")], None),
        };
        Json(json!({"items": items, "next": next, "position": 9})).into_response()
    };
    Router::new().route("/v1/audit", get(page))
}

fn export(format: Format, broken: Option<&'static str>) -> Export {
    let query = vec![("category".to_owned(), "administrative".to_owned())];
    let who = crate::ask::Credential::Key("key".to_owned());
    Export { api: api(broken), who, path: "/v1/audit", name: "vidimus-audit", query, format }
}

async fn body(response: Response) -> Result<String, axum::Error> {
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await?;
    Ok(String::from_utf8(bytes.into()).unwrap())
}

#[tokio::test]
async fn csv_has_one_header_and_the_rows_of_every_page() {
    let response = export(Format::Csv, None).answer::<AuditEntry>().await.unwrap();
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "text/csv; charset=utf-8; header=present");
    assert_eq!(header("content-disposition"), "attachment; filename=\"vidimus-audit-at-9.csv\"");
    let text = body(response).await.unwrap();
    let row = |position: u64, summary: &str| {
        format!(
            "{position},2026-01-15T10:30:00Z,administrative,key_created,user,ana,{summary},\
             \"a \"\"key\"\", of two\r\nlines\",,,,,keys-all,0,00000000-0000-4000-8000-000000000001,\
             00000000-0000-4000-8000-000000000002,\r\n"
        )
    };
    let header = "position,recorded_at,category,type,actor_kind,actor,summary,subject,execution_id,agent,\
                  conversation,function,stream,version,event_id,correlation_id,causation_id\r\n";
    assert_eq!(text, [header, &row(9, "'=cmd()"), &row(7, "b"), &row(3, "last")].concat());
}

#[tokio::test]
async fn json_lines_are_the_items_of_the_api() {
    let response = export(Format::JsonLines, None).answer::<AuditEntry>().await.unwrap();
    let text = body(response).await.unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, [entry(9, "=cmd()"), entry(7, "b"), entry(3, "last")]);
    assert!(text.ends_with('\n'));
}

#[tokio::test]
async fn a_download_that_fails_midway_breaks_off() {
    let response = export(Format::Csv, Some("2")).answer::<AuditEntry>().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let error = body(response).await.unwrap_err();
    assert!(error.to_string().starts_with("internal: "), "{error}");
}

#[test]
fn line_breaks_between_the_parts_of_an_item_are_none_of_a_line() {
    let item = RawValue::from_string("{\n  \"a\": \"b\\nc\"\r\n}".to_owned()).unwrap();
    assert_eq!(json_lines(&[item]), b"{  \"a\": \"b\\nc\"}\n");
}

#[test]
fn a_format_is_named() {
    assert_eq!(Format::named(Some("csv")).unwrap(), Format::Csv);
    assert_eq!(Format::named(Some("jsonl")).unwrap(), Format::JsonLines);
    for unknown in [None, Some("xlsx")] {
        assert_eq!(Format::named(unknown).unwrap_err().code, "export_format_unknown");
    }
}
