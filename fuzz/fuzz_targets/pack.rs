//! A pack of somebody else's: events, a signature and `pack.json`, parted by zero bytes. It is loaded, linted and
//! compiled, and what can be used is run over a log that the pack itself may bring.
#![no_main]

use lastgood::classify::{Classifier, Understood};
use lastgood::diagnose::{End, Engine, Vocabulary, compile, lint};
use lastgood::parse;
use lastgood::pattern::Knowledge;
use lastgood::source::Source;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let names = ["events/x.json", "signatures/x.json", "log", "pack.json", "versions.json"];
    let parts: Vec<&str> = text.split('\0').collect();
    let mut files: Vec<(String, String)> = vec![("pack.json".to_owned(), PACK.to_owned())];
    for (name, part) in names.iter().zip(&parts).filter(|(n, _)| **n != "log") {
        files.retain(|(n, _)| n != name);
        files.push(((*name).to_owned(), (*part).to_owned()));
    }
    let knowledge = Knowledge::load(&[("theirs".to_owned(), files.clone())]);
    lint(&files, "theirs", &knowledge);
    let words = Vocabulary::new(knowledge.catalogue.events().iter().map(|e| &**e));
    let theirs = knowledge.signatures.iter().filter(|s| s.source == "theirs");
    let rules: Vec<_> = theirs.filter_map(|s| compile(s, &words).ok()).collect();
    let mut classifier = Classifier::new(&knowledge);
    let mut engine = Engine::new(&rules);
    let log = parts.get(2).copied().unwrap_or_default();
    let _ = parse::read(Source::from_text("t", log), &mut |line| match classifier.line(line) {
        Understood::Event(event) => engine.see(event),
        _ => engine.tick(line.stamp, line.number),
    });
    engine.finish(End::default());
});

const PACK: &str =
    r#"{"schema":1,"id":"theirs","version":"1.0.0","engine":"*","license":"MIT","maintainers":[]}"#;
