//! `reproduce` with a client that is a script: it speaks to the gateway as a client does, and writes a real log.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::program::{Ran, project};

/// A home in which two versions are installed: the newer one loses its session and never calls.
struct Home(tempfile::TempDir);

const CLIENT: &str = r#"#!/usr/bin/env bash
version=$(basename "$0")
while [ $# -gt 0 ]; do
  case $1 in --debug-file) log=$2 ;; --mcp-config) config=$2 ;; esac
  shift
done
echo "$version" >> RUNS
url=$(grep -o 'http://[^"]*' "$config" | head -n 1)
rest=${url#http://}
host=${rest%%/*}
post() {
  exec 3<> "/dev/tcp/${host%:*}/${host#*:}"
  printf 'POST /%s HTTP/1.1\r\nhost: x\r\nconnection: close\r\n%b' "${rest#*/}" "$2" >&3
  printf 'content-length: %s\r\n\r\n%s' "${#1}" "$1" >&3
  cat <&3
}
start='{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-03-26"}}'
session=$(post "$start" '' | tr -d '\r' | sed -n 's/^mcp-session-id: //p')
if [ "$version" = 2.1.146 ]; then
  call='{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"jira_search_issues"}}'
  post "$call" "mcp-session-id: $session\r\n" > /dev/null
  cp SAMPLES/good.log "$log"
else
  cp SAMPLES/bad.log "$log"
fi
cp "$HOME/.claude/.credentials.json" "LOGIN" 2> /dev/null
env > "$log.env"
cp "$log.env" "ENVIRONMENT"
"#;

impl Home {
    fn new() -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        let versions = home.path(".local/share/claude/versions");
        fs::create_dir_all(&versions).unwrap();
        let samples = project().join("samples/get-404");
        let text = CLIENT
            .replace("SAMPLES", samples.to_str().unwrap())
            .replace("ENVIRONMENT", home.path("environment").to_str().unwrap())
            .replace("LOGIN", home.path("login").to_str().unwrap())
            .replace("RUNS", home.path("runs").to_str().unwrap());
        for version in ["2.1.146", "2.1.147"] {
            let file = versions.join(version);
            fs::write(&file, &text).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        }
        home
    }

    fn path(&self, below: &str) -> PathBuf {
        self.0.path().join(below)
    }

    fn runs(&self) -> usize {
        fs::read_to_string(self.path("runs")).map_or(0, |text| text.lines().count())
    }

    fn reproduce(&self, arguments: &[&str]) -> Ran {
        self.run(&[&["reproduce", "--offline"], arguments].concat())
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lastgood"));
        command.args(arguments).current_dir(self.0.path());
        command.env_clear().env("LC_ALL", "C.UTF-8").env("HOME", self.0.path());
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("SOME_SECRET", "s3cr3t");
        let ran = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { status: ran.status.code().unwrap(), out: text(ran.stdout), err: text(ran.stderr) }
    }
}

fn document(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {} {}", ran.out, ran.err))
}

fn is_file(path: &Path) -> bool {
    path.metadata().is_ok_and(|m| m.is_file() && m.len() > 0)
}

#[test]
fn the_matrix_tells_outcome_failures_and_the_calls_that_the_server_saw() {
    let home = Home::new();
    let arguments = ["get-404", "--versions", "2.1.146..2.1.147", "--repeat", "2", "--jobs", "2", "--yes"];
    let ran = home.reproduce(&[&arguments[..], &["--format", "json"]].concat());
    assert_eq!(ran.status, 1, "{}", ran.err);
    let all = document(&ran);
    assert_eq!(
        (&all["schema"], &all["versions"]),
        (&"lastgood.reproduce/1".into(), &serde_json::json!(["2.1.146", "2.1.147"]))
    );
    let [good, bad] = all["cells"].as_array().unwrap().as_slice() else { panic!("{all:#}") };
    assert_eq!(
        (&good["outcomes"], &good["calls_ok"]),
        (&serde_json::json!({ "ready": 2 }), &serde_json::json!([1, 1]))
    );
    assert_eq!(
        (&bad["outcomes"], &bad["calls_ok"]),
        (&serde_json::json!({ "failed": 2 }), &serde_json::json!([0, 0]))
    );
    assert_eq!((&bad["findings"]["get-404-session-expiry-loop"], &bad["ill"]), (&2.into(), &2.into()));
    for run in all["runs"].as_array().unwrap() {
        for kept in ["log", "seen"] {
            let path = home.path("lastgood-reproduce").join(run[kept].as_str().unwrap());
            assert!(is_file(&path), "{}", path.display());
        }
    }
    let clause =
        all["clauses"].as_array().unwrap().iter().find(|c| c["id"] == "get-404-is-no-expiry").unwrap();
    assert_eq!(clause["versions"][0]["worst"]["kept"], "not-seen", "this client opens no stream");
}

