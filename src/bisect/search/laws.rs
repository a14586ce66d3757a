//! What holds for every search, against the exhaustive truth.

use proptest::prelude::*;

use super::{Answer, Answered, Next, Plan, Search};

/// What a candidate really is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Truth {
    Good,
    Bad,
    Out,
    Unclear,
}

use Truth::{Bad, Good, Out, Unclear};

/// A search that ran to its end.
struct Ran {
    answered: Answered,
    /// The batches, each of candidates.
    rounds: Vec<Vec<usize>>,
}

impl Ran {
    fn runs(&self) -> usize {
        self.rounds.iter().map(Vec::len).sum()
    }

    /// Runs of candidates that had not run before.
    fn distinct(&self) -> usize {
        let mut all: Vec<usize> = self.rounds.concat();
        all.sort_unstable();
        all.dedup();
        all.len()
    }
}

fn run(truth: &[Truth], cached: Vec<bool>, plan: Plan) -> Ran {
    let mut search = Search::new(cached, plan);
    let mut rounds = Vec::new();
    loop {
        match search.next() {
            Next::Done(answered) => return Ran { answered, rounds },
            Next::Run(batch) => {
                assert!(!batch.is_empty() && batch.len() <= plan.jobs.max(1), "{batch:?}");
                for candidate in &batch {
                    let answer = match truth[*candidate] {
                        Good => Answer::Good,
                        Bad => Answer::Bad,
                        Out => Answer::Untestable,
                        Unclear => Answer::Inconclusive,
                    };
                    search.record(*candidate, answer);
                }
                rounds.push(batch);
                assert!(rounds.len() <= truth.len() * 4 + 8, "it does not end: {truth:?}");
            }
        }
    }
}

/// Holds an answer against the truth.
fn check(truth: &[Truth], ran: &Ran) {
    let testable: Vec<usize> = (0..truth.len()).filter(|i| matches!(truth[*i], Good | Bad)).collect();
    match &ran.answered {
        Answered::Boundary { last, first, newer_is_bad, confidence } => {
            let (older, newer) = if *newer_is_bad { (Good, Bad) } else { (Bad, Good) };
            assert_eq!(truth[*last], older, "{truth:?}");
            let (end, open) = first.split_last().unwrap();
            assert_eq!(truth[*end], newer, "{truth:?}");
            assert!(open.iter().all(|i| matches!(truth[*i], Out | Unclear)), "{truth:?}: {first:?}");
            assert_eq!(first[0], last + 1);
            assert_eq!(*confidence, None);
        }
        Answered::Alike { bad } => {
            let kind = if *bad { Bad } else { Good };
            assert_eq!((truth[testable[0]], truth[*testable.last().unwrap()]), (kind, kind), "{truth:?}");
        }
        Answered::Untestable => assert!(testable.len() < 2, "{truth:?}"),
        // Several at once see more than one flip; one after the other never meets a second.
        Answered::NotMonotone(flips) => {
            assert!(flips.len() > 1 && ran.rounds.iter().any(|r| r.len() > 1), "{truth:?}");
            assert!(flips.iter().all(|(a, b)| a < b && truth[*a] != truth[*b]), "{truth:?}");
        }
    }
}

fn ceil_log(base: usize, n: usize) -> usize {
    let (mut power, mut steps) = (1, 0);
    while power < n {
        (power, steps) = (power * base, steps + 1);
    }
    steps
}

#[test]
fn every_small_truth_is_answered_rightly() {
    for n in 0..=7u32 {
        for code in 0..4usize.pow(n) {
            let truth: Vec<Truth> =
                (0..n).map(|i| [Good, Bad, Out, Unclear][code / 4usize.pow(i) % 4]).collect();
            for jobs in [1, 2, 3] {
                check(&truth, &run(&truth, vec![false; truth.len()], Plan { jobs, ..Plan::default() }));
            }
        }
    }
    // Eight, without those that ran and did not decide.
    for code in 0..3usize.pow(8) {
        let truth: Vec<Truth> = (0..8).map(|i| [Good, Bad, Out][code / 3usize.pow(i) % 3]).collect();
        check(&truth, &run(&truth, vec![false; 8], Plan::default()));
    }
}

