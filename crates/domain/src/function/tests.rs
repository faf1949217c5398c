//! The access to a function.

use proto_events::{Access, Actor, FunctionAccessChanged, FunctionEvent, Timestamp};

use super::{Rejection, SetAccess, State, decide};
use crate::field::InvalidField;

const ALL: [Access; 3] = [Access::Disabled, Access::Enabled, Access::EnabledWithConfirmation];

fn set(to: Access) -> SetAccess {
    SetAccess {
        by: Actor::user("admin"),
        at: Timestamp::from_micros(0),
        function: "crm.send_offer".parse().unwrap(),
        to,
        reason: Some("audit".to_owned()),
    }
}

#[test]
fn every_access_after_every_access() {
    for from in std::iter::once(None).chain(ALL.map(Some)) {
        for to in ALL {
            let events = decide(&State { access: from }, &set(to)).unwrap();
            if from == Some(to) {
                assert_eq!(events, [], "{to} again");
                continue;
            }
            let function = "crm.send_offer".parse().unwrap();
            let changed = FunctionAccessChanged { function, from, to, reason: Some("audit".to_owned()) };
            assert_eq!(events, [FunctionEvent::AccessChanged(changed)]);
            let after = State::fold(&events);
            assert_eq!(after, State { access: Some(to) });
            assert_eq!(decide(&after, &set(to)), Ok(vec![]), "deciding twice is deciding once");
        }
    }
}

#[test]
fn every_code_is_reached() {
    let too_long = SetAccess { reason: Some("x".repeat(5_001)), ..set(Access::Enabled) };
    let agent = SetAccess { by: Actor::agent("a1"), ..set(Access::Enabled) };
    let nobody = SetAccess { by: Actor::user(""), ..set(Access::Enabled) };
    let mut codes: Vec<&str> = [nobody, too_long, agent]
        .iter()
        .map(|command| decide(&State::default(), command).unwrap_err().code())
        .collect();
    codes.sort_unstable();
    let mut all = Rejection::ALL_CODES.to_vec();
    all.sort_unstable();
    assert_eq!(codes, all);
    assert_eq!(
        decide(&State::default(), &SetAccess { reason: Some("x".repeat(5_001)), ..set(Access::Enabled) }),
        Err(Rejection::Field(InvalidField::TooLong { field: "reason", len: 5_001, max: 5_000 }))
    );
}
