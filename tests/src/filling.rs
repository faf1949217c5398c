//! The load on a disk that fills up.

use std::{path::Path, process::Command, time::Duration};

use crate::{
    check::{self, Ack},
    child::Running,
    fixture::Programs,
    probe::probe,
};

/// The seed of its events.
pub const SEED: u64 = 0x5eed_0006;

/// The load on a disk that fills up, and what it said so far.
pub struct Load {
    child: Running,
    /// What was acknowledged.
    pub acks: Vec<Ack>,
    /// The codes of failed appends.
    pub codes: Vec<String>,
    /// What reads after a failed append came to.
    pub reads: Vec<String>,
    closed: bool,
}

impl Load {
    /// Starts `command`, which is `append_load`.
    pub fn start(command: &mut Command, data: &Path, reserved: u64) -> Self {
        command.arg(data).args([SEED.to_string(), "0".to_owned(), "--read".to_owned()]);
        command.args(["--reserved", &reserved.to_string()]);
        Self {
            child: Running::start(command),
            acks: Vec::new(),
            codes: Vec::new(),
            reads: Vec::new(),
            closed: false,
        }
    }

    fn take(&mut self, line: &str) {
        match line.split_once(' ') {
            Some(("ack", _)) => self.acks.extend(Ack::parse(line)),
            Some(("error", rest)) => self.codes.push(rest.split(' ').next().unwrap().to_owned()),
            Some(("read", rest)) => self.reads.push(rest.to_owned()),
            None if line == "closed" => self.closed = true,
            _ => assert!(line.starts_with("open "), "the load said `{line}`"),
        }
    }

    /// Listens until `enough` of what was said is so. Bounded by the number of lines, and by silence.
    pub fn until(&mut self, what: &str, enough: impl Fn(&Self) -> bool) {
        for _ in 0..2_000_000 {
            if enough(self) {
                return;
            }
            let Some(line) = self.child.line() else { break };
            self.take(&line);
        }
        panic!(
            "seed {SEED:#x}: waited for {what}: {} acks, {:?} …",
            self.acks.len(),
            self.codes.iter().take(20)
        );
    }

    /// Fills the disk (by what it appends), makes room, three times over.
    pub fn rounds(&mut self, mut make_room: impl FnMut(u64), mut fill: impl FnMut(u64)) {
        for round in 1..=3 {
            let (errors, reads) = (self.codes.len(), self.reads.len());
            self.until("errors", |load| load.codes.len() >= errors + 5 && load.reads.len() >= reads + 15);
            let acks = self.acks.len();
            make_room(round);
            self.until("acknowledgements after there was room again", |load| load.acks.len() >= acks + 40);
            fill(round);
        }
    }

    /// Lets it close, then holds everything that it said against what is there. Reads had to go on; where the disk was
    /// filled while the store was being opened again (`reads_may_wait`) they may have been told to come back.
    pub fn finish(mut self, programs: Programs, data: &Path, reads_may_wait: bool) -> String {
        self.child.close_input();
        while let Some(line) = self.child.line() {
            self.take(&line);
        }
        let Self { child, acks, codes, reads, closed } = self;
        let ended = child.end(Duration::from_secs(60));
        assert!(closed, "seed {SEED:#x}: {:?} {}", ended.status, ended.stderr);
        assert!(!ended.stderr.contains("panicked"), "seed {SEED:#x}: {}", ended.stderr);
        let count = |code: &str| codes.iter().filter(|seen| *seen == code).count();
        let (full, failed) = (count("storage_full"), count("storage_failed"));
        assert_eq!(full + failed, codes.len(), "seed {SEED:#x}: other errors: {codes:?}");
        let may = |read: &str| read == "ok" || reads_may_wait && read == "storage_full";
        let bad: Vec<_> = reads.iter().filter(|read| !may(read)).collect();
        assert!(
            bad.is_empty(),
            "seed {SEED:#x}: {} of {} reads failed while the disk was full: {:?}",
            bad.len(),
            reads.len(),
            bad[0]
        );
        let seen = probe(programs.probe, data, &[]);
        check::log_keeps(SEED, &acks, &seen).unwrap_or_else(|wrong| panic!("seed {SEED:#x}: {wrong}"));
        format!("{} appends acknowledged, {full} × storage_full, {failed} × storage_failed", acks.len())
    }
}
