//! How the client stores that a user has logged in to a server: `login` of `patterns/client.json`.
//!
//! Comes in: servers as `--mcp-config` names them. Goes out: the text of the file that a scripted run begins with. The
//! tokens in it are made up, and stand in that file of ours.

use std::fmt::Write;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// Where stored logins are, and what they look like.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginDef {
    /// The file, below the home folder.
    pub file: String,
    /// The key of the file below which there is an entry for each server.
    pub below: String,
    /// The key of an entry; `{server}` and `{digest}` are filled in.
    pub key: String,
    /// What of a server's configuration the digest is over, in this order; `{}` stands for what is not there.
    pub digested: Vec<String>,
    /// How many hexadecimal digits of the SHA-256 the digest has.
    pub digits: usize,
    /// The entry; `{server}`, `{url}` and `{ran_out}`, a number of milliseconds since 1970, are filled in.
    pub entry: Map<String, Value>,
    /// How long ago the access token ran out, in milliseconds.
    pub ran_out_ms: i64,
}

impl LoginDef {
    /// The file in which the logins to these servers, names and configurations, ran out some time before `now`, in
    /// milliseconds since 1970.
    pub fn ran_out(&self, servers: &[(&str, &Value)], now: i64) -> Value {
        let entries: Map<String, Value> =
            servers.iter().map(|(name, config)| self.entry(name, config, now)).collect();
        json!({ &*self.below: entries })
    }

    fn entry(&self, server: &str, config: &Value, now: i64) -> (String, Value) {
        let key = self.key.replace("{server}", server).replace("{digest}", &self.digest(config));
        let url = config.get("url").and_then(Value::as_str).unwrap_or_default();
        let filled = |value: &Value| match value.as_str() {
            Some("{server}") => server.into(),
            Some("{url}") => url.into(),
            Some("{ran_out}") => (now - self.ran_out_ms).into(),
            _ => value.clone(),
        };
        let entry = self.entry.iter().map(|(name, value)| (name.clone(), filled(value))).collect();
        (key, Value::Object(entry))
    }

    fn digest(&self, config: &Value) -> String {
        let none = json!({});
        let part = |key: &String| (key.clone(), config.get(key).unwrap_or(&none).clone());
        let over: Map<String, Value> = self.digested.iter().map(part).collect();
        let hash = Sha256::digest(Value::Object(over).to_string().as_bytes());
        let mut hex = hash.iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        hex.truncate(self.digits);
        hex
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::pattern::ClientDef;

    /// The digests were made with `printf '{"type":"http","url":…,"headers":…}' | sha256sum`.
    #[test]
    fn a_login_is_found_by_the_server_s_name_and_the_digest_of_its_configuration() {
        let login = ClientDef::builtin().unwrap().login;
        let plain = json!({ "type": "http", "url": "http://127.0.0.1:18080/mcp/a" });
        let headed = json!({ "headers": { "X-Team": "demo" }, "url": plain["url"], "type": "http" });
        let file = login.ran_out(&[("a", &plain), ("b", &headed)], 10_000_000);
        let all = file["mcpOAuth"].as_object().unwrap();
        let keys: Vec<&String> = all.keys().collect();
        assert_eq!(keys, ["a|d3c55aa5e3871e1e", "b|b6cde23a53f1b985"]);
        for (entry, name) in all.values().zip(["a", "b"]) {
            assert_eq!(entry["serverName"], name);
            assert_eq!(entry["serverUrl"], plain["url"]);
            assert_eq!(entry["expiresAt"], 10_000_000 - login.ran_out_ms);
        }
    }
}
