//! What was run and marked, in a file that is only ever appended to: one JSON object a line.
//!
//! Comes in: entries, one after another. Goes out: the same entries after any end of the process, and what they amount
//! to. A last line that was cut in the middle is no error: it was never acknowledged, it is named, and the next entry
//! takes its place. A broken line anywhere else is an error that names the line, for something else wrote it. Nothing is
//! deleted: an undo is an entry, too.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use semver::Version;
use serde::{Deserialize, Serialize};

use super::search::Answer;
use super::table::{Evidence, KnownBy, Runs, VersionVerdict};
use crate::error::{Error, ErrorKind, Result};

/// The format of the file.
const SCHEMA: &str = "lastgood.ledger/1";

/// How many answers a mark weighs: as many as are ever asked for.
const MARK_WEIGHS: usize = 2;

/// One line of a ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "lowercase")]
pub enum Entry {
    /// A search begins, or goes on with other settings.
    Begin(Begin),
    /// A version was run.
    Run(Run),
    /// A person said what a version is.
    Mark(Mark),
    /// The last run or mark that still counts does not any more.
    Undo,
}

/// What is searched for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begin {
    /// The format of the file.
    pub schema: String,
    /// The end that is known to be good.
    pub good: Version,
    /// The end that is known to be bad.
    pub bad: Version,
    /// What runs are judged by, in words.
    pub by: String,
    /// Digest of everything that makes runs comparable: probe, configuration, platform.
    pub probe: String,
}

impl Begin {
    /// The beginning of a search.
    pub fn new(good: Version, bad: Version, by: String, probe: String) -> Self {
        Self { schema: SCHEMA.to_owned(), good, bad, by, probe }
    }
}

/// A version that was run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The version, as read back from what ran.
    pub version: Version,
    /// What the run said.
    pub answer: Said,
    /// Why, as a sentence without a full stop.
    pub why: String,
    /// The log of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
}

/// What a person said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The version.
    pub version: Version,
    /// What it is.
    pub answer: Said,
    /// Why.
    #[serde(default)]
    pub because: String,
}

/// What a run or a person says of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Said {
    /// It has not the defect.
    Good,
    /// It has.
    Bad,
    /// It cannot be run, or is to be left out.
    Skip,
    /// It ran, and that did not decide.
    Inconclusive,
}

impl Said {
    /// The word of the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Skip => "skip",
            Self::Inconclusive => "inconclusive",
        }
    }
}

impl From<Said> for Answer {
    fn from(said: Said) -> Self {
        match said {
            Said::Good => Self::Good,
            Said::Bad => Self::Bad,
            Said::Skip => Self::Untestable,
            Said::Inconclusive => Self::Inconclusive,
        }
    }
}

/// A ledger and its file.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    entries: Vec<Entry>,
    /// What the last line held, if it was cut.
    cut: Option<String>,
    /// How much of the file is whole, in bytes.
    whole: u64,
    /// How long the file was when it was last looked at.
    length: u64,
    /// Whether the last whole line lacks its line break.
    unended: bool,
}

