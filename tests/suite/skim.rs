//! Skimming a log against reading it line by line: the same events, the same summary, the same findings.

use std::fs;
use std::sync::{Arc, LazyLock};

use lastgood::classify::{Classifier, Understood, interest, wanted};
use lastgood::diagnose::{Compiled, End, Engine, Vocabulary, compile};
use lastgood::parse::{self, LogLine, Passed, Reader};
use lastgood::pattern::Knowledge;
use lastgood::source::Source;
use lastgood::timeline::{FIELDS, Summary};
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop, prop_assert_eq, prop_oneof, proptest};
use walkdir::WalkDir;

use crate::program::project;

static KNOWN: LazyLock<(Knowledge, Vec<Compiled>)> = LazyLock::new(|| {
    let knowledge = Knowledge::builtin();
    let words = Vocabulary::new(knowledge.catalogue.events().iter().map(|e| &**e));
    let rules = knowledge.signatures.iter().filter_map(|s| compile(s, &words).ok()).collect();
    (knowledge, rules)
});

/// Real logs, as lines.
static LOGS: LazyLock<Vec<Vec<Vec<u8>>>> = LazyLock::new(|| {
    let all = WalkDir::new(project().join("samples")).sort_by_file_name().into_iter().flatten();
    let logs = all.filter(|e| e.path().extension().is_some_and(|e| e == "log"));
    logs.map(|e| fs::read(e.path()).unwrap().split(|b| *b == b'\n').map(<[u8]>::to_vec).collect()).collect()
});

/// Everything that a reading comes to.
struct Reading {
    classifier: Classifier<'static>,
    summary: Summary,
    engine: Engine<'static>,
    seen: Vec<String>,
    /// The lines outside MCP that were told of.
    outside: Vec<String>,
}

impl Reading {
    /// With all fields of events, or with those alone that somebody looks at.
    fn new(some: bool) -> Self {
        let (knowledge, rules) = &*KNOWN;
        let classifier = Classifier::new(knowledge);
        let fields = lastgood::diagnose::fields(rules).into_iter().chain(FIELDS.map(str::to_owned));
        Self {
            classifier: if some {
                classifier.wanting(&Arc::new(wanted(knowledge, fields.collect())))
            } else {
                classifier
            },
            summary: Summary::new(knowledge),
            engine: Engine::new(rules),
            seen: Vec::new(),
            outside: Vec::new(),
        }
    }

    /// The events, the summary and the findings, as text.
    fn result(
        self,
        read: lastgood::error::Result<(&'static parse::Dialect, lastgood::source::Tally)>,
    ) -> [String; 3] {
        let end = End { stamp: self.summary.last_stamp(), line: self.summary.last_line(), client: None };
        let found = self.engine.finish(end);
        let input = read.map(|(dialect, tally)| self.summary.finish("x.log", dialect, tally, None));
        [self.seen.join("\n"), format!("{input:?}"), format!("{found:?}")]
    }
}

impl Reader for Reading {
    fn line(&mut self, line: &LogLine<'_>) {
        let understood = self.classifier.line(line);
        self.summary.see(line, &understood);
        match understood {
            Understood::Event(event) => {
                let (id, text, echo) = (event.id(), &event.text, event.echo);
                let fields: Vec<_> = event.fields.iter().filter(|(n, _)| FIELDS.contains(&&**n)).collect();
                self.seen.push(format!("{} {:?} {id} {fields:?} {echo} {text}", event.line, event.server));
                self.engine.see(event);
            }
            Understood::Unknown(unknown) => {
                self.seen.push(format!("{unknown:?}"));
                self.engine.tick(line.stamp, line.number);
            }
            Understood::Outside => {
                self.outside.push(without_number(line));
                self.engine.tick(line.stamp, line.number);
            }
        }
    }

    fn outside(&mut self, line: &LogLine<'_>) {
        assert!(matches!(self.classifier.line(line), Understood::Outside), "{line:?}");
        self.outside.push(without_number(line));
        self.summary.outside(line);
        self.engine.tick(line.stamp, line.number);
    }

