//! What is said in a conversation. There is no state: what was said stays said, and can be said again.

mod command;
mod decide;
mod rejection;
#[cfg(test)]
mod tests;

pub use command::Speak;
pub use decide::{MAX_SPOKEN_BYTES, decide};
pub use rejection::Rejection;
