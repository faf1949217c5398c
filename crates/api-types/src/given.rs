//! Reading what a caller hands in more strictly than what is on record: an object is an object and no list of its
//! values, and has no field that is not known. What is on record may grow, so its own types pass over such fields.

use std::{fmt, marker::PhantomData};

use proto_events::{Actor, ActorKind, CallError, Json, Timestamp, Timing};
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Unexpected, Visitor, value::MapAccessDeserializer},
};

/// A principal that a request names.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct GivenActor {
    /// What kind of principal; never `system`, which is the server itself.
    #[cfg_attr(feature = "openapi", schema(schema_with = given_kind))]
    kind: ActorKind,
    /// Which one, within its tenant and kind; 1 to 255 bytes.
    #[cfg_attr(
        feature = "openapi",
        schema(
            min_length = 1,
            max_length = 255,
            pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*[^\\s\\x00-\\x1f\\x7f-\\x9f][^\\x00-\\x1f\\x7f-\\x9f]*$"
        )
    )]
    id: String,
}

/// Every kind that a request may name.
#[cfg(feature = "openapi")]
fn given_kind() -> utoipa::openapi::Schema {
    use ActorKind as K;
    utoipa::openapi::ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::Type::String)
        .enum_values(Some([K::Agent, K::User, K::Service].map(K::as_str)))
        .description(Some("What kind of principal."))
        .build()
        .into()
}

impl From<GivenActor> for Actor {
    fn from(GivenActor { kind, id }: GivenActor) -> Self {
        Self::new(kind, id)
    }
}

/// Declares principals of some kinds that a request names.
macro_rules! principals {
    ($($(#[$doc:meta])* $name:ident, $kind:ident { $($(#[$kind_doc:meta])* $variant:ident,)+ })+) => {
        $(
            $(#[$doc])*
            #[derive(Deserialize)]
            #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
            #[serde(deny_unknown_fields)]
            pub(crate) struct $name {
                // What kind of principal.
                #[cfg_attr(feature = "openapi", schema(inline))]
                kind: $kind,
                /// Which one, within its tenant and kind; 1 to 255 bytes.
                #[cfg_attr(
                    feature = "openapi",
                    schema(
                        min_length = 1,
                        max_length = 255,
                        pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*[^\\s\\x00-\\x1f\\x7f-\\x9f][^\\x00-\\x1f\\x7f-\\x9f]*$"
                    )
                )]
                id: String,
            }

            /// What kind of principal.
            #[derive(Deserialize)]
            #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
            #[serde(rename_all = "snake_case")]
            enum $kind { $($(#[$kind_doc])* $variant,)+ }

            impl From<$name> for Actor {
                fn from($name { kind, id }: $name) -> Self {
                    Self::new(match kind { $($kind::$variant => ActorKind::$variant,)+ }, id)
                }
            }
        )+
    };
}

principals! {
    /// A person that a request names.
    GivenPerson, PersonKind {
        /// A person.
        User,
    }
    /// A reviewer that a request names.
    GivenReviewer, ReviewerKind {
        /// A person.
        User,
        /// A program that acts on its own authority, for example an intervention service.
        Service,
    }
}

/// Why a call failed, as its executor says.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct GivenError {
    /// What the tool said; at most 256 KiB.
    message: String,
    /// The tool's code.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 128))]
    code: Option<String>,
    /// The error's type.
    #[serde(default, rename = "type")]
    #[cfg_attr(feature = "openapi", schema(max_length = 200))]
    error_type: Option<String>,
    /// Stack trace.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 20_000))]
    stack_trace: Option<String>,
}

impl From<GivenError> for CallError {
    fn from(GivenError { message, code, error_type, stack_trace }: GivenError) -> Self {
        Self { message, code, error_type, stack_trace }
    }
}

/// When a call ran, as its executor measured it.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct GivenTiming {
    /// When it started.
    started_at: Timestamp,
    /// When it ended.
    finished_at: Timestamp,
    /// How long it took, in milliseconds.
    #[serde(deserialize_with = "whole")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    duration_ms: u64,
}

impl From<GivenTiming> for Timing {
    fn from(GivenTiming { started_at, finished_at, duration_ms }: GivenTiming) -> Self {
        Self { started_at, finished_at, duration_ms }
    }
}

/// A `T` that is read from an object only: what serde derives reads a list of the fields' values as well.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }

        deserializer.deserialize_map(ObjectVisitor(PhantomData)).map(Self)
    }
}

/// Reads a body: a `T` from an object, and from nothing else.
///
/// # Errors
/// As the deserializer does.
pub fn object<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    Object::deserialize(deserializer).map(|Object(value)| value)
}

fn optional<'de, G, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    G: Deserialize<'de> + Into<T>,
    D: Deserializer<'de>,
{
    let given: Option<Object<G>> = Option::deserialize(deserializer)?;
    Ok(given.map(|Object(given)| given.into()))
}

/// Reads an object that has to be there.
pub(crate) fn into<'de, G, T, D>(deserializer: D) -> Result<T, D::Error>
where
    G: Deserialize<'de> + Into<T>,
    D: Deserializer<'de>,
{
    Object::<G>::deserialize(deserializer).map(|Object(given)| given.into())
}

/// Reads a list of objects.
pub(crate) fn list<'de, G, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    G: Deserialize<'de> + Into<T>,
    D: Deserializer<'de>,
{
    let given = Vec::<Object<G>>::deserialize(deserializer)?;
    Ok(given.into_iter().map(|Object(given)| given.into()).collect())
}

