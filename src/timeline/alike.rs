//! Folds lives that are alike: a client that starts a thousand times mostly does the same a thousand times.
//!
//! Comes in: the lives of client sessions that are over, in their order. Goes out: each life that is unlike all before it on
//! the same server, with the others that are like it counted; and of each server the newest life by itself, for that is the
//! one that counts. Memory holds [`MAX_LIVES`] lives, whatever the log.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::Arc;

use super::Life;

/// More lives that are unlike each other are not kept.
const MAX_LIVES: usize = 2000;

/// Of so many lives that are alike it is kept where they begin.
const MAX_PLACES: usize = 16;

/// The lives that are like another one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Alike {
    /// How many they are.
    pub count: u64,
    /// The client session and the first line of the first of them.
    pub places: Vec<(u32, u64)>,
}

/// Lives that are over.
#[derive(Debug, Default)]
pub(super) struct Folded {
    /// Each with its place among all.
    lives: Vec<(usize, Life)>,
    by_course: HashMap<String, usize>,
    /// The newest of each server.
    newest: BTreeMap<Arc<str>, (usize, Life)>,
    seen: usize,
    left_out: u64,
    /// Reused from life to life.
    course: String,
}

impl Folded {
    /// Takes a life that came behind all others of its server.
    pub(super) fn push(&mut self, life: Life) {
        self.seen += 1;
        let server = Arc::clone(&life.server);
        if let Some(older) = self.newest.insert(server, (self.seen, life)) {
            self.fold(older);
        }
    }

    fn fold(&mut self, (place, life): (usize, Life)) {
        course(&life, &mut self.course);
        let known = self.by_course.get(self.course.as_str()).and_then(|at| self.lives.get_mut(*at));
        if let Some((_, known)) = known {
            known.alike.count += 1;
            if known.alike.places.len() < MAX_PLACES {
                known.alike.places.push((life.session, life.first_line()));
            }
        } else if self.lives.len() < MAX_LIVES {
            self.by_course.insert(self.course.clone(), self.lives.len());
            self.lives.push((place, life));
        } else {
            self.left_out += 1;
        }
    }

    /// How many lives found no place.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }

    /// The lives in their order.
    pub(super) fn finish(self) -> Vec<Life> {
        let mut all = self.lives;
        all.extend(self.newest.into_values());
        all.sort_by_key(|(place, _)| *place);
        all.into_iter().map(|(_, life)| life).collect()
    }
}

/// Writes what happened in a life, whatever the values: lives of the same course are alike.
fn course(life: &Life, course: &mut String) {
    let health = &life.health;
    course.clear();
    course.push_str(&life.server);
    // Writing to a string does not fail.
    let (connects, ok, failed) = (health.connects, health.calls_ok, health.calls_failed);
    _ = writeln!(course, "\n{} {connects} {ok} {failed}", health.outcome());
    for item in &life.items {
        course.push_str(&item.key);
        course.push_str(if item.aside { " aside" } else { " compared" });
        if item.repeats != 1 {
            _ = write!(course, " {}", item.repeats);
        }
        course.push('\n');
    }
}
