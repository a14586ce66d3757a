//! What is left of the plan of an event that says again what was said before.
//!
//! Comes in: an event and the plans of all ids. Goes out: the plan of its id, or, where the same was said of the same server of late, the
//! plan without the steps and silences whose conditions it fails: whether they hold is told by what an event is, says and is
//! about, not by when it comes. A client says the same few things again and again.
//!
//! That it is the same is told by where it lies in memory. A reference to it is held meanwhile: so nothing else can come to lie
//! there, and it cannot be changed.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::{Arc, Weak};

use serde_json::Value;

use super::compile::Compiled;
use super::condition::Condition;
use super::plan::{Asked, Op, Plan, Plans};
use super::trail::What;
use crate::classify::Event;
use crate::parse::BySame;
use crate::pattern::EventDef;

/// How many are remembered, as a power of two.
const BITS: u32 = 12;

/// The plans of events that came of late. The newer takes the place of the older.
#[derive(Debug, Default)]
pub(super) struct Residues {
    known: Vec<Option<Known>>,
    /// The same of lines that are known to say the same.
    by_same: BySame<Known>,
    /// What is asked for of those that are new.
    asked: Asked,
    shared: Shared,
}

/// What is left of plans, by where the whole one lies. Of most events that differ in their values alone the same is left: as
/// one it stays near to the processor.
#[derive(Debug, Default)]
struct Shared(HashMap<usize, Vec<Arc<Plan>>>);

/// So many of one plan are looked through.
const MOST_SHARED: usize = 16;

impl Shared {
    fn share(&mut self, whole: &Plan, left: Plan) -> Arc<Plan> {
        let known = self.0.entry(std::ptr::from_ref(whole) as usize).or_default();
        if let Some(same) = known.iter().find(|known| ***known == left) {
            return Arc::clone(same);
        }
        let left = Arc::new(left);
        if known.len() < MOST_SHARED {
            known.push(Arc::clone(&left));
        }
        left
    }
}

#[derive(Debug)]
struct Known {
    def: Arc<EventDef>,
    /// They may be long: of those that nobody else holds any more nothing is kept but their place.
    fields: Weak<Vec<(Arc<str>, Value)>>,
    server: Option<Arc<str>>,
    /// What is kept of events that say it. Not where they may be of any length.
    what: OnceCell<Arc<What>>,
    /// How often it came, up to thrice: only then is made what is left, for much that is said is not said again.
    came: u8,
    /// What is left of its plan, if it has one; of many the same is left.
    left: Option<Arc<Plan>>,
}

/// What an event still does.
pub(super) struct Left<'p> {
    pub(super) plan: &'p Plan,
    /// Where is kept what it says, if it may come again.
    pub(super) what: Option<&'p OnceCell<Arc<What>>>,
}

impl Known {
    fn new(event: &Event) -> Self {
        Self {
            def: Arc::clone(&event.def),
            fields: Arc::downgrade(&event.fields),
            server: event.server.clone(),
            what: OnceCell::new(),
            came: 0,
            left: None,
        }
    }

    fn is(&self, event: &Event) -> bool {
        let server = match (&self.server, &event.server) {
            (Some(known), Some(server)) => Arc::ptr_eq(known, server),
            (known, server) => known.is_none() && server.is_none(),
        };
        server && self.fields.as_ptr() == Arc::as_ptr(&event.fields) && Arc::ptr_eq(&self.def, &event.def)
    }
}

impl Residues {
    /// What is left of the plan of an event's id.
    pub(super) fn of<'p>(
        &'p mut self,
        plans: &'p Plans,
        event: &Event,
        rules: &[Compiled],
    ) -> Option<Left<'p>> {
        let Self { by_same, known, asked, shared } = self;
        let fresh = || Known::new(event);
        let known = if let Some(same) = event.same {
            by_same.get_or_put(same, fresh)
        } else {
            if known.is_empty() {
                known.resize_with(1 << BITS, || None);
            }
            known.get_mut(place(event))?.get_or_insert_with(fresh)
        };
        if !known.is(event) {
            *known = Known::new(event);
        }
        known.came = (known.came + 1).min(3);
        let plan = match known.came {
            1 => plans.of(&event.def, asked)?,
            2 => {
                let whole = plans.of(&event.def, asked)?;
                known.left.insert(shared.share(whole, whole.left_by(event, rules)))
            }
            _ => known.left.as_deref()?,
        };
        Some(Left { plan, what: event.same.is_some().then_some(&known.what) })
    }

    /// The whole plan of an event's id.
    pub(super) fn whole<'p>(&mut self, plans: &'p Plans, event: &Event) -> Option<Left<'p>> {
        plans.of(&event.def, &mut self.asked).map(|plan| Left { plan, what: None })
    }
}

