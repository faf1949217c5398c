//! What the arguments of a call hold, and where that comes from.

use serde_json::Value;

use super::{
    catalogue::Described,
    conversation::Conversation,
    identifiers::{self, Kind},
    marks::Marks,
    provenance::{Class, Classes, Room},
    roles::Role,
    words::{self, MIN_BYTES},
};

/// How much is looked at of the arguments of a call, in bytes, without the texts for people in them.
const MAX_BYTES: usize = 64 * 1024;

/// What the arguments of a call hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origins {
    pub(super) destinations: Classes,
    pub(super) hosts: Classes,
    pub(super) objects: Classes,
    pub(super) objects_linked: bool,
    pub(super) has_title: bool,
    pub(super) titles_related: bool,
    pub(super) secrets_known: bool,
}

impl Origins {
    /// Of the arguments of a call in a conversation.
    pub(super) fn of(conversation: &Conversation, described: &Described, arguments: &Value) -> Self {
        let mut reader = Reader {
            conversation,
            destroys: described.destroys,
            room: MAX_BYTES,
            searches: Room::default(),
            origins: Self {
                destinations: Classes::default(),
                hosts: Classes::default(),
                objects: Classes::default(),
                objects_linked: true,
                has_title: false,
                titles_related: true,
                secrets_known: true,
            },
        };
        each_leaf(described, arguments, &mut |role, text| reader.leaf(role, text));
        reader.origins
    }
}

/// Goes over texts and numbers of the arguments, each with the role that it has. The texts for people are left out, but not
/// what is called something else within them.
fn each_leaf(described: &Described, arguments: &Value, found: &mut impl FnMut(Role, &str)) {
    match arguments {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| leaves(value, described.role(name), found));
        }
        other => leaves(other, Role::Other, found),
    }
}

/// The parser allows 128 levels.
fn leaves(value: &Value, role: Role, found: &mut impl FnMut(Role, &str)) {
    match value {
        Value::Null | Value::Bool(_) => {}
        Value::String(text) if role != Role::Free => found(role, text),
        Value::Number(number) if role != Role::Free => found(role, &number.to_string()),
        Value::String(_) | Value::Number(_) => {}
        Value::Array(items) => items.iter().for_each(|item| leaves(item, role, found)),
        Value::Object(members) => {
            for (name, member) in members {
                let role = match (role, Role::of_name(name)) {
                    (Role::Free | Role::Other, inner) if inner != Role::Other => inner,
                    _ => role,
                };
                leaves(member, role, found);
            }
        }
    }
}

/// Whether the arguments name something that the user named.
pub(super) fn name_something_of_user(
    conversation: &Conversation,
    described: &Described,
    arguments: &Value,
) -> bool {
    let mut room = MAX_BYTES;
    let mut is_named = false;
    each_leaf(described, arguments, &mut |_, text| {
        if !is_named && text.len() <= room {
            room -= text.len();
            identifiers::each(text, |one| {
                is_named |= conversation.identifiers.of(one.value).has(Marks::USER)
            });
        }
    });
    is_named
}

struct Reader<'a> {
    conversation: &'a Conversation,
    destroys: bool,
    room: usize,
    searches: Room,
    origins: Origins,
}

impl Reader<'_> {
    fn leaf(&mut self, role: Role, text: &str) {
        // An empty text takes room too: there may be many.
        let Some(room) = self.room.checked_sub(text.len() + 1) else {
            self.unread();
            return;
        };
        self.room = room;
        match role {
            Role::Secret => {
                self.origins.secrets_known &=
                    text.trim().is_empty() || self.conversation.is_known_secret(text, &self.searches);
                return;
            }
            Role::Title => self.title(text),
            _ => {}
        }
        self.identifiers(role, text);
    }

    /// What is not looked at can come from anywhere.
    fn unread(&mut self) {
        let origins = &mut self.origins;
        for classes in [&mut origins.destinations, &mut origins.hosts, &mut origins.objects] {
            classes.add(Class::Made);
        }
        origins.objects_linked = false;
        origins.titles_related = false;
        origins.secrets_known = false;
    }

    fn title(&mut self, text: &str) {
        let mut is_related = false;
        words::each(text, |word, _| {
            if word.len() >= MIN_BYTES {
                words::stem(word);
                is_related |= self.conversation.words.of(word).has(Marks::USER);
            }
        });
        self.origins.has_title = true;
        self.origins.titles_related &= is_related;
    }

    fn identifiers(&mut self, role: Role, text: &str) {
        let (conversation, destroys, origins) = (self.conversation, self.destroys, &mut self.origins);
        let searches = &self.searches;
        let (mut last_end, mut is_address) = (0, false);
        // What is left of a destination beside its identifiers.
        let mut rest = String::new();
        identifiers::each(text, |one| {
            let class = || conversation.class_of(one.kind, one.value, searches);
            if role == Role::Destination {
                rest.push_str(text.get(last_end..one.start).unwrap_or_default());
                rest.push(' ');
            }
            last_end = one.end;
            is_address |= matches!(one.kind, Kind::Mail | Kind::Host | Kind::Path);
            match (one.kind, role) {
                (_, Role::Free | Role::Title | Role::Secret) => {}
                (Kind::Host, _) => origins.hosts.add(class()),
                (_, Role::Time) => {}
                (_, Role::Destination) => origins.destinations.add(class()),
                (_, Role::Object | Role::Other) => origins.objects.add(class()),
            }
            let is_id =
                matches!(one.kind, Kind::Token | Kind::Number) || (one.kind == Kind::Path && destroys);
            if role == Role::Object && is_id {
                origins.objects_linked &= conversation.is_linked(one.value, searches);
            }
        });
        if role == Role::Destination && !is_address && !text.trim().is_empty() {
            rest.push_str(text.get(last_end..).unwrap_or_default());
            match conversation.class_of_name(&rest, searches) {
                Some(class) => origins.destinations.add(class),
                None if last_end == 0 => origins.destinations.add(Class::Made),
                None => {}
            }
        }
    }
}
