//! A data directory of its own for every test, and the binary to run on it.

use std::{
    ffi::OsStr,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use serde_json::Value;

/// The project's own recorded calls.
pub(crate) const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/sample-calls.jsonl");
/// How many they are.
pub(crate) const SAMPLE_CALLS: usize = 60;

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Done {
    /// It succeeded, and had nothing to complain about.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""), "{}", self.out);
        self
    }

    /// It failed with this exit code and an error of this code, in words and on standard error alone.
    #[track_caller]
    pub(crate) fn failed(self, code: i32, error: &str) -> Self {
        assert_eq!((self.code, self.out.as_str()), (Some(code), ""), "{}", self.err);
        assert!(self.err.starts_with(&format!("error[{error}]: ")), "{}", self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }

    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(
            self.err.contains(text) || self.out.contains(text),
            "`{text}` is not in:\n{}{}",
            self.out,
            self.err
        );
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }

    #[track_caller]
    pub(crate) fn json_lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// A directory that is removed at the end, with a data directory `data` in it.
pub(crate) struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    /// With the sample on record.
    pub(crate) fn with_sample() -> Self {
        let place = Self::new();
        place.run(["import", SAMPLE]).ok();
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path("data")
    }

    pub(crate) fn file(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, contents).unwrap();
        path
    }

    pub(crate) fn command(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vidimus"));
        let variables = [
            "VIDIMUS_CHECKPOINT_ORIGIN",
            "VIDIMUS_CONFIG",
            "VIDIMUS_KEY",
            "VIDIMUS_KEY_FILE",
            "VIDIMUS_LISTEN",
            "VIDIMUS_LOG",
            "VIDIMUS_NATS",
            "VIDIMUS_NATS_CA",
            "VIDIMUS_NATS_CREDS",
            "VIDIMUS_NATS_NKEY",
            "VIDIMUS_SERVER",
            "VIDIMUS_TENANT",
            "VIDIMUS_USER",
        ];
        for variable in variables {
            command.env_remove(variable);
        }
        command.current_dir(self.directory.path()).env("VIDIMUS_DATA", self.data()).args(args);
        command
    }

    pub(crate) fn run(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Done {
        finished(self.command(args).stdin(Stdio::null()))
    }

    /// Runs with `--output json`; it has to succeed.
    #[track_caller]
    pub(crate) fn json(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Value {
        finished(self.command(args).args(["--output", "json"]).stdin(Stdio::null())).ok().json()
    }

    pub(crate) fn run_with_input(
        &self,
        args: impl IntoIterator<Item = impl AsRef<OsStr>>,
        input: &[u8],
    ) -> Done {
        let mut child = self.spawn(args);
        let mut stdin = child.stdin.take().unwrap();
        let fed = std::thread::scope(|scope| {
            // It may end before it has read everything.
            scope.spawn(move || drop(stdin.write_all(input)));
            child.wait_with_output().unwrap()
        });
        done(fed.status, &fed.stdout, &fed.stderr)
    }

    /// Starts it, with pipes.
    pub(crate) fn spawn(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Child {
        let pipes = |command: &mut Command| {
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        pipes(&mut self.command(args))
    }

    /// Log and views are as they should be; answers the log's tail.
    #[track_caller]
    pub(crate) fn verify(&self) -> u64 {
        let report = self.json(["log", "verify"]);
        assert_eq!(report["findings_total"], 0, "{report}");
        let checked = self.json(["view", "verify"]);
        assert_eq!(
            (&checked["differing"], &checked["position"]),
            (&Value::Array(Vec::new()), &report["tail"])
        );
        report["tail"].as_u64().unwrap()
    }
}

pub(crate) fn finished(command: &mut Command) -> Done {
    let output = command.output().unwrap();
    done(output.status, &output.stdout, &output.stderr)
}

pub(crate) fn done(status: ExitStatus, out: &[u8], err: &[u8]) -> Done {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    Done { code: status.code(), out: text(out), err: text(err) }
}

/// Looks again and again until there is something, half a minute at most.
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..6_000 {
        if let Some(found) = look() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("in vain waited for {what}");
}

/// Waits for the end of a child, half a minute at most.
#[track_caller]
pub(crate) fn ended(mut child: Child) -> Done {
    wait_for("the end of the process", || child.try_wait().unwrap());
    let output = child.wait_with_output().unwrap();
    done(output.status, &output.stdout, &output.stderr)
}

pub(crate) fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").arg(name).arg(child.id().to_string()).status().unwrap();
    assert!(sent.success());
}

/// A line of an import, with arguments and more fields as they stand in it.
pub(crate) fn line(seq: usize, arguments: &str, more: &str) -> String {
    format!(
        r#"{{"source":"t","suite":"s","model":"m","conversation":"c{}","seq":{seq},"tool":"t","arguments":{arguments}{more}}}"#,
        seq / 10
    ) + "\n"
}

pub(crate) fn lines(seqs: std::ops::Range<usize>) -> String {
    seqs.map(|seq| line(seq, &format!(r#"{{"n":{seq}}}"#), r#","result":"done","executed":true"#)).collect()
}

pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
