//! What is refused on the way to a server, and by it.

use std::process::Stdio;

use crate::support::{Place, SAMPLE, finished};

#[test]
fn commands_on_files_do_not_go_through_a_server() {
    let place = Place::new();
    for command in [
        &["import", SAMPLE][..],
        &["serve"],
        &["demo"],
        &["bench", "append"],
        &["view", "stats"],
        &["view", "rebuild"],
        &["log", "verify"],
        &["log", "stats"],
        &["key", "create", "--role", "agent", "--new-pepper"],
    ] {
        let done = place.run(command.iter().chain(&["--server", "http://127.0.0.1:1"]));
        done.failed(2, "not_through_a_server").says("VIDIMUS_SERVER");
    }
    assert!(!place.data().exists());
    place.run(["execution", "watch"]).failed(2, "server_missing").says("--server");
}

#[test]
fn keys_and_addresses_that_are_none_are_told() {
    let place = Place::new();
    let key = place.key(&["--role", "auditor"]);
    let server = place.serve();
    let list = ["audit", "list"];
    let run = |key: Option<&str>, more: &[&str]| {
        let mut command = place.command(list.iter().chain(more));
        command.env_remove("VIDIMUS_DATA").env("VIDIMUS_SERVER", &server.url);
        if let Some(key) = key {
            command.env("VIDIMUS_KEY", key);
        }
        finished(command.stdin(Stdio::null()))
    };
    run(None, &[]).failed(2, "key_missing").says("VIDIMUS_KEY").says("--key-file");
    run(Some(&format!("{key}\n")), &[]).ok();
    run(Some("nonsense"), &[]).failed(4, "key_invalid");
    run(Some("line\nbreak"), &[]).failed(2, "client_unusable");
    run(Some(&key.replace("vidimus_default", "vidimus_other")), &[]).failed(4, "key_invalid");
    let file = place.file("key", format!("{key}\n"));
    run(None, &["--key-file", file.to_str().unwrap()]).ok();
    run(Some("nonsense"), &["--key-file", file.to_str().unwrap()]).ok();
    run(None, &["--key-file", "missing"]).failed(3, "key_file_unreadable");
    run(Some(&key), &["--tenant", "default"]).ok();
    run(Some(&key), &["--tenant", "acme"]).failed(2, "other_tenant").says("`default`");
    run(Some(&key), &["--server", "localhost:7878"]).failed(2, "client_unusable").says("`localhost:7878`");
    let unknown = "00000000-0000-0000-0000-000000000000";
    let done = place.through(&server, &key, &["execution", "show", unknown]);
    done.failed(3, "execution_not_found");
    // Somebody listened there a moment ago, so nobody else does.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{nobody}");
    let gone = run(Some(&key), &["--server", &url]);
    gone.failed(1, "unreachable")
        .says(&format!("`{url}/`"))
        .says("refused")
        .says("is `vidimus serve` running there?");
    for out in [run(Some(&key), &["--server", &url]).err, server.errors()] {
        assert!(!out.contains(key.rsplit('.').next().unwrap()), "{out}");
    }
}

#[test]
fn a_data_directory_that_is_served_says_where() {
    let place = Place::new();
    let server = place.serve();
    for command in [
        &["execution", "list"][..],
        &["import", SAMPLE],
        &["serve", "--listen", "127.0.0.1:0"],
        &["key", "list"],
    ] {
        let done = place.run(command);
        assert_eq!((done.code, done.out.as_str()), (Some(6), ""), "{}", done.err);
        let holder = format!("(`vidimus serve` on {})", server.url);
        done.says("error[data_locked]: ").says(&holder).says("`--server`");
    }
}

#[test]
fn a_port_that_is_in_use_is_told() {
    let place = Place::new();
    let server = place.serve();
    let other = Place::new();
    let done = other.run(["serve", "--listen", server.address()]);
    done.failed(1, "listen_failed").says("is in use").says("--listen");
    assert!(!other.data().exists());
    other.run(["serve", "--listen", "nonsense"]).failed(1, "listen_failed").says("`nonsense`");
    other.run(["serve", "--listen", "192.0.2.1:0"]).failed(1, "listen_failed").says("192.0.2.1");
}
