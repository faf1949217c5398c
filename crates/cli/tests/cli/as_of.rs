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
    // An instant that is over says the same as the position that it is; and the present is as ever.
    let tail = all["position"].to_string();
    for as_of in [&*tail, "2999-01-01T00:00:00Z"] {
        let run = place.run(["execution", "list", "--limit", "1000", "--as-of", as_of]);
        if as_of == tail {
            assert_eq!(run.json(), all);
        } else {
            run.failed(4, "position_unknown").says("still to come");
        }
    }
    let before = place.json(["execution", "list", "--as-of", "2000-01-01T00:00:00Z"]);
    assert_eq!((items(&before).len(), &before["position"]), (0, &json!(0)));
    place.run(["execution", "show", id, "--as-of", "0"]).failed(3, "execution_not_found");
    place.run(["execution", "list", "--as-of", "99999999"]).failed(4, "position_unknown").says(&tail);
    place.run(["approval", "list", "--mine", "--as-of", "1"]).failed(4, "as_of_not_with");
    place.run(["execution", "list", "--as-of", "yesterday"]).failed(2, "usage").says("`yesterday`");
    // Nothing of it stays.
    let left = place.data().join("views-as-of");
    assert!(!left.exists() || std::fs::read_dir(left).unwrap().next().is_none());
}
