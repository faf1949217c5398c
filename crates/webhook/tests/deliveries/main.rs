//! Deliveries to a real receiver on a real socket.
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod addresses;
mod directory;
mod hooked;
mod order;
mod receiver;
mod restarts;
mod restored;
mod retries;
mod troubles;
mod world;
