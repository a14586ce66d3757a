//! From a signature as it stands in a pack to one that the engine can run.
//!
//! Comes in: a [`Signature`] and the [`Vocabulary`] of all events. Goes out: a [`Compiled`] one, or every [`Problem`]
//! with the place in the file. What `check` calls impossible never reaches the engine; `patterns lint` says the same.

use std::fmt::{Arguments, Display};
use std::sync::Arc;

use semver::{Version, VersionReq};

use super::answer::Applicability;
use super::check;
use super::clock::Window;
use super::condition::Condition;
use super::duration;
use super::says::Template;
use super::vocabulary::Vocabulary;
use crate::classify::Event;
use crate::pattern::{AtEnd, Count, Outside, Rule, Signature, SignatureDef, Step};

/// Something in a signature that cannot be, or can never match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// JSON pointer into the signature's file, e.g. `/match/steps/1/within`.
    pub place: String,
    /// What is wrong, naming the step.
    pub message: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// A signature, ready to run.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// Its id.
    pub(super) id: String,
    /// The pack it came from.
    pub(super) pack: String,
    /// What its file says.
    pub(super) def: Arc<SignatureDef>,
    pub(super) range: Option<VersionReq>,
    /// Whether `server` is in the key.
    pub(super) of_server: bool,
    /// The other fields of the key.
    pub(super) key: Vec<String>,
    /// From the first event to the last.
    pub(super) window: Option<Window>,
    pub(super) branches: Vec<Branch>,
    pub(super) escalations: Vec<Aftermath>,
    pub(super) says: Speech,
}

/// One alternative of a signature.
#[derive(Debug, Clone)]
pub(super) struct Branch {
    /// How many steps the branches before it have.
    pub(super) first_register: usize,
    pub(super) steps: Vec<EventStep>,
    pub(super) absence: Option<Absence>,
}

/// A step that an event fills.
#[derive(Debug, Clone)]
pub(super) struct EventStep {
    pub(super) name: String,
    pub(super) events: Vec<String>,
    pub(super) conditions: Vec<Condition>,
    pub(super) within: Option<Window>,
    pub(super) killers: Vec<String>,
    pub(super) repeats: Option<Repeats>,
}

/// How often an event must come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Repeats {
    pub(super) min: usize,
    pub(super) within: Window,
}

/// The silence that ends a branch.
#[derive(Debug, Clone)]
pub(super) struct Absence {
    pub(super) name: String,
    pub(super) events: Vec<String>,
    pub(super) conditions: Vec<Condition>,
    /// `None`: the rest of the log.
    pub(super) span: Option<Window>,
    pub(super) at_end: AtEnd,
}

/// An event after a match that makes it worse.
#[derive(Debug, Clone)]
pub(super) struct Aftermath {
    pub(super) event: String,
    pub(super) window: Window,
}

/// The sentences of a signature.
#[derive(Debug, Clone)]
pub(super) struct Speech {
    pub(super) summary: Template,
    pub(super) expected: Template,
    pub(super) advice: Vec<Template>,
    pub(super) escalations: Vec<Template>,
}

/// Compiles a signature; every problem of it at once. One of the built-in pack is known to mean something.
pub fn compile(signature: &Signature, words: &Vocabulary) -> Result<Compiled, Vec<Problem>> {
    let def = &signature.def;
    let trusted = signature.checked;
    let mut draft = Draft { lines: lines(&def.rule), trusted, problems: Vec::new() };
    let mut branches: Vec<Branch> = Vec::new();
    for (place, steps) in check::branches(&def.rule) {
        let first_register = branches.iter().map(|b| b.steps.len()).sum();
        branches.push(draft.branch(&place, first_register, steps));
    }
    let compiled = Compiled {
        id: signature.id.clone(),
        pack: signature.pack.clone(),
        range: draft.range(def),
        of_server: def.rule.key.iter().any(|k| k == "server"),
        key: def.rule.key.iter().filter(|k| *k != "server").cloned().collect(),
        window: def.rule.within.as_deref().and_then(|w| draft.window("/match/within", w)),
        escalations: draft.escalations(def),
        says: draft.speech(def),
        def: Arc::clone(def),
        branches,
    };
    // The tests hold every signature of the built-in pack to it.
    if !trusted {
        draft.problems.extend(check::signature(signature, &compiled, words));
    }
    if draft.problems.is_empty() { Ok(compiled) } else { Err(draft.problems) }
}

