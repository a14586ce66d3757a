//! The signature engine against exhaustive search, on a rule and a log that the bytes draw.
#![no_main]

use lastgood::diagnose::against_oracle;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Err(difference) = against_oracle(bytes) {
        panic!("{difference}");
    }
});
