//! The physical limit: a plain append file, one writer that takes what waits, `write` and `fdatasync` per commit.

use std::{fs::File, io::Write as _, path::Path, thread::JoinHandle};

use tokio::sync::{mpsc, oneshot};

type Waiting = (Vec<u8>, oneshot::Sender<()>);

/// An append file with group commit, as thin as it can be.
pub(super) struct RawFile {
    queue: Option<mpsc::Sender<Waiting>>,
    writer: Option<JoinHandle<()>>,
}

impl RawFile {
    pub(super) fn create(path: &Path) -> std::io::Result<Self> {
        let mut file = File::create(path)?;
        let (queue, mut waiting) = mpsc::channel::<Waiting>(16_384);
        let writer = std::thread::spawn(move || {
            let (mut bytes, mut answers) = (Vec::new(), Vec::new());
            while let Some((first, answer)) = waiting.blocking_recv() {
                bytes.extend(first);
                answers.push(answer);
                while bytes.len() < 4 * 1024 * 1024
                    && let Ok((next, answer)) = waiting.try_recv()
                {
                    bytes.extend(next);
                    answers.push(answer);
                }
                let written = file.write_all(&bytes).and_then(|()| file.sync_data());
                bytes.clear();
                for answer in answers.drain(..) {
                    if written.is_ok() {
                        let _ = answer.send(());
                    }
                }
            }
        });
        Ok(Self { queue: Some(queue), writer: Some(writer) })
    }

    pub(super) async fn append(&self, bytes: Vec<u8>) -> bool {
        let (answer, answered) = oneshot::channel();
        match &self.queue {
            Some(queue) if queue.send((bytes, answer)).await.is_ok() => answered.await.is_ok(),
            _ => false,
        }
    }
}

impl Drop for RawFile {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}
