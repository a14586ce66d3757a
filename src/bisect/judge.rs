//! What one log says of the client version that wrote it.
//!
//! Comes in: a log that was read, and a signature or a good log to judge it by. Goes out: a [`Testimony`]. Absence of
//! the defect is not yet good: the log must have come to the point where the defect would show.
//!
//! By a signature, in this order:
//! 1. It matches: bad. It cannot be told, or its guard never held: unclear.
//! 2. The server cannot be used in the end, for another reason: unclear. A failure that is not this one is none of its
//!    business.
//! 3. The log shows what sets the defect off (a step of the signature other than the connection itself), life went on
//!    after it, and the rest of the signature did not follow: good, and `exposed`.
//! 4. It does not show that, but the server came as far as the signature's last event would need: connected; for an
//!    event of a session, a stream, the tools or the process, seen in use after that; for a call, a call answered; for
//!    the end, the end seen. Good, but weaker: another server might never have set the defect off.
//! 5. Else unclear. So an empty log is never good.
//!
//! By behaviour: bad where `diff` says that an outcome is worse than in the good log; good where every server that
//! could be used there can be used here, and answered calls if it did there; else unclear.

use semver::Version;

use crate::align::{self, Side, Verdict};
use crate::classify::Event;
use crate::diagnose::{Compiled, Diagnosis, End, explain};
use crate::parse::Stamp;
use crate::pattern::{Catalogue, Effect, EventDef, Expect, Phase, SignatureDef};
use crate::timeline::{Input, Life, Outcome};

/// A log that was read.
#[derive(Debug)]
pub struct Log {
    /// What it is.
    pub input: Input,
    /// Its first clock.
    pub start: Option<Stamp>,
    /// The lives of its servers.
    pub lives: Vec<Life>,
    /// What the signatures say of it, whatever its version: a range of versions must not vouch for itself.
    pub diagnosis: Diagnosis,
}

/// What a log says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Word {
    /// It came to the point, and the defect did not show.
    Good,
    /// The defect is there.
    Bad,
    /// It does not decide.
    Unclear,
}

/// What a log says, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Testimony {
    /// What it says.
    pub word: Word,
    /// Whether what sets the defect off is in the log.
    pub exposed: bool,
    /// The server it is about.
    pub server: Option<String>,
    /// Why, as a sentence without a full stop.
    pub why: String,
    /// The line that decides.
    pub line: Option<u64>,
}

impl Testimony {
    fn unclear(server: Option<&str>, why: impl Into<String>) -> Self {
        let server = server.map(str::to_owned);
        Self { word: Word::Unclear, exposed: false, server, why: why.into(), line: None }
    }
}

/// A signature to judge by.
#[derive(Debug, Clone, Copy)]
pub struct Sign<'a> {
    /// The signature.
    pub rule: &'a Compiled,
    /// Its index among those that the diagnosis was made with.
    pub index: usize,
    /// The events.
    pub catalogue: &'a Catalogue,
}