/// Where in the table it is remembered.
fn place(event: &Event) -> usize {
    let server = event.server.as_ref().map_or(0, |s| Arc::as_ptr(s).cast::<u8>() as usize);
    let both = Arc::as_ptr(&event.fields) as usize ^ server.rotate_left(24);
    // What is near in memory shall not be near here: the golden ratio, of which the highest bits count.
    ((both as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - BITS)) as usize
}

/// The conditions of what an op does.
pub(super) fn conditions(op: Op, rule: &Compiled) -> &[Condition] {
    let branch = |at: usize| rule.branches.get(at);
    match op {
        Op::Fill(at, step) => branch(at).and_then(|b| b.steps.get(step.0)).map_or(&[], |s| &s.conditions),
        Op::Absent(at) => branch(at).and_then(|b| b.absence.as_ref()).map_or(&[], |a| &a.conditions),
        Op::Escalate(_) | Op::Kill(..) | Op::Need(_) | Op::Bar => &[],
    }
}

/// Whether they hold for `event`; `None`: a regex would have to be made ready to tell.
pub(super) fn passes(op: Op, event: &Event, rule: &Compiled) -> Option<bool> {
    let mut all = Some(true);
    for condition in conditions(op, rule) {
        match condition.told(event) {
            Some(true) => {}
            // It outweighs those that cannot be told.
            Some(false) => return Some(false),
            None => all = None,
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::Residues;
    use crate::classify::Event;
    use crate::diagnose::compile::{Compiled, compile};
    use crate::diagnose::fixture::{compiled, event, of, signature, vocabulary, with};
    use crate::diagnose::plan::Plans;
    use crate::pattern::Signature;

    fn step(test: &Value) -> Value {
        json!({ "key": ["server"], "steps": [{ "as": "x", "event": "a", "where": { "v": test } }] })
    }

    /// Which signatures the event still concerns when it comes after that other one, and whether its conditions are told.
    fn left(rules: &[Compiled], before: Option<&Event>, last: &Event) -> Vec<(usize, bool)> {
        let (plans, mut residues) = (Plans::new(rules), Residues::default());
        if let Some(event) = before {
            residues.of(&plans, event, rules);
        }
        let left = residues.of(&plans, last, rules).unwrap().plan;
        left.groups.iter().flat_map(|g| &g.incidents).map(|i| (i.rule, i.tested)).collect()
    }

    #[test]
    fn what_its_fields_rule_out_is_left_out_when_it_comes_again() {
        let rules = [compiled(step(&json!(1)), &[]), compiled(step(&json!(2)), &[])];
        let one = with(event("a", 1), "v", 1);
        assert_eq!(left(&rules, None, &one), [(0, false), (1, false)], "the first time all is tried");
        let again = Event { line: 9, ..one.clone() };
        assert_eq!(left(&rules, Some(&one), &again), [(0, true)]);
        let other = Event { fields: Arc::new((*one.fields).clone()), ..one.clone() };
        assert_eq!(left(&rules, Some(&one), &other).len(), 2, "it may say anything");
        assert_eq!(
            left(&rules, Some(&one), &of(one.clone(), "t")).len(),
            2,
            "conditions may ask for the server"
        );
    }

    #[test]
    fn a_key_that_would_be_made_is_made_still() {
        let rules = [compiled(step(&json!(1)), &[])];
        let other = with(event("a", 1), "v", 2);
        let (plans, mut residues) = (Plans::new(&rules), Residues::default());
        residues.of(&plans, &other, &rules);
        let left = residues.of(&plans, &other, &rules).unwrap().plan;
        assert_eq!(left.groups.iter().map(|g| (g.opens, g.incidents.len())).collect::<Vec<_>>(), [(true, 0)]);
    }

    #[test]
    fn no_regex_is_made_ready_for_it() {
        // How often something comes makes it large: one of unknown origin is made ready to see whether it can be.
        let test = step(&json!({ "regex": "^1{1}" }));
        let builtin = Signature { checked: true, ..signature(test, &[]) };
        let lazy = compile(&builtin, &vocabulary()).unwrap();
        let one = with(event("a", 1), "v", 1);
        assert_eq!(left(&[lazy], Some(&one), &one), [(0, false)]);
        let theirs = Signature { checked: false, ..builtin };
        let eager = compile(&theirs, &vocabulary()).unwrap();
        assert_eq!(left(&[eager], Some(&one), &one), [(0, true)]);
    }
}
