//! `vidimus function`

use vidimus_api_types::{Access, SetAccess};

use super::or_dash;
use crate::{
    args::{Function, Global},
    error::Failure,
    output::Output,
    source::Source,
};

pub(super) async fn run(global: &Global, command: Function, output: Output) -> Result<(), Failure> {
    match command {
        Function::SetAccess { function, access, reason } => {
            let source = Source::create(global, "function set-access", None).await?;
            let set = source.set_access(&function, SetAccess { access, reason }).await?;
            output.show(&set, |now| {
                let said = if now.changed == Some(false) { "was already" } else { "is now" };
                format!("{} {said} {access} (position {})", now.function, now.position)
            })
        }
        Function::List => {
            let functions = Source::open(global, "function list").await?.functions().await?;
            output.show(&functions, |functions| {
                if functions.is_empty() {
                    return "no function has its access set; `vidimus function set-access` does that"
                        .to_owned();
                }
                let rows = functions.iter().map(|row| {
                    let access = or_dash(row.access.map(Access::as_str));
                    vec![row.function.to_string(), access, row.position.to_string()]
                });
                Output::table(&["Function", "Access", "Since position"], rows)
            })
        }
    }
}
