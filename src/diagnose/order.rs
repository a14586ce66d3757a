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
    // Findings of many logs are many: each is held against those that it can have to do with.
    let mut near: BTreeMap<(usize, Option<&str>), Vec<usize>> = BTreeMap::new();
    for (index, f) in findings.iter().enumerate() {
        near.entry((f.input, f.server.as_deref())).or_default().push(index);
    }
    for (symptom, f) in findings.iter().enumerate() {
        let explains =
            |index: &usize| findings.get(*index).is_some_and(|cause| cause.explains.contains(&f.id));
        let near = near.get(&(f.input, f.server.as_deref())).into_iter().flatten().copied();
        let cause = near.filter(explains).find(|cause| root(&causes, *cause) != symptom);
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::order;
    use crate::diagnose::answer::{Evidence, Finding, Proof};
    use crate::diagnose::fixture::{compiled, event};
    use crate::diagnose::{End, run};
    use crate::pattern::Severity;

    fn finding(id: &str, line: u64, severity: Severity, explains: &[&str]) -> Finding {
        let rule = serde_json::json!({ "key": [], "steps": [{ "as": "x", "event": "a" }] });
        let found = run(&[compiled(rule, &[])], &[event("a", 1)], End::default()).findings.remove(0);
        let line = Evidence { step: "x".to_owned(), event: "a".to_owned(), line, text: String::new() };
        let evidence = Proof::new(vec![line]).unwrap();
        let explains = explains.iter().map(|&e| e.to_owned()).collect();
        Finding { id: id.to_owned(), severity, explains, evidence, ..found }
    }

    fn ids(findings: Vec<Finding>) -> Vec<(String, Option<String>)> {
        order(findings).into_iter().map(|f| (f.id, f.explained_by)).collect()
    }

    fn pair(id: &str, by: Option<&str>) -> (String, Option<String>) {
        (id.to_owned(), by.map(str::to_owned))
    }

    #[test]
    fn the_worst_comes_first_and_then_the_earliest() {
        let all = [("c", 9, Severity::High), ("b", 2, Severity::Low), ("a", 3, Severity::High)];
        let all = all.map(|(id, line, severity)| finding(id, line, severity, &[]));
        assert_eq!(ids(all.into()), [pair("a", None), pair("c", None), pair("b", None)]);
    }

    #[test]
    fn a_cause_leads_however_mild_and_its_symptoms_follow_under_it() {
        let all = vec![
            finding("loop", 5, Severity::Critical, &[]),
            finding("other", 1, Severity::High, &[]),
            finding("get-404", 3, Severity::Low, &["loop", "no-tools"]),
            finding("no-tools", 9, Severity::Low, &[]),
        ];
        let wanted = [
            pair("get-404", None),
            pair("loop", Some("get-404")),
            pair("no-tools", Some("get-404")),
            pair("other", None),
        ];
        assert_eq!(ids(all), wanted);
    }

    #[test]
    fn a_cause_explains_only_on_its_server_and_in_its_input() {
        let cause = finding("cause", 1, Severity::Low, &["symptom"]);
        let symptom = finding("symptom", 2, Severity::Low, &[]);
        let elsewhere = Finding { server: Some("t".into()), ..symptom.clone() };
        let later = Finding { input: 1, ..symptom };
        assert!(ids(vec![cause, elsewhere, later]).iter().all(|(_, by)| by.is_none()));
    }

    #[test]
    fn findings_that_explain_each_other_make_no_circle() {
        let all = vec![finding("a", 1, Severity::Low, &["b"]), finding("b", 2, Severity::Low, &["a"])];
        assert_eq!(ids(all), [pair("b", None), pair("a", Some("b"))]);
    }

    proptest! {
        #[test]
        fn none_is_lost_and_the_order_does_not_depend_on_the_order_they_come_in(
            drawn in proptest::collection::vec((0_u64..5, 0_usize..3, proptest::collection::vec(0_usize..7, 0..3)), 0..7),
            turn in 0_usize..7,
        ) {
            let severities = [Severity::Low, Severity::High, Severity::Critical];
            let one = |(i, (line, severity, explains)): (usize, &(u64, usize, Vec<usize>))| {
                let explains: Vec<String> = explains.iter().filter(|e| **e != i).map(ToString::to_string).collect();
                let explains: Vec<&str> = explains.iter().map(String::as_str).collect();
                finding(&i.to_string(), *line, severities[*severity], &explains)
            };
            let all: Vec<Finding> = drawn.iter().enumerate().map(one).collect();
            let mut turned = all.clone();
            turned.rotate_left(turn % all.len().max(1));
            let sorted = ids(all);
            prop_assert_eq!(sorted.len(), drawn.len());
            for (place, (_, by)) in sorted.iter().enumerate() {
                let cause = by.as_ref().map(|by| sorted.iter().position(|(id, _)| id == by).unwrap());
                prop_assert!(cause.is_none_or(|c| c < place), "a cause stands above: {sorted:?}");
            }
            prop_assert_eq!(sorted, ids(turned));
        }
    }
}
