//! Signatures as they stand in a pack's `signatures/*.json`: ordered steps over events, never over text.
//!
//! The semantics are in `patterns/README.md`; `diagnose` is the engine.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One signature: one file, whose name is its id.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SignatureDef {
    /// Version of the format; an unknown one refuses the file.
    pub schema: u32,
    /// What goes wrong, in one line; names the defect, not the cure.
    pub title: String,
    /// Counts up with each change of the logic.
    pub rev: u32,
    /// Whose fault it is.
    pub kind: Kind,
    /// How far it is to be trusted.
    pub status: Status,
    /// How bad it is for the user.
    pub severity: Severity,
    /// The client versions that it is known in.
    pub applies_to: AppliesTo,
    /// Day of creation, `YYYY-MM-DD`.
    pub created: String,
    /// Day of the last change, `YYYY-MM-DD`.
    pub modified: String,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// Where its facts come from.
    pub references: Vec<Reference>,
    /// When it may be wrong; may be empty, must be present.
    pub falsepositives: Vec<String>,
    /// Signatures of the same server that this one explains: they are folded under it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub explains: Vec<String>,
    /// The steps.
    #[serde(rename = "match")]
    pub rule: Rule,
    /// What raises the severity of a match.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub escalate: Vec<Escalation>,
    /// What it tells a person.
    pub says: Says,
    /// Its proof.
    pub tests: Vec<TestCase>,
    /// Remarks for the next author.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Whose fault a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The client did it right before.
    ClientRegression,
    /// The client never did it right.
    ClientBug,
    /// The server breaks its duties.
    ServerFault,
    /// The configuration is wrong.
    Config,
    /// Something between the two.
    Network,
    /// Credentials.
    Auth,
    /// No fault at all.
    Benign,
}

/// How far a signature is to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Its wording was never seen in a log: off by default.
    Sandbox,
    /// On, but without proof from a real log.
    Test,
    /// On, proven on real lines.
    Stable,
    /// Replaced.
    Deprecated,
}

/// How bad a finding is, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing, no fault.
    Info,
    /// A nuisance.
    Low,
    /// Something does not work.
    Warning,
    /// A server or its tools are lost.
    High,
    /// Lost, and nothing the user sees says so.
    Critical,
}

/// The client versions that a signature is known in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AppliesTo {
    /// A range such as `>=2.1.147, <2.1.153`; absent: any version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// What a match outside of the range means.
    #[serde(default)]
    pub outside: Outside,
}

/// What a match outside of a signature's range means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Outside {
    /// The defect may be back: report it as such.
    #[default]
    PossibleRecurrence,
    /// Another thing in the same shape: say nothing.
    Hide,
}

/// Where a fact comes from.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// `report`, `fixed-by`, `introduced-by`, `spec`, `sample`.
    pub role: String,
    /// An issue, a clause, a change-log entry.
    #[serde(rename = "ref")]
    pub target: String,
}

/// The logic of a signature.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Fields that all events of one match share; `server` almost always.
    pub key: Vec<String>,
    /// The longest time from the first to the last step, e.g. `30s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
    /// Stands in for every `within` where a log has no clock: lines from step to step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within_lines: Option<u64>,
    /// Events that must have been seen before, or the answer is "not applicable".
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs_before: Vec<String>,
    /// Events that must not have been seen before the first step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_before: Vec<String>,
    /// The steps, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// Alternatives to `steps`: any one of them.
    #[serde(default, rename = "or", skip_serializing_if = "Vec::is_empty")]
    pub branches: Vec<Vec<Step>>,
}

/// One step: an event, or (last only) the absence of events.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its name, for `says` and the evidence.
    #[serde(rename = "as")]
    pub name: String,
    /// The events that fill it.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "one_or_many")]
    #[cfg_attr(test, schemars(schema_with = "one_or_many::schema"))]
    pub event: Vec<String>,
    /// Tests on the fields of the event.
    #[serde(default, rename = "where", skip_serializing_if = "BTreeMap::is_empty")]
    pub tests: BTreeMap<String, Value>,
    /// The longest time since the step before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
    /// Events that must not come between the step before and this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_between: Vec<String>,
    /// The event must come this often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<Count>,
    /// Last step only: none of these events comes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absent: Vec<String>,
    /// How long none of them comes: a duration, or `rest-of-log`.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub span: Option<String>,
    /// What it means when the log ends before `for` is over; required with `absent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_end_of_log: Option<AtEnd>,
}

/// How often an event must come, and in what time.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// At least this often.
    pub min: u32,
    /// From the first to the last of them.
    pub within: String,
}

/// What it means when a log ends before an absence is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum AtEnd {
    /// Cannot be told.
    Inconclusive,
    /// It counts as absent.
    Match,
    /// It does not count.
    NoMatch,
}

/// An event after a match that raises its severity.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Escalation {
    /// The event.
    pub event: String,
    /// The longest time after the last step.
    pub within: String,
    /// The severity that the finding then has.
    pub severity: Severity,
    /// The sentence that is added to the summary.
    pub says: String,
}

/// What a signature tells a person. Holes: `{server}`, `{STEP.line}`, `{STEP.FIELD}`, `{STEP.n}`, `{dt:A..B}`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Says {
    /// What happened, in one sentence.
    pub summary: String,
    /// What should have happened.
    pub expected: String,
    /// What to do, most useful first.
    pub advice: Vec<String>,
}

/// A test of a signature: a log, and what must come of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TestCase {
    /// What it shows, as a sentence.
    pub name: String,
    /// The client version of the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// What must come of it.
    pub expect: Expect,
    /// Where the steps must be: step name to 1-based line of `log`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub at: BTreeMap<String, u64>,
    /// What `applicability` must be, if it matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applicability: Option<String>,
    /// Other signatures that are rightly found in it: any other one there is noise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// Whether the lines were made from documents instead of taken from a log.
    #[serde(default, skip_serializing_if = "is_false")]
    pub synthetic: bool,
    /// Where the lines come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The lines.
    pub log: Vec<String>,
}

/// The four answers of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Expect {
    /// It is there.
    Match,
    /// Checked and clean.
    NoMatch,
    /// Cannot be told.
    Inconclusive,
    /// The guard never held.
    NotApplicable,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // the signature that serde asks for
fn is_false(b: &bool) -> bool {
    !*b
}

/// `"event": "a"` and `"event": ["a", "b"]` are both allowed; written back as short as possible.
mod one_or_many {
    use serde::de::{SeqAccess, Visitor, value::SeqAccessDeserializer};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(items: &[String], s: S) -> Result<S::Ok, S::Error> {
        match items {
            [one] => one.serialize(s),
            many => many.serialize(s),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<String>, D::Error> {
        struct OneOrMany;
        impl<'de> Visitor<'de> for OneOrMany {
            type Value = Vec<String>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an event id or a list of them")
            }
            fn visit_str<E: serde::de::Error>(self, one: &str) -> Result<Self::Value, E> {
                Ok(vec![one.to_owned()])
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq))
            }
        }
        d.deserialize_any(OneOrMany)
    }
    #[cfg(test)]
    pub(super) fn schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let text = serde_json::json!({ "type": "string" });
        schemars::json_schema!({ "anyOf": [text, { "type": "array", "items": text }] })
    }
}
