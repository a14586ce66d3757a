//! Reads a long log in parts, side by side.
//!
//! Comes in: a debug log that holds several client sessions. Goes out: what reading it in one go would have given, or
//! nothing, where that is not certain: then it is read so. Nothing of one client session reaches into the next but what can
//! be put together afterwards; therefore each part begins where a session does.

use std::ops::Range;

use super::{Gathering, Wish};
use crate::classify::{Classifier, Understood};
use crate::cli::knowledge::Loaded;
use crate::error::Result;
use crate::parse::{self, Clock, Dialect, LogLine, Passed, Reader};
use crate::share;
use crate::source::{Source, Tally, line_at};

/// Shorter parts are not worth a thread. Bytes.
const LEAST: u64 = 4 << 20;

/// In so many bytes behind where a part would best begin a client session is looked for, first in few.
const LOOKS: [u64; 3] = [64 << 10, 512 << 10, 4 << 20];

/// But in no larger share of a log than this: it may hold a single session.
const SHARE: u64 = 64;

/// Reads the log at a path, which is opened as `source` to see what it is. `None`: it has no parts, or they could not be
/// put together.
pub(super) fn read<'k>(
    path: &str,
    source: &Source,
    loaded: &'k Loaded,
    wish: Wish<'_>,
    threads: usize,
) -> Option<(Gathering<'k>, &'static Dialect, Tally)> {
    if threads < 2 || wish.lives || wish.surroundings || !wish.undigested {
        return None;
    }
    let length = source.length().filter(|length| *length >= 2 * LEAST)?;
    let dialect = parse::form_in_parts(source)?;
    let most = usize::try_from(length / LEAST).map_or(threads, |most| most.min(threads));
    let (gathering, tally) = in_parts(path, &parts(path, length, most, loaded)?, loaded, wish)?;
    Some((gathering, dialect, tally))
}

/// From which byte to before which each part reaches, at most so many; the last one to the end, wherever that is.
fn parts(path: &str, length: u64, most: usize, loaded: &Loaded) -> Option<Vec<Range<u64>>> {
    let best = (1..most as u64).map(|part| length / most as u64 * part);
    // Where none is found once, none is looked for again.
    let mut begins: Vec<u64> =
        best.map_while(|at| session_behind(path, at, length / SHARE, loaded)).collect();
    begins.dedup();
    let ends = begins.iter().copied().chain([u64::MAX]);
    let parts: Vec<Range<u64>> =
        [0].iter().chain(&begins).zip(ends).map(|(begin, end)| *begin..end).collect();
    Some(parts).filter(|parts| parts.len() > 1)
}

/// Where the next client session begins behind a byte, looked for in about so many.
fn session_behind(path: &str, at: u64, most: u64, loaded: &Loaded) -> Option<u64> {
    let looks = LOOKS.iter().enumerate().filter(|(i, look)| *i == 0 || **look <= most);
    let line = looks.map(|(_, look)| look).find_map(|look| {
        let mut beginning = Beginning::new(loaded);
        let source = Source::part(path, at..at + look).ok()?;
        parse::skim_part(source, &loaded.interest, &mut beginning).ok()?;
        beginning.line.filter(|_| beginning.whole)
    });
    line_at(path, at, line?)
}

/// Looks for the line with which a client session begins, whatever came before.
struct Beginning<'k> {
    classifier: Classifier<'k>,
    /// Whether a line had a full clock: from then on no other begins a record.
    clocked: bool,
    line: Option<u64>,
    /// Whether a record came behind it: the last one of a look may go on behind that.
    whole: bool,
}

impl<'k> Beginning<'k> {
    fn new(loaded: &'k Loaded) -> Self {
        let classifier = Classifier::new(&loaded.knowledge).wanting(&loaded.wanted);
        Self { classifier, clocked: false, line: None, whole: false }
    }
}

impl Reader for Beginning<'_> {
    fn line(&mut self, line: &LogLine<'_>) {
        // The first may be the end of one.
        self.clocked |= line.clock == Clock::Full && line.number > 1;
        self.whole |= self.line.is_some();
        if !self.clocked || self.line.is_some() {
            return;
        }
        // One that is told from another began for sure, whatever came before: a server was seen in that one.
        if let Understood::Event(event) = self.classifier.line(line)
            && event.session > 0
        {
            self.line = Some(line.number);
        }
    }

    fn passed(&mut self, _: &Passed<'_>) {
        self.whole |= self.line.is_some();
    }
}

/// What was read of a part.
type Part<'k> = (Gathering<'k>, Tally);