impl Ledger {
    /// Reads a ledger; a file that is not there is an empty one.
    pub fn open(path: &Path) -> Result<Self> {
        // A device may never end.
        if std::fs::metadata(path).is_ok_and(|m| !m.is_file()) {
            let remedy = "name a file; one that is not there is begun";
            return Err(Error::new(ErrorKind::Input, path.display().to_string(), "it is no file", remedy));
        }
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(e) => return Err(Error::input(path, e)),
        };
        let read = parse(&bytes).map_err(|(line, cause)| {
            let remedy = "mend or remove that line; the others are whole";
            Error::new(ErrorKind::Input, format!("{}:{line}", path.display()), cause, remedy)
        })?;
        Ok(Self { path: path.to_owned(), length: bytes.len() as u64, ..read })
    }

    /// The entries, oldest first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The last line, if it was cut in the middle: it does not count.
    pub fn cut(&self) -> Option<&str> {
        self.cut.as_deref()
    }

    /// Appends an entry; when this returns, it is on the disk.
    pub fn append(&mut self, entry: Entry) -> Result<()> {
        let mut line = serde_json::to_string(&entry).map_err(|e| self.unwritable(&e.to_string()))?;
        line.push('\n');
        if self.unended {
            line.insert(0, '\n');
        }
        let mut file = self.for_writing()?;
        if let Err(e) = write(&mut file, self.whole, line.as_bytes()) {
            // Half an entry is worse than none; if even this fails, the next reader finds it cut.
            let _ = file.set_len(self.whole);
            return Err(self.unwritable(&e.to_string()));
        }
        self.whole += line.len() as u64;
        self.length = self.whole;
        self.unended = false;
        self.cut = None;
        self.entries.push(entry);
        Ok(())
    }

    fn for_writing(&self) -> Result<File> {
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&self.path);
        let file = file.map_err(|e| self.unwritable(&e.to_string()))?;
        let now = file.metadata().map_err(|e| self.unwritable(&e.to_string()))?.len();
        if now == self.length {
            return Ok(file);
        }
        let cause = "another process wrote to it in the meantime";
        Err(Error::new(
            ErrorKind::Output,
            self.path.display().to_string(),
            cause,
            "let one search at a time use a ledger",
        ))
    }

    fn unwritable(&self, cause: &str) -> Error {
        let remedy = "make room or choose another place with --ledger; run the same command again to go on";
        Error::new(ErrorKind::Output, self.path.display().to_string(), cause, remedy)
    }

    /// How the search was begun, the last time.
    pub fn begin(&self) -> Option<&Begin> {
        self.entries.iter().rev().find_map(|e| if let Entry::Begin(begin) = e { Some(begin) } else { None })
    }

    /// The runs and marks that count: what was undone is left out.
    pub fn standing(&self) -> Vec<&Entry> {
        let mut all: Vec<&Entry> = Vec::new();
        for entry in &self.entries {
            match entry {
                Entry::Begin(_) => {}
                Entry::Undo => drop(all.pop()),
                Entry::Run(_) | Entry::Mark(_) => all.push(entry),
            }
        }
        all
    }

    /// What a search is told: every run that counts; a mark stands for its version alone.
    pub fn answers(&self) -> Vec<(Version, Answer)> {
        let standing = self.standing();
        let marks = marks(&standing);
        let run = |e: &&Entry| match e {
            Entry::Run(run) if !marks.contains_key(&run.version) => {
                Some((run.version.clone(), Answer::from(run.answer)))
            }
            _ => None,
        };
        let runs = standing.iter().filter_map(run);
        let marked = marks.iter().flat_map(|(version, mark)| {
            std::iter::repeat_n(((*version).clone(), Answer::from(mark.answer)), MARK_WEIGHS)
        });
        runs.chain(marked).collect()
    }

    /// What is known of each version.
    pub fn evidence(&self) -> BTreeMap<Version, Evidence> {
        let standing = self.standing();
        let mut runs: BTreeMap<&Version, Vec<&Run>> = BTreeMap::new();
        for entry in &standing {
            if let Entry::Run(run) = entry {
                runs.entry(&run.version).or_default().push(run);
            }
        }
        let mut all: BTreeMap<Version, Evidence> =
            runs.into_iter().map(|(version, runs)| (version.clone(), of_runs(&runs))).collect();
        all.extend(marks(&standing).into_iter().map(|(version, mark)| (version.clone(), of_mark(mark))));
        all
    }
}

/// The last mark of each version.
fn marks<'e>(standing: &[&'e Entry]) -> BTreeMap<&'e Version, &'e Mark> {
    let mark = |e: &&'e Entry| if let Entry::Mark(mark) = e { Some((&mark.version, mark)) } else { None };
    standing.iter().filter_map(mark).collect()
}

fn of_runs(runs: &[&Run]) -> Evidence {
    let count = |said: &[Said]| runs.iter().filter(|r| said.contains(&r.answer)).count() as u32;
    let tally = Runs {
        good: count(&[Said::Good]),
        bad: count(&[Said::Bad]),
        other: count(&[Said::Skip, Said::Inconclusive]),
    };
    let logs = runs.iter().filter_map(|r| r.log.clone()).collect();
    let why = runs.last().map(|r| r.why.clone()).into_iter().collect();
    let mut evidence = Evidence::of_runs(tally, KnownBy::Run, logs, why);
    if evidence.verdict == VersionVerdict::Inconclusive && count(&[Said::Skip]) > 0 {
        evidence.verdict = VersionVerdict::Untestable;
    }
    evidence
}

