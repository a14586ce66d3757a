//! `fetch` and `versions`: from a registry on loopback that can be as bad as registries are.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::fake::{Answer, Asked, Desk, Does, ended, package};
use crate::program::Ran;

fn clients() -> impl Iterator<Item = (u64, Does)> {
    (140..=150).map(|patch| (patch, Does::Good))
}

fn twisted(twist: impl Fn(&Asked, Answer) -> Answer + Send + Sync + 'static) -> Desk {
    Desk::twisted(clients(), twist)
}

/// What a fetch of two versions says, and that nothing of the first is kept.
fn refused(desk: &Desk) -> Ran {
    let ran = desk.run(&["fetch", "2.1.146"]);
    assert_eq!(ran.status, 2, "{}", ran.out);
    assert!(!desk.cache().join("versions/2.1.146").exists(), "{}", ran.err);
    let left = fs::read_dir(desk.cache()).into_iter().flatten().flatten();
    assert!(left.filter(|e| e.file_name().to_string_lossy().starts_with("part-")).count() == 0);
    ran
}

#[test]
fn one_executable_is_taken_and_not_asked_for_again() {
    let desk = twisted(|_, answer| answer);
    let ran = desk.run(&["fetch", "2.1.146", "2.1.112", "--format", "json"]);
    assert_eq!(ran.status, 2, "2.1.112 is not there: {}", ran.err);
    let document: Value = serde_json::from_str(&ran.out).unwrap();
    let path = document["versions"][0]["path"].as_str().unwrap();
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o111, 0o111);
    let folder = std::path::Path::new(path).parent().unwrap();
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().flatten().map(|e| e.file_name()).collect();
    files.sort();
    assert_eq!(files, ["claude", "lastgood.json"]);
    let asked = desk.registry.asked().len();
    assert_eq!(desk.run(&["fetch", "2.1.146"]).status, 0);
    assert_eq!(desk.registry.asked().len(), asked);
    let ran = desk.run(&["versions", "--cached"]);
    assert!(ran.out.contains("2.1.146") && ran.out.contains("fetched"), "{}", ran.out);
}

#[test]
fn whatever_a_registry_answers_wrong_is_told_and_nothing_of_it_kept() {
    let half = |asked: &Asked, answer: Answer| {
        if asked.is_package() { Answer { sent: answer.body.len() / 2, ..answer } } else { answer }
    };
    let ran = refused(&twisted(half));
    assert!(ran.err.contains("the file breaks off"), "{}", ran.err);

    let other = |asked: &Asked, mut answer: Answer| {
        if asked.is_package() {
            answer.body[40] ^= 1;
        }
        answer
    };
    let ran = refused(&twisted(other));
    assert!(ran.err.contains("its SHA-512 differs; nothing was unpacked"), "{}", ran.err);

    for (status, body, told) in [
        (404, "", "it does not have that (404)"),
        (500, "", "it answers 500"),
        (200, "<html>log in at hunter2</html>", "the answer is no list of versions (line 1: it is no JSON)"),
        (200, "{\"versions\":{\"2.1.146\":", "it breaks off"),
        (200, "[]", "it is JSON of another kind"),
        (200, "{\"versions\":{}}", "there is no such version in the registry"),
    ] {
        let ran = refused(&twisted(move |_, _| Answer::new(status, body)));
        assert!(ran.err.contains(told), "{status} {body}: {}", ran.err);
        assert!(!ran.err.contains("hunter2"), "{}", ran.err);
    }
    for status in [404, 500] {
        let ran = refused(&twisted(
            move |asked, answer| {
                if asked.is_package() { Answer::new(status, "") } else { answer }
            },
        ));
        assert!(ran.err.contains(&status.to_string()), "{status}: {}", ran.err);
    }
    let nobody = twisted(|_, answer| answer);
    let ran = nobody.run_with(&["fetch", "2.1.146"], &[("npm_config_registry", "http://127.0.0.1:9")]);
    assert!(ran.status == 2 && ran.err.contains("2.1.146") && ran.err.contains("--offline"), "{}", ran.err);
    let ran = nobody.run_with(&["fetch", "2.1.146"], &[("npm_config_registry", "ftp://x")]);
    assert!(
        ran.err.contains("npm_config_registry") && ran.err.contains("set `registry=https://…`"),
        "{}",
        ran.err
    );
}

