//! All that a run gets to know of the environment: a short list, what the client's own file asks for, and what is named.

use std::collections::BTreeMap;
use std::ffi::OsString;

use super::Scratch;
use crate::error::{Error, ErrorKind, Result};

/// What any program needs to find others, and to speak the user's language. Nothing here can hold a secret.
const ALLOWED: [&str; 6] = ["LANG", "LC_ALL", "LC_CTYPE", "LANGUAGE", "PATH", "TZ"];

/// What a program needs besides where it would not start without.
const ALLOWED_ON_WINDOWS: [&str; 5] = ["COMSPEC", "PATHEXT", "SYSTEMDRIVE", "SYSTEMROOT", "WINDIR"];

/// What runs get to know, before each gets its own home.
#[derive(Debug, Clone)]
pub struct Environment {
    passed: BTreeMap<OsString, OsString>,
}

impl Environment {
    /// What is allowed of `ours`, the variables of the client's own file, and those that are `named`.
    pub fn new(
        ours: &BTreeMap<OsString, OsString>,
        client: &BTreeMap<String, String>,
        named: &[String],
    ) -> Result<Self> {
        let windows: &[&str] = if cfg!(windows) { &ALLOWED_ON_WINDOWS } else { &[] };
        let allowed = ALLOWED.iter().chain(windows).filter_map(|name| {
            let name = OsString::from(name);
            Some((name.clone(), ours.get(&name)?.clone()))
        });
        let mut passed: BTreeMap<OsString, OsString> = allowed.collect();
        passed.extend(client.iter().map(|(k, v)| (k.into(), v.into())));
        for name in named {
            let Some(value) = ours.get(&OsString::from(name)) else {
                let cause = "this variable is not set";
                let subject = format!("--pass-env {name}");
                return Err(Error::new(ErrorKind::Usage, subject, cause, "set it, or leave the option out"));
            };
            passed.insert(name.into(), value.clone());
        }
        Ok(Self { passed })
    }

    /// The names, sorted: what a user is asked to consent to.
    pub fn names(&self) -> Vec<String> {
        self.passed.keys().map(|k| k.to_string_lossy().into_owned()).collect()
    }

    /// The environment of the run in `scratch`.
    pub fn of(&self, scratch: &Scratch) -> Vec<(OsString, OsString)> {
        let mut all = self.passed.clone();
        let own = [
            ("HOME", scratch.home()),
            ("USERPROFILE", scratch.home()),
            ("TMPDIR", scratch.temporary()),
            ("TEMP", scratch.temporary()),
            ("TMP", scratch.temporary()),
        ];
        let windows = ["USERPROFILE", "TEMP", "TMP"];
        let here = own.into_iter().filter(|(name, _)| cfg!(windows) || !windows.contains(name));
        all.extend(here.map(|(name, path)| (name.into(), path.into())));
        all.entry("TERM".into()).or_insert_with(|| "dumb".into());
        all.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::ffi::OsString;

    use super::{Environment, Scratch};

    fn ours() -> BTreeMap<OsString, OsString> {
        let all = [
            ("PATH", "/bin"),
            ("HOME", "/home/me"),
            ("API_KEY", "secret"),
            ("SSH_AUTH_SOCK", "/x"),
            ("TERM", "xterm"),
        ];
        all.into_iter().map(|(k, v)| (k.into(), v.into())).collect()
    }

    fn names(named: &[&str]) -> Vec<String> {
        let named: Vec<String> = named.iter().map(|n| (*n).to_owned()).collect();
        let client = BTreeMap::from([("QUIET".to_owned(), "1".to_owned())]);
        Environment::new(&ours(), &client, &named).unwrap().names()
    }

    #[test]
    fn only_what_is_allowed_or_named_is_passed() {
        assert_eq!(names(&[]), ["PATH", "QUIET"]);
        assert_eq!(names(&["API_KEY"]), ["API_KEY", "PATH", "QUIET"]);
    }

    #[test]
    fn the_home_is_the_scratch_one_even_where_it_is_named() {
        let scratch = Scratch::new().unwrap();
        let environment = Environment::new(&ours(), &BTreeMap::new(), &["HOME".to_owned()]).unwrap();
        let home = environment.of(&scratch).into_iter().find(|(k, _)| k == "HOME").unwrap().1;
        assert_eq!(home, scratch.home());
    }

    #[test]
    fn a_name_without_a_value_is_refused() {
        let error = Environment::new(&ours(), &BTreeMap::new(), &["NO_SUCH".to_owned()]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "--pass-env NO_SUCH: this variable is not set; set it, or leave the option out"
        );
    }
}
