//! Words of names and descriptions, and what they say of a tool.

use proto_events::Effect;

/// What a verb does to the world. General English, in the base form.
const VERBS: &[(Effect, &[&str])] = &[
    (Effect::None, &["think", "calculate", "compute", "convert", "format", "parse"]),
    (
        Effect::Read,
        &[
            "get", "fetch", "retrieve", "list", "view", "read", "search", "find", "lookup", "query", "show",
            "describe", "count", "check", "browse", "load", "inspect", "visit", "status",
        ],
    ),
    (
        Effect::Write,
        &[
            "create",
            "add",
            "update",
            "set",
            "edit",
            "write",
            "save",
            "insert",
            "append",
            "move",
            "copy",
            "rename",
            "put",
            "patch",
            "schedule",
            "reschedule",
            "modify",
            "change",
            "assign",
            "mark",
            "archive",
            "restore",
            "download",
            "import",
            "draft",
            "prepare",
            "compose",
            "make",
            "open",
            "close",
        ],
    ),
    (
        Effect::Send,
        &[
            "send",
            "pay",
            "transfer",
            "wire",
            "post",
            "publish",
            "email",
            "mail",
            "message",
            "notify",
            "invite",
            "share",
            "submit",
            "reply",
            "forward",
            "buy",
            "purchase",
            "order",
            "checkout",
            "refund",
            "book",
            "reserve",
            "subscribe",
            "call",
            "dial",
            "upload",
            "export",
            "deploy",
            "push",
            "merge",
            "execute",
            "run",
            "input",
            "register",
        ],
    ),
    (
        Effect::Destroy,
        &[
            "delete",
            "remove",
            "drop",
            "clear",
            "cancel",
            "destroy",
            "purge",
            "wipe",
            "erase",
            "truncate",
            "terminate",
            "kill",
            "uninstall",
            "reset",
            "overwrite",
        ],
    ),
    (
        Effect::Auth,
        &["login", "logon", "authenticate", "authorize", "authorise", "grant", "revoke", "impersonate"],
    ),
];

/// What who-may-do-what is made of: a function that changes one of these is of the class `auth`.
const CREDENTIALS: &[&str] = &[
    "password",
    "passwords",
    "passwd",
    "otp",
    "2fa",
    "mfa",
    "credential",
    "credentials",
    "permission",
    "permissions",
    "login",
];

/// How names of functions begin that bring something in.
const LOOKUPS: &[&str] = &[
    "get", "fetch", "retrieve", "list", "view", "read", "search", "find", "lookup", "download", "show",
    "load",
];

/// How names of functions begin that prepare something.
const DRAFTS: &[&str] = &["draft", "prepare", "compose", "propose", "preview", "suggest"];

/// Content that others can write.
const OTHERS: &[&str] = &[
    "email",
    "emails",
    "e mail",
    "e mails",
    "inbox",
    "message",
    "messages",
    "webpage",
    "webpages",
    "web page",
    "web pages",
    "web",
    "url",
    "post",
    "posts",
    "comment",
    "comments",
    "review",
    "reviews",
    "file",
    "files",
    "content of",
    "contents of",
    "channel",
    "channels",
    "search for product",
    "search for products",
    "issue",
    "issues",
    "pull request",
    "pull requests",
    "ticket",
    "tickets",
    "event",
    "events",
    "appointment",
    "appointments",
    "transaction",
    "transactions",
    "listing",
    "listings",
    "restaurant",
    "restaurants",
    "hotel",
    "hotels",
];

/// What only the tenant's own systems say.
const OWN: &[&str] = &[
    "current account",
    "current day",
    "current cart",
    "own",
    "balance",
    "user information",
    "order history",
    "available discount",
    "user details",
    "details of a user",
    "details of an user",
    "details of a reservation",
];

/// What lists of names are of.
const DIRECTORIES: &[&str] = &["users", "members", "channels", "contacts", "airports", "accounts"];

/// The words of a text, in lower case; `camelCase` is two.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for character in text.chars() {
        let begins = !character.is_alphanumeric() || (character.is_uppercase() && before.is_lowercase());
        if let Some(last) = words.last_mut()
            && begins
            && !last.is_empty()
        {
            words.push(String::new());
        }
        if let Some(last) = words.last_mut()
            && character.is_alphanumeric()
        {
            last.extend(character.to_lowercase());
        }
        before = character;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The words with a space around each.
pub(super) fn spaced(words: &[String]) -> String {
    format!(" {} ", words.join(" "))
}

fn says(spaced: &str, phrases: &[&str]) -> Option<String> {
    phrases.iter().find(|phrase| spaced.contains(&format!(" {phrase} "))).map(|phrase| (*phrase).to_owned())
}

fn is_one_of(word: Option<&String>, of: &[&str]) -> bool {
    word.is_some_and(|word| of.contains(&word.as_str()))
}

fn verb(word: &str) -> Option<Effect> {
    let of = |word: &str| VERBS.iter().find(|(_, verbs)| verbs.contains(&word)).map(|(effect, _)| *effect);
    of(word).or_else(|| of(word.strip_suffix('s')?)).or_else(|| of(word.strip_suffix("es")?))
}

/// What a function does as its words say, and the word: the name's first word, else how the description begins, else the
/// strictest that any word of the name says.
pub(super) fn effect(name: &[String], description: &[String]) -> Option<(Effect, String)> {
    let said = |word: &String| Some((verb(word)?, word.clone()));
    let first = |words: &[String]| words.first().and_then(said);
    first(name)
        .or_else(|| first(description))
        .or_else(|| name.iter().filter_map(said).max_by_key(|(effect, _)| *effect))
}

/// The word for something that says who may do what.
pub(super) fn credential(name: &[String]) -> Option<&String> {
    name.iter().find(|word| CREDENTIALS.contains(&word.as_str()))
}

/// Whether the name says that the function brings something in.
pub(super) fn is_lookup(name: &[String]) -> bool {
    is_one_of(name.first(), LOOKUPS)
}

/// Whether the name says that the function prepares something.
pub(super) fn is_draft(name: &[String]) -> bool {
    is_one_of(name.first(), DRAFTS)
}

/// The words of name or description for content that others can write; nothing where the description says that it is the
/// tenant's own.
pub(super) fn written_by_others(name: &[String], description: &[String]) -> Result<Option<String>, String> {
    let described = spaced(description);
    if let Some(own) = says(&described, OWN) {
        return Err(own);
    }
    let skipped = |word: &&String| !matches!(word.as_str(), "of" | "all" | "the" | "their");
    for (at, word) in description.iter().enumerate() {
        let listed = description.iter().skip(at + 1).find(skipped);
        if matches!(word.as_str(), "list" | "lists")
            && let Some(listed) = listed.filter(|listed| is_one_of(Some(listed), DIRECTORIES))
        {
            return Err(format!("list of {listed}"));
        }
    }
    Ok(says(&spaced(name), OTHERS).or_else(|| says(&described, OTHERS)))
}
