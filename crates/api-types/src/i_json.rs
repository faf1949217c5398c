//! The description of strict I-JSON (RFC 7493), which arguments have to be.

use std::borrow::Cow;

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ArrayBuilder, ObjectBuilder, OneOfBuilder, Ref, RefOr, Schema,
        schema::{SchemaType, Type},
    },
};

/// The largest number, up and down: 2^53 − 1.
const MAX_NUMBER: i64 = (1 << 53) - 1;

/// An object of strict I-JSON.
pub(crate) struct IJsonObject;

/// A value within it.
struct IJsonValue;

/// Every character but those that Unicode reserves for internal use: the last two of each plane, and some in the first.
fn text() -> ObjectBuilder {
    let mut reserved = String::from("\\ufdd0-\\ufdef\\ufffe\\uffff");
    // No way to escape these is understood by all who read patterns.
    for plane in (0x1_0000_u32..=0x10_0000).step_by(0x1_0000) {
        reserved.extend((plane + 0xfffe..=plane + 0xffff).filter_map(char::from_u32));
    }
    ObjectBuilder::new().schema_type(Type::String).pattern(Some(format!("^[^{reserved}]*$")))
}

fn value() -> RefOr<Schema> {
    Ref::from_schema_name(IJsonValue::name()).into()
}

fn object() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .property_names(Some(Schema::from(text().build())))
        .additional_properties(Some(value()))
}

impl PartialSchema for IJsonObject {
    fn schema() -> RefOr<Schema> {
        let description =
            "An object of strict I-JSON (RFC 7493), no key twice; at most 256 KiB and 64 levels deep.";
        RefOr::T(object().description(Some(description)).build().into())
    }
}

impl ToSchema for IJsonObject {
    fn name() -> Cow<'static, str> {
        "IJsonObject".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((IJsonValue::name().into_owned(), IJsonValue::schema()));
    }
}

impl PartialSchema for IJsonValue {
    fn schema() -> RefOr<Schema> {
        let plain = SchemaType::from_iter([Type::Null, Type::Boolean]);
        let number = ObjectBuilder::new()
            .schema_type(Type::Number)
            .minimum(Some(-MAX_NUMBER))
            .maximum(Some(MAX_NUMBER))
            .build();
        let one_of = OneOfBuilder::new()
            .item(Schema::from(ObjectBuilder::new().schema_type(plain).build()))
            .item(Schema::from(number))
            .item(Schema::from(text().build()))
            .item(Schema::from(ArrayBuilder::new().items(value()).build()))
            .item(Schema::from(object().build()))
            .description(Some(
                "A value of strict I-JSON: numbers that every reader understands, no noncharacters.",
            ));
        RefOr::T(one_of.build().into())
    }
}

impl ToSchema for IJsonValue {
    fn name() -> Cow<'static, str> {
        "IJsonValue".into()
    }
}
