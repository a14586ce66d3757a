//! Runs the built program as a user does.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The folder of the project.
pub(crate) fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The shared real logs, where they are at hand. A test that needs them says loudly that it was skipped.
pub(crate) fn shared(what: &str) -> Option<PathBuf> {
    let path = project().join("../shared").join(what);
    if path.exists() {
        return Some(path);
    }
    eprintln!("SKIPPED: ../shared/{what} is not here; this test needs it");
    None
}

/// What a run gave.
pub(crate) struct Ran {
    /// Exit status.
    pub(crate) status: i32,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

/// Runs `lastgood` in `folder`, with nothing of the environment that could change its output.
pub(crate) fn run_in(folder: &Path, arguments: &[&str]) -> Ran {
    run_with(folder, arguments, &[])
}

/// The same, with these variables.
pub(crate) fn run_with(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lastgood"));
    command.args(arguments).current_dir(folder).env_clear().env("LC_ALL", "C.UTF-8");
    command.envs(variables.iter().copied());
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { status: status.code().unwrap(), out: text(stdout), err: text(stderr) }
}

/// Runs it in the project's folder.
pub(crate) fn run(arguments: &[&str]) -> Ran {
    run_in(project(), arguments)
}

/// Runs it with `--format json` and reads the document.
pub(crate) fn json_in(folder: &Path, arguments: &[&str]) -> serde_json::Value {
    let ran = run_in(folder, &[arguments, &["--format", "json"]].concat());
    assert!(ran.status < 2, "{arguments:?}: {}", ran.err);
    serde_json::from_str(&ran.out).unwrap()
}
