//! What was found in client sessions of a log that are over, folded as they end: a log may hold any number of them.
//!
//! Comes in: the ledger of each session that is over, with its client's version. Goes out: the ledger of the last session in
//! which any server occurs, and one [`Diagnosis`] of those before it. Of what was found again only the count grows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use semver::Version;

use super::answer::{Applicability, Diagnosis};
use super::compile::Compiled;
use super::record::{Ledger, Place, Record};

/// Sessions that are over.
#[derive(Debug, Default)]
pub(super) struct Past {
    folded: Folded,
    /// The last session that counts so far, and its client's version.
    last: Option<(Ledger, Option<Version>)>,
    /// Those without a server behind it: what they did belongs to none.
    behind: Folded,
}

/// The records of several sessions as one.
#[derive(Debug, Default)]
struct Folded {
    records: BTreeMap<Place, (Record, Applicability)>,
    servers: BTreeSet<Arc<str>>,
    /// The guards of the session that was taken in last, and its client: those of the next are mostly the same.
    guarded: (Vec<Place>, Option<Version>),
}

impl Past {
    /// A session is over.
    pub(super) fn push(&mut self, rules: &[Compiled], ledger: Ledger, client: Option<Version>) {
        let counts = ledger.knows_servers() || self.last.as_ref().is_none_or(|(l, _)| !l.knows_servers());
        if !counts {
            return self.behind.take_in(rules, ledger, client.as_ref());
        }
        if let Some((ledger, client)) = self.last.replace((ledger, client)) {
            self.folded.take_in(rules, ledger, client.as_ref());
        }
        self.folded.absorb(std::mem::take(&mut self.behind));
    }

    /// The same in a log in which so many lines stand before it.
    pub(super) fn after(self, lines: u64) -> Self {
        let last = self.last.map(|(ledger, client)| (ledger.after(lines), client));
        Self { folded: self.folded.after(lines), last, behind: self.behind.after(lines) }
    }

    /// Takes in sessions that follow these and are over; none of either is without a server.
    pub(super) fn join(&mut self, rules: &[Compiled], later: Self) {
        let Some(last) = later.last else { return };
        debug_assert!(self.behind.records.is_empty() && later.behind.records.is_empty());
        if let Some((ledger, client)) = self.last.replace(last) {
            self.folded.take_in(rules, ledger, client.as_ref());
        }
        self.folded.absorb(later.folded);
    }

    /// The ledger of the session that counts, and what was found in those before it.
    pub(super) fn split(self, rules: &[Compiled]) -> (Ledger, Diagnosis) {
        let ledger = self.last.map(|(ledger, _)| ledger).unwrap_or_default();
        (ledger, self.folded.close(rules))
    }

    /// All sessions alike: what an exhaustive search is compared with.
    #[cfg(any(test, fuzzing))]
    pub(super) fn whole(mut self, rules: &[Compiled]) -> Diagnosis {
        if let Some((ledger, client)) = self.last.take() {
            self.folded.take_in(rules, ledger, client.as_ref());
        }
        self.folded.absorb(self.behind);
        self.folded.close(rules)
    }
}

impl Folded {
    fn take_in(&mut self, rules: &[Compiled], ledger: Ledger, client: Option<&Version>) {
        let (records, guarded, servers) = ledger.into_parts();
        self.servers.extend(servers);
        if self.guarded.0 != guarded || self.guarded.1.as_ref() != client {
            for place in &guarded {
                self.add_of(rules, place.clone(), Record::of_guard(), client);
            }
            self.guarded = (guarded, client.cloned());
        }
        for (place, record) in records {
            self.add_of(rules, place, record, client);
        }
    }

    fn after(mut self, lines: u64) -> Self {
        self.records.values_mut().for_each(|(record, _)| record.move_by(lines));
        self
    }

    fn absorb(&mut self, other: Self) {
        self.servers.extend(other.servers);
        for (place, (record, range)) in other.records {
            self.add(place, record, range);
        }
    }

    fn add_of(&mut self, rules: &[Compiled], place: Place, record: Record, client: Option<&Version>) {
        if let Some(range) = rules.get(place.0).and_then(|r| r.applicability(client)) {
            self.add(place, record, range);
        }
    }

    /// What a match means is told by the client of the first one.
    fn add(&mut self, place: Place, record: Record, range: Applicability) {
        match self.records.get_mut(&place) {
            None => _ = self.records.insert(place, (record, range)),
            Some((known, of_known)) => {
                if !known.has_matched() && record.has_matched() {
                    *of_known = range;
                }
                known.absorb(record);
            }
        }
    }

    fn close(self, rules: &[Compiled]) -> Diagnosis {
        let mut diagnosis = Diagnosis::blank(rules, None, self.servers);
        for ((index, server), (record, range)) in self.records {
            if let Some(rule) = rules.get(index) {
                record.close(rule, range, (index, server), &mut diagnosis);
            }
        }
        diagnosis
    }
}
