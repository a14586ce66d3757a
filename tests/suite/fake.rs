//! A registry and clients that are none: scripts in packages, on loopback. What runs and what is asked for is counted.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use sha2::{Digest, Sha512};

use crate::program::{Ran, project};

/// What a client does when it is run.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Does {
    /// It writes the good log of the sample.
    Good,
    /// It writes the bad one.
    Bad,
    /// It writes the bad one in the first run, and each time after so many.
    Sometimes(usize),
    /// It writes the good log, but another version's.
    Other(&'static str),
    /// It writes the good log and never ends.
    Hang,
    /// It ends by a signal and writes nothing.
    Crash,
    /// It ends well and writes nothing.
    Silent,
    /// It leaves somebody behind who outlives it, and writes the good log.
    Litter,
}

/// An answer of the registry.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// How much of the body is sent; all of it is promised.
    pub(crate) sent: usize,
}

impl Answer {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        Self { status, sent: body.len(), body }
    }
}

/// What was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) authorization: Option<String>,
    /// How many requests came before.
    pub(crate) before: usize,
}

impl Asked {
    pub(crate) fn is_package(&self) -> bool {
        is_package(&self.path)
    }
}

/// May change an answer.
pub(crate) type Twist = dyn Fn(&Asked, Answer) -> Answer + Send + Sync;

/// A registry on loopback; it ends with the process.
pub(crate) struct Registry {
    pub(crate) address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Registry {
    /// A registry with these packages; its answers are twisted.
    fn new(packages: BTreeMap<String, Vec<u8>>, twist: Box<Twist>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let shop = Arc::new((packages, twist, address.clone(), Arc::clone(&asked)));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shop = Arc::clone(&shop);
                // A reader that goes away is none of our business.
                thread::spawn(move || serve(stream, &shop.0, &*shop.1, &shop.2, &shop.3));
            }
        });
        Self { address, asked }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The packages that were sent, as `VERSION`.
    pub(crate) fn sent(&self) -> Vec<String> {
        let packages = self.asked().into_iter().filter(|a| a.is_package() && a.method == "GET");
        packages.map(|a| version_of(&a.path)).collect()
    }
}

fn is_package(path: &str) -> bool {
    path.strip_suffix(".tgz").is_some()
}

fn version_of(path: &str) -> String {
    path.trim_end_matches(".tgz").rsplit('/').next().unwrap().to_owned()
}

fn serve(
    mut stream: TcpStream,
    packages: &BTreeMap<String, Vec<u8>>,
    twist: &Twist,
    address: &str,
    log: &Mutex<Vec<Asked>>,
) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut authorization = None;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        if name.eq_ignore_ascii_case("authorization") {
            authorization = Some(value.to_owned());
        }
    }
    let mut all = log.lock().unwrap();
    let asked = Asked { method, path, authorization, before: all.len() };
    all.push(asked.clone());
    drop(all);
    let Answer { status, body, sent } = twist(&asked, answer(&asked.path, packages, address));
    let head = format!("HTTP/1.1 {status} -\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).ok()?;
    if asked.method != "HEAD" {
        stream.write_all(&body[..sent]).ok()?;
    }
    stream.shutdown(std::net::Shutdown::Write).ok()?;
    stream.read_to_end(&mut Vec::new()).ok().map(drop)
}

/// Every package has the same versions, whatever its platform.
fn answer(path: &str, packages: &BTreeMap<String, Vec<u8>>, address: &str) -> Answer {
    if is_package(path) {
        return packages.get(&version_of(path)).map_or(Answer::new(404, ""), |p| Answer::new(200, p.clone()));
    }
    let version = |(version, bytes): (&String, &Vec<u8>)| {
        let integrity = format!("sha512-{}", STANDARD.encode(Sha512::digest(bytes)));
        let dist = json!({ "tarball": format!("{address}{path}/-/{version}.tgz"), "integrity": integrity });
        (version.clone(), json!({ "dist": dist }))
    };
    let versions: serde_json::Map<String, Value> = packages.iter().map(version).collect();
    let time: serde_json::Map<String, Value> =
        packages.keys().map(|v| (v.clone(), "2030-01-02T03:04:05.000Z".into())).collect();
    Answer::new(200, json!({ "versions": versions, "time": time }).to_string())
}

fn sample(name: &str, version: &str) -> String {
    let text = fs::read_to_string(project().join("samples/get-404").join(name)).unwrap();
    text.replace("2.1.146", version).replace("2.1.147", version)
}