fn lines(rule: &Rule) -> Option<i64> {
    rule.within_lines.map(|n| i64::try_from(n).unwrap_or(i64::MAX))
}

/// A compilation under way.
struct Draft {
    lines: Option<i64>,
    /// Whether it is of the built-in pack, whose signatures the tests compile with all checks.
    trusted: bool,
    problems: Vec<Problem>,
}

impl Draft {
    fn problem(&mut self, place: impl Display, message: impl Into<String>) {
        self.problems.push(Problem { place: place.to_string(), message: message.into() });
    }

    fn range(&mut self, def: &SignatureDef) -> Option<VersionReq> {
        let text = def.applies_to.client.as_deref()?;
        match VersionReq::parse(text) {
            Ok(range) => Some(range),
            Err(e) => {
                self.problem("/applies_to/client", format!("`{text}` is no range of versions: {e}"));
                None
            }
        }
    }

    fn window(&mut self, place: impl Display, text: &str) -> Option<Window> {
        match duration::parse(text) {
            Ok(ms) => Some(Window { ms, lines: self.lines }),
            Err(problem) => {
                self.problem(place, problem);
                None
            }
        }
    }

    fn branch(&mut self, place: &str, first_register: usize, steps: &[Step]) -> Branch {
        let mut branch = Branch { first_register, steps: Vec::new(), absence: None };
        for (i, step) in steps.iter().enumerate() {
            if step.absent.is_empty() {
                let step = self.step(format_args!("{place}/{i}"), step);
                branch.steps.push(step);
            } else {
                branch.absence = self.absence(format_args!("{place}/{i}"), step);
            }
        }
        branch
    }

    fn step(&mut self, place: Arguments<'_>, step: &Step) -> EventStep {
        EventStep {
            name: step.name.clone(),
            events: step.event.clone(),
            conditions: self.conditions(place, step),
            within: step.within.as_deref().and_then(|w| self.window(format_args!("{place}/within"), w)),
            killers: step.not_between.clone(),
            repeats: step.count.as_ref().and_then(|c| self.repeats(place, c)),
        }
    }

    fn repeats(&mut self, place: Arguments<'_>, count: &Count) -> Option<Repeats> {
        let within = self.window(format_args!("{place}/count/within"), &count.within)?;
        Some(Repeats { min: count.min as usize, within })
    }

    fn absence(&mut self, place: Arguments<'_>, step: &Step) -> Option<Absence> {
        let conditions = self.conditions(place, step);
        let span = match step.span.as_deref()? {
            "rest-of-log" => None,
            text => Some(self.window(format_args!("{place}/for"), text)?),
        };
        let at_end = step.at_end_of_log?;
        Some(Absence { name: step.name.clone(), events: step.absent.clone(), conditions, span, at_end })
    }

    fn conditions(&mut self, place: Arguments<'_>, step: &Step) -> Vec<Condition> {
        let mut conditions = Vec::new();
        for (field, test) in &step.tests {
            match Condition::compile(field, test, self.trusted) {
                Ok(condition) => conditions.push(condition),
                Err(problem) => {
                    self.problem(
                        format_args!("{place}/where/{field}"),
                        format!("step `{}`: {problem}", step.name),
                    );
                }
            }
        }
        conditions
    }

    fn escalations(&mut self, def: &SignatureDef) -> Vec<Aftermath> {
        let mut all = Vec::new();
        for (i, e) in def.escalate.iter().enumerate() {
            let window = self.window(format_args!("/escalate/{i}/within"), &e.within);
            all.extend(window.map(|window| Aftermath { event: e.event.clone(), window }));
        }
        all
    }

