//! A `vidimus serve` of its own, in a temporary folder.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// A running server; stopped and removed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    pub(crate) key: String,
    _directory: tempfile::TempDir,
}

fn binary() -> PathBuf {
    std::env::current_exe().unwrap().with_file_name("vidimus")
}

fn vidimus(data: &Path, arguments: &[&str]) -> String {
    let output = Command::new(binary()).arg("--data").arg(data).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Starts `command` and answers its first line that names an address, and the child.
pub(crate) fn listening(command: &mut Command) -> (Child, String) {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.find_map(|line| line.unwrap().split_once("http://").map(|(_, rest)| rest.to_owned()));
    // The rest is read to its end, so that the server never waits for a reader.
    std::thread::spawn(move || lines.for_each(drop));
    let address = line.unwrap().trim_end_matches(['"', '}', ' ']).to_owned();
    (child, address)
}

impl Server {
    /// A server with a key of all roles, without a rate limit, with one function that may run, under the policy set in the
    /// folder that `--policy` names, if it does.
    pub(crate) fn start() -> Self {
        let directory = tempfile::Builder::new().prefix(".http-load").tempdir_in(".").unwrap();
        let data = directory.path().join("data");
        let key = [
            "key", "create", "--tenant", "bench", "--role", "agent", "--role", "auditor", "--output", "json",
        ];
        let key: serde_json::Value = serde_json::from_str(&vidimus(&data, &key)).unwrap();
        vidimus(&data, &["--tenant", "bench", "function", "set-access", "shop.lookup", "Enabled"]);
        if let Some(policy) = vidimus_tests::measure::option("--policy") {
            vidimus(&data, &["--tenant", "bench", "policy", "apply", &policy]);
        }
        let mut command = Command::new(binary());
        // A line of log a request is for operators; here it would measure the terminal.
        command.env("VIDIMUS_LOG", "warn");
        command.arg("--data").arg(&data).args(["serve", "--listen", "127.0.0.1:0", "--rate-limit", "off"]);
        let (child, address) = listening(&mut command);
        let key = key["secret"].as_str().unwrap().to_owned();
        Self { child, address, key, _directory: directory }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