fn in_parts<'k>(path: &str, parts: &[Range<u64>], loaded: &'k Loaded, wish: Wish<'_>) -> Option<Part<'k>> {
    let (mut whole, mut all) = (None, true);
    share::in_order(parts, parts.len(), &|part| read_part(path, part, loaded, wish), &mut |_, part| {
        all = all && part.ok().flatten().is_some_and(|part| put_behind(&mut whole, part));
    });
    whole.filter(|_| all)
}

/// Reads a part; none that ends before it should: the file was cut meanwhile.
fn read_part<'k>(
    path: &str,
    bytes: &Range<u64>,
    loaded: &'k Loaded,
    wish: Wish<'_>,
) -> Result<Option<Part<'k>>> {
    let mut gathering = Gathering::new(loaded, wish);
    let tally = parse::skim_part(Source::part(path, bytes.clone())?, &loaded.interest, &mut gathering)?;
    let whole = bytes.end == u64::MAX || tally.bytes == bytes.end - bytes.start;
    Ok(whole.then_some((gathering, tally)))
}

/// Puts a part behind those before; false if they do not fit.
fn put_behind<'k>(whole: &mut Option<Part<'k>>, part: Part<'k>) -> bool {
    let Some((gathering, tally)) = whole else {
        *whole = Some(part);
        return true;
    };
    let fits = gathering.join(part.0, tally.lines);
    tally.go_on(&part.1);
    fits
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::{in_parts, parts, session_behind};
    use crate::cli::knowledge::{Loaded, rules};
    use crate::cli::reading::{Gathering, Wish};
    use crate::parse::{Dialect, form_in_parts};
    use crate::pattern::{Knowledge, Signature};
    use crate::source::{Source, Tally};

    static LOADED: LazyLock<Loaded> = LazyLock::new(|| {
        let knowledge = Knowledge::builtin();
        let rules = rules(&knowledge, Signature::is_on).0;
        Loaded::new(knowledge, rules, None)
    });

    const WISH: Wish<'static> = Wish {
        lives: false,
        folded: false,
        details: false,
        diagnosis: true,
        surroundings: false,
        version: None,
        undigested: true,
        untold: false,
        alone: true,
    };

    /// The real logs of the samples, shortest first.
    static SAMPLES: LazyLock<Vec<String>> = LazyLock::new(|| {
        let entries = |folder: &Path| {
            let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
            entries.collect::<Vec<PathBuf>>()
        };
        let files = entries(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/samples")));
        let files = files.iter().filter(|path| path.is_dir()).flat_map(|folder| entries(folder));
        let logs = files.filter(|path| path.extension().is_some_and(|kind| kind == "log"));
        let mut texts: Vec<String> = logs.map(|path| fs::read_to_string(path).unwrap()).collect();
        texts.sort_by_key(|text| (text.len(), text.clone()));
        texts
    });

    /// What else may stand between client sessions; a session that begins so many milliseconds behind the second.
    fn piece(kind: usize, ms: u64) -> String {
        let line =
            |at: u64, said: &str| format!("2026-11-23T00:23:2{}.{:03}Z {said}\n", at / 1000, at % 1000);
        let start = line(ms, "[DEBUG] [STARTUP] Loading MCP configs...");
        let server = |said: &str| line(ms + 300, &format!("[DEBUG] MCP server \"s\": {said}"));
        match kind {
            0 => start,
            1 => start + &server("Starting connection with timeout of 30000ms"),
            2 => start + &server("nobody knows this yet"),
            3 => server("Starting connection with timeout of 30000ms") + "... 12 lines omitted ...\n",
            4 => line(ms, "[ERROR] MCP server \"s\": Server stderr: up") + "\tat x\nlast words\n",
            5 => "[DEBUG] [STARTUP] Loading MCP configs...\n".to_owned(),
            6 => format!("{}\n", "x".repeat(70_000)),
            _ => line(ms, "[DEBUG] attribution header x-anthropic-billing-header: cc_version=2.1.99.a1; x"),
        }
    }

    /// So many percent of the lines of a log: what is told by what comes later cannot be told then.
    fn cut(log: &str, left: usize) -> String {
        let lines: Vec<&str> = log.split_inclusive('\n').collect();
        lines[..lines.len() * left / 100].concat()
    }

    type Read<'k> = (Gathering<'k>, &'static Dialect, Tally);

    fn in_one_go(path: &str) -> Read<'static> {
        let mut gathering = Gathering::new(&LOADED, WISH);
        let source = Source::undigested(path).unwrap();
        let (dialect, tally) = gathering.read(source, &LOADED, WISH, 1).unwrap();
        (gathering, dialect, tally)
    }

    fn told((gathering, dialect, tally): Read<'_>) -> String {
        let reading = gathering.finish("log", dialect, tally, WISH);
        format!("{:?}\n{:?}\n{:?}\n{:?}", reading.input, reading.start, reading.unknown, reading.diagnosis)
    }

    /// The log in so many parts, if it could be put together from several.
    fn in_so_many(path: &str, most: usize) -> Option<Read<'static>> {
        let source = Source::undigested(path).unwrap();
        let (dialect, length) = (form_in_parts(&source)?, source.length()?);
        let (gathering, tally) = in_parts(path, &parts(path, length, most, &LOADED)?, &LOADED, WISH)?;
        Some((gathering, dialect, tally))
    }

    fn written(text: &str) -> (tempfile::TempDir, String) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        fs::write(&path, text).unwrap();
        (folder, path.to_str().unwrap().to_owned())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn in_parts_a_log_is_the_same(
            all in proptest::collection::vec((any::<bool>(), any::<prop::sample::Index>(), 0_usize..8, 0_u64..9000), 1..14),
            left in 1_usize..=100,
            most in 2_usize..6,
        ) {
            let short = SAMPLES.len().min(24);
            let text: String = all
                .iter()
                .map(|(real, at, kind, ms)| if *real { cut(&SAMPLES[at.index(short)], left) } else { piece(*kind, *ms) })
                .collect();
            let (_folder, path) = written(&text);
            if let Some(read) = in_so_many(&path, most) {
                prop_assert_eq!(told(read), told(in_one_go(&path)));
            }
        }
    }

    #[test]
    fn all_real_logs_one_behind_the_other_are_read_in_parts() {
        let (_folder, path) = written(&SAMPLES.concat());
        let whole = told(in_one_go(&path));
        for most in [2, 3, 5] {
            let read = in_so_many(&path, most).expect("client sessions enough");
            assert!(told(read) == whole, "in {most} parts");
        }
    }

    #[test]
    fn a_client_session_begins_behind_one_that_had_a_server_for_sure() {
        let (end, start, server) =
            (piece(3, 0).replace("... 12 lines omitted ...\n", ""), piece(0, 500), piece(1, 900));
        let behind = |text: &str, at: usize| {
            let (_folder, path) = written(text);
            session_behind(&path, at as u64, 0, &LOADED).map(|at| at as usize)
        };
        let text = format!("x\n{end}{start}{server}");
        assert_eq!(behind(&text, 0), Some(2 + end.len()));
        assert_eq!(behind(&text, 2 + end.len() - 9), None, "the server came before the place");
        assert_eq!(behind(&format!("said: {end}{start}{server}"), 6), None, "the end of a line is no line");
        let clockless = end.replace("2026-11-23T00:23:20.300Z ", "");
        assert_eq!(behind(&format!("x\n{clockless}{start}{server}"), 0), None, "no clock");
        assert_eq!(behind(&format!("x\n{end}{start}"), 0), None, "it may go on behind what was looked at");
        let goes_on = format!("x\n{end}{start}(node:12) Warning: x\n");
        assert_eq!(
            behind(&format!("{goes_on}{server}"), 0),
            Some(goes_on.len()),
            "it goes on, the next does not"
        );
    }

    #[test]
    fn where_the_clock_does_not_go_on_a_log_is_read_in_one_go() {
        let session = |ms| piece(1, ms);
        for (next, fits) in [(2300, true), (2299, false), (1300, false), (1299, true)] {
            // The first session ends at 2300 ms.
            let text = session(1000) + &session(2000) + &session(next);
            let (_folder, path) = written(&text);
            let (second, third) = (session(1000).len() as u64, (session(1000) + &session(2000)).len() as u64);
            for parts in [vec![0..third, third..u64::MAX], vec![0..second, second..third, third..u64::MAX]] {
                let read = in_parts(&path, &parts, &LOADED, WISH);
                assert_eq!(read.is_some(), fits, "{next} in {} parts", parts.len());
            }
        }
    }

    #[test]
    fn a_part_that_ends_before_it_should_is_not_put_together() {
        let (_folder, path) = written(&(piece(1, 0) + &piece(1, 1000)));
        let short = piece(1, 0).len() as u64;
        assert!(in_parts(&path, &[0..short, short..u64::MAX], &LOADED, WISH).is_some());
        let cut = fs::metadata(&path).unwrap().len() + 1;
        assert!(in_parts(&path, &[0..cut, cut..u64::MAX], &LOADED, WISH).is_none());
    }
}
