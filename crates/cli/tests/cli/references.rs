//! The reference says what is so.

use proto_events::BusCommand;
use vidimus_api::commands::route;

const BUS: &str = include_str!("../../../../docs/reference/nats.md");
/// Held against the routes by the tests of the API.
const ROLES: &str = include_str!("../../../api/tests/roles.txt");

/// The roles that may use a route.
fn roles(method: &str, path: &str) -> Vec<&'static str> {
    let cells = |line: &'static str| line.split_whitespace().collect::<Vec<_>>();
    let mut lines = ROLES.lines().map(cells).filter(|cells| cells.len() > 6);
    let head = lines.find(|cells| cells[0] == "METHOD").unwrap();
    let row = lines.find(|cells| (cells[0], cells[1]) == (method, path)).unwrap();
    (2..6).filter(|column| row[*column] == "yes").map(|column| head[column]).collect()
}

#[test]
fn who_may_command_over_the_bus_is_who_may_over_http() {
    for command in BusCommand::ALL {
        let name = format!("`{}`", command.as_str());
        let rows = BUS.lines().map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
        let is_row =
            |row: &Vec<&str>| row.len() == 5 && row[1].split(", ").any(|known| known == name.as_str());
        let rows: Vec<_> = rows.filter(is_row).collect();
        let [row] = rows.as_slice() else {
            panic!("{name} is in {} rows of docs/reference/nats.md", rows.len())
        };
        assert_eq!(row[2], if command.names_execution() { "yes" } else { "" }, "{name}");
        let (method, path) = route(command);
        assert_eq!(row[3].split(", ").collect::<Vec<_>>(), roles(method, path), "{name}");
    }
}
