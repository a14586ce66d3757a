//! Plays a server that is a child: lines on standard input, lines on standard output.
//!
//! Comes in: a script, and the two outputs. Goes out: the status to end with. What takes long does not keep other
//! requests waiting.

use std::io::{BufRead, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Scope, scope, sleep};
use std::time::Duration;

use super::record::Record;
use super::script::{Act, Answer, Asked, Body, Script};

/// An output that several answers may want at once.
type Output = Arc<Mutex<dyn Write + Send>>;

/// How long what is still to be answered is waited for when nobody asks any more.
const GRACE: Duration = Duration::from_secs(3);

/// Plays until the input ends or the script does; `end` is called with the status of a script that ends by itself, and with
/// 0 where an answer is further away than a client that has gone would wait.
pub fn serve(
    script: &mut Script,
    record: &Record,
    input: impl BufRead,
    (out, err): (Output, Output),
    end: &(dyn Fn(u8) + Sync),
) {
    let start = script.start();
    // A child does nothing at its start unless the script says so.
    let silent = start.act == Act::Hang;
    scope(|all| {
        // Whoever is at work holds an end of it: it hangs up when the last one is done.
        let (busy, done): (Sender<()>, Receiver<()>) = channel();
        perform(all, start, (&out, &err), (end, &busy));
        if !silent {
            return;
        }
        for line in input.split(b'\n').map_while(Result::ok) {
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let (answer, seen) = script.answer(&Asked { body: line, ..Asked::default() }, "");
            seen.into_iter().for_each(|seen| record.add(seen));
            perform(all, answer, (&out, &err), (end, &busy));
        }
        drop(busy);
        if done.recv_timeout(GRACE) == Err(RecvTimeoutError::Timeout) {
            end(0);
        }
    });
}

fn perform<'s>(
    all: &'s Scope<'s, '_>,
    answer: Answer,
    (out, err): (&Output, &Output),
    (end, busy): (&'s (dyn Fn(u8) + Sync), &Sender<()>),
) {
    let (out, err) = (Arc::clone(out), Arc::clone(err));
    let busy = busy.clone();
    let act = move || {
        let _busy = busy;
        sleep(answer.delay);
        write(&err, &answer.stderr);
        write(&out, &answer.stdout);
        match answer.act {
            Act::Exit(status) => end(status),
            Act::Say { body: Body::Text(text), .. } => write(&out, &format!("{text}\n")),
            _ => {}
        }
    };
    if answer.delay.is_zero() {
        act();
    } else {
        all.spawn(act);
    }
}

/// A client that does not listen any more is no error: the input ends next.
fn write(to: &Output, text: &str) {
    if text.is_empty() {
        return;
    }
    let mut to = to.lock().unwrap_or_else(PoisonError::into_inner);
    let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
}