fn of_mark(mark: &Mark) -> Evidence {
    let verdict = match mark.answer {
        Said::Good => VersionVerdict::Good,
        Said::Bad => VersionVerdict::Bad,
        Said::Skip => VersionVerdict::Untestable,
        Said::Inconclusive => VersionVerdict::Inconclusive,
    };
    let why = Some(mark.because.clone()).filter(|b| !b.is_empty()).into_iter().collect();
    Evidence { verdict, known_by: KnownBy::Mark, runs: Runs::default(), inputs: Vec::new(), why }
}

fn write(file: &mut File, at: u64, line: &[u8]) -> io::Result<()> {
    file.set_len(at)?;
    file.seek(SeekFrom::Start(at))?;
    file.write_all(line)?;
    file.sync_data()
}

/// Reads lines; the number of a broken one and what is wrong with it.
fn parse(bytes: &[u8]) -> std::result::Result<Ledger, (usize, String)> {
    let mut ledger =
        Ledger { path: PathBuf::new(), entries: Vec::new(), cut: None, whole: 0, length: 0, unended: false };
    for (number, line) in bytes.split_inclusive(|b| *b == b'\n').enumerate() {
        let ended = line.ends_with(b"\n");
        match entry(line) {
            Ok(found) => {
                ledger.entries.extend(found);
                ledger.whole += line.len() as u64;
                ledger.unended = !ended;
            }
            Err(_) if !ended => ledger.cut = Some(String::from_utf8_lossy(line).into_owned()),
            Err(cause) => return Err((number + 1, cause)),
        }
    }
    Ok(ledger)
}

