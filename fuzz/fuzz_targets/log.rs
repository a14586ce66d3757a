//! A log in any form, packed or not, in any encoding, through everything that `diagnose` and `timeline` make of it.
#![no_main]

mod known;

use lastgood::classify::{Classifier, Understood};
use lastgood::diagnose::{End, Engine};
use lastgood::parse;
use lastgood::source::Source;
use lastgood::timeline::{Lives, Summary};
use libfuzzer_sys::fuzz_target;

use self::known::KNOWN;

fuzz_target!(|bytes: &[u8]| {
    let (knowledge, rules) = &*KNOWN;
    let Ok(source) = Source::from_bytes("2.1.147.log", bytes.to_vec()) else { return };
    let mut classifier = Classifier::new(knowledge);
    let mut summary = Summary::new(knowledge);
    let mut lives = Lives::new(true);
    let mut engine = Engine::new(rules);
    let read = parse::read(source, &mut |line| {
        let understood = classifier.line(line);
        summary.see(line, &understood);
        match understood {
            Understood::Event(event) => {
                engine.see(event);
                lives.see(event);
            }
            _ => engine.tick(line.stamp, line.number),
        }
    });
    let (stamp, line) = (summary.last_stamp(), summary.last_line());
    engine.finish(End { stamp, line, client: None });
    let events: u64 = lives.finish().iter().flat_map(|l| &l.items).map(|i| i.repeats).sum();
    let Ok((dialect, tally)) = read else { return };
    let input = summary.finish("2.1.147.log", dialect, tally, None);
    assert!(input.mcp_lines_classified <= input.mcp_lines);
    assert!(events <= input.mcp_lines_classified, "{events} events of {}", input.mcp_lines_classified);
});
