//! Recomputing what can be recomputed of a log.

use proto_events::{Digest, GlobalPosition, RecordedEvent, StreamVersion};
use serde::Serialize;

use crate::{
    Frontier, TreeHead,
    block::{Block, BlockError},
    encode_record,
    heads::Heads,
    leaf_hash,
};

/// Most findings that a report lists; more are counted.
const MAX_FINDINGS: usize = 1000;

/// Something that is not as it has to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Where: the first position that is affected.
    pub position: GlobalPosition,
    /// Stable code: `missing`, `damaged`, `chain`, `version`, `leaf_hash`, `root`, `tail`.
    pub code: &'static str,
    /// What is wrong.
    pub what: String,
}

/// What a verification saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    /// How many events were read and found whole.
    pub events: u64,
    /// How many streams they belong to.
    pub streams: u64,
    /// How many blocks they lie in; 0 where there are no blocks.
    pub blocks: u64,
    /// The last position there is.
    pub tail: GlobalPosition,
    /// Merkle root (RFC 6962) recomputed from the events; only of worth when nothing was found.
    pub root: Digest,
    /// What is not as it has to be, by position; at most 1,000 are listed.
    pub findings: Vec<Finding>,
    /// How many findings there are.
    pub findings_total: u64,
}

impl VerifyReport {
    /// Whether nothing was found.
    pub const fn is_clean(&self) -> bool {
        self.findings_total == 0
    }
}

/// Takes a log in order, event by event or block by block.
pub(crate) struct Verifier {
    heads: Heads,
    frontier: Frontier,
    next: GlobalPosition,
    last_block: Option<Digest>,
    events: u64,
    blocks: u64,
    findings: Vec<Finding>,
    findings_total: u64,
}

impl Default for Verifier {
    fn default() -> Self {
        Self {
            heads: Heads::new(),
            frontier: Frontier::default(),
            next: GlobalPosition::new(1),
            last_block: Some(Digest::new([0; 32])),
            events: 0,
            blocks: 0,
            findings: Vec::new(),
            findings_total: 0,
        }
    }
}

impl Verifier {
    pub(crate) fn find(&mut self, position: GlobalPosition, code: &'static str, what: String) {
        self.findings_total += 1;
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(Finding { position, code, what });
        }
    }

    /// Everything up to, not including, `position` is missing if it has not been seen.
    fn gap(&mut self, position: GlobalPosition) {
        if position > self.next {
            let last = position.get() - 1;
            let what = format!("the events {} to {last} are missing", self.next);
            self.find(self.next, "missing", what);
            // The chain of blocks and the tree are broken by the gap already; it is one finding.
            self.last_block = None;
            self.next = position;
        }
    }

    pub(crate) fn event(&mut self, event: &RecordedEvent) {
        self.gap(event.position);
        let position = event.position;
        if position != self.next {
            self.find(position, "damaged", format!("position {position} comes where {} belongs", self.next));
            return;
        }
        let leaf = leaf_hash(&encode_record(event));
        if leaf != event.leaf_hash {
            self.find(
                position,
                "leaf_hash",
                format!("the leaf hash of event {position} is not that of its record"),
            );
        }
        let key = self.heads.key(event.tenant.as_str().as_bytes(), event.stream.as_str().as_bytes());
        let head = self.heads.get(key);
        let version = head.map_or(StreamVersion::FIRST, |head| head.version.next());
        if (event.version, event.previous) != (version, head.map(|head| head.position)) {
            let what = format!(
                "event {position} is version {} of stream `{}`, after position {}; expected version {version}, after {}",
                event.version,
                event.stream,
                event.previous.unwrap_or_default(),
                head.map(|head| head.position).unwrap_or_default(),
            );
            self.find(position, "version", what);
        }
        self.heads.set(key, crate::StreamHead { version: event.version, position });
        self.frontier.push(leaf);
        self.events += 1;
        self.next = position.next();
    }

    /// A block as it was read, or why it could not be.
    pub(crate) fn block(&mut self, first: GlobalPosition, block: Result<Block, BlockError>) {
        self.gap(first);
        let block = match block {
            Ok(block) if block.first == first => block,
            Ok(block) => {
                self.find(
                    first,
                    "damaged",
                    format!("the block at {first} says that it begins at {}", block.first),
                );
                self.last_block = None;
                return;
            }
            Err(error) => {
                self.find(first, "damaged", format!("the block at {first} is damaged: {error}"));
                self.last_block = None;
                return;
            }
        };
        if self.last_block.is_some_and(|digest| digest != block.previous) {
            let what = format!("the block at {first} does not follow the block before it");
            self.find(first, "chain", what);
        }
        let mut events = Vec::with_capacity(block.count as usize);
        if let Err(error) = block.events(first, usize::MAX, &mut events) {
            self.find(first, "damaged", format!("the block at {first} is damaged: {error}"));
        }
        let whole = self.events == first.get() - 1;
        for event in &events {
            self.event(event);
        }
        if whole && self.frontier != block.frontier {
            let what = format!("the tree after the block at {first} is not what the block says");
            self.find(first, "root", what);
        }
        self.blocks += 1;
        self.last_block = Some(block.digest);
        self.next = block.last().next();
    }

    /// The position that comes next.
    pub(crate) const fn next(&self) -> GlobalPosition {
        self.next
    }

    /// The report, for a log on disk whose remembered tail is this.
    pub(crate) fn finish_remembering(self, remembered: Option<TreeHead>) -> VerifyReport {
        let here = TreeHead { size: self.next.get() - 1, root: self.frontier.root() };
        // A tail file lags behind after a power loss; then there is nothing to hold the end against.
        let head = remembered.filter(|remembered| remembered.size >= here.size).unwrap_or(here);
        self.finish(head)
    }

    /// The report, for a log that says that it ends with `head`.
    pub(crate) fn finish(mut self, head: TreeHead) -> VerifyReport {
        self.gap(GlobalPosition::new(head.size).next());
        let tail = GlobalPosition::new(self.next.get() - 1);
        if self.findings_total == 0 && self.frontier.head() != head {
            let what = format!("the log ends at {} with another root than it says", self.frontier.size());
            self.find(tail, "tail", what);
        }
        VerifyReport {
            events: self.events,
            streams: self.heads.len() as u64,
            blocks: self.blocks,
            tail,
            root: self.frontier.root(),
            findings: self.findings,
            findings_total: self.findings_total,
        }
    }
}