#[test]
fn what_passes_is_tried_again_and_one_bad_version_stops_no_other() {
    let desk = twisted(|asked, answer| match (asked.before, asked.is_package()) {
        (0, _) => Answer::new(503, ""),
        (2, true) => Answer { sent: 10, ..answer },
        _ if asked.path.contains("2.1.145") => Answer::new(404, ""),
        _ => answer,
    });
    let ran = desk.run(&["fetch", "2.1.146", "2.1.145", "2.1.151", "2.1.147"]);
    assert_eq!(ran.status, 2);
    assert!(ran.out.starts_with("2 versions at hand"), "{}", ran.out);
    assert!(ran.err.contains("2.1.151: ") && ran.err.contains("take 2.1.150"), "{}", ran.err);
    assert!(desk.cache().join("versions/2.1.147").exists());
}

#[test]
fn a_package_with_a_way_out_or_without_the_program_is_refused() {
    let link = {
        let mut tar =
            tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        tar.append_link(&mut header, "package/claude", "/bin/sh").unwrap();
        tar.into_inner().unwrap().finish().unwrap()
    };
    let cases = [
        (link, "it has a link or a device"),
        (package(&[("package/README.md", b"x")]), "it does not hold claude"),
    ];
    for (bytes, told) in cases {
        let desk = Desk::with(BTreeMap::from([("2.1.146".to_owned(), bytes)]), |_, answer| answer);
        let ran = refused(&desk);
        assert!(ran.err.contains(told), "{}", ran.err);
    }
}

#[test]
fn a_token_goes_to_its_registry_and_is_never_shown() {
    let desk = twisted(|asked, answer| match &asked.authorization {
        Some(sent) if sent == "Bearer hunter2" => answer,
        _ => Answer::new(401, ""),
    });
    let ran = desk.run(&["fetch", "2.1.146"]);
    assert!(
        ran.err.contains("it does not let us in (401)") && ran.err.contains("token in .npmrc"),
        "{}",
        ran.err
    );
    let place = desk.registry.address.strip_prefix("http:").unwrap();
    fs::write(desk.path().join("home/.npmrc"), format!("{place}/:_authToken=${{SECRET}}\n")).unwrap();
    for arguments in [&["fetch", "2.1.146", "--dry-run"][..], &["fetch", "2.1.146"], &["fetch", "2.1.199"]] {
        let ran = desk.run(arguments);
        assert!(!ran.out.contains("hunter2") && !ran.err.contains("hunter2"), "{} {}", ran.out, ran.err);
    }
    assert!(desk.cache().join("versions/2.1.146").exists());
    // The list names another host: who we are is not told there.
    let other = twisted(|_, answer| answer);
    let elsewhere = other.registry.address.clone();
    let desk = twisted(move |asked, answer| {
        let body = String::from_utf8(answer.body.clone()).unwrap_or_default();
        let here = body.split("\"tarball\":\"").nth(1).and_then(|t| t.split("/@").next()).map(str::to_owned);
        match here.filter(|_| !asked.is_package()) {
            Some(here) => Answer::new(200, body.replace(&here, &elsewhere)),
            None => answer,
        }
    });
    let place = desk.registry.address.strip_prefix("http:").unwrap();
    fs::write(desk.path().join("home/.npmrc"), format!("{place}/:_authToken=hunter2\n")).unwrap();
    assert_eq!(desk.run(&["fetch", "2.1.146"]).status, 0);
    assert!(desk.registry.asked().iter().all(|a| a.authorization.is_some()));
    let sent = other.registry.asked();
    assert!(!sent.is_empty() && sent.iter().all(|a| a.authorization.is_none()), "{sent:?}");
}

