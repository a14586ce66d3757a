//! The packs that a verb is about, among all that is known.

use crate::cli::knowledge;
use crate::diagnose::{Compiled, OnTrial, lint};
use crate::error::{Error, ErrorKind, Result};
use crate::pattern::lint::{Grade, Lint};
use crate::pattern::{BUILTIN, Folder, Knowledge, PackInfo, Signature, nearest};
use crate::source::fetch_pack;

/// One pack, or all of them.
pub(super) struct Subject {
    /// The packs that the verb is about.
    pub(super) packs: Vec<Folder>,
    /// What is known, with those packs on top; the user's overlay has no say in what is right.
    pub(super) knowledge: Knowledge,
}

impl Subject {
    /// The pack that `named` leads to, on top of the built-in one, those installed, and `more`; without a name all of
    /// them.
    pub(super) fn of(named: Option<&str>, more: &[String]) -> Result<Self> {
        let mut below = knowledge::installed();
        for folder in more {
            below.push((folder.clone(), fetch_pack(folder)?));
        }
        if let Some(origin) = named {
            let label = origin.trim_end_matches('/').to_owned();
            Ok(Self::on_top(below, (label, fetch_pack(origin)?)))
        } else {
            let knowledge = Knowledge::load(&below);
            let builtin = (BUILTIN.to_owned(), knowledge::builtin());
            let mut packs: Vec<Folder> = std::iter::once(builtin).chain(below).collect();
            let ids: Vec<_> = packs.iter().map(|(_, f)| PackInfo::in_files(f).map(|i| i.id)).collect();
            let mut at = 0;
            // What a later pack of the same id replaced is not known any more.
            packs.retain(|_| {
                at += 1;
                !ids.iter().skip(at).any(|later| later.is_some() && Some(later) == ids.get(at - 1))
            });
            Ok(Self { packs, knowledge })
        }
    }

    /// One pack on top of others.
    pub(super) fn on_top(mut below: Vec<Folder>, pack: Folder) -> Self {
        below.push(pack.clone());
        Self { knowledge: Knowledge::load(&below), packs: vec![pack] }
    }

    /// What is wrong with each pack, and what is worth a look.
    pub(super) fn lints(&self) -> Vec<(&str, Vec<Lint>)> {
        self.packs
            .iter()
            .map(|(label, files)| (label.as_str(), lint(files, label, &self.knowledge)))
            .collect()
    }

    /// Every signature that can be compiled, on or off; and what cannot be used of the packs in question.
    pub(super) fn rules(&self) -> (Vec<Compiled>, Vec<String>) {
        let (rules, _) = knowledge::rules(&self.knowledge, |_| true);
        let faults = self.lints().into_iter().flat_map(|(label, lints)| {
            let faults = lints.into_iter().filter(|l| l.grade == Grade::Fault);
            faults.map(move |l| {
                format!("{label}/{}:{}:{}: {}", l.file, l.place.line, l.place.column, l.message)
            })
        });
        (rules, faults.collect())
    }

    /// What the packs in question define.
    pub(super) fn on_trial(&self) -> OnTrial {
        let mut all = OnTrial::default();
        for (_, files) in &self.packs {
            let one = OnTrial::files(files);
            all.signatures.extend(one.signatures);
            all.wordings.extend(one.wordings);
        }
        all
    }
}

/// The signature of that id; the error names the nearest.
pub(super) fn signature<'k>(knowledge: &'k Knowledge, id: &str) -> Result<&'k Signature> {
    let id = id.split('@').next().unwrap_or(id);
    knowledge.signature(id).ok_or_else(|| {
        let near = nearest(id, knowledge.signatures.iter().map(|s| s.id.as_str()));
        let remedy = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "see `lastgood patterns list`".to_owned(),
        };
        Error::new(ErrorKind::Usage, id, "no pack has such a signature", remedy)
    })
}
