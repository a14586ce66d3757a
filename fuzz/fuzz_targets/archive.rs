//! An archive: as a pack to be installed, and as an input with logs in it. Nothing is written, nothing explodes.
#![no_main]

use std::fs;
use std::sync::LazyLock;

use lastgood::source::{Source, fetch_pack, logs};
use libfuzzer_sys::fuzz_target;

static FOLDER: LazyLock<tempfile::TempDir> =
    LazyLock::new(|| tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap());

/// More than anything may unpack to that is looked at here.
const MOST: u64 = 64 << 20;

fuzz_target!(|bytes: &[u8]| {
    let place = FOLDER.path().join("a");
    let name = place.to_str().unwrap();
    fs::write(&place, bytes).unwrap();
    for (path, _) in fetch_pack(name).unwrap_or_default() {
        assert!(!path.starts_with('/') && !path.contains("..") && !path.contains('\\'), "{path}");
    }
    for log in logs(&[name.to_owned()]).into_iter().flatten().flat_map(|l| l.parts).take(8) {
        let Ok(mut source) = Source::open(&log) else { continue };
        let mut read = 0;
        while let Ok(Some((_, line))) = source.next_line() {
            read += line.len() as u64 + 1;
            if read > MOST {
                break;
            }
        }
    }
    assert_eq!(fs::read_dir(FOLDER.path()).unwrap().count(), 1, "something was written beside the archive");
});
