//! A page or a comment with excerpts in it: each excerpt stays inside the page and is read to its end.
#![no_main]

use lastgood::parse::excerpts;
use lastgood::source::Source;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(page) = excerpts(Source::from_text("page.md", text)) else { return };
    for excerpt in &page.excerpts {
        let (first, last) = excerpt.lines();
        assert!(
            first >= 1 && first <= last && last <= page.tally.lines,
            "{first} to {last} of {}",
            page.tally.lines
        );
        excerpt.each_line(&mut |line| assert!((first..=last).contains(&line.number)));
    }
});
