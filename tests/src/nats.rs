//! A real `nats-server` in a process of its own: one, or a cluster on loopback.
//!
//! It keeps its port and its store over [`Server::stop`], [`Server::kill`] and [`Server::start_again`].

use std::{
    fmt::Write as _,
    io::{BufRead as _, BufReader},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tempfile::TempDir;

use crate::measure::now;

/// Below those that Linux gives to connections.
const PORTS: std::ops::Range<u16> = 20_000..32_000;
/// How long a server may take to accept connections.
const START: Duration = Duration::from_secs(30);

/// The binary: `VIDIMUS_NATS_SERVER`, or what `tests/nats/fetch` finds or fetches.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        if let Some(path) = std::env::var_os("VIDIMUS_NATS_SERVER") {
            return path.into();
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("nats/fetch");
        let output = Command::new("sh").arg(script).stderr(Stdio::inherit()).output().unwrap();
        assert!(output.status.success(), "there is no nats-server and none could be fetched");
        String::from_utf8(output.stdout).unwrap().trim_end().into()
    })
}

/// A port of loopback that is free, and that stays so while its server is down: none that the system gives to whoever asks
/// for any, and none that was answered before in this process.
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let number = std::process::id().wrapping_mul(101).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = PORTS.start + u16::try_from(number % u32::from(PORTS.end - PORTS.start)).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// A running server with JetStream. Killed when dropped, its store with it.
pub struct Server {
    child: Option<Child>,
    directory: TempDir,
    port: u16,
}

impl Server {
    /// A server without accounts.
    pub fn start() -> Self {
        Self::start_with("")
    }

    /// A server with further configuration (accounts, TLS, limits) in the server's own format.
    pub fn start_with(configuration: &str) -> Self {
        Self::start_on(free_port(), configuration)
    }

    fn start_on(port: u16, configuration: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut server = Self { child: None, directory, port };
        server.configure(configuration);
        server.start_again();
        server
    }

    /// Writes the configuration anew; it counts from the next start, or from [`reload`](Self::reload).
    pub fn configure(&self, configuration: &str) {
        let mut text = format!("host: 127.0.0.1\nport: {}\n", self.port);
        // A configuration may have a `jetstream` block of its own, for its limits.
        if !configuration.contains("jetstream {") && !configuration.contains("jetstream: {") {
            let store = self.directory.path().join("store");
            writeln!(text, "jetstream {{ store_dir: \"{}\" }}", store.display()).unwrap();
        }
        text.push_str(
            &configuration.replace("$STORE", &self.directory.path().join("store").display().to_string()),
        );
        std::fs::write(self.file(), text).unwrap();
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("nats.conf")
    }

    /// Its folder, for files that its configuration names.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The URL for clients.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// What it logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    /// SIGHUP: the server reads its configuration again.
    pub fn reload(&self) {
        self.signal("-HUP");
    }

    fn signal(&self, signal: &str) {
        let id = self.child.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Asks it to end, and waits.
    pub fn stop(&mut self) {
        if self.child.is_some() {
            self.signal("-TERM");
        }
        if let Some(mut child) = self.child.take() {
            child.wait().unwrap();
        }
    }

    /// SIGSTOP: it holds its connections and answers nothing.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    /// SIGCONT.
    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    /// Starts it on its port and store; waits until it says `INFO`.
    pub fn start_again(&mut self) {
        let log = std::fs::File::options().create(true).append(true).open(self.directory.path().join("log"));
        let log = log.unwrap();
        let mut command = Command::new(binary());
        command.arg("-c").arg(self.file()).stdin(Stdio::null());
        command.stdout(log.try_clone().unwrap()).stderr(log);
        self.child = Some(command.spawn().unwrap());
        let began = now();
        while !self.answers() {
            let ended = self.child.as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none(), "nats-server ended at once:\n{}", self.log());
            assert!(began.elapsed() < START, "nats-server does not answer:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Whether it accepts a connection and says `INFO`.
    fn answers(&self) -> bool {
        let Ok(stream) = TcpStream::connect(("127.0.0.1", self.port)) else { return false };
        stream.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).is_ok() && line.starts_with("INFO ")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A cluster on loopback, each server with a store of its own.
pub struct Cluster {
    /// Its servers.
    pub servers: Vec<Server>,
}

impl Cluster {
    /// A cluster of three; JetStream may need a moment until it has a leader.
    pub fn start() -> Self {
        let routes: Vec<u16> = (0..3).map(|_| free_port()).collect();
        let urls =
            routes.iter().map(|port| format!("nats://127.0.0.1:{port}")).collect::<Vec<_>>().join(", ");
        let start = |(index, port): (usize, &u16)| {
            Server::start_with(&format!(
                "server_name: n{index}\ncluster {{ name: test, listen: \"127.0.0.1:{port}\", routes: [{urls}] }}\n"
            ))
        };
        Self { servers: routes.iter().enumerate().map(start).collect() }
    }

    /// The URLs of all, separated by commas.
    pub fn url(&self) -> String {
        self.servers.iter().map(Server::url).collect::<Vec<_>>().join(",")
    }
}
