//! W3C trace context: `traceparent: 00-<trace id>-<span id>-<flags>`.

use std::fmt;

use axum::http::HeaderValue;
use uuid::Uuid;
use vidimus_engine::Engine;

/// A place in a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TraceContext {
    /// The trace; its 16 bytes make the correlation id of what a request led to.
    pub(super) trace_id: Uuid,
    span_id: [u8; 8],
    sampled: bool,
}

/// Lower-case hex, as the recommendation has it, and not all zeros, which means "none".
fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if text.len() != 2 * N || !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(bytes)
}

fn not_zero<const N: usize>(bytes: [u8; N]) -> Option<[u8; N]> {
    (bytes != [0; N]).then_some(bytes)
}

impl TraceContext {
    /// What the header says, if it says it in a form that the recommendation knows. A later version may say more after
    /// what version 0 says; that is passed over.
    pub(super) fn of(header: &HeaderValue) -> Option<Self> {
        let text = header.to_str().ok()?;
        let mut parts = text.split('-');
        let [version] = hex(parts.next()?)?;
        let trace_id = not_zero(hex(parts.next()?)?)?;
        let span_id = not_zero(hex(parts.next()?)?)?;
        let [flags] = hex(parts.next()?)?;
        if version == 0xff || (version == 0 && parts.next().is_some()) {
            return None;
        }
        Some(Self { trace_id: Uuid::from_bytes(trace_id), span_id, sampled: flags & 1 == 1 })
    }

    /// A span of ours, in the trace of whoever asked, or in one of its own.
    pub(super) fn child(parent: Option<Self>, engine: &Engine) -> Self {
        let fresh = engine.fresh_id();
        // The last eight bytes are those that differ most between two ids.
        let [_, _, _, _, _, _, _, _, span_id @ ..] = fresh.into_bytes();
        let trace_id = parent.map_or_else(|| engine.fresh_id(), |parent| parent.trace_id);
        Self { trace_id, span_id, sampled: parent.is_some_and(|parent| parent.sampled) }
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (trace_id, span_id) = (self.trace_id.simple(), u64::from_be_bytes(self.span_id));
        write!(f, "00-{trace_id}-{span_id:016x}-{:02x}", u8::from(self.sampled))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALID: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn of(text: &str) -> Option<TraceContext> {
        TraceContext::of(&HeaderValue::from_str(text).unwrap())
    }

    #[test]
    fn what_the_recommendation_knows_is_read() {
        let context = of(VALID).unwrap();
        assert_eq!(context.to_string(), VALID);
        assert_eq!(context.trace_id.to_string(), "4bf92f35-77b3-4da6-a3ce-929d0e0e4736");
        assert_eq!(of(&VALID.replace("-01", "-00")).unwrap().to_string(), VALID.replace("-01", "-00"));
        let later = VALID.replace("00-4b", "cc-4b");
        assert_eq!(of(&later), Some(context));
        assert_eq!(of(&format!("{later}-what-the-future-holds")), Some(context));
    }

    #[test]
    fn what_it_does_not_know_is_not() {
        let zero_trace = VALID.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32));
        let zero_span = VALID.replace("00f067aa0ba902b7", &"0".repeat(16));
        let others = [
            "",
            "-",
            "00",
            &VALID[..54],
            &format!("{VALID}-more"),
            &format!("{VALID}-"),
            &format!("{VALID}0"),
            &VALID.replace("4bf9", "4BF9"),
            &VALID.replace("4bf9", "4bfg"),
            &VALID.replace("00-4b", "ff-4b"),
            &VALID.replace('-', "_"),
            &format!("{VALID},{VALID}"),
            &zero_trace,
            &zero_span,
        ];
        for text in others {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
