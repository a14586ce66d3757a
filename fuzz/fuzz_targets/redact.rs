//! Redaction: what was planted is gone, the number of lines stays, and what comes out is not changed by a second pass.
#![no_main]

use lastgood::redact::{LineRedactor, Redactor};
use libfuzzer_sys::fuzz_target;

/// A secret that no text holds by chance, in the places where logs have them.
const PLANTED: [(&str, &str); 6] = [
    ("\"Authorization\":\"Bearer q9Zt7Lw2Xk4Vb8Nc\"", "q9Zt7Lw2Xk4Vb8Nc"),
    ("https://user:q9Zt7Lw2Xk4Vb8Nc@host.example/", "q9Zt7Lw2Xk4Vb8Nc"),
    ("ghp_q9Zt7Lw2Xk4Vb8Ncq9Zt7Lw2Xk4Vb8Nc0123", "q9Zt7Lw2Xk4Vb8Nc"),
    ("API_KEY=q9Zt7Lw2Xk4Vb8Nc", "q9Zt7Lw2Xk4Vb8Nc"),
    ("Mcp-Session-Id: q9Zt7Lw2Xk4Vb8Nc", "q9Zt7Lw2Xk4Vb8Nc"),
    ("/home/q9zt7lw2xk4vb8nc/.claude", "q9zt7lw2xk4vb8nc"),
];

fuzz_target!(|input: (u8, u8, &str)| {
    let (which, at, text) = input;
    let (planted, secret) = PLANTED[usize::from(which) % PLANTED.len()];
    // A text that was made of it may hold it where nobody can know it: before it is planted, or within a word.
    if text.to_ascii_lowercase().contains(&secret.to_ascii_lowercase()) {
        return;
    }
    let lines: Vec<&str> = text.split('\n').collect();
    let own = usize::from(at) % (lines.len() + 1);
    let head = "2026-11-23T00:23:21.008Z [DEBUG] MCP server \"x\": Connection error:";
    let mut log: Vec<String> = lines.iter().map(|l| (*l).to_owned()).collect();
    log.insert(own, format!("{head} {planted}"));
    let once = redacted(&log);
    assert_eq!(once.len(), log.len());
    assert!(!once.concat().contains(secret), "{planted} was left by {once:?}");
    assert_eq!(redacted(&once), once);
    let free = Redactor::new().text(text);
    assert_eq!(Redactor::new().text(&free), free);
});

fn redacted(log: &[String]) -> Vec<String> {
    let mut redactor = LineRedactor::new();
    log.iter().map(|line| redactor.line(line.as_bytes())).collect()
}
