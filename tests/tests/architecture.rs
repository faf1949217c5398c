//! The crate graph is held against a golden file: an arrow that points up, or a new one, is a decision, not an accident.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails like a test")]

use std::{collections::BTreeSet, fmt::Write as _, path::Path, process::Command};

use serde_json::Value;

fn metadata() -> Value {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline", "--manifest-path"])
        .arg(manifest)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn names<'a>(package: &'a Value, kind: Option<&str>) -> impl Iterator<Item = &'a str> {
    let of_kind = move |dependency: &&'a Value| dependency["kind"].as_str() == kind;
    package["dependencies"].as_array().unwrap().iter().filter(of_kind).map(|d| d["name"].as_str().unwrap())
}

/// Who may name a crate at all: the walls of `docs/architecture.md`.
const WALLS: [(&str, &[&str]); 13] = [
    ("sled", &["vidimus-log"]),
    ("zstd", &["vidimus-log"]),
    ("rusqlite", &["vidimus-projection"]),
    ("async-nats", &["vidimus-bus"]),
    ("axum", &["vidimus-api", "vidimus-console"]),
    ("askama", &["vidimus-console"]),
    ("cedar-policy", &["vidimus-policy"]),
    ("hyper", &["vidimus-api"]),
    ("openidconnect", &["vidimus-console"]),
    ("reqwest", &["vidimus-client", "vidimus-console", "vidimus-webhook"]),
    ("rustls", &["vidimus-client", "vidimus-console", "vidimus-webhook"]),
    ("clap", &["vidimus"]),
    (
        "tokio",
        &[
            "vidimus",
            "vidimus-api",
            "vidimus-bus",
            "vidimus-client",
            "vidimus-console",
            "vidimus-engine",
            "vidimus-log",
            "vidimus-projection",
            "vidimus-webhook",
        ],
    ),
];

#[test]
fn the_crate_graph_is_the_one_in_the_golden_file() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let ours: BTreeSet<&str> = packages.iter().map(|package| package["name"].as_str().unwrap()).collect();
    let mut lines = BTreeSet::new();
    for package in packages {
        let imported: BTreeSet<&str> = names(package, None).filter(|name| ours.contains(name)).collect();
        let mut line = format!("{} ->", package["name"].as_str().unwrap());
        for name in imported {
            write!(line, " {name}").unwrap();
        }
        lines.insert(line);
    }
    let graph = lines.into_iter().collect::<Vec<_>>().join("\n") + "\n";
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("crate-graph.txt");
    let expected = std::fs::read_to_string(&golden).unwrap_or_default();
    assert_eq!(graph, expected, "if the new graph is meant, put it into {}", golden.display());
}

#[test]
fn nobody_reaches_through_a_wall() {
    for package in metadata()["packages"].as_array().unwrap() {
        let importer = package["name"].as_str().unwrap();
        for name in names(package, None) {
            if let Some((_, allowed)) = WALLS.iter().find(|(wall, _)| *wall == name) {
                // What only tests and examples use is not built into the product.
                let dev_only = importer == "vidimus-tests" || importer == "vidimus-examples";
                assert!(dev_only || allowed.contains(&importer), "`{importer}` must not name `{name}`");
            }
        }
    }
}

/// A program that speaks to a server is not built from it: all that both know is the contract.
#[test]
fn the_client_is_built_from_no_part_of_the_server() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let named = |name: &str| packages.iter().find(|package| package["name"] == name);
    let (mut reached, mut next) = (BTreeSet::new(), vec!["vidimus-client"]);
    while let Some(name) = next.pop() {
        if let Some(package) = named(name).filter(|_| reached.insert(name)) {
            next.extend(names(package, None));
        }
    }
    let reached: Vec<_> = reached.into_iter().collect();
    assert_eq!(reached, ["proto-events", "vidimus-api-types", "vidimus-client"]);
}

#[test]
fn the_contract_and_the_domain_cannot_do_io() {
    for package in metadata()["packages"].as_array().unwrap() {
        let importer = package["name"].as_str().unwrap();
        if !["proto-events", "vidimus-api-types", "vidimus-domain"].contains(&importer) {
            continue;
        }
        for name in names(package, None) {
            let forbidden = [
                "tokio",
                "sled",
                "async-nats",
                "rusqlite",
                "axum",
                "reqwest",
                "async-trait",
                "rand",
                "chrono",
            ];
            assert!(!forbidden.contains(&name), "`{importer}` must not name `{name}`");
        }
        let uuid = package["dependencies"].as_array().unwrap().iter().find(|d| d["name"] == "uuid").unwrap();
        let features: Vec<_> =
            uuid["features"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert!(!features.contains(&"v4") && !features.contains(&"v7"), "`{importer}` must not draw ids");
    }
}
