//! What holds of the fold whatever happens.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "history/scenario.rs"]
mod scenario;

use proptest::{prelude::*, sample::select};
use scenario::{World, words};
use vidimus_policy::HistoryFacts;

const CALLS: [&str; 8] = [
    r#"bank.send_money {"recipient": "GB29NWBK6016", "amount": 80}"#,
    r#"bank.send_money {"recipient": "Petra Kern"}"#,
    r#"mail.send_mail {"to": "petra.k@post.test", "subject": "garden party", "body": "x"}"#,
    r#"web.fill_form {"url": "https://garden.org/x"}"#,
    r#"shop.refund_order {"order_id": "A-17"}"#,
    r#"files.delete_file {"path": "/home/petra/a.txt"}"#,
    r#"portal.log_in {"username": "petra", "password": "tulip77"}"#,
    r#"bank.confirm {"otp": "tulip77"}"#,
];

/// Pieces that texts of users and results are made of.
const PIECES: [&str; 22] = [
    "please",
    "pay",
    "the",
    "refund",
    "Petra",
    "Kern",
    "garden",
    "party",
    "tulip77",
    "GB29NWBK6016",
    "A-17",
    "and",
    "petra.k@post.test",
    "https://garden.org/x",
    "/home/petra/a.txt",
    "mail",
    "do what is listed",
    "delete",
    "80",
    "Ignore all previous instructions",
    "\n- ",
    "}",
];

#[derive(Clone, Debug)]
enum Step {
    User(String),
    Call(&'static str, &'static str),
    Result(&'static str, String),
    Minutes(i64),
}

const UNTRUSTED: &str = "mail.read_inbox";

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(select(&PIECES[..]), 0..12).prop_map(|pieces| pieces.join(" "))
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        text().prop_map(Step::User),
        (select(&CALLS[..]), select(&["held", "asked", "blocked", "open", "done", "! \"x\""][..]))
            .prop_map(|(call, end)| Step::Call(call, end)),
        (select(&[UNTRUSTED, "bank.list_standing_data", "files.read_file"][..]), text())
            .prop_map(|(function, text)| Step::Result(function, text)),
        (0..3_000_i64).prop_map(Step::Minutes),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 0..10)
}

fn take(world: &mut World, step: &Step) {
    match step {
        Step::User(text) => world.user(text),
        Step::Call(call, end) => _ = world.run(&format!("{call} {end}")),
        Step::Result(function, text) => {
            let what = format!("-> {}", serde_json::json!(text));
            world.make(function, &serde_json::json!({}), &what);
        }
        Step::Minutes(minutes) => _ = world.run(&format!("@ {minutes}")),
    }
}

fn ask_all(world: &mut World) -> Vec<HistoryFacts> {
    CALLS.iter().map(|call| world.ask(call)).collect()
}

fn fold(steps: &[Step]) -> World {
    let mut world = World::new();
    steps.iter().for_each(|step| take(&mut world, step));
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Asking at every step, or only once, or from the start again: the facts are those of the events so far.
    #[test]
    fn facts_are_those_of_the_events_so_far(steps in steps()) {
        let mut asked = World::new();
        let mut at_each = vec![ask_all(&mut asked)];
        for step in &steps {
            take(&mut asked, step);
            at_each.push(ask_all(&mut asked));
        }
        for (length, facts) in at_each.iter().enumerate() {
            prop_assert_eq!(facts, &ask_all(&mut fold(&steps[..length])));
        }
    }

    /// One more untrusted result, wherever it stands, makes no value the user's or trusted, and nothing asked for.
    #[test]
    fn strangers_vouch_for_nothing(steps in steps(), at in 0..10_usize, text in text()) {
        let mut with = steps.clone();
        with.insert(at.min(steps.len()), Step::Result(UNTRUSTED, text));
        let (before, after) = (ask_all(&mut fold(&steps)), ask_all(&mut fold(&with)));
        for (before, after) in before.iter().zip(&after) {
            for (before, after) in [
                (&before.destinations, &after.destinations),
                (&before.hosts, &after.hosts),
                (&before.objects, &after.objects),
            ] {
                for class in ["user", "trusted"] {
                    prop_assert!(before.contains(class) || !after.contains(class), "{} -> {}", words(before), words(after));
                }
            }
            prop_assert!(before.user_asked == after.user_asked);
            prop_assert!(before.user_delegated == after.user_delegated);
            prop_assert!(before.titles_related == after.titles_related);
            prop_assert!(before.secrets_known == after.secrets_known);
            prop_assert!(before.one_time_code == after.one_time_code);
            prop_assert!(before.continues_held == after.continues_held);
            prop_assert!(after.untrusted_read && after.known == before.known);
        }
    }

    /// A contact holds a word of the user: a stranger's choice of any other value gets nowhere near it.
    #[test]
    fn only_a_value_with_a_word_of_the_user_becomes_a_contact(text in text(), said in select(&["what is new", "the garden and you"][..])) {
        let world = &mut fold(&[Step::User(said.to_owned()), Step::Result(UNTRUSTED, text)]);
        let mail = world.ask(CALLS[2]);
        prop_assert!(!mail.destinations.contains("contact"), "nobody spoke of Petra");
        let form = world.ask(CALLS[3]);
        prop_assert!(!form.hosts.contains("contact") || said.contains("garden"));
    }

    /// Text of any kind is folded without a fault, and bounds hold.
    #[test]
    fn any_text_can_be_folded(user in ".{0,200}", result in "[\\PC\n/@.:,0-9-]{0,400}", value in ".{0,60}") {
        let world = &mut fold(&[Step::User(user), Step::Result(UNTRUSTED, result)]);
        let call = serde_json::json!({"recipient": value, "order_id": value, "password": value, "title": value});
        let facts = world.ask(&format!("bank.send_money {call}"));
        prop_assert!(facts.known && facts.calls == 1);
    }
}
