//! Loads what is known: the built-in pack and those given with `--patterns`, and compiles the signatures.

use std::path::Path;

use super::output::warn;
use crate::diagnose::{Compiled, Vocabulary, compile};
use crate::error::{Error, ErrorKind, Result};
use crate::pattern::{Knowledge, Status};
use crate::source::files_of_pack;

/// Knowledge, ready to use.
pub(super) struct Loaded {
    /// The packs.
    pub(super) knowledge: Knowledge,
    /// The signatures that are on.
    pub(super) rules: Vec<Compiled>,
}

/// All packs. A folder that cannot be read is an error, for the user asked for it; a file of a pack that cannot be
/// used is told, and the others go on. Signatures in the sandbox, and replaced ones, are off.
pub(super) fn load(folders: &[String]) -> Result<Loaded> {
    let mut packs = Vec::new();
    for folder in folders {
        packs.push((folder.clone(), files_of_pack(Path::new(folder))?));
    }
    let knowledge = Knowledge::load(&packs);
    let mut unusable: Vec<String> = knowledge.errors.iter().map(ToString::to_string).collect();
    let words = Vocabulary::new(knowledge.catalogue.events().iter().map(|e| &**e));
    let mut rules = Vec::new();
    let on = knowledge.signatures.iter().filter(|s| matches!(s.def.status, Status::Stable | Status::Test));
    for signature in on {
        match compile(signature, &words) {
            Ok(rule) => rules.push(rule),
            Err(problems) => {
                let file = format!("{}/signatures/{}.json", signature.source, signature.id);
                unusable.extend(problems.iter().map(|p| format!("{file}: {p}")));
            }
        }
    }
    for problem in &unusable {
        warn("pack", problem);
    }
    match folders.iter().find(|f| unusable.iter().any(|p| p.starts_with(f.as_str()))) {
        Some(folder) => {
            let cause = "a file of this pack cannot be used (see above)";
            Err(Error::new(ErrorKind::Pack, folder.as_str(), cause, "mend it, or leave the pack out"))
        }
        None => Ok(Loaded { knowledge, rules }),
    }
}
