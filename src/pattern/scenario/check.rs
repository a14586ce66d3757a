//! What a scenario may not say although its shape allows it.
//!
//! Comes in: a [`ScenarioDef`]. Goes out: JSON pointers and what is wrong there: what no server could do, and what would
//! let a file of somebody's decide more than what servers do.

use serde_json::Value;

use super::super::client::ClientDef;
use super::{Place, RuleDef, ScenarioDef, ServerDef, ThenDef, Transport, WhenDef};

impl ScenarioDef {
    /// What its shape alone does not rule out: a JSON pointer and what is wrong there.
    pub fn problems(&self) -> Vec<(String, String)> {
        let mut all = Vec::new();
        if self.servers.is_empty() {
            all.push(("/servers".to_owned(), "a scenario has a server at least".to_owned()));
        }
        for (i, server) in self.servers.iter().enumerate() {
            let at = format!("/servers/{i}");
            if self.servers.iter().take(i).any(|s| s.name == server.name) {
                all.push((
                    format!("{at}/name"),
                    format!("`{}` is the name of another server, too", server.name),
                ));
            }
            server.problems(&at, &mut all);
        }
        all.extend(self.servers.first().and_then(ServerDef::uncallable));
        all.extend(self.foreign_variables());
        all.extend(self.proxy.as_ref().and_then(proxy_problem));
        if self.proxy.is_some() && self.servers.iter().any(|s| s.tls.is_some()) {
            let message =
                "what goes through a proxy over TLS nobody can see: take the proxy or the server's `tls` out";
            all.push(("/proxy".to_owned(), message.to_owned()));
        }
        all
    }

    /// Variables that are none of a scenario's business: with `PATH` or `NODE_OPTIONS` it would decide what is run.
    fn foreign_variables(&self) -> Vec<(String, String)> {
        let may = ClientDef::builtin().map(|def| def.scenario_environment).unwrap_or_default();
        let foreign = self.environment.keys().filter(|name| !may.contains(name));
        let told = |name: &String| {
            let at = name.replace('~', "~0").replace('/', "~1");
            let message = format!(
                "a scenario may not set `{name}`; it may set {}, so take this out",
                may.join(" and ")
            );
            (format!("/environment/{at}"), message)
        };
        foreign.map(told).collect()
    }
}

/// What is wrong with what a proxy does: it knows nothing of MCP.
fn proxy_problem(then: &ThenDef) -> Option<(String, String)> {
    let own = ThenDef {
        delay_ms: then.delay_ms,
        status: then.status,
        headers: then.headers.clone(),
        body: then.body.clone(),
        hang: then.hang,
        drop: then.drop,
        ..ThenDef::default()
    };
    let ends = [then.hang, then.drop, then.status.is_some()].iter().filter(|word| **word).count();
    if own != *then || ends != 1 {
        let message = "a proxy does one of `hang`, `drop` and `status` to what is for servers; with a `status` there can be \
                       `headers` and a `body`, and with each `delay_ms`";
        return Some(("/proxy".to_owned(), message.to_owned()));
    }
    let rule = RuleDef { when: WhenDef::default(), then: own };
    let (key, message) = rule.problem(false)?;
    Some((format!("/proxy{}", key.trim_start_matches("then")), message.to_owned()))
}

/// Whether a name can stand in an argument of the client without being read as anything else.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

impl ServerDef {
    fn problems(&self, at: &str, all: &mut Vec<(String, String)>) {
        if !is_plain(&self.name) {
            all.push((
                format!("{at}/name"),
                "a server's name is made of letters, digits, - and _".to_owned(),
            ));
        }
        if self.headers.iter().any(is_no_header) {
            all.push((format!("{at}/headers"), NO_HEADER.to_owned()));
        }
        let of_stdio = self.transport == Transport::Stdio;
        if (self.place == Place::NoProgram && !of_stdio) || (is_network(self.place) && of_stdio) {
            all.push((
                format!("{at}/place"),
                "a server of this transport cannot be absent in this way".to_owned(),
            ));
        }
        if self.login.is_some() && (of_stdio || self.place != Place::Here) {
            all.push((
                format!("{at}/login"),
                "there is a login only to a server that listens at an address".to_owned(),
            ));
        }
        if self.tls.is_some() && (of_stdio || self.place != Place::Here) {
            let message = "TLS is spoken only to a server that listens at an address";
            all.push((format!("{at}/tls"), message.to_owned()));
        }
        for (i, rule) in self.rules.iter().enumerate() {
            if let Some((key, message)) = rule.problem(of_stdio) {
                all.push((format!("{at}/rules/{i}/{key}"), message.to_owned()));
            }
        }
    }

