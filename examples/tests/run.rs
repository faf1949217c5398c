//! The examples run, and print what they say they do.

use std::process::Command;

#[test]
fn govern_runs_one_call_from_proposal_to_result() {
    let output = Command::new(env!("CARGO_BIN_EXE_govern")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = [
        "proposed   awaiting_approval",
        "again      awaiting_approval (reused: true)",
        "approved   permitted",
        "started    in_progress",
        "twice      no, already_started",
        "completed  succeeded",
        "table      refund-bot shop.refund Success Approved",
        "verified   true",
    ];
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().collect::<Vec<_>>(), lines);
}
