//! Lines that are no tool call, and files that cannot be read.

use serde_json::json;

use crate::support::{Place, line, lines};

#[test]
fn a_bad_line_is_named_and_what_came_before_is_on_record() {
    let place = Place::new();
    let broken = lines(0..700) + "{\"broken\n" + &lines(700..800);
    let file = place.file("calls.jsonl", &broken);
    let import = ["import".as_ref(), file.as_os_str()];
    let name = format!("`{}` line 701: not a recorded tool call: ", file.display());
    place.run(import).failed(4, "bad_line").says(&name).says("--on-bad-line skip");
    assert_eq!(place.verify(), 1400);
    place.file("calls.jsonl", lines(0..800));
    let summary = place.json(import);
    assert_eq!((&summary["recorded"], &summary["already"]), (&json!(100), &json!(700)));
    assert_eq!(place.verify(), 1600);
}

#[test]
fn the_first_bad_line_is_told_where_several_are_bad() {
    let place = Place::new();
    // The rule of line 2 is the domain's, seen later than that of line 4, which is no JSON.
    let rule = line(1, "{}", "").replace(r#""c0""#, r#""""#);
    let input = lines(0..1) + &rule + &lines(2..3) + "x\n";
    place
        .run_with_input(["import", "-"], input.as_bytes())
        .failed(4, "bad_line")
        .says("`-` line 2: `conversation`");
    // One that is on record as another call.
    let input = lines(0..1) + &line(0, r#"{"n":0}"#, r#","result":"something else""#);
    place
        .run_with_input(["import", "-"], input.as_bytes())
        .failed(4, "bad_line")
        .says("line 2")
        .says("another `seq`");
    place.verify();
}

#[test]
fn bad_lines_are_left_out_and_named_where_that_is_asked() {
    let place = Place::new();
    let with = |arguments: &str| line(1, arguments, "").into_bytes();
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    let bad: [(&[u8], &str); 12] = [
        (b"{\n", "not a recorded tool call: it ends too early"),
        (b"[1,2]\n", "not a JSON object"),
        (b"{\"tool\":\"\xff\xfe\"}\n", "not UTF-8 (from byte 10 on)"),
        (&[b"x".repeat(2 * 1024 * 1024 + 1), b"\n".to_vec()].concat(), "longer than 2097152 bytes"),
        (&with(&deep), "`arguments`: nested too deep"),
        (&with(r#"{"a":1,"a":2}"#), "`arguments`: key `a` is there twice"),
        (&with(r#"{"a":123456789012345678901234567890}"#), "`arguments`: number"),
        (&with(r#"{"a":1e999}"#), "`arguments`: number"),
        (&with("[]"), "`arguments`: an array is no object"),
        (&with(&format!(r#"{{"a":"{}"}}"#, "a".repeat(262_144))), "`arguments`: 262152 bytes are too many"),
        (line(1, "{}", "").replace(r#""tool":"t""#, r#""tool":"""#).leak().as_bytes(), "`s.` is no function"),
        (
            line(1, "{}", "").replace(r#""c0""#, &format!(r#""{}""#, "c".repeat(256))).leak().as_bytes(),
            "255 characters",
        ),
    ];
    let mut input = lines(0..1).into_bytes();
    for (bytes, _) in &bad {
        input.extend_from_slice(bytes);
    }
    input.extend_from_slice(lines(2..3).as_bytes());
    let done =
        place.run_with_input(["import", "-", "--on-bad-line", "skip", "--output", "json"], &input).ok();
    let summary = done.json();
    assert_eq!((&summary["recorded"], &summary["skipped"]), (&json!(2), &json!(bad.len())), "{summary}");
    for (number, (skipped, (_, reason))) in
        (2..).zip(summary["skipped_lines"].as_array().unwrap().iter().zip(&bad))
    {
        assert_eq!((&skipped["file"], &skipped["line"]), (&json!("-"), &json!(number)), "{summary}");
        assert!(
            skipped["reason"].as_str().unwrap().starts_with(reason) || reason.starts_with("255"),
            "{skipped} {reason}"
        );
        assert!(skipped["reason"].as_str().unwrap().contains(reason), "{skipped} {reason}");
    }
    assert_eq!(place.verify(), 4);
}

#[test]
fn many_bad_lines_are_counted_and_the_first_are_named() {
    let place = Place::new();
    let done =
        place.run_with_input(["import", "-", "--on-bad-line", "skip"], "nonsense\n".repeat(1000).as_bytes());
    let out = done.ok().out;
    assert!(out.starts_with("0 calls: 0 recorded, 0 already on record; 1,000 lines skipped"), "{out}");
    assert!(out.contains("skipped `-` line 20: ") && !out.contains("line 21"), "{out}");
    assert!(out.ends_with("and 980 more\n"), "{out}");
}

#[test]
fn a_file_that_is_not_there_or_no_file_changes_nothing() {
    let place = Place::new();
    let good = place.file("good", lines(0..1));
    let import = |name: &str| place.run(["import".as_ref(), good.as_os_str(), name.as_ref()]);
    import("missing").failed(3, "file_missing").says("there is no file `missing`");
    import("/").failed(4, "file_unreadable").says("`/` is a directory");
    assert!(!place.data().exists());
}

#[test]
fn a_gzip_file_that_ends_too_early_is_imported_up_to_there() {
    let place = Place::new();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    std::io::Write::write_all(&mut encoder, lines(0..5_000).as_bytes()).unwrap();
    let whole = encoder.finish().unwrap();
    let file = place.file("calls.jsonl.gz", &whole[..whole.len() / 2]);
    let import = ["import".as_ref(), file.as_os_str()];
    place.run(import).failed(4, "file_unreadable").says(&format!("cannot read `{}`", file.display()));
    let before = place.verify() / 2;
    assert!(before > 1_000 && before < 4_000, "{before}");
    place.file("calls.jsonl.gz", &whole);
    let summary = place.json(import);
    assert_eq!((&summary["recorded"], &summary["already"]), (&json!(5_000 - before), &json!(before)));
}

#[test]
fn a_text_that_ends_in_the_middle_of_a_line_is_a_bad_line() {
    let place = Place::new();
    let text = lines(0..3);
    let cut = &text[..text.len() - 20];
    place
        .run_with_input(["import", "-"], cut.as_bytes())
        .failed(4, "bad_line")
        .says("line 3")
        .says("it ends too early");
    assert_eq!(place.verify(), 4);
}
