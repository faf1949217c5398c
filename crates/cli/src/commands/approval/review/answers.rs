//! Where the answers come from: the terminal, or a file.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, IsTerminal as _, Read},
    path::Path,
    pin::Pin,
};

use tokio::sync::mpsc;

use crate::{
    error::{Failure, Kind},
    files::unreadable,
    output::{Output, printable},
};

/// The longest line that is read as one, in bytes; more than the longest text that is taken.
const MAX_LINE: u64 = 64 * 1024;

/// What was answered.
pub(super) enum Answer {
    /// This, without what no text has in it.
    Line(String),
    /// There are no more answers.
    Ended,
    /// Ctrl-C.
    Interrupted,
}

/// Answers, line by line.
pub(super) struct Answers {
    lines: mpsc::Receiver<io::Result<String>>,
    interrupted: Pin<Box<dyn Future<Output = io::Result<()>> + Send>>,
    /// What was answered is shown: nobody typed it here.
    echo: bool,
}

impl Answers {
    /// Of this file (`-`: standard input, whatever it is), else of the terminal.
    pub(super) fn open(file: Option<&Path>) -> Result<Self, Failure> {
        let (reader, echo): (Box<dyn Read + Send>, bool) = match file {
            Some(file) if file != Path::new("-") => {
                (Box::new(File::open(file).map_err(|error| unreadable(file, &error))?), true)
            }
            Some(_) => (Box::new(io::stdin()), !io::stdin().is_terminal()),
            None if io::stdin().is_terminal() => (Box::new(io::stdin()), false),
            None => {
                let message = "there is no terminal to ask in: run it in one, give the answers with `--answers FILE` \
                    (`-` is standard input), or print the queue with `--output json`";
                return Err(Failure::usage("terminal_missing", message));
            }
        };
        // One line ahead at most. The thread may wait for a line for ever, and ends with the process.
        let (send, lines) = mpsc::channel(1);
        std::thread::spawn(move || read(BufReader::new(reader), &send));
        let interrupted = Box::pin(tokio::signal::ctrl_c());
        Ok(Self { lines, interrupted, echo })
    }

    pub(super) async fn ask(&mut self, question: &str) -> Result<Answer, Failure> {
        Output::bytes(question.as_bytes())?;
        let line = tokio::select! {
            biased;
            _ = &mut self.interrupted => {
                Output::bytes(b"\n")?;
                return Ok(Answer::Interrupted);
            }
            line = self.lines.recv() => line,
        };
        match line {
            None => {
                Output::bytes(b"\n")?;
                Ok(Answer::Ended)
            }
            Some(Ok(line)) => {
                // Arrow keys and the like send control characters, which mean nothing here.
                let line: String = line.chars().filter(|character| !character.is_control()).collect();
                if self.echo {
                    Output::bytes((printable(&line) + "\n").as_bytes())?;
                }
                Ok(Answer::Line(line.trim().to_owned()))
            }
            Some(Err(error)) => {
                let message = format!("cannot read the answers: {error}");
                Err(Failure::new(Kind::Other, "io", message))
            }
        }
    }
}

fn read(mut reader: impl BufRead, lines: &mpsc::Sender<io::Result<String>>) {
    loop {
        let mut line = Vec::new();
        let read = (&mut reader).take(MAX_LINE).read_until(b'\n', &mut line);
        let line = match read {
            Ok(0) => return,
            Ok(_) => Ok(String::from_utf8_lossy(&line).into_owned()),
            Err(error) => Err(error),
        };
        let is_last = line.is_err();
        if lines.blocking_send(line).is_err() || is_last {
            return;
        }
    }
}