    fn speech(&mut self, def: &SignatureDef) -> Speech {
        let advice = def.says.advice.iter().enumerate();
        let worse = def.escalate.iter().enumerate();
        Speech {
            summary: self.template("/says/summary", &def.says.summary),
            expected: self.template("/says/expected", &def.says.expected),
            advice: advice.map(|(i, t)| self.template(format_args!("/says/advice/{i}"), t)).collect(),
            escalations: worse
                .map(|(i, e)| self.template(format_args!("/escalate/{i}/says"), &e.says))
                .collect(),
        }
    }

    fn template(&mut self, place: impl Display, text: &str) -> Template {
        Template::compile(text).unwrap_or_else(|problem| {
            self.problem(place, problem);
            Template::default()
        })
    }
}

impl Compiled {
    /// The signature's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The pack it came from.
    pub fn pack(&self) -> &str {
        &self.pack
    }

    /// What its file says.
    pub fn def(&self) -> &SignatureDef {
        &self.def
    }

    /// What a match means on `client`; `None`: the signature has nothing to say about that version.
    pub fn applicability(&self, client: Option<&Version>) -> Option<Applicability> {
        match (&self.range, client) {
            (None, _) => Some(Applicability::InRange),
            (Some(_), None) => Some(Applicability::Unknown),
            (Some(range), Some(version)) if range.matches(version) => Some(Applicability::InRange),
            _ if self.def.applies_to.outside == Outside::Hide => None,
            _ => Some(Applicability::PossibleRecurrence),
        }
    }

    /// Whether its answer can be "not applicable".
    pub fn has_guard(&self) -> bool {
        !self.def.rule.needs_before.is_empty()
    }

    /// The branches that can be in doubt, but never match.
    pub(super) fn undecided(&self) -> impl Iterator<Item = usize> {
        let never =
            |b: &Branch| b.absence.as_ref().is_some_and(|a| a.span.is_none() && a.at_end != AtEnd::Match);
        self.branches.iter().enumerate().filter(move |(_, b)| never(b)).map(|(i, _)| i)
    }

    /// Whether some window of `branch` asks for a clock.
    pub(super) fn asks_for_time(&self, branch: &Branch) -> bool {
        let timed = branch.steps.iter().any(|s| s.within.is_some() || s.repeats.is_some());
        timed || self.window.is_some()
    }
}

impl EventStep {
    /// The first condition that `event` fails.
    pub(super) fn refuses(&self, event: &Event) -> Option<&Condition> {
        self.conditions.iter().find(|c| !c.holds(event))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::compile;
    use crate::diagnose::Vocabulary;
    use crate::diagnose::fixture::{compiled, problems};
    use crate::pattern::{Knowledge, Signature};

    #[test]
    fn all_problems_are_told_at_once_with_their_places() {
        let steps = json!([{ "as": "x", "event": "a", "where": { "v": [] } }, { "as": "y", "event": "b", "within": "3" }]);
        let found = problems(json!({ "key": ["server"], "within": "soon", "steps": steps }), &[]);
        let places: Vec<&str> = found.iter().map(|p| p.place.as_str()).collect();
        assert_eq!(places, ["/match/steps/0/where/v", "/match/steps/1/within", "/match/within"]);
        assert_eq!(found[0].message, "step `x`: an empty list holds for no value");
    }

    #[test]
    fn every_signature_of_the_built_in_pack_compiles_whole() {
        let knowledge = Knowledge::builtin();
        let words = Vocabulary::new(knowledge.catalogue.events().iter().map(|e| &**e));
        assert!(knowledge.signatures.len() > 40);
        for signature in &knowledge.signatures {
            let theirs = Signature { checked: false, ..signature.clone() };
            let problems = compile(&theirs, &words).err().unwrap_or_default();
            assert!(problems.is_empty(), "{}: {problems:?}", signature.id);
        }
    }

    #[test]
    fn the_registers_of_branches_lie_behind_each_other() {
        let x = json!([{ "as": "x", "event": "a" }, { "as": "y", "event": "b" }]);
        let rule = compiled(json!({ "key": ["tool", "server"], "or": [x, x] }), &[]);
        assert_eq!(rule.branches.iter().map(|b| b.first_register).collect::<Vec<_>>(), [0, 2]);
        assert_eq!((rule.of_server, rule.key), (true, vec!["tool".to_owned()]));
    }
}