    /// What is wrong with the tool that the stub calls: its name goes into an argument that allows it.
    fn uncallable(&self) -> Option<(String, String)> {
        let name = self.tools.first()?.get("name").and_then(Value::as_str).unwrap_or_default();
        let message = "the client is let call the first tool of the first server, so that its name is made of letters, \
                       digits, - and _; put such a tool first";
        (!is_plain(name)).then(|| ("/servers/0/tools/0/name".to_owned(), message.to_owned()))
    }
}

/// What is wrong with a header that no HTTP message can hold.
const NO_HEADER: &str = "a header's name is made of letters, digits and - or _, and its value is one line";

fn is_no_header((name, value): (&String, &String)) -> bool {
    !is_plain(name) || value.chars().any(char::is_control)
}

/// Whether what begins so may be a path of ours.
fn is_taken(path: &str) -> bool {
    ["/mcp/", "/v1/"].iter().any(|ours| path.starts_with(ours) || ours.starts_with(path))
}

fn is_network(place: Place) -> bool {
    matches!(place, Place::ClosedPort | Place::NoHost)
}

impl RuleDef {
    fn problem(&self, of_stdio: bool) -> Option<(&'static str, &'static str)> {
        let (when, then) = (&self.when, &self.then);
        let http_only = then.status.is_some() || then.drop || then.cut || then.stream.is_some();
        let child_only = then.exit.is_some() || then.stdout.is_some() || then.stderr.is_some();
        let said = [then.result.is_some(), then.patch.is_some(), then.error.is_some(), then.body.is_some()];
        if of_stdio && (http_only || !when.http.is_empty() || when.path.is_some()) {
            return Some(("", "a child knows nothing of HTTP"));
        }
        if !of_stdio && (child_only || when.start) {
            return Some(("", "only a server of transport `stdio` is started, writes to outputs and exits"));
        }
        if said.iter().filter(|s| **s).count() > 1 {
            return Some(("then", "only one of `result`, `patch`, `error` and `body` can be the answer"));
        }
        if then.status.is_some_and(|s| !(200..600).contains(&s)) {
            return Some(("then/status", "a final status of HTTP is a number from 200 to 599"));
        }
        if when.path.as_deref().is_some_and(|p| !p.starts_with('/') || is_taken(p)) {
            let taken = "a path begins with /; what begins with /mcp/ is the servers' own, and with /v1/ the stub's of the model";
            return Some(("when/path", taken));
        }
        if then.headers.iter().any(is_no_header) {
            return Some(("then/headers", NO_HEADER));
        }
        if when.nth.contains(&0) || when.from == Some(0) {
            return Some(("when", "requests are counted from 1"));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::Scenario;

    fn problems(servers: &Value, environment: &Value) -> Vec<String> {
        let file = json!({ "schema": 1, "about": "x", "servers": servers, "environment": environment });
        let read = Scenario::parse("x", "x.json", &file.to_string());
        read.err().unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    fn tool(name: &str) -> Value {
        json!([{ "name": "a", "transport": "http", "tools": [{ "name": name }, { "name": "odd, (but never allowed)" }] }])
    }

    #[test]
    fn a_scenario_sets_no_variable_that_decides_what_is_run_or_whom_the_client_talks_to() {
        for name in
            ["PATH", "HOME", "NODE_OPTIONS", "LD_PRELOAD", "ANTHROPIC_BASE_URL", "mcp_timeout", "a/~b", ""]
        {
            let told = problems(&tool("t"), &json!({ "MCP_TIMEOUT": "1", name: "x" }));
            let right =
                told.len() == 1 && told[0].contains(&format!("`{name}`")) && told[0].contains("MCP_TIMEOUT");
            assert!(right, "{name}: {told:?}");
        }
        assert!(problems(&tool("t"), &json!({ "MCP_TIMEOUT": "1", "MCP_TOOL_TIMEOUT": "2" })).is_empty());
    }

    #[test]
    fn a_proxy_does_one_thing_that_a_proxy_can_do() {
        let told = |proxy: &Value| {
            let file = json!({ "schema": 1, "about": "x", "servers": [{ "name": "a", "transport": "http" }], "proxy": proxy });
            let read = Scenario::parse("x", "x.json", &file.to_string());
            read.err().unwrap_or_default().iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        for good in [
            json!({ "hang": true }),
            json!({ "drop": true, "delay_ms": 5 }),
            json!({ "status": 502, "headers": { "via": "x" }, "body": "Bad Gateway" }),
        ] {
            assert!(told(&good).is_empty(), "{good}");
        }
        for (bad, why) in [
            (json!({}), "a proxy does one of"),
            (json!({ "hang": true, "status": 502 }), "a proxy does one of"),
            (json!({ "status": 502, "forget": true }), "a proxy does one of"),
            (json!({ "status": 100 }), "a final status"),
            (json!({ "status": 502, "headers": { "a b": "x" } }), "its value is one line"),
        ] {
            let all = told(&bad);
            assert!(all.len() == 1 && all[0].contains(why), "{bad}: {all:?}");
        }
    }

    #[test]
    fn tls_is_spoken_to_servers_that_are_there_and_not_through_a_proxy() {
        let told = |transport: &str, place: &str, proxy: &Value| {
            let server =
                json!([{ "name": "a", "transport": transport, "place": place, "tls": "unknown-authority" }]);
            let file = json!({ "schema": 1, "about": "x", "servers": server, "proxy": proxy });
            let read = Scenario::parse("x", "x.json", &file.to_string());
            read.err().unwrap_or_default().iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        for transport in ["http", "sse"] {
            assert!(told(transport, "here", &Value::Null).is_empty(), "{transport}");
        }
        for (transport, place, proxy, why) in [
            ("stdio", "here", Value::Null, "TLS is spoken only"),
            ("http", "closed-port", Value::Null, "TLS is spoken only"),
            ("http", "here", json!({ "hang": true }), "nobody can see"),
        ] {
            let all = told(transport, place, &proxy);
            assert!(all.len() == 1 && all[0].contains(why), "{transport} {place}: {all:?}");
        }
    }

    #[test]
    fn nobody_logs_in_to_a_child_or_to_what_is_not_there() {
        let told = |transport: &str, place: &str| {
            let server = json!([{ "name": "a", "transport": transport, "place": place, "login": "expired" }]);
            problems(&server, &json!({}))
        };
        assert!(told("http", "here").is_empty() && told("sse", "here").is_empty());
        for (transport, place) in [("stdio", "here"), ("http", "closed-port"), ("http", "no-host")] {
            let all = told(transport, place);
            assert!(
                all.len() == 1 && all[0].contains("there is a login only"),
                "{transport} {place}: {all:?}"
            );
        }
    }

    #[test]
    fn what_http_cannot_carry_and_what_is_ours_is_refused_where_it_stands() {
        let told = |rule: &Value| {
            problems(&json!([{ "name": "a", "transport": "http", "rules": [rule] }]), &json!({}))
        };
        for path in ["", "/", "v1", "/v1/messages", "/v1/", "/mcp/a", "/m"] {
            let all = told(&json!({ "when": { "path": path }, "then": {} }));
            assert!(all.len() == 1 && all[0].contains("a path begins with /"), "{path}: {all:?}");
        }
        assert!(told(&json!({ "when": { "path": "/.well-known/" }, "then": {} })).is_empty());
        for (name, value) in [("a b", "x"), ("", "x"), ("a", "x\r\nset-cookie: y"), ("a:", "x")] {
            let all = told(&json!({ "then": { "headers": { name: value } } }));
            assert!(all.len() == 1 && all[0].contains("its value is one line"), "{name}: {all:?}");
            let server = json!([{ "name": "a", "transport": "http", "headers": { name: value } }]);
            assert_eq!(problems(&server, &json!({})).len(), 1, "{name}");
        }
    }

    #[test]
    fn the_name_of_the_tool_that_is_allowed_allows_no_other() {
        for name in ["x,Bash", "x Bash", "x(*)", "{log}", ""] {
            let told = problems(&tool(name), &json!({}));
            assert!(told.len() == 1 && told[0].contains("put such a tool first"), "{name}: {told:?}");
        }
        let server = json!([{ "name": "a,Bash", "transport": "http" }]);
        assert_eq!(problems(&server, &json!({})).len(), 1);
    }
}
