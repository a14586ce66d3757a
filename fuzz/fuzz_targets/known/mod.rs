//! What the program knows, read once, for the targets that judge logs with it.

use std::sync::LazyLock;

use lastgood::diagnose::{Compiled, Vocabulary, compile};
use lastgood::pattern::Knowledge;

/// The built-in knowledge, and its signatures ready to be matched.
pub static KNOWN: LazyLock<(Knowledge, Vec<Compiled>)> = LazyLock::new(|| {
    let knowledge = Knowledge::builtin();
    let words = Vocabulary::new(knowledge.catalogue.events().iter().map(|e| &**e));
    let rules = knowledge.signatures.iter().filter_map(|s| compile(s, &words).ok()).collect();
    (knowledge, rules)
});
