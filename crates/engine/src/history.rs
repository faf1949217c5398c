//! Recorded events as they are, for those who read history.

use proto_events::{Event, GlobalPosition, RecordedEvent, StreamId, StreamVersion, TenantId};
use uuid::Uuid;

use vidimus_domain::execution::{Happened, State, evolve};

use crate::{Answer, Engine, EngineError, engine::decode};

/// A page ends early where its payloads come to more than this: each of them may have 640 KiB.
const MAX_PAGE_BYTES: usize = 4 * 1024 * 1024;
/// Events that one request looks at, whoever's they are: a page may be empty and not the last.
const MAX_SCANNED: usize = 20_000;
/// Events that are asked for at once; the log may answer with fewer.
const READ: usize = 1024;

/// Events of one tenant, in the order of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPage {
    /// The events.
    pub events: Vec<RecordedEvent>,
    /// The last position that was looked at: the page after this one begins after it.
    pub upto: GlobalPosition,
    /// Whether there was more to look at. Where there was not, `upto` is the tail.
    pub more: bool,
    /// The tail when the page was begun: it has nothing after that.
    pub tail: GlobalPosition,
}

/// Events of one execution, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutionEventPage {
    /// The events.
    pub events: Vec<RecordedEvent>,
    /// The version that the next page begins with; `None` where this one is the last.
    pub next: Option<StreamVersion>,
}

impl Engine {
    /// The highest durable position.
    pub fn tail(&self) -> GlobalPosition {
        self.log.tail()
    }

    /// Up to `limit` events of the tenant after the position `after`, as far as the log goes when this begins. It looks
    /// at a bounded number of events, so that a tenant with few of them costs no more than one with many.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn events(
        &self,
        tenant: &TenantId,
        after: GlobalPosition,
        limit: usize,
    ) -> Result<EventPage, EngineError> {
        let tail = self.tail();
        let (mut events, mut upto) = (Vec::new(), after.min(tail));
        let (mut bytes, mut scanned) = (0, 0);
        while upto < tail && scanned < MAX_SCANNED {
            let page = self.log.read_all(upto, READ.min(MAX_SCANNED - scanned)).await?;
            if page.is_empty() {
                break;
            }
            for recorded in page {
                // What came meanwhile is left for the next page: this one is true at `tail`.
                if recorded.position > tail || events.len() == limit || bytes > MAX_PAGE_BYTES {
                    return Ok(EventPage { events, upto, more: upto < tail, tail });
                }
                (upto, scanned) = (recorded.position, scanned + 1);
                if recorded.tenant == *tenant {
                    bytes += recorded.event.payload.len();
                    events.push(recorded);
                }
            }
        }
        Ok(EventPage { events, upto, more: upto < tail, tail })
    }

    /// Where an execution stood at `position`, and its events up to there; `None` where the tenant had no such execution then.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn execution_as_of(
        &self,
        tenant: &TenantId,
        execution_id: Uuid,
        position: GlobalPosition,
    ) -> Result<Option<(Answer, Vec<RecordedEvent>)>, EngineError> {
        let stream = StreamId::execution(execution_id);
        let (mut state, mut events, mut next) = (State::initial(), Vec::new(), StreamVersion::FIRST);
        loop {
            let page = self.log.read_stream(tenant, &stream, next, READ).await?;
            let is_last = page.last().is_none_or(|last| last.position > position);
            for recorded in page.into_iter().take_while(|recorded| recorded.position <= position) {
                next = recorded.version.next();
                if let Event::Execution(event) = decode(&recorded)? {
                    let (by, at) = (&recorded.event.actor, recorded.event.recorded_at);
                    state = evolve(state, Happened { by, at, event: &event });
                }
                events.push(recorded);
            }
            if is_last {
                break;
            }
        }
        let Some(position) = events.last().map(|last| last.position) else { return Ok(None) };
        Ok(Some((Answer { execution_id, state, position, already: true }, events)))
    }

    /// Up to `limit` events of one execution from version `from` on; `None` where the tenant has no such execution.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn execution_events(
        &self,
        tenant: &TenantId,
        execution_id: Uuid,
        from: StreamVersion,
        limit: usize,
    ) -> Result<Option<ExecutionEventPage>, EngineError> {
        let stream = StreamId::execution(execution_id);
        let Some(head) = self.log.stream_head(tenant, &stream).await? else { return Ok(None) };
        let (mut events, mut next, mut bytes) = (Vec::new(), from, 0);
        while next <= head.version {
            let page = self.log.read_stream(tenant, &stream, next, READ.min(limit)).await?;
            if page.is_empty() {
                break;
            }
            for recorded in page {
                if recorded.version > head.version || events.len() == limit || bytes > MAX_PAGE_BYTES {
                    return Ok(Some(ExecutionEventPage {
                        events,
                        next: (next <= head.version).then_some(next),
                    }));
                }
                next = recorded.version.next();
                bytes += recorded.event.payload.len();
                events.push(recorded);
            }
        }
        Ok(Some(ExecutionEventPage { events, next: None }))
    }
}