/// The entry of a line; nothing for an empty one.
fn entry(line: &[u8]) -> std::result::Result<Option<Entry>, String> {
    if line.trim_ascii().is_empty() {
        return Ok(None);
    }
    let entry: Entry =
        serde_json::from_slice(line).map_err(|e| format!("it is no entry of a ledger: {e}"))?;
    match &entry {
        Entry::Begin(begin) if begin.schema != SCHEMA => {
            Err(format!("its format is {}, and this version reads {SCHEMA}", begin.schema))
        }
        _ => Ok(Some(entry)),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use semver::Version;

    use super::*;
    use crate::bisect::search::{Answered, Next, Plan, Search};

    fn v(patch: u64) -> Version {
        Version::new(2, 1, patch)
    }

    fn ran(patch: u64, answer: Said) -> Entry {
        Entry::Run(Run { version: v(patch), answer, why: "é “why”".into(), log: Some("a.log".into()) })
    }

    fn marked(patch: u64, answer: Said) -> Entry {
        Entry::Mark(Mark { version: v(patch), answer, because: "seen".into() })
    }

    fn begin() -> Entry {
        Entry::Begin(Begin::new(v(0), v(20), "a signature".into(), "00".into()))
    }

    #[test]
    fn whatever_byte_it_is_cut_at_no_whole_entry_is_lost_and_it_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.jsonl");
        let entries = [begin(), ran(0, Said::Good), marked(3, Said::Skip), Entry::Undo, ran(20, Said::Bad)];
        let mut ledger = Ledger::open(&path).unwrap();
        for entry in &entries {
            ledger.append(entry.clone()).unwrap();
        }
        let whole = fs::read(&path).unwrap();
        let ends: Vec<usize> = (0..whole.len()).filter(|i| whole[*i] == b'\n').collect();
        for cut in 0..=whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            let mut ledger = Ledger::open(&path).unwrap();
            // The line break alone may be missing.
            let kept = ends.iter().filter(|end| **end <= cut).count();
            assert_eq!(ledger.entries(), &entries[..kept], "cut at {cut}");
            let at_a_line = cut == 0 || ends.iter().any(|end| cut == *end || cut == end + 1);
            assert_eq!(ledger.cut().is_none(), at_a_line, "cut at {cut}");
            ledger.append(ran(7, Said::Good)).unwrap();
            let again = Ledger::open(&path).unwrap();
            assert_eq!(again.entries().len(), kept + 1, "cut at {cut}");
            assert_eq!(again.entries().last(), Some(&ran(7, Said::Good)));
            assert_eq!(again.cut(), None);
        }
    }

    #[test]
    fn a_search_killed_at_every_byte_goes_on_and_runs_nothing_twice() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.jsonl");
        let truth = |i: usize| if i < 13 { Said::Good } else { Said::Bad };
        let finish = |path: &Path| {
            let mut ledger = Ledger::open(path).unwrap();
            let mut runs = 0;
            loop {
                let mut search = Search::new(vec![false; 21], Plan::default());
                for (version, answer) in ledger.answers() {
                    search.record(version.patch as usize, answer);
                }
                match search.next() {
                    Next::Done(answered) => return (answered, runs),
                    Next::Run(batch) => {
                        for i in batch {
                            let run =
                                Run { version: v(i as u64), answer: truth(i), why: String::new(), log: None };
                            ledger.append(Entry::Run(run)).unwrap();
                            runs += 1;
                        }
                    }
                }
            }
        };
        let (right, all) = finish(&path);
        assert_eq!(
            right,
            Answered::Boundary { last: 12, first: vec![13], newer_is_bad: true, confidence: None }
        );
        let whole = fs::read(&path).unwrap();
        for cut in 0..=whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            let kept = Ledger::open(&path).unwrap().entries().len();
            assert_eq!(finish(&path), (right.clone(), all - kept), "cut at {cut}");
            assert_eq!(fs::read(&path).unwrap().trim_ascii(), whole.trim_ascii(), "cut at {cut}");
        }
    }

    #[test]
    fn a_broken_line_that_is_not_the_last_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.jsonl");
        fs::write(&path, "{\"entry\":\"undo\"}\n{\"entry\":\"ru\n{\"entry\":\"undo\"}\n").unwrap();
        let error = Ledger::open(&path).unwrap_err().to_string();
        assert!(error.contains("ledger.jsonl:2: it is no entry of a ledger"), "{error}");
        fs::write(&path, "{\"entry\":\"begin\",\"schema\":\"lastgood.ledger/9\",\"good\":\"1.0.0\",\"bad\":\"1.0.1\",\"by\":\"\",\"probe\":\"\"}\n").unwrap();
        assert!(
            Ledger::open(&path).unwrap_err().to_string().contains("this version reads lastgood.ledger/1")
        );
    }

    #[test]
    fn an_undo_takes_the_last_that_counts_back_and_a_mark_outweighs_runs() {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&folder.path().join("l")).unwrap();
        for entry in [begin(), ran(1, Said::Good), ran(1, Said::Bad), ran(2, Said::Skip), Entry::Undo] {
            ledger.append(entry).unwrap();
        }
        assert_eq!(ledger.evidence()[&v(1)].verdict, VersionVerdict::Flaky);
        assert!(!ledger.evidence().contains_key(&v(2)));
        ledger.append(marked(1, Said::Good)).unwrap();
        let one = &ledger.evidence()[&v(1)];
        assert_eq!((one.verdict, one.known_by), (VersionVerdict::Good, KnownBy::Mark));
        assert_eq!(ledger.answers(), [(v(1), Answer::Good), (v(1), Answer::Good)]);
        for _ in 0..9 {
            ledger.append(Entry::Undo).unwrap();
        }
        assert!(ledger.standing().is_empty() && ledger.begin().is_some());
    }

    #[test]
    fn two_searches_on_one_ledger_are_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("l");
        let (mut one, mut two) = (Ledger::open(&path).unwrap(), Ledger::open(&path).unwrap());
        one.append(begin()).unwrap();
        let error = two.append(begin()).unwrap_err().to_string();
        assert!(error.contains("another process wrote to it"), "{error}");
    }

    #[test]
    fn a_place_that_cannot_be_written_to_is_named_with_its_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&folder.path().join("no/such/folder/l")).unwrap();
        let error = ledger.append(begin()).unwrap_err().to_string();
        assert!(error.contains("choose another place with --ledger"), "{error}");
        assert!(ledger.entries().is_empty());
    }
}
