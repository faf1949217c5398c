use proto_events::{Effect, RiskLevel, ToolType, Trust};
use serde_json::json;

use super::*;

fn catalogue(file: &Value, form: Form, given: Given<'_>) -> Result<Catalogue, CatalogueError> {
    read(file.to_string().as_bytes(), form, &given)
}

fn one(tool: Value) -> Entry {
    let read = catalogue(&json!({ "shop": [tool] }), Form::Auto, Given::default()).unwrap();
    read.entries.into_iter().next().unwrap()
}

fn mcp(tool: Value) -> Entry {
    let given = Given { connection: Some("server"), ..Given::default() };
    let read = catalogue(&json!({ "tools": [tool] }), Form::Auto, given).unwrap();
    read.entries.into_iter().next().unwrap()
}

#[test]
fn a_catalogue_is_lists_of_tools_by_connection() {
    let schema =
        json!({"type": "object", "properties": {"amount": {"type": "number"}, "iban": {"type": "string"}}});
    let file = json!({
        "bank": [
            {"tool": "send_money", "description": "Sends money.", "parameters": schema, "effect": "send", "needed": true},
            {"name": "get_rate", "purpose": "Today's rate.", "effect": "read", "risk": "low", "tool_type": "lookup",
             "results": "trusted"},
        ],
        "mail": [{"tool": "get_inbox", "description": "Returns the emails in the inbox.", "effect": "read"}],
    });
    let read = catalogue(&file, Form::Auto, Given::default()).unwrap();
    let names: Vec<&str> = read.entries.iter().map(|entry| entry.function.as_str()).collect();
    assert_eq!(names, ["bank.get_rate", "bank.send_money", "mail.get_inbox"]);
    let [rate, send, inbox] = &read.entries[..] else { panic!("three") };
    assert_eq!(rate.derived, [], "the file said everything");
    let found = (send.description.effect, send.description.tool_type, send.description.risk);
    assert_eq!(found, (Effect::Send, ToolType::Action, RiskLevel::Medium));
    assert_eq!(send.description.amount.as_deref(), Some("/amount"));
    let derived: Vec<&str> = send.derived.iter().map(|derived| derived.member).collect();
    assert_eq!(derived, ["tool_type", "risk", "results", "amount"]);
    assert_eq!(send.description.arguments_schema.as_ref().unwrap().to_value(), schema);
    assert_eq!((inbox.description.results, inbox.description.risk), (Trust::Untrusted, RiskLevel::Low));
}

#[test]
fn a_list_names_its_connections_or_the_command_does() {
    let file = json!([{"suite": "shop", "tool": "a"}, {"tool": "b"}]);
    let given = Given { connection: Some("other"), ..Given::default() };
    let read = catalogue(&file, Form::Auto, given).unwrap();
    let names: Vec<&str> = read.entries.iter().map(|entry| entry.function.as_str()).collect();
    assert_eq!(names, ["other.b", "shop.a"]);
    let missing = catalogue(&file, Form::Auto, Given::default()).unwrap_err();
    assert_eq!(missing.code(), "catalogue_connection_missing");
}

#[test]
fn names_and_descriptions_say_what_a_tool_does() {
    use Effect as E;
    let table = [
        ("get_balance", "", E::Read),
        ("listFiles", "", E::Read),
        ("think", "", E::None),
        ("create_note", "", E::Write),
        ("deleteNode", "", E::Destroy),
        ("send_email", "", E::Send),
        ("update_password", "", E::Auth),
        ("get_password_hint", "", E::Read),
        ("acme_thing", "Deletes everything.", E::Destroy),
        ("acme_transfer_thing", "A thing.", E::Send),
        ("acme_thing", "A thing.", E::Destroy),
    ];
    for (name, description, effect) in table {
        let entry = one(json!({"tool": name, "description": description}));
        assert_eq!(entry.description.effect, effect, "{name} {description}");
        assert!(entry.is_derived("effect"));
    }
    let fetch = json!({"type": "object", "properties": {"url": {"type": "string"}}});
    let entry = one(json!({"tool": "fetch", "inputSchema": fetch}));
    assert_eq!((entry.description.effect, entry.description.results), (E::EgressRead, Trust::Untrusted));
}

#[test]
fn results_are_untrusted_where_others_can_write_them() {
    let table = [
        ("get_inbox", "All emails.", Trust::Untrusted),
        ("search_hotels", "Hotels in a city.", Trust::Untrusted),
        ("read_file", "The contents of a local file.", Trust::Untrusted),
        ("get_balance", "The balance, with the transactions.", Trust::Trusted),
        ("get_day", "Returns the current day.", Trust::Trusted),
        ("get_users", "Lists all the users.", Trust::Trusted),
        ("get_rate", "Today's rate.", Trust::Trusted),
    ];
    for (name, description, results) in table {
        let entry = one(json!({"tool": name, "description": description, "effect": "read"}));
        assert_eq!(entry.description.results, results, "{name} {description}");
    }
}

