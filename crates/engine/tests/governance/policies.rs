//! Policy sets, put in force and beside.

use std::collections::BTreeMap;

use proto_events::{Access, Digest, GlobalPosition, StreamId};
use vidimus_domain::execution::Stage;
use vidimus_engine::{ChangeKind, EngineError, PolicyFiles};
use vidimus_policy::PolicySource;

use crate::support::*;

fn digest(files: &PolicyFiles) -> Digest {
    PolicySource::new(files.clone()).unwrap().digest()
}

fn file(name: &str, text: &str) -> PolicyFiles {
    BTreeMap::from([(name.to_owned(), text.to_owned())])
}

async fn apply(
    world: &World,
    files: PolicyFiles,
    expected: Option<Option<Digest>>,
) -> Result<bool, EngineError> {
    let reason = Some("audit".to_owned());
    world.engine.apply_policy(&ada(), files, expected, reason).await.map(|answer| answer.already)
}

#[tokio::test]
async fn a_set_is_stored_once_and_put_in_force() {
    let world = World::memory();
    let engine = &world.engine;
    let (first, second) = (policy("first"), policy("second"));
    let none = engine.policy(&tenant()).await.unwrap();
    assert_eq!((none.policy.in_force(), none.position), (None, GlobalPosition::START));
    assert_eq!(engine.policy_files(&tenant(), &digest(&first)).await, Ok(None));

    let applied = engine.apply_policy(&ada(), first.clone(), None, Some("audit".to_owned())).await.unwrap();
    assert_eq!((applied.already, applied.position), (false, GlobalPosition::new(2)), "stored, and in force");
    let standing = applied.policy.activated().unwrap();
    assert_eq!((standing.policy_set, standing.since, &standing.by), (digest(&first), T0, &ada().actor));
    assert_eq!(engine.policy(&tenant()).await.unwrap().policy, applied.policy);
    assert_eq!(apply(&world, first.clone(), None).await, Ok(true), "deciding twice is deciding once");
    assert_eq!(apply(&world, second.clone(), None).await, Ok(false));
    assert_eq!(apply(&world, first.clone(), None).await, Ok(false));
    let streams = [StreamId::policy(), StreamId::policy_set(&digest(&first))];
    let [in_force, stored] = streams.map(|stream| world.types(stream));
    assert_eq!(in_force.await, ["policy_set_activated"; 3].join(" "));
    assert_eq!(stored.await, "policy_set_stored", "its bytes are there already");

    for files in [&first, &second] {
        let read = engine.policy_files(&tenant(), &digest(files)).await.unwrap();
        assert_eq!(read.as_ref(), Some(files), "to the letter, in force or not");
    }
    let cleared = engine.clear_policy(&ada(), None, None).await.unwrap();
    assert_eq!((cleared.already, cleared.policy.in_force()), (false, None));
    assert!(engine.clear_policy(&ada(), None, None).await.unwrap().already);
}

#[tokio::test]
async fn it_is_compared_and_set() {
    let world = World::memory();
    let (first, second) = (policy("first"), policy("second"));
    let of = |files: &PolicyFiles| Some(Some(digest(files)));
    assert_eq!(code(apply(&world, first.clone(), of(&second)).await), "policy_changed_meanwhile");
    assert_eq!(world.log.tail(), GlobalPosition::START);
    assert_eq!(apply(&world, first.clone(), Some(None)).await, Ok(false));
    assert_eq!(code(apply(&world, second.clone(), Some(None)).await), "policy_changed_meanwhile");
    assert_eq!(world.engine.policy_files(&tenant(), &digest(&second)).await, Ok(None), "nor stored");
    assert_eq!(apply(&world, second.clone(), of(&first)).await, Ok(false));
    assert_eq!(apply(&world, second.clone(), of(&first)).await, Ok(true), "a retry finds what it wanted");
    let cleared = world.engine.clear_policy(&ada(), of(&first), None).await;
    assert_eq!(code(cleared), "policy_changed_meanwhile");
    assert!(!world.engine.clear_policy(&ada(), of(&second), None).await.unwrap().already);
}

