//! Which bodies may be left out, and which have no fields but their own.

use utoipa::openapi::{
    Components, Content, OpenApi, Ref, RefOr, Schema,
    path::{Operation, PathItem},
    schema::AdditionalProperties,
};

/// What a request chooses from, each choice with fields of its own and no others; of the choices of an enum the description
/// does not say so by itself.
const CHOICES: [&str; 3] = ["BatchVerdict", "GivenFreezeScope", "GivenTest"];

/// Says of what a request chooses from that no field is taken that is not known.
fn say_what_is_whole(components: &mut Components) {
    for name in CHOICES {
        let Some(RefOr::T(Schema::OneOf(choices))) = components.schemas.get_mut(name) else { continue };
        for choice in &mut choices.items {
            if let RefOr::T(Schema::Object(object)) = choice {
                object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
            }
        }
    }
}

/// Says of the bodies of which nothing is required that they may be left out: no body is read as `{}`.
pub(super) fn say_which_are_optional(mut openapi: OpenApi) -> OpenApi {
    let OpenApi { paths, components: Some(components), .. } = &mut openapi else { return openapi };
    say_what_is_whole(components);
    for operation in paths.paths.values_mut().flat_map(operations) {
        let Some(RefOr::T(body)) = &mut operation.request_body else { continue };
        let optional = |content: &RefOr<Content>| match content {
            RefOr::T(Content { schema: Some(schema), .. }) => may_be_empty(schema, components),
            _ => false,
        };
        if body.content.values().all(optional) {
            body.required = None;
        }
    }
    openapi
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

fn may_be_empty(schema: &RefOr<Schema>, components: &Components) -> bool {
    match schema {
        RefOr::T(Schema::Object(object)) => object.required.is_empty(),
        RefOr::T(_) => false,
        RefOr::Ref(Ref { ref_location, .. }) => {
            let name = ref_location.rsplit('/').next().unwrap_or_default();
            let named = components.schemas.get(name);
            named.is_some_and(|named| matches!(named, RefOr::T(_)) && may_be_empty(named, components))
        }
    }
}
