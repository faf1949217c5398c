//! Processes with a bound: what they say, and how they ended.

use std::{
    io::{BufRead as _, BufReader, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, channel},
    thread::JoinHandle,
    time::Duration,
};

/// How long anything may keep silent before it counts as hanging. Generous: the machine may be busy.
pub const SILENCE: Duration = Duration::from_secs(60);

/// A child whose standard output is read line by line. Killed when dropped.
pub struct Running {
    child: Child,
    lines: Receiver<String>,
    errors: Option<JoinHandle<String>>,
}

/// How a child ended.
#[derive(Debug)]
pub struct Ended {
    /// The lines of standard output that had not been read yet; only whole ones.
    pub lines: Vec<String>,
    /// What it wrote to standard error.
    pub stderr: String,
    /// Its status; `None`: it hung and was killed.
    pub status: Option<ExitStatus>,
}

impl Running {
    /// Starts `command`.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let (send, lines) = channel();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            let mut line = String::new();
            while stdout.read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
                // A line without its end was cut by a kill.
                if !line.ends_with('\n') || send.send(line.trim_end().to_owned()).is_err() {
                    return;
                }
                line.clear();
            }
        });
        let mut stderr = child.stderr.take().unwrap();
        let errors = std::thread::spawn(move || {
            let mut text = Vec::new();
            let _ = stderr.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        Self { child, lines, errors: Some(errors) }
    }

    /// The next line; `None` at the end.
    ///
    /// Panics where nothing comes for [`SILENCE`].
    pub fn line(&self) -> Option<String> {
        match self.lines.recv_timeout(SILENCE) {
            Ok(line) => Some(line),
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => None,
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {
                panic!("the child said nothing for {SILENCE:?}: it hangs")
            }
        }
    }

    /// The process's id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Closes its standard input, which it takes as a request to end.
    pub fn close_input(&mut self) {
        drop(self.child.stdin.take());
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
    }

    /// Waits for the end; a child that keeps silent too long is killed.
    pub fn end(mut self, silence: Duration) -> Ended {
        let mut lines = Vec::new();
        let hung = loop {
            match self.lines.recv_timeout(silence) {
                Ok(line) => lines.push(line),
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break false,
                Err(std::sync::mpsc::RecvTimeoutError::Timeout) => break true,
            }
        };
        if hung {
            self.kill();
        }
        let status = self.child.wait().unwrap();
        let stderr = self.errors.take().and_then(|errors| errors.join().ok()).unwrap_or_default();
        Ended { lines, stderr, status: (!hung).then_some(status) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
