//! For fuzzing: a rule and a log, drawn from bytes, on which the engine is held to exhaustive search.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::oracle::{Tally, compare};
use super::random;

/// Draws a rule and a log from `bytes`; the error says where engine and exhaustive search differ.
pub fn against_oracle(bytes: &[u8]) -> Result<(), String> {
    // The bytes are a seed: drawing from themselves goes on for ever once they run out.
    let mut seed = [0_u8; 32];
    bytes
        .iter()
        .enumerate()
        .for_each(|(at, b)| seed[at % 32] = seed[at % 32].wrapping_mul(31).wrapping_add(*b));
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(Config { failure_persistence: None, ..Config::default() }, rng);
    let drawn = (random::rule(), random::log()).new_tree(&mut runner).map(|tree| tree.current());
    let Ok((rule, items)) = drawn else { return Ok(()) };
    compare(&rule, &items, &mut Tally::default()).map_err(|e| format!("{e}\nrule: {rule}\nlog: {items:#?}"))
}
