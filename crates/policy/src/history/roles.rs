//! What an argument is to a call, told from its name.

use super::lexicon::{Place, lexicon};

/// What an argument is to a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Role {
    /// A password, a code, a token.
    Secret,
    /// What the call is about: an id, a path.
    Object,
    /// How people call it: a subject, a title.
    Title,
    /// Text for people; what stands in it is not looked at.
    Free,
    /// When.
    Time,
    /// Where something goes to: an address, an account, a person.
    Destination,
    /// Anything else.
    #[default]
    Other,
}

impl Role {
    /// Every role with its name.
    const NAMES: [(&'static str, Self); 7] = [
        ("secret", Self::Secret),
        ("object", Self::Object),
        ("title", Self::Title),
        ("free", Self::Free),
        ("time", Self::Time),
        ("destination", Self::Destination),
        ("other", Self::Other),
    ];

    /// In this order the lexicon is asked.
    const ORDER: [Self; 6] =
        [Self::Secret, Self::Object, Self::Title, Self::Free, Self::Time, Self::Destination];

    /// The role of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::NAMES.into_iter().find(|(known, _)| *known == name).map(|(_, role)| role)
    }

    /// The role of an argument of this name.
    pub(super) fn of_name(name: &str) -> Self {
        let words = words_of(name);
        let joined = format!(" {} ", words.join(" "));
        let last = words.last().map_or("", String::as_str);
        // The id of a user is where something goes to, not what it is about.
        let is_of_user = words.len() > 1 && words[words.len() - 2] == "user";
        let fits = |(role, place, wanted): &(Self, Place, String)| match place {
            Place::Whole => words.len() == 1 && last == wanted,
            Place::Last => last == wanted && !(is_of_user && *role == Self::Object),
            Place::Anywhere => joined.contains(&format!(" {wanted} ")),
        };
        let has = |role: Self| lexicon().roles.iter().any(|entry| entry.0 == role && fits(entry));
        Self::ORDER.into_iter().find(|role| has(*role)).unwrap_or_default()
    }
}

/// The words of a name in lower case and without plural: `filePaths`, `file_path` and `FILE-PATH` are alike.
pub(super) fn words_of(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut after_small = false;
    for letter in name.chars().take(256) {
        let ends = !letter.is_alphanumeric() || (letter.is_uppercase() && after_small);
        if ends && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if letter.is_alphanumeric() {
            word.extend(letter.to_lowercase());
        }
        after_small = letter.is_lowercase();
    }
    if !word.is_empty() {
        words.push(word);
    }
    words.iter().map(|word| singular(word)).collect()
}

fn singular(word: &str) -> String {
    match word.strip_suffix('s') {
        Some(stem) if stem.len() >= 2 && !stem.ends_with('s') => match stem.strip_suffix("sse") {
            Some(stem) => format!("{stem}ss"),
            None => stem.to_owned(),
        },
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_gives_a_role_by_its_words() {
        for (role, names) in [
            (
                Role::Secret,
                &["password", "newPassword", "otp", "api_key", "apiKey", "access-token", "card_pin"][..],
            ),
            (Role::Object, &["order_id", "ids", "orderIDs", "source_path", "filePath", "attachments", "dir"]),
            (Role::Title, &["subject", "title", "name", "eventTitle"]),
            (Role::Free, &["body", "message", "description", "input_values", "queryText"]),
            (Role::Time, &["start_time", "day", "date"]),
            (
                Role::Destination,
                &["to", "cc", "recipients", "user_id", "userId", "email", "addresses", "websiteUrl"],
            ),
            (
                Role::Other,
                &["amount", "quantity", "from", "update", "profile_picture", "direction", "into", ""],
            ),
        ] {
            for name in names {
                assert_eq!(Role::of_name(name), role, "{name}");
            }
        }
    }
}
