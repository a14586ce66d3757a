//! The ledger of a run: what matched, how often, and what could not be told.
//!
//! Comes in: matches and doubts as they happen, for a signature and a server. Goes out: the [`Diagnosis`]. The first
//! match is kept with its evidence, further ones are counted; a match outweighs any doubt.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use semver::Version;

use super::answer::{Applicability, Diagnosis, Escalated, Evidence, Finding, Inconclusive, Proof, Silence};
use super::compile::{Branch, Compiled};
use super::doubt::Doubt;
use super::says::Scene;
use super::state::Match;
use super::trail::{Captured, Filled};
use crate::pattern::{Expect, Severity};

/// A finding shows no more lines of one step; the last of them is always shown.
const MAX_SHOWN: usize = 12;

/// More servers are not listed as checked.
const MAX_SERVERS: usize = 4096;

/// Index of the signature, and the server.
pub(super) type Place = (usize, Option<Arc<str>>);

/// What happened so far.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    records: BTreeMap<Place, Record>,
    servers: BTreeSet<Arc<str>>,
    /// The server of the event before: most are about the same.
    recent: Option<Arc<str>>,
    /// Guards of which all events were seen, as they came; beyond [`NEAR`] it stands in the records.
    guarded: Vec<Place>,
}

/// So many are looked through one by one: client sessions may be short and many, and mostly have few.
const NEAR: usize = 32;

/// What happened of one signature and server.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// In a place of its own: most records have none, and they move about.
    first: Option<Box<Hit>>,
    count: u64,
    guarded: bool,
    doubt: Option<Doubt>,
}

#[derive(Debug)]
struct Hit {
    found: Match,
    /// The line at which it was whole.
    until_line: u64,
    worse: BTreeMap<usize, Captured>,
}

impl Ledger {
    /// An event was about `server`.
    pub(super) fn server(&mut self, server: &Arc<str>) {
        if self.recent.as_ref().is_some_and(|r| Arc::ptr_eq(r, server)) {
            return;
        }
        self.recent = Some(Arc::clone(server));
        if !self.servers.contains(server) && self.servers.len() < MAX_SERVERS {
            self.servers.insert(Arc::clone(server));
        }
    }

    /// Whether any event was about a server.
    pub(super) fn knows_servers(&self) -> bool {
        !self.servers.is_empty()
    }

    pub(super) fn guarded(&mut self, rule: usize, server: Option<&Arc<str>>) {
        let is = |(known, of): &Place| *known == rule && of.as_ref() == server;
        if self.guarded.len() >= NEAR {
            self.record(rule, server).guarded = true;
        } else if !self.guarded.iter().any(is) {
            self.guarded.push((rule, server.cloned()));
        }
    }

    /// A match, whole at `line`; one that could not be measured is a doubt.
    pub(super) fn matched(&mut self, rule: usize, server: Option<&Arc<str>>, found: Match, line: u64) {
        if !found.measured {
            return self.doubt(rule, server, Doubt::Clockless);
        }
        let record = self.record(rule, server);
        record.count += 1;
        let worse = found.worse.clone();
        let hit = || Box::new(Hit { found, until_line: line, worse: BTreeMap::new() });
        record.first.get_or_insert_with(hit);
        for (index, event) in worse {
            self.worse(rule, server, index, event);
        }
    }

    pub(super) fn worse(&mut self, rule: usize, server: Option<&Arc<str>>, index: usize, event: Captured) {
        if let Some(hit) = &mut self.record(rule, server).first {
            hit.worse.entry(index).or_insert(event);
        }
    }

    /// It cannot be told; the first reason is kept.
    pub(super) fn doubt(&mut self, rule: usize, server: Option<&Arc<str>>, doubt: Doubt) {
        self.record(rule, server).doubt.get_or_insert(doubt);
    }

    fn record(&mut self, rule: usize, server: Option<&Arc<str>>) -> &mut Record {
        self.records.entry((rule, server.cloned())).or_default()
    }

    /// The same in a log in which so many lines stand before it.
    pub(super) fn after(mut self, lines: u64) -> Self {
        self.records.values_mut().for_each(|record| record.move_by(lines));
        self
    }

    /// Its records but of the guards, the guards, and its servers.
    pub(super) fn into_parts(self) -> (BTreeMap<Place, Record>, Vec<Place>, BTreeSet<Arc<str>>) {
        (self.records, self.guarded, self.servers)
    }

    /// The answers, on a log of `client`.
    pub(super) fn close(mut self, rules: &[Compiled], client: Option<&Version>) -> Diagnosis {
        for (rule, server) in std::mem::take(&mut self.guarded) {
            self.record(rule, server.as_ref()).guarded = true;
        }
        let mut diagnosis = Diagnosis::blank(rules, client, self.servers);
        for ((index, server), record) in self.records {
            let rule = rules.get(index);
            if let Some((rule, range)) = rule.and_then(|rule| Some((rule, rule.applicability(client)?))) {
                record.close(rule, range, (index, server), &mut diagnosis);
            }
        }
        diagnosis
    }
}

impl Diagnosis {
    /// That of a log of `client` in which nothing happened.
    pub(super) fn blank(
        rules: &[Compiled],
        client: Option<&Version>,
        servers: impl IntoIterator<Item = Arc<str>>,
    ) -> Self {
        let usual = rules.iter().map(|rule| match rule.applicability(client) {
            Some(_) if !rule.has_guard() => Expect::NoMatch,
            _ => Expect::NotApplicable,
        });
        let usual = usual.collect();
        Self { servers: servers.into_iter().collect(), usual, ..Self::default() }
    }
}

