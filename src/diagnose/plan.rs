//! From event ids to what they do: built once, so that an event costs only the steps it can touch.
//!
//! Comes in: all signatures. Goes out: for each event id the [`Op`]s of each signature, in the order in which they
//! must run. An id that no signature names has no plan, and costs one look-up.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::compile::Compiled;
use super::residue;
use super::says::Template;
use crate::classify::Event;
use crate::pattern::EventDef;

/// What an event does to the state of a signature and key. The variants stand in the order in which they run: an
/// event first ends what was, then fills steps, and only then counts as "seen before".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Op {
    /// It makes a match worse: index of the escalation.
    Escalate(usize),
    /// It is what a branch waits in vain for.
    Absent(usize),
    /// It must not come before a step of a branch.
    Kill(usize, usize),
    /// It may fill a step of a branch; later steps are tried first, so that one event fills one step.
    Fill(usize, Reverse<usize>),
    /// It is one of the events that must come before.
    Need(usize),
    /// It is one of the events that must not come before.
    Bar,
}

/// What an event id does.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Plan {
    /// By set of keys.
    pub(super) groups: Vec<Group>,
    /// The fields that some template shows.
    pub(super) wanted: Vec<Arc<str>>,
}

/// The signatures of one set of keys that an event concerns.
#[derive(Debug, PartialEq)]
pub(super) struct Group {
    /// Index of the set.
    pub(super) set: usize,
    /// Whether the event can begin something: if not, keys that are not known yet need not be.
    pub(super) opens: bool,
    pub(super) incidents: Vec<Incident>,
}

/// What an event does to one signature.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Incident {
    /// Index of the signature.
    pub(super) rule: usize,
    /// Its index among the signatures of its set.
    pub(super) member: usize,
    pub(super) opens: bool,
    pub(super) ops: Arc<[Op]>,
    /// What must be under way for it to matter, unless it begins something: see [`live`].
    pub(super) touches: u64,
    /// Whether it may fill a first step.
    pub(super) fills_first: bool,
    /// The guards that it is, and whether it bars.
    pub(super) needs: u64,
    pub(super) bars: bool,
    /// Whether the conditions of all that it does are known to hold.
    pub(super) tested: bool,
}

/// What may be under way in a state, as bits: each of the first steps by its register, the steps behind those together, some
/// silence, some match that may get worse.
pub(super) mod live {
    /// Some silence is waited for.
    pub(in crate::diagnose) const WAITS: u64 = 1 << 62;
    /// It matched.
    pub(in crate::diagnose) const ENDED: u64 = 1 << 63;
    /// All steps.
    pub(in crate::diagnose) const STEPS: u64 = WAITS - 1;

    /// A step.
    pub(in crate::diagnose) fn step(register: usize) -> u64 {
        1 << register.min(61)
    }
}

/// Whether `server` is in a key, its other fields, and the signatures that have it.
pub(super) type KeyFields = (bool, Vec<String>, Vec<usize>);

/// What an event does to a signature: the event, the set, the member, the signature.
type Does<'r> = (&'r str, usize, usize, usize, Op);

/// Which signatures share a key, and what each event does. The same for all logs.
#[derive(Debug)]
pub struct Plans {
    pub(super) sets: Vec<KeyFields>,
    all: Vec<Plan>,
    by_event: HashMap<String, usize>,
}

/// The plans of definitions that were asked for of late, by where those lie in memory.
#[derive(Debug, Default)]
pub(super) struct Asked(Vec<Option<(Arc<EventDef>, Option<usize>)>>);

/// How many are kept; a power of two.
const RECENT: usize = 256;

impl Plans {
    /// The plans for these signatures.
    pub fn new(rules: &[Compiled]) -> Self {
        let mut sets: Vec<KeyFields> = Vec::new();
        let mut all: Vec<Does<'_>> = Vec::new();
        let mut wanted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (rule, compiled) in rules.iter().enumerate() {
            let (set, member) = place(&mut sets, compiled, rule);
            all.extend(ops_of(compiled).into_iter().map(|(event, op)| (event, set, member, rule, op)));
            for (event, field) in shown(compiled) {
                wanted.entry(event).or_default().insert(field);
            }
        }
        all.sort_unstable();
        all.dedup();
        let mut plans = Vec::new();
        let mut by_event = HashMap::new();
        for of_event in all.chunk_by(|a, b| a.0 == b.0) {
            let Some((event, ..)) = of_event.first().copied() else { continue };
            let wanted = wanted.remove(event).unwrap_or_default().into_iter().map(Arc::from).collect();
            by_event.insert(event.to_owned(), plans.len());
            plans.push(Plan { groups: groups(of_event, rules), wanted });
        }
        Self { all: plans, by_event, sets }
    }

