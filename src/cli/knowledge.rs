//! Loads what is known: the built-in pack, installed ones and those given with `--patterns`, under the user's overlay;
//! and compiles the signatures.

use std::path::Path;
use std::sync::Arc;

use semver::Version;

use super::Exit;
use super::output::warn;
use crate::classify::{interest, wanted};
use crate::diagnose::{self, Compiled, Plans, Vocabulary, compile};
use crate::error::{Error, ErrorKind, Result};
use crate::parse::Interest;
use crate::pattern::{BUILTIN, Folder, Knowledge, Overlay, PackInfo, Signature, Wanted, builtin_files};
use crate::source::{Store, files_of_pack};
use crate::timeline::FIELDS;

/// Knowledge, ready to use.
pub(super) struct Loaded {
    /// The packs.
    pub(super) knowledge: Knowledge,
    /// The signatures that are on.
    pub(super) rules: Vec<Compiled>,
    /// What each event does to the signatures.
    pub(super) plans: Arc<Plans>,
    /// The fields of events that anybody looks at.
    pub(super) wanted: Arc<Wanted>,
    /// The lines that can matter.
    pub(super) interest: Interest,
    /// A pack that the user asked for, and that cannot be used whole.
    pub(super) refused: Option<Error>,
}

impl Loaded {
    /// The same for any number of logs.
    pub(super) fn new(knowledge: Knowledge, rules: Vec<Compiled>, refused: Option<Error>) -> Self {
        let fields = diagnose::fields(&rules).into_iter().chain(FIELDS.map(str::to_owned)).collect();
        let wanted = Arc::new(wanted(&knowledge, fields));
        let (plans, interest) = (Arc::new(Plans::new(&rules)), interest(&knowledge));
        Self { knowledge, rules, plans, wanted, interest, refused }
    }

    /// How a verb that told what it could tell comes to its end: in trouble, if a pack that the user asked for is lame.
    pub(super) fn end(self, exit: Exit) -> Result<Exit> {
        // The program is about to end: to give all of it back piece by piece would only take time.
        std::mem::forget((self.knowledge, self.rules));
        self.refused.map_or(Ok(exit), Err)
    }

    /// The same for a verb that is not to begin with a lame pack, because it takes long or writes.
    pub(super) fn whole(mut self) -> Result<Self> {
        self.refused.take().map_or(Ok(self), Err)
    }
}

/// All packs. A folder that cannot be read is an error, for the user asked for it; a file of a pack that cannot be
/// used is told, and the others go on: see [`Loaded::end`]. Signatures in the sandbox, and replaced ones, are off.
pub(super) fn load(folders: &[String]) -> Result<Loaded> {
    Ok(ready(known(folders)?, folders))
}

/// The same for a verb that reads logs and does nothing else: no tests, samples, scenarios, clauses and list
/// of versions are at hand.
pub(super) fn load_for_logs(folders: &[String]) -> Result<Loaded> {
    Ok(ready(known_by(folders, Knowledge::load_for_logs)?, folders))
}

fn ready(knowledge: Knowledge, folders: &[String]) -> Loaded {
    let mut unusable: Vec<String> = knowledge.errors.iter().map(ToString::to_string).collect();
    let (rules, problems) = rules(&knowledge, Signature::is_on);
    unusable.extend(problems);
    for problem in &unusable {
        warn("pack", problem);
    }
    let lame = folders.iter().find(|f| unusable.iter().any(|p| p.starts_with(f.as_str())));
    let refused = lame.map(|folder| {
        let cause = "a file of this pack cannot be used (see above); the rest was";
        Error::new(ErrorKind::Pack, folder.as_str(), cause, "mend it, or leave the pack out")
    });
    Loaded::new(knowledge, rules, refused)
}

/// All packs with the overlay in force, as far as they can be used.
pub(super) fn known(folders: &[String]) -> Result<Knowledge> {
    known_by(folders, Knowledge::load)
}

fn known_by(folders: &[String], load: fn(&[Folder]) -> Knowledge) -> Result<Knowledge> {
    let mut all = installed();
    for folder in folders {
        all.push((folder.clone(), files_of_pack(Path::new(folder))?));
    }
    let mut knowledge = load(&all);
    if let Some(text) = Store::of_user().and_then(|s| s.overrides()) {
        let problems = match Overlay::parse(&text) {
            Ok(overlay) => knowledge.overlay(&overlay),
            Err(problem) => vec![format!("{problem}; mend it, or see `lastgood patterns overrides`")],
        };
        for problem in problems {
            warn("overrides.json", &problem);
        }
    }
    Ok(knowledge)
}

/// Compiles the signatures that are `wanted`; what cannot be, by file.
pub(super) fn rules(
    knowledge: &Knowledge,
    wanted: impl Fn(&Signature) -> bool,
) -> (Vec<Compiled>, Vec<String>) {
    let words = Vocabulary::of(&knowledge.catalogue);
    let (mut rules, mut unusable) = (Vec::with_capacity(knowledge.signatures.len()), Vec::new());
    for signature in knowledge.signatures.iter().filter(|s| wanted(s)) {
        match compile(signature, &words) {
            Ok(rule) => rules.push(rule),
            Err(problems) => {
                let file = format!("{}/signatures/{}.json", signature.source, signature.id);
                unusable.extend(problems.iter().map(|p| format!("{file}: {p}")));
            }
        }
    }
    (rules, unusable)
}

/// The packs that this user installed. One that is not what was installed is named and left out; so is, without a
/// word, a pack of the built-in one's id that the program has overtaken.
pub(super) fn installed() -> Vec<Folder> {
    let Some(store) = Store::of_user() else { return Vec::new() };
    let mut folders = Vec::new();
    for id in store.ids() {
        match store.read(&id) {
            Ok(pack) if id == BUILTIN && version_of(&pack.files) <= version_of(&builtin()) => {}
            Ok(pack) => folders.push((format!("installed:{id}"), pack.files)),
            Err(error) => warn("pack", &error.to_string()),
        }
    }
    folders
}

/// The files of the built-in pack.
pub(super) fn builtin() -> Vec<(String, String)> {
    builtin_files().iter().map(|(p, t)| ((*p).to_owned(), (*t).to_owned())).collect()
}

fn version_of(files: &[(String, String)]) -> Option<Version> {
    PackInfo::in_files(files).map(|info| info.version)
}
