//! `lastgood.reproduce/1`.

use serde_json::{Value, json};

use super::Reproduced;
use crate::gateway::clause::Held;
use crate::gateway::matrix::{Cell, Played, Trial};
use crate::report::document::TOOL;

pub(super) fn document(r: &Reproduced<'_>, rows: &[(&Played, Vec<Cell>)]) -> Value {
    let matrix = r.matrix;
    let scenarios = matrix
        .scenarios
        .iter()
        .map(|s| json!({ "id": s.id, "about": s.about, "server": s.server, "sha256": s.sha256 }));
    let cells = rows.iter().flat_map(|(scenario, cells)| {
        matrix.versions.iter().zip(cells).map(|(version, c)| cell(scenario, &version.to_string(), c))
    });
    let clauses =
        r.knowledge.client_clauses.iter().filter(|c| matrix.scenarios.iter().any(|s| s.id == c.scenario));
    let clauses = clauses.map(|c| {
        let versions = matrix.versions.iter().filter_map(|version| {
            let (counts, trial, worst) = matrix.clause(&c.id, version)?;
            let counts: Value = counts.iter().map(|(k, n)| (k.as_str().to_owned(), json!(n))).collect();
            Some(json!({ "version": version, "runs": counts, "run": trial.n, "seen": trial.seen, "worst": held(worst) }))
        });
        json!({
            "id": c.id, "level": c.level.as_str(), "spec": c.spec, "says": c.says, "scenario": c.scenario,
            "versions": versions.collect::<Vec<_>>(),
        })
    });
    json!({
        "schema": "lastgood.reproduce/1", "tool": TOOL, "packs": r.knowledge.packs,
        "scenarios": scenarios.collect::<Vec<_>>(), "versions": matrix.versions,
        "cells": cells.collect::<Vec<_>>(), "runs": matrix.trials.iter().map(run).collect::<Vec<_>>(),
        "clauses": clauses.collect::<Vec<_>>(),
    })
}

fn cell(scenario: &Played, version: &str, cell: &Cell) -> Value {
    let outcomes: Value = cell.outcomes.iter().map(|(o, n)| (o.as_str().to_owned(), json!(n))).collect();
    json!({
        "scenario": scenario.id, "version": version, "runs": cell.runs, "ill": cell.ill, "decided": cell.decided, "outcomes": outcomes,
        "findings": cell.findings, "calls_ok": cell.calls.iter().map(|(good, _)| good).collect::<Vec<_>>(),
        "calls": cell.calls.iter().map(|(_, all)| all).collect::<Vec<_>>(),
    })
}

fn run(trial: &Trial) -> Value {
    let servers = trial.servers.iter().map(|(name, o)| json!({ "name": name, "outcome": o.as_str() }));
    json!({
        "scenario": trial.scenario, "version": trial.version, "n": trial.n, "log": trial.log, "seen": trial.seen,
        "ended": trial.ended, "problem": trial.problem, "servers": servers.collect::<Vec<_>>(),
        "findings": trial.findings.iter().map(|f| &f.id).collect::<Vec<_>>(),
        "calls_ok": trial.calls.0, "calls": trial.calls.1,
    })
}

fn held(held: &Held) -> Value {
    let evidence = held.evidence.iter().map(|(line, text)| json!({ "line": line, "text": text }));
    json!({ "kept": held.kept.as_str(), "evidence": evidence.collect::<Vec<_>>(), "missing": held.missing })
}