    /// What an event so defined does, if anything.
    pub(super) fn of(&self, def: &Arc<EventDef>, asked: &mut Asked) -> Option<&Plan> {
        if asked.0.is_empty() {
            asked.0.resize(RECENT, None);
        }
        let address = Arc::as_ptr(def) as usize;
        let place = asked.0.get_mut((address >> 4 ^ address >> 12) & (RECENT - 1))?;
        let plan = match place {
            Some((known, plan)) if Arc::ptr_eq(known, def) => *plan,
            _ => {
                let plan = self.by_event.get(&def.id).copied();
                *place = Some((Arc::clone(def), plan));
                plan
            }
        };
        self.all.get(plan?)
    }
}

/// The set of keys of a signature and its place in it.
fn place(sets: &mut Vec<KeyFields>, rule: &Compiled, index: usize) -> (usize, usize) {
    let known = sets.iter_mut().enumerate().find(|(_, (s, k, _))| *s == rule.of_server && *k == rule.key);
    if let Some((set, (_, _, members))) = known {
        members.push(index);
        return (set, members.len() - 1);
    }
    sets.push((rule.of_server, rule.key.clone(), vec![index]));
    (sets.len() - 1, 0)
}

fn ops_of(rule: &Compiled) -> Vec<(&str, Op)> {
    let mut all: Vec<(&str, Op)> = Vec::new();
    let guards = &rule.def.rule;
    all.extend(guards.needs_before.iter().enumerate().map(|(i, e)| (e.as_str(), Op::Need(i))));
    all.extend(guards.not_before.iter().map(|e| (e.as_str(), Op::Bar)));
    all.extend(rule.escalations.iter().enumerate().map(|(i, a)| (a.event.as_str(), Op::Escalate(i))));
    for (b, branch) in rule.branches.iter().enumerate() {
        for (k, step) in branch.steps.iter().enumerate() {
            all.extend(step.events.iter().map(|e| (e.as_str(), Op::Fill(b, Reverse(k)))));
            all.extend(step.killers.iter().map(|e| (e.as_str(), Op::Kill(b, k))));
        }
        let absent = branch.absence.iter().flat_map(|a| &a.events);
        all.extend(absent.map(|e| (e.as_str(), Op::Absent(b))));
    }
    all
}

/// The fields that signatures look at, key by, or show.
pub(super) fn fields(rules: &[Compiled]) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for rule in rules {
        all.extend(rule.key.iter().cloned());
        all.extend(shown(rule).into_iter().map(|(_, field)| field.to_owned()));
        let steps = rule.branches.iter().flat_map(|b| b.steps.iter().flat_map(|s| &s.conditions));
        let absences = rule.branches.iter().filter_map(|b| b.absence.as_ref()).flat_map(|a| &a.conditions);
        all.extend(steps.chain(absences).map(|c| c.field.clone()));
    }
    all
}

/// The fields that the sentences of a signature show, by the event that has them.
fn shown(rule: &Compiled) -> Vec<(&str, &str)> {
    let says = &rule.says;
    let templates = [&says.summary, &says.expected].into_iter().chain(&says.advice).chain(&says.escalations);
    let holes: Vec<(&str, &str)> = templates.flat_map(Template::fields).collect();
    let steps = rule.branches.iter().flat_map(|b| &b.steps);
    let of_step = |step| holes.iter().filter(move |(name, _)| *name == step).map(|(_, field)| *field);
    steps
        .flat_map(|s| {
            s.events.iter().flat_map(move |e| of_step(s.name.as_str()).map(move |f| (e.as_str(), f)))
        })
        .collect()
}

impl Plan {
    /// What is left of it for an event that says what `event` says, for as long as it says just that. A key that would be
    /// made is made still: which keys are the oldest does not change.
    pub(super) fn left_by(&self, event: &Event, rules: &[Compiled]) -> Self {
        let left = |group: &Group| Group {
            set: group.set,
            opens: group.opens,
            incidents: group.incidents.iter().filter_map(|i| i.left_by(event, rules)).collect(),
        };
        let groups = self.groups.iter().map(left).filter(|g| g.opens || !g.incidents.is_empty());
        Self { groups: groups.collect(), wanted: self.wanted.clone() }
    }
}