impl Sign<'_> {
    /// The servers on which it matches.
    pub fn matched<'l>(&self, log: &'l Log) -> impl Iterator<Item = &'l str> {
        let id = self.rule.id().to_owned();
        log.diagnosis.findings.iter().filter(move |f| f.id == id).filter_map(|f| f.server.as_deref())
    }

    /// What `log` says of one of its servers.
    pub fn of_server(&self, log: &Log, server: &str) -> Testimony {
        let lives: Vec<&Life> = log.lives.iter().filter(|l| *l.server == *server).collect();
        match log.diagnosis.answer(self.index, Some(server)) {
            Expect::Match if !self.may_mean_it(log) => {
                let why = "it has the shape, but the signature does not speak for this version";
                Testimony::unclear(Some(server), why)
            }
            Expect::Match => self.bad(log, server),
            Expect::Inconclusive => Testimony::unclear(Some(server), self.doubt(log, server)),
            Expect::NotApplicable => {
                let needed = self.rule.def().rule.needs_before.join(", ");
                Testimony::unclear(
                    Some(server),
                    format!("it never came to {needed}, before which the defect cannot show"),
                )
            }
            Expect::NoMatch => self.absent(server, &lives),
        }
    }

    fn bad(&self, log: &Log, server: &str) -> Testimony {
        let of_server =
            |f: &&crate::diagnose::Finding| f.id == self.rule.id() && f.server.as_deref() == Some(server);
        let finding = log.diagnosis.findings.iter().find(of_server);
        Testimony {
            word: Word::Bad,
            exposed: true,
            server: Some(server.to_owned()),
            why: finding.map(|f| f.summary.clone()).unwrap_or_default(),
            line: finding.map(|f| f.evidence.last_line()),
        }
    }

    /// Some signatures mean another thing outside of their range. The others are heard whatever the version.
    fn may_mean_it(&self, log: &Log) -> bool {
        let version = log.input.client_version.as_ref().and_then(|v| Version::parse(&v.value).ok());
        self.rule.applicability(version.as_ref()).is_some()
    }

    fn doubt(&self, log: &Log, server: &str) -> String {
        let mut all = log.diagnosis.inconclusive.iter();
        let found = all.find(|i| i.id == self.rule.id() && i.server.as_deref() == Some(server));
        found.map_or_else(|| "it cannot be told".to_owned(), |i| i.reason.clone())
    }

    /// The signature does not match: is that because the defect is not there?
    fn absent(&self, server: &str, lives: &[&Life]) -> Testimony {
        let outcome = lives.last().map_or(Outcome::Unknown, |l| l.health.outcome());
        if !is_usable(outcome) {
            return Testimony::unclear(
                Some(server),
                format!("{server} is {outcome} in the end, and not by this defect"),
            );
        }
        let good = |exposed: bool, why: String, line: Option<u64>| Testimony {
            word: Word::Good,
            exposed,
            server: Some(server.to_owned()),
            why,
            line,
        };
        let occasions: Vec<Occasion> = lives.iter().filter_map(|life| self.occasion(life)).collect();
        if let Some(Occasion { event, line, .. }) = occasions.iter().find(|o| o.lived_on) {
            return good(true, format!("{event} came (line {line}), and {server} went on"), Some(*line));
        }
        if let Some(Occasion { event, line, .. }) = occasions.first() {
            let why = format!(
                "the log ends behind {event} (line {line}), before it shows whether {server} goes on"
            );
            return Testimony::unclear(Some(server), why);
        }
        let needs = Reach::of_signature(self.rule.def(), self.catalogue);
        if lives.iter().any(|life| needs.is_met(life)) {
            return good(false, format!("{server} {}", needs.said()), None);
        }
        Testimony::unclear(Some(server), format!("the log ends before {server} {}", needs.said()))
    }

    /// What sets the defect off, where that did not follow. Life must go on after it, for a log that breaks off there
    /// shows nothing.
    fn occasion(&self, life: &Life) -> Option<Occasion> {
        let last = life.items.last()?;
        let end = End { stamp: last.event.stamp, line: last.last_line, client: None };
        let attempts = explain(self.rule, life.items.iter().map(|i| &i.event), end);
        let reached = attempts.into_iter().filter(|a| !a.matched).flat_map(|a| a.reached);
        let met = reached.filter(|e| self.catalogue.event(&e.event).is_some_and(|def| !is_connection(def)));
        let met = met.max_by_key(|e| e.line)?;
        let mut after = life.items.iter().filter(|i| i.last_line > met.line);
        let lived_on = after.any(|i| i.aside || shows_life(&i.event));
        Some(Occasion { event: met.event, line: met.line, lived_on })
    }
}

/// What sets the defect off, seen in a log.
struct Occasion {
    event: String,
    line: u64,
    /// Whether the server was seen alive after it.
    lived_on: bool,
}

fn is_usable(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Ready | Outcome::Degraded)
}

fn is_connection(def: &EventDef) -> bool {
    matches!(def.effect, Effect::Attempt | Effect::Connected | Effect::ClientStart)
}

/// Whether an event shows that the server is there, or that the client ended it in good order.
fn shows_life(event: &Event) -> bool {
    let effect =
        matches!(event.effect(), Effect::CallOk | Effect::ToolsListed | Effect::Connected | Effect::Closed);
    effect || event.phase() == Phase::Shutdown
}