#[test]
fn what_was_run_is_not_run_again_and_every_format_says_it_in_the_first_line() {
    let home = Home::new();
    let arguments = ["get-404", "--versions", "2.1.146,2.1.147"];
    let ran = home.reproduce(&arguments);
    assert_eq!(ran.status, 2);
    assert!(ran.err.contains("give --yes") && home.runs() == 0, "{}", ran.err);
    let ran = home.reproduce(&[&arguments[..], &["--dry-run"]].concat());
    assert!(ran.status == 0 && home.runs() == 0 && ran.err.contains("runs       2, each"), "{}", ran.err);

    assert_eq!(home.reproduce(&[&arguments[..], &["-y"]].concat()).status, 1);
    assert_eq!(home.runs(), 2);
    for format in ["terminal", "markdown", "html"] {
        let ran = home.reproduce(&[&arguments[..], &["--format", format, "--width", "100"]].concat());
        let told = "get-404: well in 2.1.146, ill in 2.1.147";
        assert!(ran.out.contains(told), "{format}: {}", ran.out);
    }
    assert_eq!(home.runs(), 2, "what was made is read, not made again");
    let more = home.reproduce(&[&arguments[..], &["-y", "--repeat", "2"]].concat());
    assert!(more.err.contains("2 of them made before") && home.runs() == 4, "{}", more.err);
}

#[test]
fn a_run_knows_the_stub_and_nothing_of_the_user() {
    let home = Home::new();
    assert_eq!(home.reproduce(&["stream", "--versions", "2.1.146", "-y"]).status, 0);
    let environment = fs::read_to_string(home.path("environment")).unwrap();
    assert!(!environment.contains("s3cr3t"), "{environment}");
    assert!(environment.contains("ANTHROPIC_BASE_URL=http://127.0.0.1:"), "{environment}");
}

#[test]
fn what_cannot_be_told_is_said_and_is_trouble() {
    let home = Home::new();
    // 2.1.148 is not on this disk; the log of 2.1.147 is not its own.
    fs::copy(
        home.path(".local/share/claude/versions/2.1.147"),
        home.path(".local/share/claude/versions/2.1.150"),
    )
    .unwrap();
    let ran = home.reproduce(&["get-404", "--versions", "2.1.150", "-y"]);
    assert_eq!(ran.status, 2);
    assert!(ran.out.contains("2.1.147 ran instead"), "{}", ran.out);
    let ran = home.reproduce(&["get-404", "--versions", "2.1.151", "-y"]);
    assert!(ran.err.contains("this version was never published; take 2.1.150 or 2.1.152"), "{}", ran.err);
}

#[test]
fn a_search_needs_nothing_but_a_scenario() {
    let home = Home::new();
    let ends =
        ["bisect", "run", "--good", "2.1.146", "--bad", "2.1.147", "--offline", "-y", "--format", "json"];
    let ran = home.run(&[&ends[..], &["--gateway", "get-404"]].concat());
    assert_eq!(ran.status, 0, "{}", ran.err);
    let all = document(&ran);
    let boundary = &all["boundaries"][0];
    assert_eq!((&boundary["last_good"], &boundary["first_bad"]), (&"2.1.146".into(), &"2.1.147".into()));
    assert!(all["how"]["command"].as_str().unwrap().contains("--gateway get-404"), "{}", all["how"]);
    let environment = fs::read_to_string(home.path("environment")).unwrap();
    assert!(environment.contains("ANTHROPIC_BASE_URL=http://127.0.0.1:"), "{environment}");
    // The results of one scenario are none of another.
    let ran = home.run(&[&ends[..], &["--gateway", "get-405"]].concat());
    assert!(ran.status == 2 && ran.err.contains("the results of another probe"), "{}", ran.err);
    let ran = home.run(&[&ends[..], &["--gateway", "get-404", "--mcp-config", "x.json"]].concat());
    assert!(ran.status == 2 && ran.err.contains("--mcp-config"), "{}", ran.err);
}