#[tokio::test]
async fn the_set_beside_and_the_history_of_both() {
    let world = World::memory();
    let engine = &world.engine;
    let (first, second) = (policy("first"), policy("second"));
    apply(&world, first.clone(), None).await.unwrap();
    world.clock.advance(DAY);
    let beside = engine.shadow_policy(&ada(), Some(second.clone()), None).await.unwrap();
    assert_eq!(beside.policy.in_force(), Some(digest(&first)));
    assert_eq!(beside.policy.shadow(), Some(digest(&second)));
    assert!(engine.shadow_policy(&ada(), Some(second.clone()), None).await.unwrap().already);
    assert_eq!(engine.policy_files(&tenant(), &digest(&second)).await.unwrap(), Some(second.clone()));
    engine.shadow_policy(&ada(), None, Some("seen enough".to_owned())).await.unwrap();
    assert_eq!(engine.policy(&tenant()).await.unwrap().policy.shadow(), None);

    let (history, position) = engine.policy_history(&tenant()).await.unwrap();
    assert_eq!(position, world.log.tail());
    let seen: Vec<_> = history
        .iter()
        .map(|it| (it.change.kind, it.change.policy_set, it.change.former, it.change.at, it.position.get()))
        .collect();
    let (a, b, later) = (Some(digest(&first)), Some(digest(&second)), T0.plus(DAY));
    let expected = [
        (ChangeKind::Shadow, None, b, later, 5),
        (ChangeKind::Shadow, b, None, later, 4),
        (ChangeKind::InForce, a, None, T0, 2),
    ];
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn the_history_has_the_last_hundred_changes() {
    let world = World::memory();
    let (first, second) = (policy("first"), policy("second"));
    for index in 0..104 {
        let files = if index % 2 == 0 { &first } else { &second };
        apply(&world, files.clone(), None).await.unwrap();
    }
    let (history, position) = world.engine.policy_history(&tenant()).await.unwrap();
    assert_eq!((history.len(), history[0].position), (100, position));
    assert_eq!(history[0].change.policy_set, Some(digest(&second)));
    let stream = world.stream(StreamId::policy()).await;
    assert_eq!(history[99].position, stream[4].position);
    assert_eq!(history[99].change.policy_set, Some(digest(&first)));
}

#[tokio::test]
async fn what_is_no_policy_set_is_refused_with_every_fault_and_its_place() {
    let world = World::memory();
    let text = "permit(principal, action, resource);\n\n@id(\"b\")\n  forbid(principal, action, resource)";
    let no = world.engine.apply_policy(&ada(), file("rules.cedar", text), None, None).await.unwrap_err();
    let EngineError::PolicyInvalid(errors) = &no else { panic!("{no:?}") };
    assert_eq!((no.code(), no.is_retryable()), ("policy_invalid", false));
    assert!(!errors.errors().is_empty());
    for error in errors.errors() {
        assert_eq!(&*error.file, "rules.cedar");
        assert!((1..=4).contains(&error.line) && error.column >= 1, "{error}");
        assert!(no.to_string().contains(&format!("rules.cedar:{}:{}:", error.line, error.column)), "{no}");
    }
    let no = world.engine.shadow_policy(&ada(), Some(file("rules.cedar", "permit(")), None).await;
    assert_eq!(code(no), "policy_invalid");
    let many = (0..65).map(|index| (format!("{index}.cedar"), String::new())).collect();
    let large = "// ".repeat(100_000);
    for (files, expected) in [
        (BTreeMap::new(), "policy_source_empty"),
        (many, "policy_source_too_many_files"),
        (file("rules.cedar", &large), "policy_source_too_large"),
        (file("../rules.cedar", ""), "policy_file_name_invalid"),
    ] {
        assert_eq!(code(apply(&world, files, None).await), expected);
    }
    assert_eq!(world.log.tail(), GlobalPosition::START);
}

#[tokio::test]
async fn the_set_in_force_decides_and_another_engine_reads_it_from_the_log() {
    let world = World::memory();
    world.engine.set_access(&ada(), function(), Access::Enabled, None).await.unwrap();
    let closed =
        "@id(\"nobody\")\npermit(principal == Agent::\"nobody\", action == Action::\"call\", resource);\n";
    for (files, stage) in [(policy("open"), Stage::Permitted), (file("rules.cedar", closed), Stage::Blocked)]
    {
        apply(&world, files, None).await.unwrap();
        assert_eq!(world.propose("c1", "1").await, stage);
        let other = world.beside(std::sync::Arc::clone(&world.log));
        for _ in 0..2 {
            let answer = other.propose(&runtime(), proposal("c1", "1")).await.unwrap();
            assert_eq!(answer.state.stage(), Some(stage));
        }
    }
}

#[tokio::test]
async fn only_administrators() {
    let world = World::memory();
    let engine = &world.engine;
    for nobody in [runtime(), paul(), auditor()] {
        let noes = [
            code(engine.apply_policy(&nobody, policy("p"), None, None).await),
            code(engine.clear_policy(&nobody, None, None).await),
            code(engine.shadow_policy(&nobody, None, None).await),
        ];
        assert_eq!(noes, ["missing_role"; 3], "{}", nobody.actor);
    }
    let agent = vidimus_engine::Principal { actor: runtime().actor, ..ada() };
    assert_eq!(
        code(engine.apply_policy(&agent, policy("p"), None, None).await),
        "agent_cannot_manage_policy"
    );
    assert_eq!(world.log.tail(), GlobalPosition::START);
}
