//! The access to a function, and its description.

use std::collections::BTreeSet;

use proto_events::{
    Access, Actor, Effect, FunctionAccessChanged, FunctionDescribed, FunctionDescription, FunctionEvent,
    FunctionName, FunctionWithdrawn, Json, RiskLevel, Timestamp, ToolType, Trust,
};

use super::{
    Action, Command, MAX_DATA_AGE_SECONDS, MAX_POINTER_BYTES, MAX_SCHEMA_BYTES, Rejection, State, decide,
    pointer,
};
use crate::field::InvalidField;

const ALL: [Access; 3] = [Access::Disabled, Access::Enabled, Access::EnabledWithConfirmation];

fn function() -> FunctionName {
    "crm.send_offer".parse().unwrap()
}

fn command(action: Action) -> Command {
    Command { by: Actor::user("admin"), at: Timestamp::from_micros(0), function: function(), action }
}

fn set(to: Access) -> Command {
    command(Action::SetAccess { to, reason: Some("audit".to_owned()) })
}

fn json(text: &str) -> Option<Json> {
    Some(Json::from_text(text.to_owned()).unwrap())
}

fn description() -> FunctionDescription {
    FunctionDescription {
        purpose: "sends an offer".to_owned(),
        tool_type: ToolType::Action,
        effect: Effect::Send,
        risk: RiskLevel::High,
        results: Trust::Trusted,
        arguments_schema: json(r#"{"type":"object"}"#),
        scopes: vec!["crm.write".to_owned()],
        sensitive: vec!["iban".to_owned()],
        required_context: vec!["site".to_owned()],
        max_data_age_seconds: Some(3_600),
        intended_use_required: true,
        owner: Some("sales".to_owned()),
        amount: Some("/offer/amount".to_owned()),
    }
}

fn describing(change: impl FnOnce(&mut FunctionDescription)) -> Command {
    let mut description = description();
    change(&mut description);
    command(Action::Describe(description))
}

fn withdrawing() -> Command {
    command(Action::Withdraw { reason: Some("old".to_owned()) })
}

#[test]
fn every_access_after_every_access() {
    for from in std::iter::once(None).chain(ALL.map(Some)) {
        for to in ALL {
            let events = decide(&State { access: from, description: None }, &set(to)).unwrap();
            if from == Some(to) {
                assert_eq!(events, [], "{to} again");
                continue;
            }
            let reason = Some("audit".to_owned());
            let changed = FunctionAccessChanged { function: function(), from, to, reason };
            assert_eq!(events, [FunctionEvent::AccessChanged(changed)]);
            let after = State::fold(&events);
            assert_eq!(after, State { access: Some(to), description: None });
            assert_eq!(decide(&after, &set(to)), Ok(vec![]), "deciding twice is deciding once");
        }
    }
}

#[test]
fn access_and_description_do_not_touch_each_other() {
    let described = FunctionDescribed { function: function(), description: description() };
    let events = decide(&State::default(), &describing(|_| {})).unwrap();
    assert_eq!(events, [FunctionEvent::Described(described)]);
    let state = State::default().then(&events);
    assert_eq!((state.access, state.description.as_deref()), (None, Some(&description())));
    assert_eq!(decide(&state, &describing(|_| {})), Ok(vec![]), "deciding twice is deciding once");
    let state = state.clone().then(&decide(&state, &set(Access::Enabled)).unwrap());
    assert_eq!((state.access, state.description.as_deref()), (Some(Access::Enabled), Some(&description())));
    let other = describing(|description| description.risk = RiskLevel::Low);
    let anew = state.clone().then(&decide(&state, &other).unwrap());
    assert_eq!(anew.description.as_ref().unwrap().risk, RiskLevel::Low);

    let withdrawn = FunctionWithdrawn { function: function(), reason: Some("old".to_owned()) };
    let events = decide(&state, &withdrawing()).unwrap();
    assert_eq!(events, [FunctionEvent::Withdrawn(withdrawn)]);
    let state = state.then(&events);
    assert_eq!(state, State { access: Some(Access::Enabled), description: None });
    assert_eq!(decide(&state, &withdrawing()), Ok(vec![]), "deciding twice is deciding once");
    assert_eq!(decide(&State::default(), &withdrawing()), Ok(vec![]), "it was never described");
    assert_eq!(decide(&state, &describing(|_| {})).unwrap().len(), 1, "and described again");
}

#[test]
fn a_description_keeps_to_its_bounds() {
    let names = |count: usize| (0..count).map(|index| index.to_string()).collect::<Vec<_>>();
    let schema = |len: usize| json(&format!("{{\"title\":\"{}\"}}", "x".repeat(len - 12)));
    let most = describing(|it| {
        it.purpose = "\u{e4}".repeat(5_000);
        it.arguments_schema = schema(MAX_SCHEMA_BYTES);
        (it.scopes, it.sensitive, it.required_context) = (names(32), names(64), names(32));
        it.max_data_age_seconds = Some(MAX_DATA_AGE_SECONDS);
        it.amount = Some(format!("/{}", "x".repeat(MAX_POINTER_BYTES - 1)));
    });
    assert_eq!(decide(&State::default(), &most).unwrap().len(), 1);
    let least = describing(|it| {
        it.purpose = "x".to_owned();
        it.arguments_schema = json("true");
        (it.scopes, it.sensitive, it.required_context) = Default::default();
        (it.max_data_age_seconds, it.owner, it.amount) = (Some(1), None, None);
    });
    assert_eq!(decide(&State::default(), &least).unwrap().len(), 1);

    let deep = format!("{}1{}", "[".repeat(65), "]".repeat(65));
    let table: [(&str, Command); 19] = [
        ("purpose", describing(|it| it.purpose = " ".to_owned())),
        ("purpose", describing(|it| it.purpose = "x".repeat(5_001))),
        ("arguments_schema", describing(|it| it.arguments_schema = schema(MAX_SCHEMA_BYTES + 1))),
        ("arguments_schema", describing(|it| it.arguments_schema = json("[]"))),
        ("arguments_schema", describing(|it| it.arguments_schema = json("null"))),
        ("arguments_schema", describing(|it| it.arguments_schema = json("\"string\""))),
        ("arguments_schema", describing(|it| it.arguments_schema = json(&format!("{{\"a\":{deep}}}")))),
        ("scopes", describing(|it| it.scopes = names(33))),
        ("scopes", describing(|it| it.scopes = vec![String::new()])),
        ("scopes", describing(|it| it.scopes = vec!["a".to_owned(), "a".to_owned()])),
        ("sensitive", describing(|it| it.sensitive = names(65))),
        ("sensitive", describing(|it| it.sensitive = vec!["a\nb".to_owned()])),
        ("required_context", describing(|it| it.required_context = names(33))),
        ("max_data_age_seconds", describing(|it| it.max_data_age_seconds = Some(0))),
        ("max_data_age_seconds", describing(|it| it.max_data_age_seconds = Some(MAX_DATA_AGE_SECONDS + 1))),
        ("owner", describing(|it| it.owner = Some(" ".to_owned()))),
        ("amount", describing(|it| it.amount = Some("amount".to_owned()))),
        ("amount", describing(|it| it.amount = Some(String::new()))),
        ("amount", describing(|it| it.amount = Some(format!("/{}", "x".repeat(MAX_POINTER_BYTES))))),
    ];
    for (field, command) in table {
        let Err(Rejection::Field(no)) = decide(&State::default(), &command) else { panic!("{field}") };
        assert_eq!(no.field(), field, "{no}");
    }
}

#[test]
fn an_owner_is_somebody_who_can_review() {
    let decided = |owner: &str| {
        let command = describing(|it| it.owner = Some(owner.to_owned()));
        decide(&State::default(), &command).map(drop).map_err(|no| no.to_string())
    };
    for good in ["user:ana", "service:desk", "user:a:b", "sales", "on-call_2"] {
        assert_eq!(decided(good), Ok(()), "{good}");
    }
    for bad in ["agent:a1", "user:", "service: ", "group:sales", "group sales", "b\u{fc}ro", &"x".repeat(65)]
    {
        let told = decided(bad).unwrap_err();
        assert!(told.contains("`user:ID`, `service:ID` or a group"), "{bad}: {told}");
    }
}

#[test]
fn a_pointer_names_a_part() {
    for good in ["/", "/a", "/a/0/b", "/a~0b/~1", "/ /\u{fc}", "//"] {
        assert_eq!(pointer("amount", good), Ok(()), "{good}");
    }
    for bad in ["", "a", "a/b", "#/a", "$.a", "/a~", "/a~2", "/~~0"] {
        assert_eq!(pointer("amount", bad).map_err(|no| no.code()), Err("invalid_field"), "{bad}");
    }
}

#[test]
fn every_code_is_reached() {
    let long = Some("x".repeat(5_001));
    let agent = |command: Command| Command { by: Actor::agent("a1"), ..command };
    let table = [
        (Command { by: Actor::user(""), ..set(Access::Enabled) }, "invalid_field"),
        (describing(|it| it.owner = Some(String::new())), "invalid_field"),
        (describing(|it| it.purpose = String::new()), "text_missing"),
        (command(Action::SetAccess { to: Access::Enabled, reason: long.clone() }), "text_too_long"),
        (command(Action::Withdraw { reason: long }), "text_too_long"),
        (agent(set(Access::Enabled)), "agent_cannot_set_access"),
        (agent(describing(|_| {})), "agent_cannot_manage_catalogue"),
        (agent(withdrawing()), "agent_cannot_manage_catalogue"),
    ];
    let codes: BTreeSet<&str> = table
        .iter()
        .map(|(command, code)| {
            let no = decide(&State::default(), command).unwrap_err();
            assert_eq!(no.code(), *code, "{no}");
            no.code()
        })
        .collect();
    assert_eq!(codes, Rejection::ALL_CODES.iter().copied().collect());
    let too_long = command(Action::SetAccess { to: Access::Enabled, reason: Some("x".repeat(5_001)) });
    let field = InvalidField::TooLong { field: "reason", len: 5_001, max: 5_000 };
    assert_eq!(decide(&State::default(), &too_long), Err(Rejection::Field(field)));
}