#[test]
fn without_skips_it_takes_no_more_than_the_logarithm_and_two() {
    for n in 2..=300 {
        for first_bad in 1..n {
            let truth: Vec<Truth> = (0..n).map(|i| if i < first_bad { Good } else { Bad }).collect();
            let ran = run(&truth, vec![false; n], Plan { confirm: false, ..Plan::default() });
            assert!(ran.runs() <= ceil_log(2, n) + 2, "{n} {first_bad}: {:?}", ran.rounds);
            let (last, first) = (first_bad - 1, vec![first_bad]);
            let right = Answered::Boundary { last, first, newer_is_bad: true, confidence: None };
            assert_eq!(ran.answered, right);
        }
    }
}

#[test]
fn more_jobs_take_fewer_rounds() {
    for (jobs, n) in [(1, 208), (2, 208), (3, 208), (7, 208)] {
        for first_bad in 1..n {
            let truth: Vec<Truth> = (0..n).map(|i| if i < first_bad { Good } else { Bad }).collect();
            let ran = run(&truth, vec![false; n], Plan { jobs, confirm: false, ..Plan::default() });
            check(&truth, &ran);
            let ends = if jobs == 1 { 2 } else { 1 };
            assert!(ran.rounds.len() <= ceil_log(jobs + 1, n) + ends, "{jobs}: {:?}", ran.rounds);
        }
    }
}

#[test]
fn both_ends_come_first_and_both_neighbours_of_the_answer_again_at_the_end() {
    let truth: Vec<Truth> = (0..40).map(|i| if i < 13 { Good } else { Bad }).collect();
    let ran = run(&truth, vec![false; 40], Plan::default());
    let runs = ran.rounds.concat();
    assert_eq!(runs[..2], [0, 39]);
    assert_eq!(runs[runs.len() - 2..], [12, 13]);
    assert_eq!(ran.runs(), ran.distinct() + 2);
}

#[test]
fn an_end_that_cannot_be_tested_gives_way_to_its_neighbour() {
    let truth = [Out, Out, Good, Good, Bad, Out];
    let ran = run(&truth, vec![false; 6], Plan::default());
    assert_eq!(
        ran.answered,
        Answered::Boundary { last: 3, first: vec![4], newer_is_bad: true, confidence: None }
    );
}

#[test]
fn answers_from_elsewhere_that_flip_twice_are_run_again_before_they_are_believed() {
    let mut search = Search::new(vec![false; 6], Plan::default());
    for (candidate, answer) in [(0, Answer::Good), (2, Answer::Bad), (3, Answer::Good), (5, Answer::Bad)] {
        search.record(candidate, answer);
    }
    let mut again = Vec::new();
    while let Next::Run(batch) = search.next() {
        for candidate in batch {
            again.push(candidate);
            search.record(candidate, if matches!(candidate, 0 | 3) { Answer::Good } else { Answer::Bad });
        }
    }
    assert_eq!(again, [0, 2, 3, 5]);
    assert_eq!(search.next(), Next::Done(Answered::NotMonotone(vec![(0, 2), (2, 3), (3, 5)])));
}

/// A small generator, so that chance is the same on every machine.
struct Chance(u64);

impl Chance {
    fn below(&mut self, rate: f64) -> bool {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 11) as f64 / (1u64 << 53) as f64) < rate
    }
}

