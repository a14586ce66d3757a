//! The command of a run, filled in, and what its exit status says.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::End;

/// What stands for the holes of a command.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    /// `{client}`: the program, and the words that come before all arguments.
    pub client: &'a [OsString],
    /// `{version}`.
    pub version: &'a str,
    /// `{log}`: where the log is to be written.
    pub log: &'a Path,
    /// `{home}`.
    pub home: &'a Path,
    /// `{mcp_config}`: the servers.
    pub mcp_config: Option<&'a Path>,
    /// `{prompt}`.
    pub prompt: &'a str,
    /// `{tools}`: those that the client may call without asking.
    pub tools: &'a str,
}

impl Words<'_> {
    /// Fills the holes. A word that is `{client}` alone becomes as many words as that takes; inside of another word, which
    /// a shell will read, they are quoted for it.
    pub fn fill(&self, template: &[String]) -> Vec<OsString> {
        template.iter().flat_map(|word| self.word(word)).collect()
    }

    fn word(&self, word: &str) -> Vec<OsString> {
        if word == "{client}" {
            return self.client.to_vec();
        }
        let mut out = OsString::new();
        let mut rest = word;
        while let Some(at) = rest.find('{') {
            let (before, hole) = rest.split_at(at);
            out.push(before);
            let end = hole.find('}').map_or(hole.len(), |end| end + 1);
            let (hole, after) = hole.split_at(end);
            match self.value(hole) {
                Some(value) => out.push(value),
                None => out.push(hole),
            }
            rest = after;
        }
        out.push(rest);
        vec![out]
    }

    fn value(&self, hole: &str) -> Option<OsString> {
        match hole {
            "{client}" => {
                let quoted: Vec<OsString> = self.client.iter().map(|w| quoted(w)).collect();
                Some(quoted.join(OsStr::new(" ")))
            }
            "{version}" => Some(self.version.into()),
            "{log}" => Some(self.log.into()),
            "{home}" => Some(self.home.into()),
            "{mcp_config}" => self.mcp_config.map(Into::into),
            "{prompt}" => Some(self.prompt.into()),
            "{tools}" => Some(self.tools.into()),
            _ => None,
        }
    }
}

/// A word as a shell reads it back whole.
fn quoted(word: &OsStr) -> OsString {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    match word.to_str() {
        Some(text) if !text.is_empty() && text.chars().all(plain) => word.to_owned(),
        Some(text) => format!("'{}'", text.replace('\'', r"'\''")).into(),
        None => word.to_owned(),
    }
}

/// What a command says of a version, as `git bisect run` has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Said {
    /// It has not the defect.
    Good,
    /// It has.
    Bad,
    /// It cannot be run.
    Skip,
    /// A shell says this of a command that it cannot run: it is bad only if the good end does not say it, too.
    Doubtful,
    /// All is to stop.
    Abort,
}

/// What the end of a command says. One that takes too long is no bad version: a prompt nobody answers hangs, too.
pub fn said(end: End) -> Said {
    match end {
        End::Exit(0) => Said::Good,
        End::Exit(125) | End::TimedOut | End::TooMuch => Said::Skip,
        End::Exit(126 | 127) => Said::Doubtful,
        End::Exit(1..=124) => Said::Bad,
        End::Exit(_) | End::Signal(_) => Said::Abort,
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::path::Path;

    use super::{End, Said, Words, said};

    fn filled(template: &[&str]) -> Vec<String> {
        let client: Vec<OsString> = ["/usr/bin/node".into(), "/a folder/it's.js".into()].to_vec();
        let words = Words {
            client: &client,
            version: "2.1.147",
            log: Path::new("/s/debug.log"),
            home: Path::new("/s/home"),
            mcp_config: None,
            prompt: "{home}",
            tools: "",
        };
        let template: Vec<String> = template.iter().map(|w| (*w).to_owned()).collect();
        words.fill(&template).into_iter().map(|w| w.into_string().unwrap()).collect()
    }

    #[test]
    fn a_client_of_two_words_stays_two_words() {
        assert_eq!(filled(&["{client}", "-p"]), ["/usr/bin/node", "/a folder/it's.js", "-p"]);
    }

    #[test]
    fn inside_of_a_word_it_is_quoted_for_the_shell() {
        assert_eq!(filled(&["sh", "-c", "{client} -p"])[2], r"/usr/bin/node '/a folder/it'\''s.js' -p");
    }

    #[test]
    fn holes_are_filled_once_and_other_braces_stay() {
        assert_eq!(
            filled(&["{prompt}", "{version}-{log}", "{x}{", "{mcp_config}", "${A}"]),
            ["{home}", "2.1.147-/s/debug.log", "{x}{", "{mcp_config}", "${A}"]
        );
    }

    #[test]
    fn exit_statuses_are_those_of_git() {
        let all =
            [(0, Said::Good), (1, Said::Bad), (124, Said::Bad), (125, Said::Skip), (126, Said::Doubtful)];
        for (status, verdict) in
            all.into_iter().chain([(127, Said::Doubtful), (128, Said::Abort), (255, Said::Abort)])
        {
            assert_eq!(said(End::Exit(status)), verdict, "{status}");
        }
        assert_eq!(said(End::Signal(9)), Said::Abort);
        assert_eq!(said(End::TimedOut), Said::Skip);
    }
}
