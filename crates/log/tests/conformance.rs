//! Both implementations against the one suite.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails like a test")]

use std::sync::{Arc, Mutex};

use vidimus_log::{EventLog, MemoryLog, SledLog, SledLogOptions, conformance};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_in_memory_keeps_the_contract() {
    conformance::run_all(&|limits| Arc::new(MemoryLog::new(limits))).await;
}

async fn on_sled(recent_bytes: usize) {
    let directories = Mutex::new(Vec::new());
    conformance::run_all(&|limits| {
        let directory = tempfile::tempdir().unwrap();
        let options = SledLogOptions { limits, recent_bytes, ..SledLogOptions::default() };
        let log: Arc<dyn EventLog> = Arc::new(SledLog::open(directory.path(), options).unwrap());
        directories.lock().unwrap().push(directory);
        log
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_on_sled_keeps_the_contract() {
    on_sled(SledLogOptions::default().recent_bytes).await;
}

/// With no room for recent blocks almost every read comes from the store.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_on_sled_keeps_the_contract_from_the_disk() {
    on_sled(0).await;
}
