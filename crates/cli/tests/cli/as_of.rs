//! `--as-of`: lists and executions as they were.

use serde_json::{Value, json};

use crate::support::{Place, SAMPLE_CALLS};

fn items(page: &Value) -> &[Value] {
    page["items"].as_array().unwrap()
}

#[test]
fn a_data_directory_is_shown_as_it_was() {
    let place = Place::with_sample();
    let all = place.json(["execution", "list", "--limit", "1000"]);
    assert_eq!(items(&all).len(), SAMPLE_CALLS);
    // The events of the oldest call, in their order.
    let oldest = items(&all).last().unwrap();
    let id = oldest["execution_id"].as_str().unwrap();
    let trail = place.json(["audit", "list", "--execution", id, "--oldest-first"]);
    let first = items(&trail)[0]["position"].to_string();
    let then = place.json(["execution", "list", "--as-of", &first]);
    assert_eq!((items(&then).len(), then["position"].to_string()), (1, first.clone()));
    assert_eq!(items(&then)[0]["execution_id"], oldest["execution_id"]);
    assert_eq!(items(&then)[0]["stage"], "initiated");
    let shown = place.json(["execution", "show", id, "--as-of", &first]);
    assert_eq!((&shown["stage"], shown["position"].to_string()), (&json!("initiated"), first.clone()));
    assert_eq!(items(&place.json(["audit", "list", "--as-of", &first, "--limit", "1000"])).len(), {
        first.parse::<usize>().unwrap()
    });
    assert_eq!(items(&place.json(["approval", "list", "--as-of", "0"])).len(), 0);
    // The present is a position like any other, and what is to come is none.
    let tail = all["position"].to_string();
    assert_eq!(place.json(["execution", "list", "--limit", "1000", "--as-of", &tail]), all);
    let ahead = place.run(["execution", "list", "--as-of", "2999-01-01T00:00:00Z"]);
    ahead.failed(4, "position_unknown").says("still to come");
    let before = place.json(["execution", "list", "--as-of", "2000-01-01T00:00:00Z"]);
    assert_eq!((items(&before).len(), &before["position"]), (0, &json!(0)));
    place.run(["execution", "show", id, "--as-of", "0"]).failed(3, "execution_not_found");
    place.run(["execution", "list", "--as-of", "99999999"]).failed(4, "position_unknown").says(&tail);
    place.run(["approval", "list", "--mine", "--as-of", "1"]).failed(4, "as_of_not_with");
    let unreadable = place.run(["execution", "list", "--as-of", "yesterday"]);
    unreadable.says("`yesterday` is neither a position nor an instant");
    // Nothing of it stays.
    let left = place.data().join("views-as-of");
    assert!(!left.exists() || std::fs::read_dir(left).unwrap().next().is_none());
}
