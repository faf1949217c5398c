//! Limits at their edges.

use proto_events::Actor;

use super::{InvalidField, actor, name, optional, requester, text};

#[test]
fn names() {
    for fine in ["a", "order 7", &"é".repeat(255), "Zoë 🎉"] {
        assert_eq!(name("agent", fine), Ok(()), "{fine}");
    }
    for (wrong, problem) in [
        ("", "is empty or blank; use 1 to 255 characters"),
        ("  ", "is empty or blank; use 1 to 255 characters"),
        ("a\0b", "contains a control character"),
        ("a\nb", "contains a control character"),
        ("a\u{7f}", "contains a control character"),
        ("a\u{85}b", "contains a control character"),
        (&"é".repeat(256), "has more than 255 characters"),
    ] {
        assert_eq!(name("agent", wrong), Err(InvalidField::Invalid { field: "agent", problem }));
    }
}

#[test]
fn ids_of_principals_are_counted_in_bytes() {
    assert_eq!(actor("by", &Actor::user("x".repeat(255))), Ok(()));
    assert!(actor("by", &Actor::user("x".repeat(256))).is_err());
    let problem = "has an id of more than 255 bytes";
    assert_eq!(
        actor("by", &Actor::user("é".repeat(128))),
        Err(InvalidField::Invalid { field: "by", problem })
    );
}

#[test]
fn nobody_asks_on_behalf_of_the_server_itself() {
    assert_eq!(requester(&Actor::agent("a1")), Ok(()));
    let problem = "is of kind `system`, which is this server itself";
    let refused = InvalidField::Invalid { field: "requester", problem };
    assert_eq!(requester(&Actor::system("deadlines")), Err(refused));
}

#[test]
fn texts_are_counted_in_characters() {
    assert_eq!(text("reason", "ééé", 3), Ok(()));
    assert_eq!(text("reason", "éééé", 3), Err(InvalidField::TooLong { field: "reason", len: 4, max: 3 }));
    assert_eq!(text("reason", " \t\n", 3), Err(InvalidField::Missing { field: "reason" }));
    assert_eq!(optional("reason", None, 3), Ok(()));
    assert_eq!(optional("reason", Some(""), 3), Ok(()));
}