impl Record {
    /// That of a guard of which all events were seen.
    pub(super) fn of_guard() -> Self {
        Self { guarded: true, ..Self::default() }
    }

    pub(super) fn has_matched(&self) -> bool {
        self.first.is_some()
    }

    /// So many lines stand before all that it tells of.
    pub(super) fn move_by(&mut self, lines: u64) {
        self.doubt = self.doubt.map(|doubt| doubt.after(lines));
        if let Some(hit) = &mut self.first {
            hit.move_by(lines);
        }
    }

    /// Takes in what happened of the same later.
    pub(super) fn absorb(&mut self, later: Self) {
        self.first = self.first.take().or(later.first);
        self.count += later.count;
        self.guarded |= later.guarded;
        self.doubt = self.doubt.take().or(later.doubt);
    }

    /// Puts what it comes to into a diagnosis.
    pub(super) fn close(self, rule: &Compiled, range: Applicability, place: Place, to: &mut Diagnosis) {
        let answer = self.answer(rule, range, place.1.as_ref(), to);
        to.answers.insert(place, answer);
    }

    fn answer(
        self,
        rule: &Compiled,
        range: Applicability,
        server: Option<&Arc<str>>,
        to: &mut Diagnosis,
    ) -> Expect {
        let found = self.first.and_then(|hit| hit.finding(rule, range, server, self.count));
        match (found, self.doubt) {
            (Some(finding), _) => {
                to.findings.push(finding);
                Expect::Match
            }
            (None, Some(doubt)) => {
                let reason = doubt.reason();
                let (id, rev) = (rule.id.clone(), rule.def.rev);
                to.inconclusive.push(Inconclusive { id, rev, server: server.cloned(), reason });
                Expect::Inconclusive
            }
            (None, None) if self.guarded || !rule.has_guard() => Expect::NoMatch,
            (None, None) => Expect::NotApplicable,
        }
    }
}

impl Hit {
    fn move_by(&mut self, lines: u64) {
        self.until_line += lines;
        self.found.trail = self.found.trail.after(lines);
        let worse = self.found.worse.iter_mut().map(|(_, event)| event);
        worse.chain(self.worse.values_mut()).for_each(|event| event.line += lines);
    }

    fn finding(
        &self,
        rule: &Compiled,
        applicability: Applicability,
        server: Option<&Arc<str>>,
        count: u64,
    ) -> Option<Finding> {
        let branch = rule.branches.get(self.found.branch)?;
        let steps = self.found.trail.steps();
        let scene = Scene { server: server.map(|s| &**s), branch, steps: &steps };
        let escalations = self.escalations(rule, &scene);
        let mut summary = rule.says.summary.render(&scene);
        for escalated in &escalations {
            summary.push_str("; ");
            summary.push_str(&escalated.says);
        }
        let worst = escalations.iter().map(|e| e.severity).fold(rule.def.severity, Severity::max);
        Some(Finding {
            id: rule.id.clone(),
            rev: rule.def.rev,
            pack: rule.pack.clone(),
            title: rule.def.title.clone(),
            kind: rule.def.kind,
            severity: worst,
            input: 0,
            server: server.cloned(),
            count,
            applicability,
            order_only: self.found.order_only,
            branch: self.found.branch,
            evidence: Proof::new(evidence(branch, &steps))?,
            silence: self.silence(branch),
            escalations,
            summary,
            expected: rule.says.expected.render(&scene),
            advice: rule.says.advice.iter().map(|t| t.render(&scene)).collect(),
            references: rule.def.references.clone(),
            falsepositives: rule.def.falsepositives.clone(),
            explains: rule.def.explains.clone(),
            explained_by: None,
        })
    }

    fn escalations(&self, rule: &Compiled, scene: &Scene<'_>) -> Vec<Escalated> {
        let one = |(index, event): (&usize, &Captured)| {
            Some(Escalated {
                says: rule.says.escalations.get(*index)?.render(scene),
                severity: rule.def.escalate.get(*index)?.severity,
                event: event.what.def.id.clone(),
                line: event.line,
                text: event.what.text.to_string(),
            })
        };
        self.worse.iter().filter_map(one).collect()
    }

    fn silence(&self, branch: &Branch) -> Option<Silence> {
        let absence = branch.absence.as_ref()?;
        Some(Silence {
            step: absence.name.clone(),
            events: absence.events.clone(),
            until_line: self.until_line,
            proven: self.found.proven?,
        })
    }
}

/// The lines of a match, as far as they are shown.
pub(super) fn evidence(branch: &Branch, steps: &[&Filled]) -> Vec<Evidence> {
    let mut lines = Vec::new();
    for (step, filled) in branch.steps.iter().zip(steps) {
        let events = filled.events();
        let left_out = (MAX_SHOWN - 1)..events.len().saturating_sub(1);
        for (_, event) in events.iter().enumerate().filter(|(i, _)| !left_out.contains(i)) {
            lines.push(Evidence {
                step: step.name.clone(),
                event: event.what.def.id.clone(),
                line: event.line,
                text: event.what.text.to_string(),
            });
        }
    }
    lines
}
