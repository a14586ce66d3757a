//! The ledger of a search, as any end of a process may leave it: it opens or says why not, and what it amounts to does
//! not change by being read once more.
#![no_main]

use std::fs;
use std::sync::LazyLock;

use lastgood::bisect::ledger::Ledger;
use libfuzzer_sys::fuzz_target;

static FOLDER: LazyLock<tempfile::TempDir> =
    LazyLock::new(|| tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap());

fuzz_target!(|bytes: &[u8]| {
    let place = FOLDER.path().join("ledger");
    fs::write(&place, bytes).unwrap();
    let Ok(ledger) = Ledger::open(&place) else { return };
    assert!(ledger.standing().len() <= ledger.entries().len());
    let (answers, evidence) = (ledger.answers(), ledger.evidence());
    let again = Ledger::open(&place).unwrap();
    assert_eq!(again.entries(), ledger.entries());
    assert_eq!(format!("{answers:?}{evidence:?}"), format!("{:?}{:?}", again.answers(), again.evidence()));
});
