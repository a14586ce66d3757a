//! A child in a process group of its own, which is ended whole: when it exits, when it takes too long, and when this
//! program dies, however it dies.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{End, Order};

/// How long a group may take to end in good order before it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// The longest pause between two looks at the child.
const PAUSE: Duration = Duration::from_millis(50);

/// Runs an order; both outputs go to `out`, in the folder of this run alone. `limits`: files that may not grow beyond so
/// many bytes.
pub(super) fn run(order: &Order<'_>, out: &Path, limits: &[(PathBuf, u64)]) -> io::Result<End> {
    let said = File::create(out)?;
    let (program, arguments) = order
        .command
        .split_first()
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "there is no command"))?;
    let mut command = Command::new(program);
    command.args(arguments).current_dir(order.folder).env_clear().envs(order.environment.iter().cloned());
    command.stdin(Stdio::null()).stdout(said.try_clone()?).stderr(said);
    let mut group = Group::start(&mut command, out.parent().unwrap_or(out))?;
    let cut_short = watch(&mut group, order.timeout, limits)?;
    if cut_short.is_some() {
        group.ask_to_end();
        let asked = Instant::now();
        while asked.elapsed() < GRACE && !group.has_exited()? {
            sleep(PAUSE);
        }
    }
    let status = group.end()?;
    Ok(cut_short.unwrap_or_else(|| ended(status)))
}

/// Waits until the child exits or must not go on.
fn watch(group: &mut Group, timeout: Duration, limits: &[(PathBuf, u64)]) -> io::Result<Option<End>> {
    let start = Instant::now();
    let mut pause = Duration::from_millis(1);
    while !group.has_exited()? {
        if start.elapsed() >= timeout {
            return Ok(Some(End::TimedOut));
        }
        let too_long = |(path, most): &(PathBuf, u64)| path.metadata().is_ok_and(|m| m.len() > *most);
        if limits.iter().any(too_long) {
            return Ok(Some(End::TooMuch));
        }
        sleep(pause);
        pause = (pause * 2).min(PAUSE);
    }
    Ok(None)
}

#[cfg(unix)]
fn ended(status: std::process::ExitStatus) -> End {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => End::Exit(code),
        (None, signal) => End::Signal(signal.unwrap_or_default()),
    }
}

#[cfg(not(unix))]
fn ended(status: std::process::ExitStatus) -> End {
    status.code().map_or(End::Signal(0), End::Exit)
}

/// A child and all that it starts, unless that leaves the group on purpose.
struct Group {
    leader: Child,
    ended: bool,
    #[cfg(unix)]
    watch: Option<Watch>,
}

#[cfg(unix)]
impl Group {
    fn start(command: &mut Command, scratch: &Path) -> io::Result<Self> {
        use std::os::unix::process::CommandExt;
        let watch = Watch::begin(scratch);
        match patiently(command.process_group(watch.as_ref().map_or(0, |w| w.anchor.id() as i32))) {
            Ok(leader) => Ok(Self { leader, ended: false, watch }),
            Err(e) => {
                watch.map_or(Ok(()), Watch::end)?;
                Err(e)
            }
        }
    }

    /// The group's number: that of its first member.
    fn id(&self) -> Option<rustix::process::Pid> {
        rustix::process::Pid::from_raw(self.watch.as_ref().map_or(&self.leader, |w| &w.anchor).id() as i32)
    }

    /// Whether the leader is done. It is not reaped yet: until then nobody else can get its number.
    fn has_exited(&mut self) -> io::Result<bool> {
        use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
        let Some(id) = Pid::from_raw(self.leader.id() as i32) else { return Ok(true) };
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        Ok(waitid(WaitId::Pid(id), options)?.is_some())
    }

    fn ask_to_end(&mut self) {
        self.signal(rustix::process::Signal::TERM);
    }

    fn signal(&self, signal: rustix::process::Signal) {
        if let Some(id) = self.id() {
            // A group of which nobody is left is no error.
            let _ = rustix::process::kill_process_group(id, signal);
        }
    }

    /// Kills what is left of the group, and reaps the leader.
    fn end(&mut self) -> io::Result<std::process::ExitStatus> {
        self.ended = true;
        self.signal(rustix::process::Signal::KILL);
        self.watch.take().map_or(Ok(()), Watch::end)?;
        self.leader.wait()
    }
}

/// The group that a child joins, and who ends that group if this program dies. Both are there before the child is: the
/// first thing it does may be what this program dies of.
#[cfg(unix)]
struct Watch {
    /// A shell that waits and does nothing: the first of the group, whose number nobody else gets until it is reaped.
    anchor: Child,
    guard: Child,
}