#[test]
fn a_search_whose_ends_do_not_differ_points_to_the_matrix() {
    let home = Home::new();
    let text = fs::read_to_string(home.path(".local/share/claude/versions/2.1.146")).unwrap();
    let log = project().join("samples/get-404/good.log");
    let (copy, older) =
        (format!("cp {} ", log.display()), format!("sed s/2[.]1[.]146/2.1.145/g {} > ", log.display()));
    let text = text.replace("[ \"$version\" = 2.1.146 ]", "true").replace(&copy, &older);
    let file = home.path(".local/share/claude/versions/2.1.145");
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    let words =
        ["bisect", "run", "--good", "2.1.145", "--bad", "2.1.146", "--offline", "-y", "--gateway", "get-404"];
    let ran = home.run(&words);
    assert_eq!(ran.status, 1, "{}", ran.err);
    assert!(ran.err.contains("`lastgood reproduce get-404 --versions 2.1.145..2.1.146`"), "{}", ran.err);
}

#[test]
fn a_scenario_of_somebody_elses_takes_nothing_over() {
    let home = Home::new();
    let file = |environment: &str, tool: &str| {
        let text = format!(
            r#"{{ "schema": 1, "about": "x", "environment": {environment},
                 "servers": [{{ "name": "a", "transport": "http", "tools": [{{ "name": "{tool}" }}] }}] }}"#
        );
        fs::write(home.path("own.json"), text).unwrap();
        home.reproduce(&["own.json", "--versions", "2.1.146", "-y"])
    };
    let ends = ["bisect", "run", "--good", "2.1.146", "--bad", "2.1.147", "--offline", "-y"];
    for name in ["PATH", "HOME", "NODE_OPTIONS", "LD_PRELOAD", "ANTHROPIC_BASE_URL"] {
        let ran = file(&format!(r#"{{ "{name}": "/evil" }}"#), "t");
        assert!(ran.status == 2 && ran.err.contains(&format!("may not set `{name}`")), "{}", ran.err);
        let ran = home.run(&[&ends[..], &["--gateway", "own.json"]].concat());
        assert!(ran.status == 2 && ran.err.contains(&format!("may not set `{name}`")), "{}", ran.err);
    }
    let ran = file("{}", "t,Bash");
    assert!(ran.status == 2 && ran.err.contains("put such a tool first"), "{}", ran.err);
    assert_eq!(home.runs(), 0, "nothing was run");

    let ran = file(r#"{ "MCP_TIMEOUT": "4321" }"#, "t");
    let told = ["MCP_TIMEOUT=4321", "ANTHROPIC_BASE_URL", "mcp__a__t may be called without asking"];
    assert!(told.iter().all(|t| ran.err.contains(t)), "{}", ran.err);
    let environment = fs::read_to_string(home.path("environment")).unwrap();
    assert!(environment.contains("MCP_TIMEOUT=4321"), "{environment}");
    let ran = home.run(&[&ends[..], &["--gateway", "own.json"]].concat());
    assert!(told.iter().all(|t| ran.err.contains(&t.replace("may be", "is"))), "{}", ran.err);
}

#[test]
fn a_stored_login_is_in_the_scratch_home_of_the_scenario_that_has_one_and_nowhere_else() {
    let home = Home::new();
    home.reproduce(&["get-404", "--versions", "2.1.146", "-y"]);
    assert!(home.runs() == 1 && !home.path("login").exists());
    home.reproduce(&["refresh-token-expired", "--versions", "2.1.146", "-y"]);
    let stored: Value = serde_json::from_str(&fs::read_to_string(home.path("login")).unwrap()).unwrap();
    let login = stored["mcpOAuth"].as_object().unwrap().values().next().unwrap();
    let url = login["serverUrl"].as_str().unwrap();
    assert!(url.starts_with("http://127.0.0.1:") && url.ends_with("/mcp/my-http-mcp"), "{url}");
    assert!(!home.path(".claude").exists());
}

#[test]
fn a_record_that_was_cut_or_is_gone_accuses_nobody() {
    let home = Home::new();
    let arguments = ["get-404", "--versions", "2.1.146", "-y", "--format", "json"];
    assert_eq!(home.reproduce(&arguments).status, 0);
    let record = home.path("lastgood-reproduce/get-404/2.1.146-1.seen.jsonl");
    let text = fs::read_to_string(&record).unwrap();
    fs::write(&record, &text[..text.len() - 10]).unwrap();
    for gone in [false, true] {
        if gone {
            fs::remove_file(&record).unwrap();
        }
        let ran = home.reproduce(&arguments);
        let problem = &document(&ran)["runs"][0]["problem"];
        assert!(ran.status == 2 && problem.as_str().unwrap().contains("is not whole"), "{problem}");
        let clauses = &document(&ran)["clauses"];
        assert!(
            clauses.as_array().unwrap().iter().all(|c| c["versions"] == serde_json::json!([])),
            "{clauses:#}"
        );
    }
    assert_eq!(home.runs(), 1);
}

#[test]
fn what_could_not_be_run_says_why_and_what_ran_out_of_time_gets_more_of_it() {
    let home = Home::new();
    fs::write(home.path(".local/share/claude/versions/2.1.147"), "#!/no/such/program\n").unwrap();
    let ran = home.reproduce(&["get-404", "--versions", "2.1.147", "-y", "--format", "json"]);
    let problem = &document(&ran)["runs"][0]["problem"];
    let told = problem.as_str().unwrap().strip_prefix("it could not be run: ");
    assert!(ran.status == 2 && told.is_some_and(|why| !why.is_empty()), "{problem}");

    let slow = home.path(".local/share/claude/versions/2.1.146");
    let text = fs::read_to_string(&slow).unwrap();
    fs::write(&slow, text.replace("env > ", "sleep 2\nenv > ")).unwrap();
    let of =
        |timeout: &str| home.reproduce(&["get-404", "--versions", "2.1.146", "-y", "--timeout", timeout]);
    of("1");
    of("1");
    assert_eq!(home.runs(), 1, "the same time would end it again");
    of("20");
    of("1");
    assert_eq!(home.runs(), 2, "it had more time, and needs no more");
}

#[test]
fn a_version_that_may_not_be_fetched_is_a_row_of_its_own_and_the_others_go_on() {
    let home = Home::new();
    let ran = home.reproduce(&["get-404", "--versions", "2.1.145..2.1.147", "-y", "--format", "json"]);
    assert_eq!(ran.status, 2, "{}", ran.err);
    let all = document(&ran);
    let problems: Vec<&Value> = all["runs"].as_array().unwrap().iter().map(|r| &r["problem"]).collect();
    assert!(problems[0].as_str().unwrap().contains("leave `--offline` out"), "{problems:?}");
    assert!(problems[1].is_null() && problems[2].is_null() && home.runs() == 2, "{problems:?}");
    let table = home.reproduce(&["get-404", "--versions", "2.1.145..2.1.147", "-y"]);
    assert!(
        table.out.starts_with("get-404: well in 2.1.146, ill in 2.1.147, nothing known of 2.1.145"),
        "{}",
        table.out
    );
}

#[test]
fn a_pack_that_cannot_be_used_whole_is_no_silence() {
    let home = Home::new();
    fs::create_dir_all(home.path("p/clauses")).unwrap();
    fs::write(home.path("p/clauses/x.json"), "{").unwrap();
    for verb in [&["gateway", "--list"][..], &["reproduce", "get-404", "--versions", "2.1.146", "-y"]] {
        let ran = home.run(&[verb, &["--patterns", "p"]].concat());
        assert!(ran.status == 2 && ran.err.contains("a file of this pack cannot be used"), "{}", ran.err);
    }
    assert_eq!(home.runs(), 0);
}
