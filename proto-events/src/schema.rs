//! JSON Schemas (draft 2020-12) of everything that is recorded or published.

use schemars::{JsonSchema, Schema, generate::SchemaSettings};

use crate::{CloudEvent, Event, Notification, envelope::RecordedEventJson};

/// What is written, not what would be read: a key that is always there is required, also where it may be `null`.
pub(crate) fn of<T: JsonSchema>() -> Schema {
    let schema = SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>();
    let mut value = schema.clone().to_value();
    // In one order, whatever else is built along with this.
    value.sort_all_objects();
    Schema::try_from(value).unwrap_or(schema)
}

/// File name (without folder) and schema of every event payload, of the recorded event, of its CloudEvent and of the
/// notification.
pub fn schemas() -> Vec<(String, Schema)> {
    let payloads = Event::payload_schemas()
        .into_iter()
        .map(|(event_type, version, schema)| (format!("{event_type}.v{version}.schema.json"), schema));
    let whole = [
        ("recorded_event.schema.json".to_owned(), of::<RecordedEventJson>()),
        ("cloud_event.schema.json".to_owned(), of::<CloudEvent>()),
        ("notification.schema.json".to_owned(), of::<Notification>()),
    ];
    payloads.chain(whole).collect()
}
