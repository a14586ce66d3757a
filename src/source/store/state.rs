//! Which version of an installed pack is in use, and which was before: two lines of text.

use std::path::Path;

/// Its name in the pack's folder.
pub(super) const NAME: &str = "state";

/// The names of versions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct State {
    /// In use.
    pub(super) now: Option<String>,
    /// What a rollback leads to.
    pub(super) before: Option<String>,
}

impl State {
    /// The state of a pack's folder; one that cannot be read uses nothing.
    pub(super) fn read(folder: &Path) -> Self {
        Self::parse(&std::fs::read_to_string(folder.join(NAME)).unwrap_or_default())
    }

    fn parse(text: &str) -> Self {
        let of = |key: &str| {
            let name = text.lines().find_map(|l| l.strip_prefix(key))?.trim();
            // It becomes a part of a path.
            let plain = |c: char| c.is_ascii_alphanumeric() || "-+._".contains(c);
            (!name.is_empty() && !name.starts_with('.') && name.chars().all(plain)).then(|| name.to_owned())
        };
        Self { now: of("now "), before: of("before ") }
    }

    /// The text of the file.
    pub(super) fn text(&self) -> String {
        let line = |key: &str, name: &Option<String>| name.as_ref().map(|n| format!("{key} {n}\n"));
        [line("now", &self.now), line("before", &self.before)].into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::State;

    #[test]
    fn a_state_reads_back_as_it_was_written() {
        for (now, before) in
            [(None, None), (Some("1.0.0-ab"), None), (None, Some("1.0.0-ab")), (Some("a"), Some("b"))]
        {
            let state = State { now: now.map(str::to_owned), before: before.map(str::to_owned) };
            assert_eq!(State::parse(&state.text()), state);
        }
    }

    #[test]
    fn a_name_that_leads_elsewhere_is_none() {
        assert_eq!(State::parse("now ../../etc\nbefore .new-3\n"), State::default());
    }
}
