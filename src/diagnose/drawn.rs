//! For fuzzing: a rule and a log, drawn from bytes, on which the engine is held to exhaustive search.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::oracle::{Tally, compare};
use super::random;

/// Draws a rule and a log from `bytes`; the error says where engine and exhaustive search differ.
pub fn against_oracle(bytes: &[u8]) -> Result<(), String> {
    // Drawing goes on for ever where bytes run out: behind those given come some that they seed.
    let mut state = bytes
        .iter()
        .fold(0x9e37_79b9_7f4a_7c15_u64, |s, b| (s ^ u64::from(*b)).wrapping_mul(0x100_0000_01b3));
    let more = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    let drawn_from: Vec<u8> = bytes.iter().copied().chain(more.take(8192).flatten()).collect();
    let rng = TestRng::from_seed(RngAlgorithm::PassThrough, &drawn_from);
    let mut runner = TestRunner::new_with_rng(Config { failure_persistence: None, ..Config::default() }, rng);
    let drawn = (random::rule(), random::log()).new_tree(&mut runner).map(|tree| tree.current());
    let Ok((rule, items)) = drawn else { return Ok(()) };
    compare(&rule, &items, &mut Tally::default()).map_err(|e| format!("{e}\nrule: {rule}\nlog: {items:#?}"))
}