impl Incident {
    /// Without that whose conditions `event` fails.
    fn left_by(&self, event: &Event, rules: &[Compiled]) -> Option<Self> {
        if self.tested {
            return Some(self.clone());
        }
        let (mut left, mut tested) = (Vec::with_capacity(self.ops.len()), true);
        let rule = rules.get(self.rule)?;
        for op in self.ops.iter() {
            let passes = residue::passes(*op, event, rule);
            tested &= passes.is_some();
            left.extend(Some(*op).filter(|_| passes != Some(false)));
        }
        let incident = Self { tested, ..Self::new(self.rule, self.member, left.into(), rule) };
        (!incident.ops.is_empty()).then_some(incident)
    }

    /// `ops` in the order in which they run.
    fn new(rule: usize, member: usize, ops: Arc<[Op]>, compiled: &Compiled) -> Self {
        let (opens, fills_first, tested) = (false, false, true);
        let (touches, needs, bars) = (0, 0, false);
        let mut all = Self { rule, member, opens, ops, touches, fills_first, needs, bars, tested };
        let register = |branch: usize, step: usize| {
            live::step(compiled.branches.get(branch).map_or(0, |b| b.first_register) + step)
        };
        for op in all.ops.iter() {
            match *op {
                Op::Escalate(_) => all.touches |= live::WAITS | live::ENDED,
                Op::Absent(_) => all.touches |= live::WAITS,
                Op::Kill(branch, 0) => all.touches |= register(branch, 0),
                Op::Kill(branch, step) => {
                    all.touches |= register(branch, step - 1) | register(branch, step);
                }
                Op::Fill(branch, Reverse(0)) => {
                    all.fills_first = true;
                    // A step that counts goes on counting where no match may begin.
                    all.touches |= register(branch, 0);
                }
                Op::Fill(branch, Reverse(step)) => all.touches |= register(branch, step - 1),
                Op::Need(bit) => all.needs |= 1 << bit,
                Op::Bar => all.bars = true,
            }
            all.tested &= residue::conditions(*op, compiled).is_empty();
        }
        all.opens = all.fills_first || all.needs != 0 || all.bars;
        all
    }
}

fn groups(of_event: &[Does<'_>], rules: &[Compiled]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for of_rule in of_event.chunk_by(|a, b| a.3 == b.3) {
        let Some((_, set, member, rule, _)) = of_rule.first().copied() else { continue };
        let Some(compiled) = rules.get(rule) else { continue };
        let incident = Incident::new(rule, member, of_rule.iter().map(|does| does.4).collect(), compiled);
        match groups.last_mut() {
            Some(group) if group.set == set => {
                group.opens |= incident.opens;
                group.incidents.push(incident);
            }
            _ => groups.push(Group { set, opens: incident.opens, incidents: vec![incident] }),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;
    use std::sync::Arc;

    use serde_json::json;

    use super::{Asked, Op, Plans};
    use crate::diagnose::fixture::{compiled, def};

    #[test]
    fn an_event_first_ends_then_fills_late_steps_before_early_ones_and_then_counts_as_seen() {
        let steps = json!([
            { "as": "x", "event": "a" },
            { "as": "y", "event": "b", "not_between": ["a"] },
            { "as": "z", "event": "a" },
            { "as": "gone", "absent": ["a"], "for": "rest-of-log", "at_end_of_log": "match" }]);
        let rule = json!({ "key": [], "needs_before": ["a"], "steps": steps });
        let plans = Plans::new(&[compiled(rule, &[])]);
        let of = |id: &str| plans.of(&Arc::new(def(id)), &mut Asked::default());
        let ops = &of("a").unwrap().groups[0].incidents[0].ops;
        let fill = |step| Op::Fill(0, Reverse(step));
        assert_eq!(ops.as_ref(), [Op::Absent(0), Op::Kill(0, 1), fill(2), fill(0), Op::Need(0)]);
        assert!(of("c").is_none());
    }

    #[test]
    fn signatures_with_the_same_key_share_a_set_and_only_shown_fields_are_wanted() {
        let rule = |key: &[&str]| json!({ "key": key, "steps": [{ "as": "x", "event": ["a", "b"] }] });
        let says = json!({ "summary": "{x.v} at {x.line}", "expected": "", "advice": [] });
        let rules = [
            compiled(rule(&["server"]), &[]),
            compiled(rule(&["tool"]), &[]),
            compiled(rule(&["server"]), &[("says", says)]),
        ];
        let plans = Plans::new(&rules);
        assert_eq!(
            plans.sets.iter().map(|(_, _, members)| members.clone()).collect::<Vec<_>>(),
            [vec![0, 2], vec![1]]
        );
        assert_eq!(plans.of(&Arc::new(def("b")), &mut Asked::default()).unwrap().wanted, ["v".into()]);
    }
}
