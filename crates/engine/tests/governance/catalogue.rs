//! Functions and connections, described and withdrawn.

use proto_events::{Access, FunctionDescription, GlobalPosition, Json, StreamId};

use crate::support::*;

fn with_schema(schema: &str) -> FunctionDescription {
    let arguments_schema = Some(Json::from_text(schema.to_owned()).unwrap());
    FunctionDescription { arguments_schema, ..description() }
}

#[tokio::test]
async fn access_and_description_are_one_stream_and_do_not_touch_each_other() {
    let world = World::memory();
    let engine = &world.engine;
    let nothing = engine.function(&tenant(), &function()).await.unwrap();
    assert_eq!((nothing.access, nothing.description, nothing.position), (None, None, GlobalPosition::START));

    let set = engine.set_access(&ada(), function(), Access::Enabled, None).await.unwrap();
    let described = engine.describe_function(&ada(), function(), description()).await.unwrap();
    assert_eq!((set.already, described.already), (false, false));
    assert_eq!(described.access, Some(Access::Enabled));
    assert_eq!(described.description.as_deref(), Some(&description()));
    assert_eq!(described.position, world.log.tail());
    assert_eq!(engine.access(&tenant(), &function()).await.unwrap().access, Some(Access::Enabled));

    let again = engine.describe_function(&ada(), function(), description()).await.unwrap();
    assert_eq!((again.already, again.position), (true, described.position));
    let set = engine.set_access(&ada(), function(), Access::Disabled, None).await.unwrap();
    let read = engine.function(&tenant(), &function()).await.unwrap();
    assert_eq!((read.access, read.position), (Some(Access::Disabled), set.position));
    assert_eq!(read.description.as_deref(), Some(&description()), "the last event alone does not say so");

    let reason = Some("old".to_owned());
    let withdrawn = engine.withdraw_function(&ada(), function(), reason.clone()).await.unwrap();
    assert_eq!((withdrawn.access, withdrawn.description), (Some(Access::Disabled), None));
    assert!(engine.withdraw_function(&ada(), function(), reason).await.unwrap().already);
    assert_eq!(
        world.types(StreamId::function(&function())).await,
        "function_access_changed function_described function_access_changed function_withdrawn"
    );
}

#[tokio::test]
async fn a_schema_that_is_none_is_refused_before_it_is_on_record() {
    let world = World::memory();
    let describe = async |description| world.engine.describe_function(&ada(), function(), description).await;
    for schema in [
        r#"{"type":"nonsense"}"#,
        r#"{"properties":5}"#,
        r#"{"pattern":"(?=x)"}"#,
        r#"{"$ref":"https://example.com/schema"}"#,
    ] {
        assert_eq!(code(describe(with_schema(schema)).await), "schema_invalid", "{schema}");
    }
    for schema in ["[]", "null", "7"] {
        assert_eq!(code(describe(with_schema(schema)).await), "invalid_field", "{schema}");
    }
    assert_eq!(world.log.tail(), GlobalPosition::START);
    let schema = r#"{"type":"object","properties":{"amount":{"type":"number","maximum":100}}}"#;
    describe(with_schema(schema)).await.unwrap();
}

#[tokio::test]
async fn the_schema_of_the_last_description_checks_calls() {
    let world = World::memory();
    world.engine.set_access(&ada(), function(), Access::Enabled, None).await.unwrap();
    let at_most = |most: u32| with_schema(&format!(r#"{{"properties":{{"amount":{{"maximum":{most}}}}}}}"#));
    for (most, expected) in [(100, "permitted"), (10, "blocked"), (1000, "permitted")] {
        world.engine.describe_function(&ada(), function(), at_most(most)).await.unwrap();
        for _ in 0..2 {
            assert_eq!(world.propose("c1", "50").await.as_str(), expected, "at most {most}");
        }
    }
}

#[tokio::test]
async fn a_connection_is_described_and_described_anew() {
    let world = World::memory();
    let engine = &world.engine;
    assert_eq!(engine.connection(&tenant(), "pay").await, Ok(None));
    let described = engine.describe_connection(&ada(), connection()).await.unwrap();
    assert_eq!((described.connection.clone(), described.already), (connection(), false));
    assert!(engine.describe_connection(&ada(), connection()).await.unwrap().already);
    let read = engine.connection(&tenant(), "pay").await.unwrap().unwrap();
    assert_eq!((&read.connection, read.position), (&connection(), described.position));
    let other = proto_events::ConnectionDescribed { owner: Some("group ops".to_owned()), ..connection() };
    assert!(!engine.describe_connection(&ada(), other.clone()).await.unwrap().already);
    assert_eq!(engine.connection(&tenant(), "pay").await.unwrap().unwrap().connection, other);
    let bad = proto_events::ConnectionDescribed { connection: "a.b".to_owned(), ..connection() };
    assert_eq!(code(engine.describe_connection(&ada(), bad).await), "invalid_field");
}

#[tokio::test]
async fn only_administrators() {
    let world = World::memory();
    let engine = &world.engine;
    for nobody in [runtime(), paul(), auditor()] {
        let noes = [
            code(engine.describe_function(&nobody, function(), description()).await),
            code(engine.withdraw_function(&nobody, function(), None).await),
            code(engine.set_access(&nobody, function(), Access::Enabled, None).await),
            code(engine.describe_connection(&nobody, connection()).await),
        ];
        assert_eq!(noes, ["missing_role"; 4], "{}", nobody.actor);
    }
    assert_eq!(world.log.tail(), GlobalPosition::START);
}
