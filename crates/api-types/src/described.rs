//! Descriptions of texts that many requests have, under one name each.

use std::borrow::Cow;

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident = ($min:literal, $max:literal, $pattern:literal, $what:literal);)+) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub struct $name;

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    let text = ObjectBuilder::new()
                        .schema_type(Type::String)
                        .min_length(Some($min))
                        .max_length(Some($max))
                        .pattern(Some($pattern))
                        .description(Some($what));
                    RefOr::T(text.build().into())
                }
            }

            impl ToSchema for $name {
                fn name() -> Cow<'static, str> {
                    stringify!($name).into()
                }
            }
        )+
    };
}

texts! {
    /// A name: of an agent, of a conversation.
    Name = (
        1,
        255,
        "^[^\\x00-\\x1f\\x7f-\\x9f]*[^\\s\\x00-\\x1f\\x7f-\\x9f][^\\x00-\\x1f\\x7f-\\x9f]*$",
        "1 to 255 characters, not blank, without control characters."
    );
    /// A plain name: of a group, of a connection.
    PlainName = (1, 64, "^[A-Za-z0-9_-]{1,64}$", "1 to 64 ASCII letters, digits, `_` and `-`.");
    /// Words that have to be there: a reason, feedback.
    Words = (1, 5000, "[^\\s\\x85]", "1 to 5,000 characters, not blank.");
    /// A decimal number as text.
    DecimalNumber = (
        1,
        27,
        "^-?[0-9]{1,16}(\\.[0-9]{1,9})?$",
        "A decimal number in text, for example `99.50`: at most 16 digits before the point and 9 after it."
    );
    /// An amount as text.
    Amount = (
        1,
        26,
        "^[0-9]{1,16}(\\.[0-9]{1,9})?$",
        "A decimal number over zero in text, for example `99.50`: at most 16 digits before the point and 9 after it."
    );
    /// A text that an argument is compared with.
    ConditionText = (0, 1024, "", "At most 1,024 characters.");
    /// A place in a JSON document (RFC 6901).
    JsonPointer = (
        1,
        255,
        "^(/([^~/]|~[01])*)+$",
        "A JSON Pointer (RFC 6901) to a part, for example `/payment/amount`."
    );
}
