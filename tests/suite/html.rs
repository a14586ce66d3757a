//! The HTML report in a real browser, where one is installed.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::program::{project, run_in};

/// Names under which a browser that can be driven without a screen is installed.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// What a browser made of a page.
struct Seen {
    /// The page after its script ran.
    dom: String,
    /// What the page's console was told: errors of scripts, violations of its policy.
    console: Vec<String>,
}

/// The browser. Without one the test says so past the capture of the test runner, which hides what is printed.
fn browser() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&folders).flat_map(|folder| BROWSERS.map(|name| folder.join(name)));
    let found = places.into_iter().find(|place| place.is_file());
    if found.is_none() {
        let names = BROWSERS.join(", ");
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: no browser ({names}) on PATH: the HTML report was not driven"
        );
    }
    found
}

/// Opens a page without a screen, with access to no network.
fn open(browser: &Path, page: &Path) -> Seen {
    let profile = tempfile::tempdir().unwrap();
    let out = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"])
        .args(["--disable-component-update", "--disable-sync", "--disable-extensions", "--hide-scrollbars"])
        .args(["--enable-logging=stderr", "--disable-web-security", "--allow-file-access-from-files"])
        .args(["--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=5000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("file://{}", page.display()))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(dom.contains("</html>"), "the browser gave no page: {}", String::from_utf8_lossy(&out.stderr));
    let told = String::from_utf8_lossy(&out.stderr).into_owned();
    let console = told.lines().filter(|line| line.contains("CONSOLE")).map(str::to_owned).collect();
    Seen { dom, console }
}

/// What a script finds in the page, which it sees in a frame as wide as a phone; `page` is its root, `all` and `one`
/// find elements by a selector.
fn driven(browser: &Path, page: &Path, script: &str) -> String {
    let frame = page.with_file_name("frame.html");
    let name = page.file_name().unwrap().to_str().unwrap();
    let html = format!(
        "<!doctype html><title>-</title><iframe id=frame width=360 height=700 style=border:0></iframe>\
         <script>frame.onload = () => {{ const seen = frame.contentDocument, page = seen.documentElement;\
         const all = (what) => [...seen.querySelectorAll(what)], one = (what) => seen.querySelector(what);\
         document.title = {script}; }}; frame.src = '{name}'</script>"
    );
    fs::write(&frame, html).unwrap();
    let dom = open(browser, &frame).dom;
    let (_, title) = dom.split_once("<title>").unwrap();
    title.split_once("</title>").unwrap().0.to_owned()
}

fn report(case: &str, folder: &Path) -> PathBuf {
    let ran =
        run_in(&project().join("samples").join(case), &["diff", "good.log", "bad.log", "--format", "html"]);
    let page = folder.join(format!("{case}.html"));
    fs::write(&page, ran.out).unwrap();
    page
}

fn values<'a>(page: &'a str, mark: &str) -> Vec<&'a str> {
    page.match_indices(mark).map(|(at, _)| page[at + mark.len()..].split('"').next().unwrap()).collect()
}

#[test]
fn a_browser_shows_the_page_without_a_complaint_and_its_links_lead_somewhere() {
    let Some(browser) = browser() else { return };
    let folder = tempfile::tempdir().unwrap();
    for case in ["get-404", "get-404-among-others", "same-behaviour"] {
        let seen = open(&browser, &report(case, folder.path()));
        assert!(seen.console.is_empty(), "{case}: {:?}", seen.console);
        let ids: BTreeSet<&str> = values(&seen.dom, " id=\"").into_iter().collect();
        for link in values(&seen.dom, " href=\"#") {
            assert!(ids.contains(link), "{case}: #{link} leads nowhere");
        }
    }
}

#[test]
fn a_browser_shows_where_the_two_part_and_the_script_ran() {
    let Some(browser) = browser() else { return };
    let folder = tempfile::tempdir().unwrap();
    let dom = open(&browser, &report("get-404", folder.path())).dom;
    for wanted in [
        "<svg class=\"map\"",
        "▼ here they part",
        "id=\"life-1-parting\"",
        "href=\"#life-1-row-5\"",
        "<li id=\"finding-1-line-138\"><a class=\"no\" href=\"#life-1-row-5\"",
        "Point at a mark",
    ] {
        assert!(dom.contains(wanted), "{wanted} is not there");
    }
    assert!(!open(&browser, &report("same-behaviour", folder.path())).dom.contains("here they part"));
}

#[test]
fn a_page_with_anything_foreign_in_it_is_complained_about() {
    let Some(browser) = browser() else { return };
    let folder = tempfile::tempdir().unwrap();
    let page = report("get-404", folder.path());
    let text = fs::read_to_string(&page).unwrap();
    for foreign in ["<p style=\"color:red\">", "<script>1</script>", "<img src=\"https://a.example/x.png\">"]
    {
        fs::write(&page, text.replace("<main id=\"report\">", &format!("<main id=\"report\">{foreign}")))
            .unwrap();
        assert!(!open(&browser, &page).console.is_empty(), "{foreign} passed");
    }
}

#[test]
fn no_page_is_wider_than_a_phone() {
    let Some(browser) = browser() else { return };
    let folder = tempfile::tempdir().unwrap();
    for case in ["get-404", "get-404-among-others"] {
        let page = report(case, folder.path());
        let widths = driven(&browser, &page, "`${page.scrollWidth} of ${page.clientWidth}`");
        assert_eq!(widths, "360 of 360", "{case}");
    }
}

#[test]
fn a_mark_tells_its_line_under_the_keyboard_and_the_pointer_and_evidence_leads_to_its_row() {
    let Some(browser) = browser() else { return };
    let folder = tempfile::tempdir().unwrap();
    let page = report("get-404", folder.path());
    let mark = "one('figure a[href=\"#life-1-row-5\"]')";
    let expired = "MCP session expired (server returned 404)";
    let focused = driven(&browser, &page, &format!("({mark}.focus(), one('.readout').textContent)"));
    assert!(focused.contains(expired), "{focused}");
    let over = "new frame.contentWindow.PointerEvent('pointerover', { bubbles: true })";
    let pointed =
        driven(&browser, &page, &format!("({mark}.dispatchEvent({over}), one('.readout').textContent)"));
    assert!(pointed.contains(expired), "{pointed}");
    let led = "(one('#finding-1-line-138 a').click(), one(frame.contentWindow.location.hash).textContent)";
    assert!(driven(&browser, &page, led).contains(expired));
    let back = "(one('#life-1-row-5 a.proof').click(), one(frame.contentWindow.location.hash).textContent)";
    assert!(driven(&browser, &page, back).contains(expired));
    let stops = driven(&browser, &page, "all('figure a:not([tabindex=\"-1\"])').length");
    assert!(stops.parse::<u32>().unwrap() > 10, "only {stops} marks can be reached by Tab");
}

#[test]
fn what_is_folded_is_open_on_paper() {
    let Some(browser) = browser() else { return };
    let folder = tempfile::tempdir().unwrap();
    let page = report("get-404", folder.path());
    let shut =
        "(frame.contentWindow.dispatchEvent(new Event('beforeprint')), all('details:not([open])').length)";
    assert_eq!(driven(&browser, &page, shut), "0");
}
