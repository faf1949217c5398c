use serde_json::json;

use super::*;
use crate::pages::tests::executed;

fn messages(minutes: &[u32], more: bool) -> Page<UserMessage> {
    let item = |minute: &u32| {
        json!({
            "text": format!("said {minute}"), "at": format!("2026-01-15T10:{minute:02}:00Z"),
            "by": {"kind": "agent", "id": "a"}, "position": minute + 1,
        })
    };
    let items: Vec<_> = minutes.iter().rev().map(item).collect();
    serde_json::from_value(json!({"items": items, "next": more.then_some("7"), "position": 99})).unwrap()
}

fn calls(minutes: &[u32], more: bool) -> Page<Execution> {
    let item = |minute: &u32| {
        let at = format!("2026-01-15T10:{minute:02}:00Z");
        executed(json!({"function": format!("mail.at_{minute}"), "created_at": at}))
    };
    let items: Vec<_> = minutes.iter().rev().map(item).collect();
    serde_json::from_value(json!({"items": items, "next": more.then_some("7"), "position": 99})).unwrap()
}

fn shown(said: &Page<UserMessage>, calls: &Page<Execution>) -> (Vec<String>, bool) {
    let (turns, more) = turns(Some(said), calls);
    let words = turns.into_iter().map(|turn| match turn {
        Turn::Said(said) => said.text,
        Turn::Called(call) => call.function,
    });
    (words.collect(), more)
}

#[test]
fn what_was_said_and_what_was_done_come_one_after_the_other() {
    let (said, more) = shown(&messages(&[1, 4, 5], false), &calls(&[2, 3, 5], false));
    assert_eq!(said, ["said 1", "mail.at_2", "mail.at_3", "said 4", "said 5", "mail.at_5"]);
    assert!(!more);
}

#[test]
fn nothing_is_missing_between_two_that_are_shown() {
    let (said, more) = shown(&messages(&[1, 6], false), &calls(&[4, 5, 7], true));
    assert_eq!(
        (said, more),
        (vec!["mail.at_4".into(), "mail.at_5".into(), "said 6".into(), "mail.at_7".into()], true)
    );
    let (said, more) = shown(&messages(&[5, 6], true), &calls(&[2, 4, 7], true));
    assert_eq!((said, more), (vec!["said 5".into(), "said 6".into(), "mail.at_7".into()], true));
}

#[test]
fn what_cannot_be_seen_is_spelt_out() {
    let mut page = messages(&[1], false);
    page.items[0].text = "pay\u{202e}\nana".into();
    assert_eq!(Said::from(&page.items[0]).text, "pay\\u{202e}\nana");
}