/// How far a server must have come for the absence of an event to mean something. In order of strictness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    /// It was connected.
    Connected,
    /// It was seen in use after that.
    Used,
    /// A call was answered.
    Answered,
    /// Its end was seen.
    Ended,
}

impl Reach {
    /// The strictest of what the last events of all branches ask for.
    fn of_signature(def: &SignatureDef, catalogue: &Catalogue) -> Self {
        let branches = std::iter::once(&def.rule.steps).chain(&def.rule.branches);
        let last = branches.filter_map(|steps| steps.iter().rfind(|s| !s.event.is_empty()));
        let events = last.flat_map(|s| &s.event).filter_map(|id| catalogue.event(id));
        events.map(|def| Self::of_event(def)).max().unwrap_or(Self::Used)
    }

    fn of_event(def: &EventDef) -> Self {
        match def.phase {
            _ if matches!(def.effect, Effect::ConnectFailed | Effect::NeedsAuth) => Self::Connected,
            _ if is_connection(def) => Self::Connected,
            Phase::Client | Phase::Connect | Phase::Auth => Self::Connected,
            Phase::Session | Phase::Stream | Phase::Tools | Phase::Stdio => Self::Used,
            Phase::Call => Self::Answered,
            Phase::Shutdown => Self::Ended,
        }
    }

    fn is_met(self, life: &Life) -> bool {
        let answered = life.health.calls_ok > 0;
        let connected = life.items.iter().position(|i| i.event.effect() == Effect::Connected);
        let after = |of: fn(&crate::timeline::Item) -> bool| {
            life.items.iter().skip(connected.unwrap_or(usize::MAX)).any(of)
        };
        match self {
            Self::Connected => answered || connected.is_some(),
            Self::Used => answered || after(|i| i.event.is_lifecycle() && is_use(i.event.phase())),
            Self::Answered => answered,
            Self::Ended => after(|i| i.aside || i.event.phase() == Phase::Shutdown),
        }
    }

    /// What was, or is to be, reached.
    fn said(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Used => "was used after it connected",
            Self::Answered => "answered a call",
            Self::Ended => "was shut down",
        }
    }
}

fn is_use(phase: Phase) -> bool {
    matches!(phase, Phase::Stream | Phase::Tools | Phase::Call)
}

/// What `log` says by its behaviour alone, against a log that is known to be good.
pub fn by_behaviour(good: &Log, log: &Log) -> Testimony {
    let diff = align::diff(side(good), side(log));
    if let Some(worse) = diff.servers.iter().find(|s| s.verdict == Verdict::Regressed) {
        let word = |o: Option<Outcome>| o.map_or("absent", Outcome::as_str);
        let (was, is) = (word(worse.outcome.0), word(worse.outcome.1));
        return Testimony {
            word: Word::Bad,
            exposed: true,
            server: Some(worse.name.clone()),
            why: format!("{} went from {was} to {is}", worse.name),
            line: worse.divergence.as_ref().and_then(|d| d.bad_line),
        };
    }
    let usable: Vec<_> = diff.servers.iter().filter(|s| s.outcome.0.is_some_and(is_usable)).collect();
    for server in &usable {
        let name = &server.name;
        match server.outcome.1 {
            Some(outcome) if is_usable(outcome) => {}
            Some(outcome) => {
                return Testimony::unclear(Some(name), format!("{name} is {outcome} in the end"));
            }
            None => return Testimony::unclear(Some(name), format!("the log does not have {name}")),
        }
        if calls(good, server.good_name.as_ref().unwrap_or(name)) > 0 && calls(log, name) == 0 {
            return Testimony::unclear(
                Some(name),
                format!("{name} answered a call in the good log, and none here"),
            );
        }
    }
    if usable.is_empty() {
        return Testimony::unclear(
            None,
            "no server can be used in the good log, so there is nothing to lose",
        );
    }
    let why = "every server does what it did in the good log, or better".to_owned();
    Testimony { word: Word::Good, exposed: true, server: None, why, line: None }
}

fn calls(log: &Log, server: &str) -> u64 {
    log.lives.iter().filter(|l| *l.server == *server).map(|l| l.health.calls_ok).sum()
}

/// A log as `align` takes it.
pub fn side(log: &Log) -> Side<'_> {
    Side { input: &log.input, lives: &log.lives }
}