#[test]
fn a_flaky_defect_is_found_as_surely_as_is_stated() {
    for rate in [0.3, 0.5, 0.8] {
        let (mut right, mut sure, mut all, mut runs) = (0, 0.0, 0, 0);
        for seed in 0..100u64 {
            let n = 20 + (seed as usize % 40);
            let first_bad = 1 + (seed as usize * 7) % (n - 1);
            let mut chance = Chance(seed * 7919 + 17);
            let plan = Plan { flaky: true, confidence: 0.95, most_runs: 400, ..Plan::default() };
            let mut search = Search::new(vec![false; n], plan);
            // The bad end is known to be bad: that is why somebody searches.
            search.record(n - 1, Answer::Bad);
            let answered = loop {
                match search.next() {
                    Next::Done(answered) => break answered,
                    Next::Run(batch) => {
                        for candidate in batch {
                            let bad = candidate >= first_bad && chance.below(rate);
                            search.record(candidate, if bad { Answer::Bad } else { Answer::Good });
                            runs += 1;
                        }
                    }
                }
            };
            let Answered::Boundary { first, confidence: Some(confidence), .. } = answered else { continue };
            all += 1;
            sure += confidence;
            right += u32::from(first == [first_bad]);
        }
        let (found, stated) = (f64::from(right) / f64::from(all), sure / f64::from(all));
        assert!(all >= 95 && found >= stated - 0.05, "{rate}: {found} of {stated}, {all}");
        assert!(runs / 100 < 90, "{rate}: {} runs each", runs / 100);
    }
}

#[test]
fn two_runs_that_disagree_make_it_reckon_with_chance() {
    let mut search = Search::new(vec![false; 10], Plan { repeat: 2, ..Plan::default() });
    for (candidate, answer) in [(0, Answer::Good), (0, Answer::Good), (9, Answer::Good), (9, Answer::Bad)] {
        search.record(candidate, answer);
    }
    assert!(search.is_flaky());
    assert!(matches!(search.next(), Next::Run(_)));
}

fn truths() -> impl Strategy<Value = Vec<Truth>> {
    // Kinds come in stretches, as versions that cannot be tested do.
    let stretch =
        (prop_oneof![4 => Just(Good), 4 => Just(Bad), 2 => Just(Out), 1 => Just(Unclear)], 1usize..40);
    prop::collection::vec(stretch, 1..8)
        .prop_map(|all| all.into_iter().flat_map(|(kind, n)| std::iter::repeat_n(kind, n)).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_large_truth_is_answered_rightly(truth in truths(), jobs in 1usize..5, repeat in 1u32..4, seed in any::<u64>()) {
        let cached = (0..truth.len()).map(|i| (seed >> (i % 64)) & 1 == 1).collect();
        check(&truth, &run(&truth, cached, Plan { jobs, repeat, ..Plan::default() }));
    }

    #[test]
    fn a_block_that_cannot_be_tested_costs_little(n in 20usize..300, at in 0usize..300, width in 1usize..30, edge in 1usize..300) {
        let edge = 1 + edge % (n - 1);
        let block = at % n..(at % n + width).min(n);
        let truth: Vec<Truth> = (0..n)
            .map(|i| if block.contains(&i) && i != 0 && i != n - 1 { Out } else if i < edge { Good } else { Bad })
            .collect();
        let ran = run(&truth, vec![false; n], Plan { confirm: false, ..Plan::default() });
        check(&truth, &ran);
        prop_assert!(ran.runs() <= ceil_log(2, n) * 2 + 6 + width, "{:?}", ran.rounds);
    }

    #[test]
    fn the_next_probe_depends_on_the_answers_alone(truth in truths(), jobs in 1usize..4) {
        let plan = Plan { jobs, ..Plan::default() };
        let mut search = Search::new(vec![false; truth.len()], plan);
        let mut answers = Vec::new();
        while let Next::Run(batch) = search.next() {
            let mut again = Search::new(vec![false; truth.len()], plan);
            for (candidate, answer) in &answers {
                again.record(*candidate, *answer);
            }
            prop_assert_eq!(again.next(), Next::Run(batch.clone()));
            for candidate in batch {
                let answer = match truth[candidate] {
                    Good => Answer::Good,
                    Bad => Answer::Bad,
                    Out => Answer::Untestable,
                    Unclear => Answer::Inconclusive,
                };
                answers.push((candidate, answer));
                search.record(candidate, answer);
            }
        }
    }
}