#[test]
fn a_dry_run_says_how_much_and_fetches_nothing_and_offline_asks_nobody() {
    let desk = twisted(|_, answer| answer);
    let ran = desk.run(&["fetch", "2.1.146", "2.1.147", "--dry-run", "--format", "json"]);
    let document: Value = serde_json::from_str(&ran.out).unwrap();
    assert!(document["versions"][0]["bytes"].as_u64().unwrap() > 500, "{document:#}");
    assert!(desk.registry.sent().is_empty() && !desk.cache().join("versions").exists());
    let asked = desk.registry.asked().len();
    let ran = desk.run(&["fetch", "2.1.146", "--offline"]);
    assert!(ran.status == 2 && ran.err.contains("`--offline` forbids to fetch it"), "{}", ran.err);
    assert_eq!(desk.registry.asked().len(), asked);
}

#[test]
fn two_at_once_fetch_once() {
    let desk = twisted(|asked, answer| {
        if asked.is_package() {
            std::thread::sleep(std::time::Duration::from_millis(500));
        }
        answer
    });
    let start = || desk.command(env!("CARGO_BIN_EXE_lastgood"), &["fetch", "2.1.146"], &[]).spawn().unwrap();
    let both = [start(), start()].map(ended);
    assert!(both.iter().all(|r| r.status == 0), "{} {}", both[0].err, both[1].err);
    assert_eq!(desk.registry.sent(), ["2.1.146"]);
}

#[test]
fn a_full_disk_is_told_and_half_a_version_is_none() {
    let desk = twisted(|_, answer| answer);
    // Room for less than the package, and for the package but not for what is in it.
    for blocks in [1, 20] {
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let words = ["-c", &script, env!("CARGO_BIN_EXE_lastgood"), "fetch", "2.1.146"];
        let ran = ended(desk.command("/bin/sh", &words, &[]).spawn().unwrap());
        assert_eq!(ran.status, 2, "{}", ran.out);
        let told = "free some space, or name another folder with LASTGOOD_CACHE";
        assert!(ran.err.contains(told), "{blocks}: {}", ran.err);
        assert!(!desk.cache().join("versions/2.1.146").exists());
    }
    assert_eq!(desk.run(&["fetch", "2.1.146"]).status, 0);
}

#[test]
fn what_the_clients_own_installer_left_is_used_and_listed() {
    let desk = twisted(|_, answer| answer);
    let folder = desk.path().join("home/.local/share/claude/versions");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("2.1.146"), "#!/bin/sh\n").unwrap();
    let ran = desk.run(&["fetch", "2.1.146", "--offline"]);
    assert!(ran.status == 0 && ran.out.contains("installed"), "{}", ran.out);
    let ran = desk.run(&["versions", "--cached"]);
    assert!(ran.out.contains("by the client's installer"), "{}", ran.out);
    assert!(desk.registry.asked().is_empty());
}

#[test]
fn the_list_of_versions_is_renewed_by_one_command() {
    let desk = Desk::new(clients().chain([(999, Does::Good)]));
    let shipped = crate::program::project().join("patterns/mcp/versions.json");
    let list = desk.path().join("versions.json");
    fs::copy(&shipped, &list).unwrap();
    let ran = desk.run(&["versions", "--renew", "versions.json"]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert!(ran.out.contains("1 version new") && ran.out.contains("2.1.999"), "{}", ran.out);
    let (before, after) = (fs::read_to_string(&shipped).unwrap(), desk.read("versions.json"));
    let added: Vec<&str> = after.lines().filter(|l| !before.contains(l.trim_end_matches(','))).collect();
    assert_eq!(added, ["  \"as_of\": \"2030-01-02\",", "    \"2.1.999\": \"2030-01-02\""]);
    assert!(desk.run(&["versions", "--renew", "versions.json"]).out.starts_with("0 versions new"));
    assert_eq!(desk.read("versions.json"), after);
    for (text, told) in [
        ("{}", "it is no list of versions"),
        (&after.replace("claude-code", "other"), "it lists versions of"),
    ] {
        fs::write(&list, text).unwrap();
        let ran = desk.run(&["versions", "--renew", "versions.json"]);
        assert!(ran.status == 2 && ran.err.contains(told), "{}", ran.err);
        assert_eq!(desk.read("versions.json"), text);
    }
}
