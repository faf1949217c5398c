//! A data directory belongs to one process.

use std::io::Write as _;

use serde_json::Value;

use crate::support::{Place, SAMPLE, ended, finished, lines};

#[test]
fn a_second_open_says_who_holds_the_data_directory() {
    let place = Place::new();
    let mut child = place.spawn(["import", "-"]);
    let mut stdin = child.stdin.take().unwrap();
    // More than the pipe holds: when it is written, the import has the data directory.
    stdin.write_all(lines(0..3_000).as_bytes()).unwrap();
    let holder = format!("process {} (`vidimus import`)", child.id());
    for command in [&["execution", "list"][..], &["import", SAMPLE], &["log", "verify"], &["view", "rebuild"]]
    {
        place.run(command).failed(6, "data_locked").says(&holder).says("log` is in use by");
    }
    let done = finished(&mut place.command(["function", "list", "--output", "json"]));
    let error: Value = serde_json::from_str(&done.err).unwrap();
    assert_eq!((done.code, &error["error"]["code"]), (Some(6), &Value::from("data_locked")));
    drop(stdin);
    ended(child).ok();
    place.verify();
}
