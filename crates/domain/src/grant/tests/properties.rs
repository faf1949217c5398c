//! Whatever happens in whatever order: no grant lets through more than it says, and none that is not good lets through
//! anything.

use proptest::prelude::*;

use super::*;

/// Amounts in hundredths, so that they can be added up beside exactly.
fn text(hundredths: i64) -> String {
    Decimal::new(hundredths, 2).to_string()
}

#[derive(Clone, Debug)]
enum Step {
    Create {
        index: u128,
        max_uses: Option<u32>,
        max_sum: Option<i64>,
        days: i64,
    },
    Revoke {
        index: u128,
    },
    /// A call that uses what is applicable to it.
    Call {
        amount: Option<i64>,
    },
    /// A use that nobody looked up.
    Use {
        index: u128,
        amount: Option<i64>,
    },
    Wait,
}

fn step() -> impl Strategy<Value = Step> {
    let (index, amount) = (|| 0..4_u128, || proptest::option::of(-50..500_i64));
    prop_oneof![
        (index(), proptest::option::of(1..4_u32), proptest::option::of(1..1_000_i64), 1..6_i64)
            .prop_map(|(index, max_uses, max_sum, days)| Step::Create { index, max_uses, max_sum, days }),
        index().prop_map(|index| Step::Revoke { index }),
        amount().prop_map(|amount| Step::Call { amount }),
        (index(), amount()).prop_map(|(index, amount)| Step::Use { index, amount }),
        Just(Step::Wait),
    ]
}

proptest! {
    #[test]
    fn no_order_of_things_lets_through_more_than_was_given(steps in proptest::collection::vec(step(), 1..60)) {
        let (mut state, mut today) = (State::default(), 0);
        let mut used: std::collections::BTreeMap<Uuid, (u64, i64)> = std::collections::BTreeMap::new();
        let mut events = Vec::new();
        for step in steps {
            let (command, amount, found) = match step {
                Step::Wait => {
                    today += 1;
                    continue;
                }
                Step::Create { index, max_uses, max_sum, days } => {
                    let mut command = creating(index, |create| {
                        create.max_uses = max_uses;
                        create.max_sum = max_sum.map(text);
                        create.expires_at = day(today + days);
                    });
                    command.at = day(today);
                    (command, None, false)
                }
                Step::Revoke { index } => (revoking(day(today), index), None, false),
                Step::Use { index, amount } => {
                    (using(day(today), index, amount.map(text).as_deref()), amount, false)
                }
                Step::Call { amount } => {
                    let call = call("a1", "c1", "pay.send");
                    let given = amount.map(text);
                    let Some(grant) = applicable(&state, day(today), &call, &json!({}), given.as_deref()) else {
                        continue;
                    };
                    let index = grant.grant_id.as_u128();
                    (using(day(today), index, given.as_deref()), amount, true)
                }
            };
            let known = state.get(command.grant_id).cloned();
            let decided = decide(&state, &command);
            prop_assert!(!found || decided.is_ok(), "what is applicable can be used: {decided:?}");
            let Ok(new) = decided else { continue };
            if let [GrantEvent::Used(_)] = new[..] {
                let known = known.unwrap();
                prop_assert_eq!(known.standing(day(today)), Standing::InForce);
                let (uses, sum) = used.entry(command.grant_id).or_default();
                *uses += 1;
                *sum += amount.filter(|amount| *amount >= 0).unwrap_or_default();
                prop_assert!(known.max_uses.is_none_or(|max| *uses <= u64::from(max)));
                prop_assert!(known.max_sum.is_none_or(|max| Decimal::new(*sum, 2) <= max));
            }
            state = state.then(&command.by, command.at, &new);
            events.extend(new.into_iter().map(|event| (command.by.clone(), command.at, event)));
            for (grant_id, (uses, sum)) in &used {
                let grant = state.get(*grant_id).unwrap();
                prop_assert_eq!((grant.uses, grant.sum), (*uses, Decimal::new(*sum, 2)));
            }
        }
        let happened = events.iter().map(|(by, at, event)| Happened { by, at: *at, event });
        prop_assert_eq!(State::fold(happened), state);
    }
}