/// The program of a client: it notes that it runs, kills whoever ran it where that is asked for, and does what it does.
fn script(version: &str, does: Does) -> String {
    let write = |name: &str, version: &str| {
        format!(
            "cat > \"$log\" <<'END OF LOG'\n{}END OF LOG\necho \"run $n\" >> \"$log\"\n",
            sample(name, version)
        )
    };
    let body = match does {
        Does::Good => write("good.log", version),
        Does::Bad => write("bad.log", version),
        Does::Sometimes(n) => format!(
            "mine=$(grep -cx {version} \"$RUNS\")\nif [ $(( mine % {n} )) -eq 1 ]; then\n{}else\n{}fi\n",
            write("bad.log", version),
            write("good.log", version)
        ),
        Does::Other(other) => write("good.log", other),
        Does::Hang => format!("{}sleep 600\n", write("good.log", version)),
        Does::Crash => "echo it is all too much\nkill -SEGV $$\n".to_owned(),
        Does::Silent => String::new(),
        Does::Litter => format!("sleep 600 &\necho $! > \"$RUNS.left\"\n{}", write("good.log", version)),
    };
    format!(
        "#!/bin/sh\necho {version} >> \"$RUNS\"\nn=$(grep -c . \"$RUNS\")\n\
         [ \"$n\" = \"$DIE\" ] && kill -KILL $PPID\n\
         while [ $# -gt 0 ]; do [ \"$1\" = --debug-file ] && log=$2; shift; done\n\
         {body}[ \"$n\" = \"$DIE_LATE\" ] && kill -KILL $PPID\nexit 0\n"
    )
}

/// A package with these files.
pub(crate) fn package(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o755);
        tar.append_data(&mut header, path, *bytes).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

/// A user with a home, a registry and clients.
pub(crate) struct Desk {
    pub(crate) registry: Registry,
    root: tempfile::TempDir,
}

impl Desk {
    /// Clients of 2.1.x, for each patch number what it does.
    pub(crate) fn new(clients: impl IntoIterator<Item = (u64, Does)>) -> Self {
        Self::twisted(clients, |_, answer| answer)
    }

    pub(crate) fn twisted(
        clients: impl IntoIterator<Item = (u64, Does)>,
        twist: impl Fn(&Asked, Answer) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let client = |(patch, does): (u64, Does)| {
            let version = format!("2.1.{patch}");
            let script = script(&version, does);
            let files = [("package/claude", script.as_bytes()), ("package/cli.js", script.as_bytes())];
            (version, package(&[&files[..], &[("package/README.md", b"no")]].concat()))
        };
        Self::with(clients.into_iter().map(client).collect(), twist)
    }

    pub(crate) fn with(
        packages: BTreeMap<String, Vec<u8>>,
        twist: impl Fn(&Asked, Answer) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let root = tempfile::tempdir().unwrap();
        for folder in ["home", "bin", "tmp"] {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        fs::write(root.path().join("mcp.json"), r#"{"mcpServers":{}}"#).unwrap();
        // What stands for Node runs a script as the shell does.
        let node = root.path().join("bin/node");
        fs::write(&node, "#!/bin/sh\nexec /bin/sh \"$@\"\n").unwrap();
        Command::new("chmod").arg("+x").arg(&node).status().unwrap();
        Self { registry: Registry::new(packages, Box::new(twist)), root }
    }

    pub(crate) fn path(&self) -> &Path {
        self.root.path()
    }

    pub(crate) fn cache(&self) -> PathBuf {
        self.path().join("home/.cache/lastgood")
    }

    /// The program, with a user's surroundings and these variables besides.
    pub(crate) fn command(&self, program: &str, arguments: &[&str], more: &[(&str, &str)]) -> Command {
        let path = |below: &str| self.path().join(below).into_os_string();
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.path()).env_clear();
        command.env("PATH", format!("{}:/usr/bin:/bin", self.path().join("bin").display()));
        command.env("LC_ALL", "C.UTF-8").env("HOME", path("home")).env("TMPDIR", path("tmp"));
        command.env("npm_config_registry", &self.registry.address).env("RUNS", path("runs"));
        command.env("DIE", "0").env("DIE_LATE", "0").env("SECRET", "hunter2");
        command.envs(more.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run_with(&self, arguments: &[&str], more: &[(&str, &str)]) -> Ran {
        ended(self.command(env!("CARGO_BIN_EXE_lastgood"), arguments, more).spawn().unwrap())
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, &[])
    }

    /// `bisect run` of the clients themselves, judged by the sample's signature.
    pub(crate) fn search(&self, arguments: &[&str]) -> Ran {
        self.search_with(arguments, &[])
    }

    pub(crate) fn search_with(&self, arguments: &[&str], more: &[(&str, &str)]) -> Ran {
        let signature = ["--signature", "get-404-session-expiry-loop"];
        self.run_with(&[&SEARCH[..], &signature, arguments].concat(), more)
    }

    /// The versions that were run, in order.
    pub(crate) fn runs(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path().join("runs")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Waits until something is so; not for ever.
    pub(crate) fn comes_to_be(so: impl Fn() -> bool) -> bool {
        let start = std::time::Instant::now();
        while !so() && start.elapsed().as_secs() < 20 {
            thread::sleep(std::time::Duration::from_millis(10));
        }
        so()
    }

    pub(crate) fn forget_runs(&self) {
        let _ = fs::remove_file(self.path().join("runs"));
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }
}

/// A search that asks nobody and lets the clients note that they run.
pub(crate) const SEARCH: [&str; 11] = [
    "bisect",
    "run",
    "--yes",
    "--mcp-config",
    "mcp.json",
    "--pass-env",
    "RUNS",
    "--pass-env",
    "DIE",
    "--pass-env",
    "DIE_LATE",
];

/// Waits for the program. One that was killed has the status -1.
pub(crate) fn ended(child: Child) -> Ran {
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { status: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}
