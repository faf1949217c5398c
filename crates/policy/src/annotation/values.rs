//! The values of annotations. An error says how to write it.

use proto_events::{Actor, ActorKind};

/// The longest text of an annotation, in bytes.
const MAX_TEXT_BYTES: usize = 1_000;
/// The most reviewers of a rule, and of an escalation.
const MAX_DECIDERS: usize = 16;
/// The most escalations of a rule.
const MAX_ESCALATIONS: usize = 8;
/// The longest duration: 30 days.
const MAX_SECONDS: u32 = 30 * 86_400;

/// Who may decide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Deciders {
    pub(crate) groups: Vec<String>,
    pub(crate) people: Vec<Actor>,
}

pub(super) fn text(value: &str) -> Result<String, String> {
    if value.trim().is_empty() || value.len() > MAX_TEXT_BYTES {
        return Err(format!("write 1 to {MAX_TEXT_BYTES} bytes of text"));
    }
    Ok(value.to_owned())
}

pub(super) fn flag(value: &str) -> Result<bool, String> {
    value.parse().map_err(|_| "write `true` or `false`".to_owned())
}

pub(super) fn quorum(value: &str) -> Result<u8, String> {
    within(value, 1, 20)
}

pub(super) fn stage(value: &str) -> Result<u8, String> {
    within(value, 1, 9)
}

fn within(value: &str, least: u8, most: u8) -> Result<u8, String> {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let number = value.parse().ok().filter(|number| digits && (least..=most).contains(number));
    number.ok_or_else(|| format!("write a number from {least} to {most}"))
}

/// `90s`, `30m`, `4h`, `2d`, in seconds.
pub(super) fn duration(value: &str) -> Result<u32, String> {
    let parse = || {
        let (digits, unit) = value.split_at_checked(value.len().checked_sub(1)?)?;
        let seconds: u32 = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return None,
        };
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let count: u32 = digits.parse().ok().filter(|_| is_number)?;
        count.checked_mul(seconds).filter(|seconds| (1..=MAX_SECONDS).contains(seconds))
    };
    parse().ok_or_else(|| {
        "write a number and `s`, `m`, `h` or `d`, from `1s` to `30d`, for example `4h`".to_owned()
    })
}

/// `finance,ops,user:ana`.
pub(super) fn reviewers(value: &str) -> Result<Deciders, String> {
    let mut deciders = Deciders::default();
    for name in value.split(',').map(str::trim) {
        add(&mut deciders, name)?;
    }
    if deciders.groups.len() + deciders.people.len() > MAX_DECIDERS {
        return Err(format!("name at most {MAX_DECIDERS} groups and people"));
    }
    Ok(deciders)
}

/// `1h:leads,3h:user:ana`, soonest first.
pub(super) fn escalations(value: &str) -> Result<Vec<(u32, Deciders)>, String> {
    let mut found: Vec<(u32, Deciders)> = Vec::new();
    for part in value.split(',').map(str::trim) {
        let (after, name) = part.split_once(':').ok_or_else(|| {
            "write a duration, `:` and a name for each, for example `1h:leads,3h:heads`".to_owned()
        })?;
        let after = duration(after)?;
        match found.iter_mut().find(|(other, _)| *other == after) {
            Some((_, deciders)) => add(deciders, name)?,
            None => {
                let mut deciders = Deciders::default();
                add(&mut deciders, name)?;
                found.push((after, deciders));
            }
        }
    }
    let most_names = found.iter().map(|(_, who)| who.groups.len() + who.people.len()).max().unwrap_or(0);
    if found.len() > MAX_ESCALATIONS || most_names > MAX_DECIDERS {
        return Err(format!(
            "name at most {MAX_ESCALATIONS} times and {MAX_DECIDERS} groups and people for each"
        ));
    }
    found.sort_by_key(|(after, _)| *after);
    Ok(found)
}

fn add(deciders: &mut Deciders, name: &str) -> Result<(), String> {
    let person = |kind, id: &str| {
        let fits = (1..=Actor::MAX_ID_BYTES).contains(&id.len()) && !id.chars().any(char::is_control);
        fits.then(|| Actor::new(kind, id.to_owned()))
    };
    let is_new = if let Some(id) = name.strip_prefix("user:") {
        person(ActorKind::User, id).map(|actor| push(&mut deciders.people, actor))
    } else if let Some(id) = name.strip_prefix("service:") {
        person(ActorKind::Service, id).map(|actor| push(&mut deciders.people, actor))
    } else {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        let is_group = (1..=64).contains(&name.len()) && name.bytes().all(fits);
        is_group.then(|| push(&mut deciders.groups, name.to_owned()))
    };
    match is_new {
        Some(true) => Ok(()),
        Some(false) => Err(format!("name `{}` once", name.escape_debug())),
        None => {
            Err("name groups (1 to 64 ASCII letters, digits, `_`, `-` and `.`), or people as `user:ID` or \
                     `service:ID`, with commas between them"
                .to_owned())
        }
    }
}

fn push<T: PartialEq>(items: &mut Vec<T>, item: T) -> bool {
    let is_new = !items.contains(&item);
    if is_new {
        items.push(item);
    }
    is_new
}
