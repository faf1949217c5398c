//! OpenAPI descriptions of the types that are written as one value; those of several fields derive theirs.

use std::borrow::Cow;

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, schema::Type},
};

use crate::{
    Digest, FunctionName, GlobalPosition, Json, RecordedEvent, StreamId, StreamVersion, TenantId, Timestamp,
    envelope::RecordedEventJson,
};

macro_rules! described {
    ($($type:ty = $name:literal, $build:expr;)+) => {
        $(
            impl PartialSchema for $type {
                fn schema() -> RefOr<Schema> {
                    let build: fn(ObjectBuilder) -> ObjectBuilder = $build;
                    RefOr::T(build(ObjectBuilder::new()).build().into())
                }
            }

            impl ToSchema for $type {
                fn name() -> Cow<'static, str> {
                    $name.into()
                }
            }
        )+
    };
}

fn name(object: ObjectBuilder, pattern: &str, max: usize, what: &str) -> ObjectBuilder {
    object
        .schema_type(Type::String)
        .pattern(Some(pattern))
        .min_length(Some(1))
        .max_length(Some(max))
        .description(Some(what))
}

fn index(object: ObjectBuilder, what: &str) -> ObjectBuilder {
    object
        .schema_type(Type::Integer)
        // No format: half of these are no `int64`.
        .minimum(Some(0))
        .maximum(Some(u64::MAX))
        .description(Some(what))
}

described! {
    TenantId = "TenantId", |object| name(object, "^[A-Za-z0-9_-]{1,64}$", 64, "A tenant.");
    StreamId = "StreamId", |object| {
        name(object, "^[a-z_]+-[A-Za-z0-9_-]+$", 128, "A stream within a tenant: `category-token`.")
    };
    FunctionName = "FunctionName", |object| {
        let pattern = "^[A-Za-z0-9_-]{1,64}\\.[^\\u0000-\\u001f\\u007f-\\u009f]{1,255}$";
        name(object, pattern, 320, "A function of a connection: `connection.function`.")
    };
    Timestamp = "Timestamp", |object| {
        object
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("RFC 3339 in UTC, to the microsecond."))
    };
    Digest = "Digest", |object| {
        object
            .schema_type(Type::String)
            .pattern(Some("^[0-9a-fA-F]{64}$"))
            .description(Some("SHA-256, 64 hexadecimal digits."))
    };
    GlobalPosition = "GlobalPosition", |object| {
        index(object, "1-based, gapless index of an event in the whole log; 0 is before the first.")
    };
    StreamVersion = "StreamVersion", |object| index(object, "0-based index of an event in its stream.");
    Json = "Json", |object| object.schema_type(utoipa::openapi::schema::SchemaType::AnyValue)
        .description(Some("Any JSON value."));
}

impl PartialSchema for RecordedEvent {
    fn schema() -> RefOr<Schema> {
        RecordedEventJson::schema()
    }
}

impl ToSchema for RecordedEvent {
    fn name() -> Cow<'static, str> {
        "RecordedEvent".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        RecordedEventJson::schemas(schemas);
    }
}
