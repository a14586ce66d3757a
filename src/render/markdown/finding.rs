//! A known failure as a section of an issue.
//!
//! Comes in: a finding. Goes out: its identity, what happened and should have, what to do, the lines that prove it
//! in a fence, and its references, which alone may link, all folded behind its severity and title. What the finding
//! does not say is left out.

use super::inline::{self, Place};
use super::{folded, list, numbered_lines};
use crate::report::{Finding, Tone};

/// The section.
pub(super) fn block(finding: &Finding) -> String {
    let mark = match finding.tone {
        Tone::Bad => "✗ ",
        Tone::Warn => "▲ ",
        Tone::Good => "✓ ",
        _ => "",
    };
    let head = inline::html(&format!("{mark}{}: {}", finding.severity, finding.title));
    let mut parts = vec![identity(finding), inline::prose(&finding.summary)];
    parts.extend(finding.caveats.iter().map(|caveat| format!("▲ {}", inline::prose(caveat))));
    parts.extend(section("Do this", &list(true, finding.advice.iter().map(|advice| inline::prose(advice)))));
    if !finding.expected.is_empty() {
        parts.push(format!("**Expected:** {}", inline::prose(&finding.expected)));
    }
    if !finding.evidence.is_empty() {
        parts.extend(section("Evidence", &numbered_lines(&finding.evidence)));
    }
    let references = finding.references.iter();
    let references = references
        .map(|(role, to)| format!("{} {}", inline::line(&format!("{role}:")), inline::reference(to)));
    parts.extend(section("References", &list(false, references)));
    if !finding.explains.is_empty() {
        let ids: Vec<String> = finding.explains.iter().map(|id| inline::code(id, Place::Line)).collect();
        parts.push(format!("**Explains:** {}", ids.join(", ")));
    }
    parts.retain(|part| !part.is_empty());
    folded(&head, &parts.join("\n\n"))
}

/// The id, the server, the file, and how often.
fn identity(finding: &Finding) -> String {
    let mut parts = vec![inline::code(&finding.id, Place::Line)];
    parts.extend(finding.server.iter().map(|server| format!("server {}", inline::code(server, Place::Line))));
    parts.push(inline::code(&finding.input, Place::Line));
    parts.extend((finding.count > 1).then(|| format!("{} times", finding.count)));
    parts.join(" · ")
}

/// A named part, unless it is empty.
fn section(name: &str, body: &str) -> Option<String> {
    (!body.is_empty()).then(|| format!("**{name}**\n\n{body}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_a_section_whose_references_link() {
        let finding = Finding {
            id: "get-404-session-expiry-loop@1".into(),
            title: "404 misread".into(),
            severity: "critical".into(),
            tone: Tone::Bad,
            kind: "client-regression".into(),
            log: 0,
            input: "bad.log".into(),
            server: Some("my-http-mcp".into()),
            summary: "Torn down.".into(),
            expected: String::new(),
            caveats: vec!["no clock".into()],
            advice: vec!["run `claude update`".into(), "pin 2.1.146".into()],
            evidence: vec![(98, "a".into()), (138, "b #12".into())],
            references: vec![("report".into(), "anthropics/claude-code#62198".into())],
            count: 2,
            explains: Vec::new(),
        };
        let wanted = "\
<details>
<summary>✗ critical: 404 misread</summary>

`get-404-session-expiry-loop@1` · server `my-http-mcp` · `bad.log` · 2 times

Torn down.

▲ no clock

**Do this**

1. run `claude update`
2. pin 2.1.146

**Evidence**

```text
 98  a
138  b #12
```

**References**

- report: anthropics/claude-code#62198

</details>";
        assert_eq!(block(&finding), wanted);
    }
}
