//! Who writes the configuration of one tenant cannot lend it what is another's.

use std::process::Command;

use vidimus_tests::nats;

use crate::stage::Layout;

/// Whether a server takes the configuration, and what it says.
fn checked(accounts: &str) -> (bool, String) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("nats.conf");
    let store = directory.path().join("store");
    std::fs::write(&file, format!("jetstream {{ store_dir: {store:?} }}\n{accounts}")).unwrap();
    let output = Command::new(nats::binary()).arg("-t").arg("-c").arg(&file).output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn what_is_lent_to_one_tenant_cannot_be_imported_by_another() {
    let accounts = Layout::Accounts.accounts();
    let (taken, said) = checked(accounts);
    assert!(taken, "{said}");
    let (before, umbrella) = accounts.split_once("\"tenant_umbrella\": {").unwrap();
    let imports: Vec<_> = before.lines().filter(|line| line.contains("{ account: \"VIDIMUS\"")).collect();
    assert_eq!(imports.len(), 9, "{imports:?}");
    for import in imports {
        let stolen = umbrella.replacen("imports: [", &format!("imports: [\n{import}"), 1);
        let (taken, said) = checked(&format!("{before}\"tenant_umbrella\": {{{stolen}"));
        assert!(!taken && said.contains("import not authorized"), "{import}: {said}");
    }
}