#[test]
fn hints_of_a_server_make_it_stricter_and_never_milder() {
    use Effect as E;
    let effect = |name: &str, annotations: Value| {
        mcp(json!({"name": name, "annotations": annotations})).description.effect
    };
    assert_eq!(effect("delete_all", json!({"readOnlyHint": true, "destructiveHint": false})), E::Destroy);
    assert_eq!(effect("get_it", json!({"readOnlyHint": true})), E::Read);
    assert_eq!(effect("get_it", json!({"readOnlyHint": false})), E::Write);
    assert_eq!(effect("get_it", json!({"openWorldHint": true})), E::EgressRead);
    assert_eq!(effect("create_it", json!({"openWorldHint": true})), E::Send);
    assert_eq!(effect("create_it", json!({"destructiveHint": true})), E::Destroy);
    assert_eq!(effect("update_password", json!({"destructiveHint": true})), E::Auth);
    let entry = mcp(json!({"name": "get_rate", "annotations": {"openWorldHint": true}}));
    assert_eq!(entry.description.results, Trust::Untrusted);
    let entry = mcp(json!({"name": "delete_all", "risk": "low", "results": "trusted", "effect": "read"}));
    assert_eq!(entry.description.effect, E::Destroy, "a server does not say how far to trust it");
}

#[test]
fn an_answer_of_a_server_may_be_wrapped_and_have_more_pages() {
    let tool = json!({"name": "weather", "title": "Weather", "description": "",
        "inputSchema": {"type": "object", "properties": {"city": {"type": "string"}, "api_key": {"type": "string"}}}});
    let given = Given { connection: Some("w"), owner: Some("ops"), ..Given::default() };
    let wrapped = json!({"jsonrpc": "2.0", "id": 1, "result": {"tools": [tool], "nextCursor": "x"}});
    let read = catalogue(&wrapped, Form::Auto, given).unwrap();
    assert!(read.more);
    let [entry] = &read.entries[..] else { panic!("one") };
    assert_eq!(entry.function.as_str(), "w.weather");
    assert_eq!(entry.description.purpose, "Weather");
    assert_eq!(entry.description.sensitive, ["api_key"]);
    let found = (entry.description.effect, entry.description.risk, entry.description.owner.as_deref());
    assert_eq!(found, (Effect::Destroy, RiskLevel::High, Some("ops")), "nothing says what it does");
    let error = json!({"jsonrpc": "2.0", "id": 1, "error": {"code": -1, "message": "go away"}});
    let refused = catalogue(&error, Form::Auto, given).unwrap_err();
    assert!(refused.to_string().contains("`go away`"), "{refused}");
}

#[test]
fn a_write_that_brings_something_in_is_a_lookup_and_one_that_prepares_a_draft() {
    let tool_type = |name: &str| one(json!({"tool": name, "effect": "write"})).description.tool_type;
    assert_eq!(tool_type("download_file"), ToolType::Lookup);
    assert_eq!(tool_type("draft_reply"), ToolType::Draft);
    assert_eq!(tool_type("create_file"), ToolType::Action);
    assert_eq!(one(json!({"tool": "think", "effect": "none"})).description.tool_type, ToolType::Analysis);
}

#[test]
fn numbers_may_come_as_text_where_that_is_said() {
    let number = json!({"type": "number"});
    let file = json!({"shop": [{"tool": "pay", "parameters": {"type": "object", "properties": {
        "amount": number, "parts": {"type": "array", "items": {"type": "integer"}}, "kind": {"type": "number", "enum": [1]},
        "most": {"anyOf": [number, {"type": "null"}]}, "to": {"type": "string"}}}}]});
    let checked = |numbers_as_text: bool, arguments: Value| {
        let given = Given { numbers_as_text, ..Given::default() };
        let read = catalogue(&file, Form::Auto, given).unwrap();
        let schema = read.entries[0].description.arguments_schema.as_ref().unwrap().to_value();
        vidimus_policy::ArgumentSchema::compile(&schema).unwrap().check(&arguments).is_ok()
    };
    for arguments in
        [json!({"amount": "10.5"}), json!({"amount": "-3"}), json!({"parts": ["1", 2]}), json!({"most": "7"})]
    {
        assert!(checked(true, arguments.clone()), "{arguments}");
        assert!(!checked(false, arguments.clone()), "{arguments}");
    }
    for arguments in
        [json!({"amount": "ten"}), json!({"parts": ["1.5"]}), json!({"kind": "1"}), json!({"to": 1})]
    {
        assert!(!checked(true, arguments.clone()), "{arguments}");
    }
    assert!(checked(true, json!({"amount": 1.5, "parts": [1], "kind": 1, "most": null, "to": "x"})));
}

#[test]
fn what_is_no_catalogue_is_refused() {
    let code = |text: &str| read(text.as_bytes(), Form::Auto, &Given::default()).unwrap_err().code();
    assert_eq!(code("{"), "catalogue_no_json");
    assert_eq!(code("1"), "catalogue_shape");
    assert_eq!(code(r#"{"shop": {}}"#), "catalogue_shape");
    assert_eq!(code(r#"{"shop": [1]}"#), "catalogue_tool_invalid");
    assert_eq!(code(r#"{"shop": [{"tool": "a", "effect": "magic"}]}"#), "catalogue_tool_invalid");
    assert_eq!(code(r#"{"shop": [{"tool": "a", "parameters": 1}]}"#), "catalogue_tool_invalid");
    assert_eq!(code(r#"{"shop": [{"tool": "a"}, {"tool": "a"}]}"#), "catalogue_function_twice");
    assert_eq!(code(r#"{"a shop": [{"tool": "a"}]}"#), "catalogue_name_invalid");
    assert_eq!(code(r#"{"shop": [{"tool": "a", "amount": "amount"}]}"#), "catalogue_description_invalid");
    assert_eq!(code(&" ".repeat(MAX_BYTES + 1)), "catalogue_too_large");
    let many: Vec<Value> = (0..=MAX_FUNCTIONS).map(|index| json!({"tool": format!("t{index}")})).collect();
    assert_eq!(code(&json!({"shop": many}).to_string()), "catalogue_too_many");
}
