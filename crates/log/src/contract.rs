//! What a log promises, whoever implements it.

use async_trait::async_trait;
use proto_events::{
    Digest, ExpectedVersion, GlobalPosition, NewEvent, RecordedEvent, StreamId, StreamVersion, TenantId,
};

use crate::{
    AppendError, ConsistencyProof, InclusionProofs, ProofError, ReadError, Subtree, TreeHead, VerifyReport,
    proof,
};

/// Events for one stream, and what the writer believes the stream is at.
#[derive(Clone, Debug)]
pub struct StreamWrite {
    /// The stream.
    pub stream: StreamId,
    /// What it has to be at.
    pub expected: ExpectedVersion,
    /// What to add to it, in order. Empty: the write only *guards*, the append happens if the stream is as expected.
    pub events: Vec<NewEvent>,
}

/// One append: writes to one or several streams of one tenant, all or none.
#[derive(Clone, Debug)]
pub struct Append {
    /// The tenant that the streams belong to.
    pub tenant: TenantId,
    /// The writes; the events get their positions in this order. No stream twice.
    pub writes: Vec<StreamWrite>,
}

impl Append {
    /// An append to one stream.
    pub fn to_stream(
        tenant: TenantId,
        stream: StreamId,
        expected: ExpectedVersion,
        events: Vec<NewEvent>,
    ) -> Self {
        Self { tenant, writes: vec![StreamWrite { stream, expected, events }] }
    }
}

/// Where one write of an append went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Version of the stream's last event now; `None` if the stream has none (a guard on a stream without events).
    pub version: Option<StreamVersion>,
}

/// The answer to an append: it is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Position of the append's first event.
    pub first: GlobalPosition,
    /// Position of its last event.
    pub last: GlobalPosition,
    /// Where each write went, in the order of the writes.
    pub written: Vec<Written>,
}

/// Where a stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamHead {
    /// Version of its last event.
    pub version: StreamVersion,
    /// Position of its last event.
    pub position: GlobalPosition,
}

