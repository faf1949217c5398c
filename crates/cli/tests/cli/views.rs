//! `vidimus view`.

use serde_json::{Value, json};

use crate::support::{Place, SAMPLE_CALLS};

fn contents(place: &Place) -> [Value; 2] {
    [place.json(["execution", "list", "--limit", "1000"]), place.json(["audit", "list", "--limit", "1000"])]
}

#[test]
fn the_figures_have_their_names() {
    let place = Place::with_sample();
    let mut stats = place.json(["view", "stats"]);
    let views = stats["views"].take();
    assert_eq!(views.as_array().map(Vec::len), Some(3));
    let expected = json!({
        "executions": SAMPLE_CALLS, "approvals_pending": 0, "audit_entries": 2 * SAMPLE_CALLS,
        "position": 2 * SAMPLE_CALLS, "lag": 0, "views": null,
    });
    assert_eq!(stats, expected);
    let text = place.run(["view", "stats"]).ok();
    text.says("60 executions, 0 pending, 120 audit entries, position 120, lag 0\n");
}

#[test]
fn views_are_built_anew_and_are_the_same() {
    let place = Place::with_sample();
    place.run(["function", "set-access", "a.b", "Enabled"]).ok();
    let before = contents(&place);
    let rebuilt = place.run(["view", "rebuild"]).ok().out;
    assert_eq!(rebuilt, "rebuilt executions, approvals, audit up to position 121\n");
    place.run(["view", "rebuild", "audit"]).ok().says("rebuilt audit up to");
    place.run(["view", "verify"]).ok().says("row for row, up to position 121");
    assert_eq!(contents(&place), before);
    assert_eq!(place.run(["view", "rebuild", "nonsense"]).code, Some(2));
}

#[test]
fn a_damaged_view_is_built_anew_when_it_is_read() {
    let place = Place::with_sample();
    let before = contents(&place);
    for view in ["executions", "audit"] {
        let path = place.data().join(format!("views/{view}.sqlite"));
        let mut bytes = std::fs::read(&path).unwrap();
        for at in 0..bytes.len() - 7 {
            if &bytes[at..at + 7] == b"maple-2" {
                bytes[at + 6] = b'3';
            }
        }
        std::fs::write(&path, bytes).unwrap();
    }
    for (args, before) in [("execution", &before[0]), ("audit", &before[1])] {
        let done = place.run([args, "list", "--limit", "1000", "--output", "json"]);
        assert_eq!((done.code, &done.json()), (Some(0), before), "{}", done.err);
        assert!(done.err.contains("WARN") && done.err.contains("rebuilt"), "{}", done.err);
    }
    place.verify();
}

#[test]
fn views_can_be_deleted_at_any_time() {
    let place = Place::with_sample();
    let before = contents(&place);
    std::fs::remove_dir_all(place.data().join("views")).unwrap();
    assert_eq!(contents(&place), before);
    std::fs::remove_file(place.data().join("views/audit.sqlite")).unwrap();
    assert_eq!(contents(&place), before);
    place.verify();
}