    fn passed(&mut self, passed: &Passed<'_>) {
        self.summary.pass(passed);
        self.engine.pass(passed);
    }
}

/// What a line is, whether or not it was found out which others say the same.
fn without_number(line: &LogLine<'_>) -> String {
    format!("{:?}", LogLine { same: None, ..line.clone() })
}

/// What the four ways of reading give: line by line, skimmed, skimmed on another thread, and skimmed with all lines told of.
fn all_ways(log: &[u8]) -> [[String; 3]; 4] {
    let source = || Source::from_bytes("x.log", log.to_vec());
    let looked_for = interest(&KNOWN.0);
    let (mut slow, mut fast, mut apart) = (Reading::new(false), Reading::new(true), Reading::new(true));
    let read = source().and_then(|s| parse::read(s, &mut |line| slow.line(line)));
    let skimmed = source().and_then(|s| parse::skim(s, &looked_for, &mut fast));
    let relayed = source().and_then(|s| parse::skim_apart(s, &looked_for, &mut apart));
    let mut whole = Reading::new(true);
    let told = source().and_then(|s| parse::skim(s, &looked_for.and_others(), &mut whole));
    assert_eq!(slow.outside, whole.outside);
    [slow.result(read), fast.result(skimmed), apart.result(relayed), whole.result(told)]
}

#[test]
fn real_logs_skimmed_are_real_logs_read() {
    let mut events = 0;
    for log in LOGS.iter() {
        let [read, skimmed, relayed, told] = all_ways(&log.join(&b'\n'));
        assert_eq!(read, skimmed);
        assert_eq!(read, relayed);
        assert_eq!(read, told);
        events += read[0].lines().count();
    }
    assert!(events > 500, "{events} events prove little");
}

/// A line of a real log, of another clock, cut, or no line of a log at all.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let real = || (any::<prop::sample::Index>(), any::<prop::sample::Index>());
    let real = || {
        real().prop_map(|(log, line)| {
            let log: &Vec<Vec<u8>> = log.get(&LOGS);
            line.get::<Vec<u8>>(log).clone()
        })
    };
    // Lines of one log that follow each other soon, late, or too late: time runs on, stands still, breaks.
    let steady = (0_u8..8, 0_u8..60, 0_u16..1000, any::<bool>()).prop_map(|(m, s, ms, known)| {
        let said =
            if known { "MCP server \"x\": Starting connection with timeout of 30000ms" } else { "tick" };
        format!("2026-11-23T00:{m:02}:{s:02}.{ms:03}Z [DEBUG] {said}").into_bytes()
    });
    prop_oneof![
        4 => steady,
        12 => real(),
        2 => (real(), any::<prop::sample::Index>()).prop_map(|(l, at)| l[..at.index(l.len() + 1)].to_vec()),
        2 => (real(), 24_usize..34).prop_map(|(l, at)| l.get(at..).unwrap_or_default().to_vec()),
        2 => (real(), 0_u8..60, 0_u8..60).prop_map(|(l, m, s)| {
            let clock = format!("2026-11-23T00:{m:02}:{s:02}.000Z");
            [clock.as_bytes(), l.get(24..).unwrap_or_default()].concat()
        }),
        1 => any::<Vec<u8>>(),
        1 => Just(b"[DEBUG] \"MCP server \\\"x\\\" Server stderr: a\\nb\\n\"".to_vec()),
        1 => Just(b"07:52:51.226Z [DEBUG] MCP server \"x\": Starting connection with timeout of 1ms".to_vec()),
        1 => Just(b"attribution header x-anthropic-billing-header: cc_version=2.1.147.a76; cc_entrypoint=cli".to_vec()),
        1 => Just(Vec::new()),
    ]
}

/// Lines as they stand in a file: with the line endings of one system or the other, and maybe none behind the last.
fn written(lines: &[Vec<u8>], windows: bool, ended: bool) -> Vec<u8> {
    let ending: &[u8] = if windows { b"\r\n" } else { b"\n" };
    let mut text = lines.join(ending);
    text.extend_from_slice(if ended { ending } else { b"" });
    text
}

proptest! {
    // Each of these is longer than what is read at once, several times over.
    #![proptest_config(ProptestConfig { cases: 5, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn where_a_block_ends_is_nowhere_to_be_seen(
        lines in prop::collection::vec(line(), 1..60),
        shift in 0_usize..2000,
        windows in any::<bool>(),
        ended in any::<bool>(),
        huge in any::<prop::sample::Index>(),
    ) {
        let turn: Vec<Vec<u8>> = lines.iter().chain([&vec![b'x'; shift]]).cloned().collect();
        let turns = 600_000 / turn.iter().map(|l| l.len() + 1).sum::<usize>() + 1;
        let mut all: Vec<Vec<u8>> = std::iter::repeat_n(turn, turns).flatten().collect();
        // A line that is cut, whatever it is.
        let at = huge.index(all.len());
        all[at].resize(lastgood::source::MAX_LINE + shift % 3, b'y');
        let [read, skimmed, relayed, told] = all_ways(&written(&all, windows, ended));
        prop_assert_eq!(&read, &skimmed);
        prop_assert_eq!(&read, &relayed);
        prop_assert_eq!(read, told);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lines_of_real_logs_in_any_order_are_skimmed_as_they_are_read(
        lines in prop::collection::vec(line(), 1..120),
        windows in any::<bool>(),
        ended in any::<bool>(),
    ) {
        let [read, skimmed, relayed, told] = all_ways(&written(&lines, windows, ended));
        prop_assert_eq!(&read, &skimmed);
        prop_assert_eq!(&read, &relayed);
        prop_assert_eq!(read, told);
    }
}
