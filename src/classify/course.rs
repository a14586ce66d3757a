//! Where an event stands in the course of a log: its client session, its server, and what happened just before it.
//!
//! Comes in: what a line means, and the line. Goes out: the [`Event`](super::Event) that it is there. Servers are numbered as they come,
//! so that what happened to each is found without spelling its name.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::memo::Kept;
use crate::parse::{LogLine, Stamp};
use crate::pattern::{Class, Effect, EventDef};

/// An echo follows its twin at once, and an effect its cause; what says the same later says it anew. Milliseconds.
const JUST_NOW: i64 = 250;

/// The same where a log has no clock: an echo may stand behind the stack of its twin. Lines.
const JUST_NOW_LINES: u64 = 12;

/// More client sessions in one log are not told apart.
const MAX_SESSIONS: usize = 10_000;

/// The last lifecycle event of a server.
#[derive(Debug, Clone, Copy)]
struct Last {
    /// Which of the catalogue's.
    def: usize,
    stamp: Option<Stamp>,
    line: u64,
    /// The age in which it happened: what is older is forgotten.
    age: u64,
}

/// The course of one log.
#[derive(Debug, Default)]
pub(super) struct Course {
    names: Vec<Arc<str>>,
    /// The server that was asked for last: many lines on end are about one.
    recent: usize,
    by_name: HashMap<Arc<str>, usize>,
    session: u32,
    /// The highest session so far.
    sessions: u32,
    /// The sessions that the log itself tells apart.
    told: BTreeMap<String, u32>,
    /// Whether any server was seen in the current client session.
    begun: bool,
    /// Whether lines were left out since the last event.
    gap: bool,
    /// What happened last to each server in the session under way, and in those that the log tells apart.
    last: Vec<Option<Last>>,
    last_apart: HashMap<(u32, usize), Last>,
    age: u64,
}

impl Course {
    /// Lines were left out: what comes now does not follow from what came before.
    pub(super) fn break_off(&mut self) {
        self.gap = true;
        self.forget();
    }

    fn forget(&mut self) {
        self.age += 1;
        self.last_apart.clear();
    }

    /// Puts what a line means where it stands.
    pub(super) fn place(&mut self, line: &LogLine<'_>, kept: &mut Kept, defs: &[Arc<EventDef>]) {
        let (session, apart) = self.session(line, kept.event.def.effect == Effect::ClientStart);
        let server = kept.event.server.is_some().then_some(kept.server);
        self.begun |= server.is_some() && !apart;
        let at = server.map(|server| (apart.then_some(session), server));
        // Of most events it does not matter what they follow.
        if kept.echo || !kept.event.def.after.is_empty() {
            let before = at.and_then(|at| self.just_before(at, line)).and_then(|def| defs.get(def));
            kept.follow(before.map(|def| def.id.as_str()));
        }
        if let Some(at) = at.filter(|_| kept.event.def.class == Class::Lifecycle) {
            let last = Last { def: kept.def, stamp: line.stamp, line: line.number, age: self.age };
            self.put_last(at, last);
        }
        let event = &mut kept.event;
        (event.session, event.apart, event.gap) = (session, apart, std::mem::take(&mut self.gap));
        (event.line, event.stamp, event.same) = (line.number, line.stamp, line.same);
    }

    /// Puts the server that a line is about.
    pub(super) fn put_server(&mut self, line: &LogLine<'_>, kept: &mut Kept) {
        let Some(name) = line.server.or(kept.said.as_deref()) else { return kept.event.server = None };
        if kept.event.server.as_deref() != Some(name) {
            let at = self.numbered(name);
            (kept.event.server, kept.server) = (self.names.get(at).map(Arc::clone), at);
        }
    }

    /// The name of a server, one for all lines about it.
    pub(super) fn name(&mut self, name: &str) -> Arc<str> {
        let at = self.numbered(name);
        self.names.get(at).map_or_else(|| name.into(), Arc::clone)
    }

    fn numbered(&mut self, name: &str) -> usize {
        if self.names.get(self.recent).is_some_and(|recent| **recent == *name) {
            return self.recent;
        }
        if let Some(at) = self.by_name.get(name) {
            self.recent = *at;
            return *at;
        }
        let (new, at): (Arc<str>, usize) = (name.into(), self.names.len());
        self.names.push(Arc::clone(&new));
        self.by_name.insert(new, at);
        self.last.push(None);
        at
    }

    /// The session of a line; whether it may interleave with others.
    fn session(&mut self, line: &LogLine<'_>, starts: bool) -> (u32, bool) {
        let Some(told) = line.session else {
            if starts && std::mem::take(&mut self.begun) {
                self.sessions += 1;
                self.session = self.sessions;
                self.forget();
            }
            return (self.session, false);
        };
        if let Some(known) = self.told.get(told.name) {
            return (*known, true);
        }
        if self.told.len() >= MAX_SESSIONS {
            return (self.sessions, true);
        }
        // The first of them is number 0, unless lines without a session came before.
        self.sessions += u32::from(self.begun || !self.told.is_empty());
        self.told.insert(told.name.to_owned(), self.sessions);
        (self.sessions, true)
    }

    fn put_last(&mut self, (apart, server): (Option<u32>, usize), last: Last) {
        if let Some(session) = apart {
            self.last_apart.insert((session, server), last);
        } else if let Some(place) = self.last.get_mut(server) {
            *place = Some(last);
        }
    }

    /// The last thing that happened to a server of a session, if it was just now: which of the catalogue's.
    fn just_before(&self, (apart, server): (Option<u32>, usize), line: &LogLine<'_>) -> Option<usize> {
        let last = match apart {
            Some(session) => *self.last_apart.get(&(session, server))?,
            None => (*self.last.get(server)?)?,
        };
        let near = match line.stamp.zip(last.stamp) {
            Some((now, then)) => (now.0 - then.0).abs() <= JUST_NOW,
            None => line.number.abs_diff(last.line) <= JUST_NOW_LINES,
        };
        (near && last.age == self.age).then_some(last.def)
    }
}