#[cfg(unix)]
impl Watch {
    /// `None` where there is no shell: then the child has a group of its own, and nobody ends it if this program dies.
    fn begin(scratch: &Path) -> Option<Self> {
        let anchor = shell("read -r done").spawn().ok()?;
        // It takes the scratch folder of the run away, too, for nobody else is left to do so. `-s KILL`, for dash takes the
        // dash of `-KILL --` for the end of its options and then refuses the group's number.
        let script = r#"read -r done || { kill -s KILL -- "-$1"; rm -rf -- "$2"; }"#;
        let guard = shell(script).args(["guard", &anchor.id().to_string()]).arg(scratch).spawn();
        let Ok(guard) = guard else {
            let _ = reaped(anchor);
            return None;
        };
        Some(Self { anchor, guard })
    }

    /// Sends both away.
    fn end(self) -> io::Result<()> {
        reaped(self.guard)?;
        reaped(self.anchor)
    }
}

/// Tells a shell that all is done, and waits for it. One that was killed does not listen any more, and is reaped, too.
#[cfg(unix)]
fn reaped(mut shell: Child) -> io::Result<()> {
    use std::io::Write;
    if let Some(mut pipe) = shell.stdin.take() {
        let _ = pipe.write_all(b"done\n");
    }
    shell.wait().map(drop)
}

/// Starts a program that may have been unpacked a moment ago. A child that another thread is starting just then holds
/// all our files open until it is a program of its own, and what is open for writing cannot be run.
#[cfg(unix)]
fn patiently(command: &mut Command) -> io::Result<Child> {
    let start = Instant::now();
    loop {
        match command.spawn() {
            Err(e) if e.kind() == io::ErrorKind::ExecutableFileBusy && start.elapsed() < GRACE => {
                sleep(PAUSE);
            }
            done => return done,
        }
    }
}

/// A shell in a group of its own that knows nothing but its script, and reads from this program.
#[cfg(unix)]
fn shell(script: &str) -> Command {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script]).env_clear().env("PATH", "/usr/bin:/bin").current_dir("/").process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// No groups here: the child alone is ended.
#[cfg(not(unix))]
impl Group {
    fn start(command: &mut Command, _scratch: &Path) -> io::Result<Self> {
        Ok(Self { leader: command.spawn()?, ended: false })
    }

    fn has_exited(&mut self) -> io::Result<bool> {
        Ok(self.leader.try_wait()?.is_some())
    }

    fn ask_to_end(&mut self) {
        let _ = self.leader.kill();
    }

    fn end(&mut self) -> io::Result<std::process::ExitStatus> {
        self.ended = true;
        let _ = self.leader.kill();
        self.leader.wait()
    }
}

/// An error on the way must not leave anybody running.
impl Drop for Group {
    fn drop(&mut self) {
        if !self.ended {
            let _ = self.end();
        }
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::path::Path;
    use std::time::{Duration, Instant};

    use super::{End, Order, run};

    fn sh(script: &str, timeout: Duration, out: &Path, most: u64) -> End {
        let command: Vec<OsString> = ["/bin/sh", "-c", script].map(OsString::from).to_vec();
        let environment = [("PATH".into(), "/usr/bin:/bin".into())];
        let order = Order { command: &command, folder: Path::new("/"), environment: &environment, timeout };
        run(&order, out, &[(out.to_owned(), most)]).unwrap()
    }

    /// Whether it is still there after seconds: what was killed needs a moment to die, the longer the busier the machine.
    fn is_alive(pid: &str) -> bool {
        let stat = || std::fs::read_to_string(format!("/proc/{pid}/stat"));
        let lives = || stat().is_ok_and(|s| !s.contains(") Z ") && !s.contains(") X "));
        (0..1000).all(|_| {
            let lives = lives();
            if lives {
                std::thread::sleep(Duration::from_millis(20));
            }
            lives
        })
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn status_and_signal_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        assert_eq!(sh("exit 125", LONG, &out, 1000), End::Exit(125));
        assert_eq!(sh("kill -SEGV $$", LONG, &out, 1000), End::Signal(11));
    }

    #[test]
    fn a_grandchild_is_ended_with_its_group_when_the_child_is_done() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        assert_eq!(sh("sleep 1000 & echo $!", LONG, &out, 1000), End::Exit(0));
        let pid = std::fs::read_to_string(&out).unwrap();
        assert!(!pid.trim().is_empty() && !is_alive(pid.trim()), "{pid} is alive");
    }

    #[test]
    fn a_group_that_hangs_and_will_not_end_is_killed_whole() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let start = Instant::now();
        let script = "trap '' TERM; sh -c 'trap \"\" TERM; echo $$; sleep 1000' & wait; sleep 1000";
        assert_eq!(sh(script, Duration::from_millis(300), &out, 1000), End::TimedOut);
        assert!(start.elapsed() < Duration::from_secs(20));
        let pid = std::fs::read_to_string(&out).unwrap();
        assert!(!pid.trim().is_empty() && !is_alive(pid.trim()), "{pid} is alive");
    }

    #[test]
    fn one_that_talks_without_end_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        assert_eq!(sh("while :; do echo all work and no play; done", LONG, &out, 100_000), End::TooMuch);
    }
}
