//! Cause before symptom: which finding leads, and which ones follow under it.
//!
//! Comes in: the findings of any number of inputs. Goes out: the same, in the order in which a person should read
//! them. It judges by what signatures say of each other (`explains`), not by lines.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::answer::Finding;
use crate::pattern::Severity;

/// Puts each finding that another one of the same input and server explains under that one, and marks it. Groups
/// stand by their worst severity, then by their first line; the same findings always come out in the same order.
pub fn order(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by(|a, b| rank(a).cmp(&rank(b)));
    let causes = causes(&findings);
    for (symptom, cause) in causes.iter().enumerate() {
        let id = cause.and_then(|c| findings.get(c)).map(|f| f.id.clone());
        if let Some(finding) = findings.get_mut(symptom) {
            finding.explained_by = id;
        }
    }
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for index in 0..findings.len() {
        groups.entry(root(&causes, index)).or_default().push(index);
    }
    let mut groups: Vec<(Reverse<Severity>, usize, usize, Vec<usize>)> = groups
        .into_iter()
        .map(|(root, members)| {
            // Findings are sorted: the first member is the worst.
            let worst = members.first().copied().unwrap_or(root);
            let severity = findings.get(worst).map_or(Severity::Info, |f| f.severity);
            (Reverse(severity), worst, root, members)
        })
        .collect();
    groups.sort();
    let wanted = groups.into_iter().flat_map(|(_, _, root, members)| tree(&causes, root, &members));
    let mut slots: Vec<Option<Finding>> = findings.into_iter().map(Some).collect();
    wanted.filter_map(|i| slots.get_mut(i).and_then(Option::take)).collect()
}

type Rank<'f> = (Reverse<Severity>, usize, u64, &'f str, Option<&'f str>);

fn rank(f: &Finding) -> Rank<'_> {
    (Reverse(f.severity), f.input, f.evidence.first_line(), &f.id, f.server.as_deref())
}

/// For each finding the one that explains it: the foremost, unless that would make a circle.
fn causes(findings: &[Finding]) -> Vec<Option<usize>> {
    let mut causes: Vec<Option<usize>> = vec![None; findings.len()];
    for (symptom, f) in findings.iter().enumerate() {
        let explains = |g: &Finding| g.input == f.input && g.server == f.server && g.explains.contains(&f.id);
        let mut able = findings.iter().enumerate().filter(|(_, g)| explains(g)).map(|(i, _)| i);
        let cause = able.find(|cause| root(&causes, *cause) != symptom);
        if let Some(place) = causes.get_mut(symptom) {
            *place = cause;
        }
    }
    causes
}

/// The finding at the top of the chain of causes.
fn root(causes: &[Option<usize>], of: usize) -> usize {
    let up = |i: &usize| causes.get(*i).copied().flatten();
    std::iter::successors(Some(of), up).last().unwrap_or(of)
}

/// A cause, then what it explains, each directly under what explains it.
fn tree(causes: &[Option<usize>], root: usize, members: &[usize]) -> Vec<usize> {
    let mut out = vec![root];
    for member in members.iter().filter(|m| causes.get(**m).copied().flatten() == Some(root)) {
        out.extend(tree(causes, *member, members));
    }
    out
}
