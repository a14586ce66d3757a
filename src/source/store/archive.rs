//! Reads a pack out of a `.tar.gz`, as somebody else made it.
//!
//! Comes in: the bytes of an archive. Goes out: the JSON files of the one folder in it: path inside the pack, and text.
//! Nothing is ever written. It refuses links, devices, paths that lead elsewhere, more than one top folder, and
//! anything larger than a pack has reason to be; other plain files (a README, a licence) are passed over.

use std::io::Read;
use std::path::{Component, Path};

use flate2::read::GzDecoder;
use tar::{Archive, EntryType};

/// The largest archive, in bytes.
pub(super) const MAX_ARCHIVE: u64 = 8 << 20;

/// The most that an archive may unpack to, in bytes.
const MAX_UNPACKED: u64 = 64 << 20;

/// The largest file in it, in bytes.
const MAX_FILE: u64 = 4 << 20;

/// The most entries.
const MAX_ENTRIES: usize = 4096;

/// The JSON files of the pack in `bytes`; the error is a lower-case fragment.
pub(super) fn files(bytes: &[u8]) -> Result<Vec<(String, String)>, String> {
    if bytes.len() as u64 > MAX_ARCHIVE {
        return Err(format!("it is larger than {} MiB", MAX_ARCHIVE >> 20));
    }
    let mut archive = Archive::new(GzDecoder::new(bytes).take(MAX_UNPACKED));
    let (mut files, mut top) = (Vec::new(), None::<String>);
    for (i, entry) in archive.entries().map_err(|e| broken(&e))?.enumerate() {
        let mut entry = entry.map_err(|e| broken(&e))?;
        if i >= MAX_ENTRIES {
            return Err(format!("it has more than {MAX_ENTRIES} entries"));
        }
        let kind = entry.header().entry_type();
        if kind == EntryType::XGlobalHeader {
            continue;
        }
        let path = entry.path().map_err(|e| broken(&e))?.into_owned();
        let parts = parts(&path)?;
        if !matches!(kind, EntryType::Regular | EntryType::Directory) {
            return Err(format!("`{}` in it is neither a plain file nor a folder", path.display()));
        }
        let Some((first, inside)) = parts.split_first() else { continue };
        if top.get_or_insert_with(|| first.clone()) != first
            || (kind == EntryType::Regular && inside.is_empty())
        {
            return Err("it must hold one folder with the pack in it, and nothing beside it".to_owned());
        }
        if kind == EntryType::Regular && path.extension().is_some_and(|e| e == "json") && inside.len() <= 2 {
            files.push((inside.join("/"), text(&mut entry, &path)?));
        }
    }
    files.sort();
    match files.windows(2).find(|w| matches!(w, [a, b] if a.0 == b.0)) {
        Some([twice, ..]) => Err(format!("`{}` is in it twice", twice.0)),
        _ if files.is_empty() => Err("there is no JSON file in it".to_owned()),
        _ => Ok(files),
    }
}

/// The names of a path that leads nowhere but down.
fn parts(path: &Path) -> Result<Vec<String>, String> {
    let mut parts = Vec::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::Normal(name) => {
                let name = name.to_str().ok_or("a name in it is no UTF-8")?;
                // On one system a plain name, on another a path.
                if name.contains(['\\', ':']) {
                    return Err(format!("`{}` in it leads out of the pack", path.display()));
                }
                parts.push(name.to_owned());
            }
            _ => return Err(format!("`{}` in it leads out of the pack", path.display())),
        }
    }
    Ok(parts)
}

fn text(entry: &mut impl Read, path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    entry.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(|e| broken(&e))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(format!("`{}` in it is larger than {} MiB", path.display(), MAX_FILE >> 20));
    }
    String::from_utf8(bytes).map_err(|_| format!("`{}` in it is no UTF-8", path.display()))
}

