//! `patterns add`, `update` and `remove`: installed packs. Nothing is switched to before it was proven.

use std::collections::BTreeMap;

use clap::Args;

use super::subject::Subject;
use crate::cli::options::Output;
use crate::cli::{Exit, knowledge, output};
use crate::diagnose::prove;
use crate::error::{Error, ErrorKind, Result};
use crate::pattern::{BUILTIN, PackInfo};
use crate::report::patterns::{Moved, Tested, moved};
use crate::source::{Fetched, Store, fetch, fetch_pack, fetch_signature, verify};

/// Path inside the pack, and text.
type Files = Vec<(String, String)>;

#[derive(Debug, Args)]
pub(super) struct Add {
    /// The pack: a folder, a .tar.gz, or a file:// or https:// URL of one
    #[arg(value_name = "PACK")]
    pack: String,
    /// Take a version that is older than the one in use
    #[arg(long)]
    allow_downgrade: bool,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
pub(super) struct Update {
    /// The packs [default: all that are installed]
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// Go back to the version that was in use before; needs ID
    #[arg(long, requires = "ids")]
    rollback: bool,
    /// Take versions that are older than those in use
    #[arg(long)]
    allow_downgrade: bool,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
pub(super) struct Remove {
    /// The pack
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    output: Output,
}

pub(super) fn add(arguments: &Add) -> Result<Exit> {
    let done = install(&store()?, &arguments.pack, arguments.allow_downgrade)?;
    output::write(moved(&done), &arguments.output)?;
    Ok(Exit::Nothing)
}

pub(super) fn update(arguments: &Update) -> Result<Exit> {
    let store = store()?;
    let ids = if arguments.ids.is_empty() { store.ids() } else { arguments.ids.clone() };
    let mut titles = Vec::new();
    let mut whole = Moved::default();
    let mut failed = false;
    for id in &ids {
        let done = if arguments.rollback {
            roll_back(&store, id)
        } else {
            renew(&store, id, arguments.allow_downgrade)
        };
        match done {
            Ok(done) => {
                titles.push(done.title);
                merge(&mut whole.groups, done.groups);
                whole.remarks.extend(done.remarks);
            }
            // One pack that cannot be had does not keep the others old.
            Err(error) => {
                failed = true;
                output::complain(&error);
            }
        }
    }
    whole.title = if ids.is_empty() { "no pack is installed".to_owned() } else { titles.join("; ") };
    output::write(moved(&whole), &arguments.output)?;
    Ok(if failed { Exit::Trouble } else { Exit::Nothing })
}

pub(super) fn remove(arguments: &Remove) -> Result<Exit> {
    let store = store()?;
    let old = files_in_use(&store, &arguments.id);
    let id = &arguments.id;
    store.remove(id)?;
    let groups = difference(&old, &Vec::new());
    let remarks = vec![format!("`lastgood patterns update --rollback {id}` brings it back")];
    let done = Moved { title: format!("{id} is out of use"), groups, remarks };
    output::write(moved(&done), &arguments.output)?;
    Ok(Exit::Nothing)
}

/// Adds groups to those of the same name.
fn merge(whole: &mut Vec<(&'static str, Vec<String>)>, more: Vec<(&'static str, Vec<String>)>) {
    for (name, items) in more {
        match whole.iter_mut().find(|(n, _)| *n == name) {
            Some((_, all)) => all.extend(items),
            None => whole.push((name, items)),
        }
    }
}

fn store() -> Result<Store> {
    Store::of_user().ok_or_else(|| {
        let cause = "the environment names no folder for data of this user";
        Error::new(ErrorKind::Usage, "patterns", cause, "set LASTGOOD_HOME to a folder")
    })
}

fn renew(store: &Store, id: &str, allow_downgrade: bool) -> Result<Moved> {
    let installed = store.read(id)?;
    let files = fetch_pack(&installed.origin)?;
    if files == installed.files {
        let title = format!("{id} is up to date");
        return Ok(Moved { title, ..Moved::default() });
    }
    install(store, &installed.origin, allow_downgrade)
}

fn roll_back(store: &Store, id: &str) -> Result<Moved> {
    let old = files_in_use(store, id);
    let switched = store.roll_back(id)?;
    let to = switched.to.unwrap_or_default();
    let from = switched.from.map(|f| format!(" from {f}")).unwrap_or_default();
    let title = format!("{id} went back{from} to {to}");
    Ok(Moved { title, groups: difference(&old, &files_in_use(store, id)), remarks: Vec::new() })
}

/// Fetches, proves, writes, verifies, switches.
fn install(store: &Store, origin: &str, allow_downgrade: bool) -> Result<Moved> {
    let fetched = fetch(origin)?;
    let files = &fetched.files;
    let Some(info) = PackInfo::in_files(files) else {
        let remedy = format!("see `lastgood patterns lint {origin}`");
        return Err(Error::new(
            ErrorKind::Pack,
            origin,
            "its pack.json is missing or cannot be used",
            remedy,
        ));
    };
    let old = files_in_use(store, &info.id);
    let old_info = PackInfo::in_files(&old);
    let pinned = old_info.as_ref().and_then(|i| i.key.as_ref()).or(info.key.as_ref());
    if let Some(key) = pinned {
        signed(origin, key, &fetched)?;
    }
    let old_version = old_info.map(|i| i.version);
    let overtaken = if info.id == BUILTIN { PackInfo::in_files(&knowledge::builtin()) } else { None };
    if let Some(builtin) = overtaken.filter(|b| b.version >= info.version) {
        let cause =
            format!("{} {} is not newer than the built-in {}", info.id, info.version, builtin.version);
        return Err(Error::new(ErrorKind::Usage, origin, cause, "nothing is to be done"));
    }
    if let Some(old) = old_version.as_ref().filter(|old| **old > info.version && !allow_downgrade) {
        let cause = format!("{} {old} is in use, and this is {}", info.id, info.version);
        return Err(Error::new(ErrorKind::Usage, origin, cause, "add --allow-downgrade if you mean it"));
    }
    sound(origin, &info.id, files)?;
    let switched = store.install(&info.id, &info.version.to_string(), &absolute(origin), files)?;
    let mut remarks = Vec::new();
    if old_version.as_ref() == Some(&info.version) && switched.from != switched.to {
        remarks.push(format!("it changed without a new version: {} both times", info.version));
    }
    if switched.from.is_some() && switched.from != switched.to {
        remarks.push(format!("`lastgood patterns update --rollback {}` goes back", info.id));
    }
    let title = format!("{} {} is in use", info.id, info.version);
    Ok(Moved { title, groups: difference(&old, files), remarks })
}

/// Refuses what is not signed with the key that is pinned: by the version in use, else by the pack itself.
fn signed(origin: &str, key: &str, fetched: &Fetched) -> Result<()> {
    let refuse = |cause: String, remedy: &str| {
        Err(Error::new(ErrorKind::Pack, origin, cause, format!("{remedy}; nothing was changed")))
    };
    let Some(archive) = &fetched.archive else {
        let cause = "it pins a key, and a folder bears no signature".to_owned();
        return refuse(cause, "give the .tar.gz that was signed");
    };
    let signature = match fetch_signature(origin) {
        Ok(signature) => signature,
        Err(e) => return refuse(format!("its signature cannot be had: {e}"), "put the .minisig beside it"),
    };
    match verify(key, archive, &signature) {
        Ok(()) => Ok(()),
        Err(cause) => refuse(cause, "ask its maintainers; to trust another key, remove the pack first"),
    }
}

/// Refuses a pack that its own lints or tests refuse.
fn sound(origin: &str, id: &str, files: &Files) -> Result<()> {
    let others = knowledge::installed().into_iter().filter(|(label, _)| *label != format!("installed:{id}"));
    let subject = Subject::on_top(others.collect(), (origin.to_owned(), files.clone()));
    let (rules, unusable) = subject.rules();
    let verdict = prove(&rules, &subject.knowledge, &subject.on_trial());
    let tested = Tested { verdict: &verdict, unusable: &unusable, good: &[], knowledge: &subject.knowledge };
    if tested.is_ok() {
        return Ok(());
    }
    let cause = unusable.first().cloned().unwrap_or_else(|| "its tests do not come out".to_owned());
    let remedy = format!("nothing was changed; see `lastgood patterns test {origin}`");
    Err(Error::new(ErrorKind::Pack, origin, cause, remedy))
}

/// What is in use, if it can be read; else nothing.
fn files_in_use(store: &Store, id: &str) -> Files {
    store.read(id).map(|i| i.files).unwrap_or_default()
}

/// A path that holds from any folder.
fn absolute(origin: &str) -> String {
    if origin.contains("://") {
        return origin.to_owned();
    }
    std::path::absolute(origin).map_or_else(|_| origin.to_owned(), |p| p.to_string_lossy().into_owned())
}

/// Ids of signatures that come, change and go.
fn difference(old: &Files, new: &Files) -> Vec<(&'static str, Vec<String>)> {
    let of = |files: &Files| -> BTreeMap<String, String> {
        let signatures = files.iter().filter_map(|(path, text)| {
            let name = path.strip_prefix("signatures/")?.strip_suffix(".json")?;
            Some((name.to_owned(), text.clone()))
        });
        signatures.collect()
    };
    let (old, new) = (of(old), of(new));
    let added = new.keys().filter(|id| !old.contains_key(*id)).cloned().collect();
    let changed = new.iter().filter(|(id, text)| old.get(*id).is_some_and(|o| o != *text));
    let removed = old.keys().filter(|id| !new.contains_key(*id)).cloned().collect();
    vec![("added", added), ("changed", changed.map(|(id, _)| id.clone()).collect()), ("removed", removed)]
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn ids_come_change_and_go() {
        let files = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(p, t)| (format!("signatures/{p}.json"), (*t).to_owned())).collect::<Vec<_>>()
        };
        let found = difference(
            &files(&[("a", "1"), ("b", "1"), ("c", "1")]),
            &files(&[("b", "2"), ("c", "1"), ("d", "1")]),
        );
        let ids = |i: usize| found[i].1.clone();
        assert_eq!([ids(0), ids(1), ids(2)], [["d"], ["b"], ["a"]].map(|a| a.map(str::to_owned).to_vec()));
    }
}