/// An append-only log of events, numbered without gaps, divided into streams.
///
/// ```text
///            read_all(after: 3)                         tail
///                  ├──────────▶                           │
///  START   1   2   3   4   5   6   7   8   9  10  11  12  13
///    ●─────■───■───■───■───■───■───■───■───■───■───■───■───■───▶ global position (1-based, no gaps)
///          a0  b0  a1  c0  c1  b1  a2  …                       │ an append in the queue: not numbered,
///          └───────┴───────────────┘                           │ not readable, not answered
///          stream a: versions 0, 1, 2
/// ```
///
/// **Order.** Every event has a *global position*, 1-based and gapless, and a *stream version*, 0-based and gapless.
/// Events of one append have consecutive positions. Position order is the order in which appends took effect.
///
/// **Atomicity.** An append happens whole or not at all, also over several streams. It happens only if every stream it
/// names is as expected; the check and the append are one step.
///
/// **Durability.** When [`append`](Self::append) has answered `Ok`, the events survive the end of the process, the end
/// of the operating system, and the loss of power. An append that was *not* answered (its caller went away, the process
/// ended) may or may not have happened; after a restart every reader sees the same one of the two.
///
/// **Visibility.** A reader sees only durable events: `tail` is the highest durable position and never goes back. An
/// answered append is visible to every read that begins after the answer.
///
/// **Immutability.** What was read at a position is read there for ever, byte for byte, or the read says `corrupt` and
/// names the position. Damage is never passed on as truth.
///
/// **Identity.** Stream ids are unique within a tenant. No call can name two tenants, and the log never looks into a
/// payload.
///
/// **Bounds.** An append over the stated limits is refused; a full queue answers `overloaded`, at once and with nothing
/// appended. A slow reader slows nobody: readers keep their own place, and the log keeps no list of them.
#[async_trait]
pub trait EventLog: Send + Sync + 'static {
    /// Appends, all or none; answers when it is durable.
    ///
    /// # Errors
    /// See [`AppendError`]: a conflict, a refusal that will never pass, a retryable *unavailable* with nothing
    /// appended, or a broken log, where the outcome is unknown until it was opened again.
    async fn append(&self, append: Append) -> Result<Appended, AppendError>;

    /// The highest durable position; [`GlobalPosition::START`] if the log is empty.
    fn tail(&self) -> GlobalPosition;

    /// Size and Merkle root (RFC 6962) of the log at its tail.
    fn tree_head(&self) -> TreeHead;

    /// Waits until the tail is past `position`; answers the tail. Dropping the future is harmless.
    ///
    /// # Errors
    /// `closed` when the log was closed while it waited.
    async fn wait_past(&self, position: GlobalPosition) -> Result<GlobalPosition, ReadError>;

    /// Where a stream ends; `None` if it has no events.
    ///
    /// # Errors
    /// See [`ReadError`].
    async fn stream_head(
        &self,
        tenant: &TenantId,
        stream: &StreamId,
    ) -> Result<Option<StreamHead>, ReadError>;

    /// Up to `limit` events of a stream, forwards, from version `from` on. Empty past its end.
    ///
    /// # Errors
    /// See [`ReadError`].
    async fn read_stream(
        &self,
        tenant: &TenantId,
        stream: &StreamId,
        from: StreamVersion,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError>;

    /// Events of the whole log, forwards, from the one after `after` on: at least one if there is one, and at most
    /// `limit`. Fewer than `limit` does not mean that the tail is reached; an empty answer does.
    ///
    /// # Errors
    /// See [`ReadError`].
    async fn read_all(&self, after: GlobalPosition, limit: usize) -> Result<Vec<RecordedEvent>, ReadError>;

    /// Events of the whole log, backwards, from the one before `before` on: at least one if there is one, and at most
    /// `limit`; latest first. An empty answer means that the start is reached.
    ///
    /// # Errors
    /// See [`ReadError`].
    async fn read_all_backwards(
        &self,
        before: GlobalPosition,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError>;

    /// The roots of perfect subtrees of the log's Merkle tree (RFC 6962), in the order asked for; each of them has to be
    /// complete at the tail. As it comes it reads every leaf; a log that keeps more of its tree answers from that.
    ///
    /// # Errors
    /// `proof_out_of_range` for one that is not complete; see [`ProofError`].
    async fn subtree_roots(&self, subtrees: &[Subtree]) -> Result<Vec<Digest>, ProofError> {
        proof::subtree_roots(self, subtrees).await
    }

    /// Proves that the events at these positions, at most [`MAX_PROVED`](crate::MAX_PROVED), are in the log's tree of
    /// `size` events (RFC 6962, section 2.1.1).
    ///
    /// # Errors
    /// `proof_out_of_range` for a size past the tail or a position past the size, `proof_too_many`; see [`ProofError`].
    async fn inclusion_proofs(
        &self,
        positions: &[GlobalPosition],
        size: u64,
    ) -> Result<InclusionProofs, ProofError> {
        proof::inclusion(self, positions, size).await
    }

    /// Proves that the log's tree of `new` events begins with all of its tree of `old` events, of which there is at least
    /// one (RFC 6962, section 2.1.2).
    ///
    /// # Errors
    /// `proof_out_of_range` for a size past the tail, or an old one that is 0 or larger than the new one; see [`ProofError`].
    async fn consistency_proof(&self, old: u64, new: u64) -> Result<ConsistencyProof, ProofError> {
        proof::consistency(self, old, new).await
    }

    /// Reads everything and recomputes what can be recomputed: numbering, versions, digests, leaf hashes, the tree.
    /// Damage is in the report, by position; `Err` only where reading as such was impossible.
    ///
    /// # Errors
    /// See [`ReadError`].
    async fn verify(&self) -> Result<VerifyReport, ReadError>;
}
