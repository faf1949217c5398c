//! What one append, and the log as a whole, may take.

/// Bounds of a log. Over a bound there is a clear error and nothing is lost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Largest payload of one event, in bytes: arguments or a result of 256 KiB with everything around them.
    pub event_bytes: usize,
    /// Most events in one append.
    pub append_events: usize,
    /// Largest append, in bytes of its records.
    pub append_bytes: usize,
    /// Most appends that wait for the writer; one more is *overloaded*.
    pub queued_appends: usize,
    /// Most bytes of appends that wait for the writer; more is *overloaded*.
    pub queued_bytes: usize,
    /// Most reads that wait for the disk; one more is *overloaded*.
    pub waiting_reads: usize,
    /// Most events of one read, whatever was asked for.
    pub read_events: usize,
    /// About how many bytes of memory the answer of one read holds; it has fewer events then, but at least one.
    pub read_bytes: usize,
}

impl Limits {
    /// The bounds unless told otherwise.
    pub const DEFAULT: Self = Self {
        event_bytes: 640 * 1024,
        append_events: 4096,
        append_bytes: 1024 * 1024,
        queued_appends: 16_384,
        queued_bytes: 64 * 1024 * 1024,
        waiting_reads: 1024,
        read_events: 8192,
        read_bytes: 16 * 1024 * 1024,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