/// Reads a JSON object as it is written.
pub(crate) fn json_object<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Json>, D::Error> {
    let json = Option::<Json>::deserialize(deserializer)?;
    match json {
        Some(json) if !json.as_str().starts_with('{') => Err(D::Error::custom("this is no object")),
        json => Ok(json),
    }
}

/// Reads a text that `is_one`.
fn text<'de, D: Deserializer<'de>>(
    deserializer: D,
    is_one: fn(&str) -> bool,
    expected: &'static str,
) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if is_one(&text) { Ok(text) } else { Err(D::Error::invalid_value(Unexpected::Str(&text), &expected)) }
}

fn is_amount(text: &str) -> bool {
    let digits = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, rest)| (whole, Some(rest)));
    digits(whole, 16) && fraction.is_none_or(|fraction| digits(fraction, 9))
}

fn is_pointer(text: &str) -> bool {
    let escapes = || text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    text.starts_with('/') && text.chars().count() <= 255 && escapes()
}

const POINTER: &str = "a JSON Pointer to a part, for example `/payment/amount`, of at most 255 characters";

/// Reads a decimal number in text.
pub(crate) fn decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let is_one = |text: &str| is_amount(text.strip_prefix('-').unwrap_or(text));
    text(deserializer, is_one, "a decimal number, for example `99.50`")
}

/// Reads an amount in text.
pub(crate) fn amount<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    struct Amount(String);

    impl<'de> Deserialize<'de> for Amount {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            text(deserializer, is_amount, "an amount, for example `99.50`").map(Self)
        }
    }

    Ok(Option::<Amount>::deserialize(deserializer)?.map(|Amount(text)| text))
}

/// Reads a JSON Pointer.
pub(crate) fn pointer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    text(deserializer, is_pointer, POINTER)
}

/// Reads a JSON Pointer that may be left out.
pub(crate) fn optional_pointer<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    struct Pointer(String);

    impl<'de> Deserialize<'de> for Pointer {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            pointer(deserializer).map(Self)
        }
    }

    Ok(Option::<Pointer>::deserialize(deserializer)?.map(|Pointer(text)| text))
}

pub(crate) fn actor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Actor>, D::Error> {
    optional::<GivenActor, _, _>(deserializer)
}

pub(crate) fn person<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Actor>, D::Error> {
    optional::<GivenPerson, _, _>(deserializer)
}

pub(crate) fn error<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<CallError>, D::Error> {
    optional::<GivenError, _, _>(deserializer)
}

pub(crate) fn timing<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timing>, D::Error> {
    optional::<GivenTiming, _, _>(deserializer)
}

/// An integer from 0 however it is written: `1.0` is one. What is beyond `u64` is the largest of it.
struct Whole(u64);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WholeVisitor;

        impl Visitor<'_> for WholeVisitor {
            type Value = u64;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an integer from 0")
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<u64, E> {
                Ok(value)
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<u64, E> {
                let unexpected = || E::invalid_value(Unexpected::Float(value), &self);
                // The cast holds what is too large within `u64`.
                if value >= 0.0 && value.fract() == 0.0 { Ok(value as u64) } else { Err(unexpected()) }
            }
        }

        // Any: within an enum the value is kept before it is read, and what was kept as `1.0` is no integer to serde.
        deserializer.deserialize_any(WholeVisitor).map(Self)
    }
}

fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    Whole::deserialize(deserializer).map(|Whole(value)| value)
}

pub(crate) fn integer<'de, T: TryFrom<u64>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let Some(Whole(value)) = Option::deserialize(deserializer)? else { return Ok(None) };
    let too_large = || D::Error::invalid_value(Unexpected::Unsigned(value), &"a smaller integer");
    T::try_from(value).map(Some).map_err(|_| too_large())
}

/// Reads a value that is there: `null` is what the tool returned, not nothing.
pub(crate) fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Json>, D::Error> {
    Json::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use crate::{Complete, GlobalPosition, Progress, ReplayWebhook};

    #[test]
    fn integers_however_they_are_written() {
        let percent = |value: &str| {
            let read = serde_json::from_str::<Progress>(&format!("{{\"percent\":{value}}}"));
            read.map(|progress| progress.percent).map_err(|error| error.to_string())
        };
        assert_eq!([percent("34"), percent("34.0"), percent("3.4e1")], [(); 3].map(|()| Ok(Some(34))));
        assert_eq!(percent("null"), Ok(None));
        for no in ["34.5", "-1", "-1.0", "256", "1e3", "\"34\"", "true", "[34]"] {
            assert!(percent(no).is_err(), "{no}");
        }
        let after = |value: &str| {
            let read = serde_json::from_str::<ReplayWebhook>(&format!("{{\"after\":{value}}}"));
            read.ok().and_then(|replay| replay.after).map(GlobalPosition::get)
        };
        assert_eq!([after("7"), after("7.0"), after("7.5")], [Some(7), Some(7), None]);
        let duration = |value: &str| {
            let (start, end) = ("2026-01-15T10:30:00Z", "2026-01-15T10:30:01Z");
            let timing = format!(r#"{{"started_at":"{start}","finished_at":"{end}","duration_ms":{value}}}"#);
            let read = serde_json::from_str::<Complete>(&format!("{{\"timing\":{timing}}}"));
            read.ok().and_then(|complete| complete.timing).map(|timing| timing.duration_ms)
        };
        assert_eq!(duration("18446744073709551615"), Some(u64::MAX));
        assert_eq!([duration("18446744073709551616"), duration("1e300")], [Some(u64::MAX); 2]);
        assert_eq!([duration("0.5"), duration("-1"), duration("null")], [None; 3]);
    }
}
