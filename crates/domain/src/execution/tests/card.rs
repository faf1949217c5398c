//! The card that was seen: what changes it, who is held to it, and what goes on record.

use proto_events::{Card, Digest, ExecutionEvent as E, Outcome, Redaction};

use super::fixtures::*;
use crate::execution::{Action, Command, Rejection, SeenCard, Stage, State, decide};

fn card(state: &State) -> Card {
    state.execution().unwrap().card(&Redaction::none()).unwrap()
}

fn seeing(card: Card, command: Command) -> Command {
    Command { card: Some(SeenCard { card, redaction: Redaction::none() }), ..command }
}

/// What the events of a verdict have on record of the card.
fn recorded(events: &[E]) -> Option<Card> {
    match &events[0] {
        E::Confirmed(event) => event.card,
        E::Declined(event) => event.card,
        E::ApprovalVoted(event) => event.card,
        E::ApprovalAccepted(event) => event.card,
        E::ApprovalDenied(event) => event.card,
        E::ApprovalAborted(event) => event.card,
        other => panic!("no verdict: {other:?}"),
    }
}

/// Every verdict, where it can be given.
fn verdicts() -> Vec<(State, &'static str, Action)> {
    let approval = || state_in(Some(Stage::AwaitingApproval));
    let confirmation = || state_in(Some(Stage::AwaitingConfirmation));
    let two = asking(requirement(vec![vec![need(&[], 2)]]));
    vec![
        (confirmation(), "user:ann", confirm()),
        (confirmation(), "user:ann", Action::Decline { reason: None }),
        (approval(), "user:bob", approve(true)),
        (two, "user:bob", approve(true)),
        (approval(), "user:root", break_glass(true, "fire")),
        (approval(), "user:bob", deny()),
        (approval(), "user:bob", abort()),
    ]
}

#[test]
fn a_verdict_is_about_the_card_that_was_seen_and_has_it_on_record() {
    for (state, by, action) in verdicts() {
        let seen = card(&state);
        let verdict = command(by, 1, action.clone());
        let events = decide(&state, &seeing(seen, verdict.clone())).unwrap();
        assert_eq!(recorded(&events), Some(seen), "{}", action.as_str());
        assert_eq!(recorded(&decide(&state, &verdict).unwrap()), None, "nobody said which");
        let after = state.clone().then(&verdict, &events);
        let execution = after.execution().unwrap();
        let votes = execution.approval.iter().flat_map(|approval| &approval.votes).map(|vote| vote.card);
        let said = execution.resolution.as_ref().map(|resolution| resolution.card).into_iter().chain(votes);
        assert!(
            said.clone().count() > 0 && said.clone().all(|card| card == Some(seen)),
            "{}",
            action.as_str()
        );

        for other in
            [Card { digest: Digest::new([1; 32]), ..seen }, Card { redaction: Digest::new([1; 32]), ..seen }]
        {
            let no = decide(&state, &seeing(other, verdict.clone())).unwrap_err();
            assert_eq!(no.code(), "card_changed", "{}", action.as_str());
        }
        // Whoever did it before and says so again is told that it is so, whatever the card is by now.
        let again = decide(&after, &seeing(seen, Command { at: at_second(2), ..verdict }));
        assert_eq!(again, Ok(Vec::new()), "{}", action.as_str());
    }
}

#[test]
fn what_is_decided_on_changes_the_card_and_what_happens_beside_it_does_not() {
    let asked = || asking(requirement(vec![vec![need(&[], 2)], vec![need(&["heads"], 1)]]));
    let first = card(&asked());
    let voted = then(asked(), &command("user:bob", 1, approve(true)));
    assert_eq!(card(&voted), first, "a vote");
    for (what, by, action) in
        [("a comment", "user:ann", comment("hurry", false)), ("a freeze", "system:freezes", suspend(5))]
    {
        assert_eq!(card(&then(voted.clone(), &command(by, 10, action))), first, "{what}");
    }
    let next = then(voted.clone(), &command("user:carol", 2, approve(true)));
    assert_ne!(card(&next).digest, first.digest, "the next stage");
    assert_eq!(card(&next).redaction, first.redaction);

    let mut decision = requiring(requirement(vec![vec![need(&[], 2)], vec![need(&["heads"], 1)]])).decision;
    decision.policy_set = Some("set-2".to_owned());
    let redecided = then(voted, &command("system:policy", 3, redecide_as(decision)));
    assert_eq!(redecided.execution().unwrap().approval.as_ref().unwrap().votes.len(), 1, "the votes stay");
    let no = decide(&redecided, &seeing(first, command("user:carol", 4, approve(true)))).unwrap_err();
    let change = "the call was decided on again (1 times by now), or is at another stage".to_owned();
    assert_eq!(no, Rejection::CardChanged { change });
    let seen = card(&redecided);
    assert!(decide(&redecided, &seeing(seen, command("user:carol", 4, approve(true)))).is_ok());
}

#[test]
fn what_is_left_out_is_part_of_the_card() {
    let mut proposal = proposal(Outcome::AwaitingApproval);
    let shown = then(State::initial(), &command("agent:a1", 0, Action::Propose(proposal.clone())));
    proposal.sensitive = vec!["amount".to_owned()];
    let redacted = then(State::initial(), &command("agent:a1", 0, Action::Propose(proposal)));
    assert_ne!(card(&shown).digest, card(&redacted).digest);
    assert_ne!(card(&shown).redaction, card(&redacted).redaction);
    let execution = shown.execution().unwrap();
    let other = execution.card(&Redaction::of(["iban", "I_BAN"])).unwrap();
    assert_eq!(other.digest, card(&shown).digest, "the queue is not changed by what is left out elsewhere");
    assert_ne!(other.redaction, card(&shown).redaction);
    assert_eq!(other, execution.card(&Redaction::of(["IBAN"])).unwrap(), "one rule, however it is written");
}

#[test]
fn nobody_is_shown_a_card_of_what_asks_nobody() {
    for stage in all_stages().flatten() {
        let asks = matches!(stage, Stage::AwaitingConfirmation | Stage::AwaitingApproval);
        let state = state_in(Some(stage));
        assert_eq!(state.execution().unwrap().card(&Redaction::none()).is_some(), asks, "{stage}");
    }
}