fn broken(error: &std::io::Error) -> String {
    format!("it is no whole .tar.gz, or unpacks to more than {} MiB: {error}", MAX_UNPACKED >> 20)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};
    use tar::{Builder, EntryType, Header};

    use super::files;

    /// Name, kind and content; a name is written as it stands, however evil.
    fn archive(entries: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
        let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (name, kind, content) in entries {
            let mut header = Header::new_gnu();
            header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_entry_type(*kind);
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            if !matches!(kind, EntryType::Regular | EntryType::Directory) {
                header.set_link_name("/etc/passwd").unwrap();
            }
            header.set_cksum();
            builder.append(&header, *content).unwrap();
        }
        builder.into_inner().unwrap().finish().unwrap()
    }

    fn refusal(entries: &[(&str, EntryType, &[u8])]) -> String {
        files(&archive(entries)).unwrap_err()
    }

    #[test]
    fn the_json_files_of_the_one_folder_are_read_and_others_passed_over() {
        let bytes = archive(&[
            ("./p/", EntryType::Directory, b""),
            ("p/pack.json", EntryType::Regular, b"{}"),
            ("p/README.md", EntryType::Regular, b"hi"),
            ("p/signatures/a.json", EntryType::Regular, b"[]"),
            ("p/deep/er/b.json", EntryType::Regular, b"[]"),
        ]);
        let wanted = [("pack.json", "{}"), ("signatures/a.json", "[]")];
        assert_eq!(files(&bytes).unwrap(), wanted.map(|(p, t)| (p.to_owned(), t.to_owned())));
    }

    #[test]
    fn what_leads_elsewhere_is_refused() {
        for name in ["../p/pack.json", "/p/pack.json", "p/../../pack.json", "p/..\\x.json", "p/c:x.json"] {
            assert!(
                refusal(&[(name, EntryType::Regular, b"{}")]).contains("leads out of the pack"),
                "{name}"
            );
        }
        for kind in [EntryType::Symlink, EntryType::Link, EntryType::Fifo, EntryType::Char] {
            assert!(refusal(&[("p/a.json", kind, b"")]).contains("neither a plain file"), "{kind:?}");
        }
    }

    #[test]
    fn what_is_not_one_pack_is_refused() {
        let two =
            [("p/pack.json", EntryType::Regular, &b"{}"[..]), ("q/pack.json", EntryType::Regular, b"{}")];
        assert!(refusal(&two).contains("one folder"));
        assert!(refusal(&[("pack.json", EntryType::Regular, b"{}")]).contains("one folder"));
        let twice =
            [("p/pack.json", EntryType::Regular, &b"{}"[..]), ("p/pack.json", EntryType::Regular, b"[]")];
        assert!(refusal(&twice).contains("twice"));
        assert!(refusal(&[("p/README", EntryType::Regular, b"")]).contains("no JSON file"));
        assert!(refusal(&[("p/a.json", EntryType::Regular, b"\xff")]).contains("no UTF-8"));
    }

    #[test]
    fn what_is_too_large_is_refused_without_being_unpacked() {
        let large = vec![b' '; (super::MAX_FILE + 1) as usize];
        assert!(refusal(&[("p/a.json", EntryType::Regular, &large)]).contains("larger than 4 MiB"));
        let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
        let mut header = Header::new_gnu();
        header.set_path("p/a.txt").unwrap();
        header.set_size(super::MAX_UNPACKED * 2);
        header.set_cksum();
        bomb.write_all(header.as_bytes()).unwrap();
        for _ in 0..2 * super::MAX_UNPACKED / (1 << 20) {
            bomb.write_all(&vec![0; 1 << 20]).unwrap();
        }
        assert!(files(&bomb.finish().unwrap()).unwrap_err().contains("unpacks to more than 64 MiB"));
        assert!(files(b"not an archive").is_err());
        assert!(files(&vec![0; (super::MAX_ARCHIVE + 1) as usize]).unwrap_err().contains("8 MiB"));
    }

    #[test]
    fn an_archive_that_was_cut_is_refused() {
        let whole = archive(&[("p/pack.json", EntryType::Regular, b"{}")]);
        assert!(files(&whole[..whole.len() / 2]).is_err());
    }
}
