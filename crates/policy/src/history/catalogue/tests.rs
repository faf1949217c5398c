use proto_events::{Json, RiskLevel, ToolType};
use serde_json::json;

use super::*;

fn description(effect: Effect, purpose: &str, schema: &Value) -> FunctionDescription {
    FunctionDescription {
        purpose: purpose.to_owned(),
        tool_type: ToolType::Action,
        effect,
        risk: RiskLevel::Medium,
        results: Trust::Untrusted,
        arguments_schema: Some(Json::from_value(schema)),
        scopes: Vec::new(),
        sensitive: Vec::new(),
        required_context: Vec::new(),
        max_data_age_seconds: None,
        intended_use_required: false,
        owner: None,
        amount: None,
    }
}

fn described(name: &str, purpose: &str, schema: &Value) -> Described {
    let function: FunctionName = name.parse().expect("a name");
    Described::of(&function, &description(Effect::Send, purpose, schema))
}

fn is_of(described: &Described, name: &str) -> bool {
    described.kinds.meets(Kinds::named(name))
}

#[test]
fn a_name_tells_kinds_without_verbs_that_say_little() {
    let send_money = described("bank.send_money", "Sends money.", &json!({}));
    assert!(is_of(&send_money, "transfer") && !is_of(&send_money, "message"));
    let send = described("chat.send", "Pays nobody.", &json!({}));
    assert!(
        is_of(&send, "message") && !is_of(&send, "transfer"),
        "a name that says only that says at least that"
    );
    let other = described("x.do_it", "Books a hotel. Sends no mail.", &json!({}));
    assert!(
        is_of(&other, "book") && !is_of(&other, "message"),
        "the first sentence of the purpose, where the name says nothing"
    );
}

#[test]
fn the_schema_gives_roles_and_tells_codes() {
    let schema = json!({"properties": {
        "handle": {"type": "string", "x-vidimus-role": "destination"},
        "order_id": {"type": "string"},
        "number": {"type": "string", "description": "The verification code that the bank sent."}
    }});
    let described = described("bank.confirm", "Confirms.", &schema);
    assert_eq!(described.role("handle"), Role::Destination);
    assert_eq!(described.role("order_id"), Role::Object);
    assert_eq!(described.role("recipient"), Role::Destination, "by name where the schema does not have it");
    assert!(described.one_time_code);
    let said = json!({"x-vidimus-intents": ["refund", "nonsense"]});
    let said = self::described("bank.pay", "Pays.", &said);
    assert!(is_of(&said, "refund") && !is_of(&said, "transfer"));
}

#[test]
fn a_withdrawn_function_is_not_known_and_tenants_do_not_mix() {
    let (tenant, other): (TenantId, TenantId) =
        ("a".parse().expect("a tenant"), "b".parse().expect("a tenant"));
    let function: FunctionName = "x.y".parse().expect("a name");
    let mut catalogue = Catalogue::default();
    catalogue.describe(&tenant, &function, &description(Effect::Read, "Reads.", &json!({})));
    catalogue.describe(&tenant, &function, &description(Effect::Write, "Writes.", &json!({})));
    assert!(catalogue.get(&tenant, &function).is_some_and(|described| described.acts));
    assert!(catalogue.get(&other, &function).is_none());
    assert_eq!(catalogue.len, 1);
    catalogue.withdraw(&tenant, &function);
    catalogue.withdraw(&tenant, &function);
    assert!(catalogue.get(&tenant, &function).is_none());
    assert_eq!(catalogue.len, 0);
}
