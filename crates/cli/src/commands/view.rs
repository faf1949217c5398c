//! `vidimus view`

use std::process::ExitCode;

use serde::Serialize;
use vidimus_projection::View;

use crate::{
    args::{Global, ViewCommand},
    data::Data,
    error::{Failure, Kind},
    output::{Output, grouped},
};

/// What a rebuild or a verification says.
#[derive(Serialize)]
struct Checked {
    position: proto_events::GlobalPosition,
    views: Vec<View>,
    differing: Vec<View>,
}

pub(super) async fn run(global: &Global, command: ViewCommand, output: Output) -> Result<ExitCode, Failure> {
    match command {
        ViewCommand::Rebuild { views: names } => {
            let data = Data::open(global, "view rebuild").await?;
            let views = data.views().await?;
            let which: Vec<View> = if names.is_empty() {
                View::ALL.to_vec()
            } else {
                names.into_iter().map(View::from).collect()
            };
            let position = views.rebuild(&which).await?;
            let checked = Checked { position, views: which, differing: Vec::new() };
            output.show(&checked, |checked| {
                let names: Vec<_> = checked.views.iter().map(ToString::to_string).collect();
                format!("rebuilt {} up to position {}", names.join(", "), checked.position)
            })?;
        }
        ViewCommand::Stats => {
            let views = Data::open(global, "view stats").await?.current_views().await?;
            output.show(&views.stats().await?, |stats| {
                let rows = stats.views.iter().map(|view| {
                    vec![
                        view.view.to_string(),
                        grouped(view.rows),
                        view.checkpoint.position.to_string(),
                        grouped(view.lag),
                        grouped(view.bytes_on_disk),
                    ]
                });
                let table = Output::table(&["View", "Rows", "Checkpoint", "Lag", "Bytes"], rows);
                format!(
                    "{} executions, {} pending, {} audit entries, position {}, lag {}\n{table}",
                    grouped(stats.executions),
                    grouped(stats.approvals_pending),
                    grouped(stats.audit_entries),
                    stats.position,
                    stats.lag
                )
            })?;
        }
        ViewCommand::Verify => {
            let data = Data::open(global, "view verify").await?;
            let views = data.views().await?;
            let position = views.catch_up().await?;
            let checked = Checked { position, views: View::ALL.to_vec(), differing: views.verify().await? };
            output.show(&checked, |checked| {
                if checked.differing.is_empty() {
                    return format!(
                        "the views are what the log says, row for row, up to position {}",
                        checked.position
                    );
                }
                let names: Vec<_> = checked.differing.iter().map(ToString::to_string).collect();
                format!("not what the log says: {}; `vidimus view rebuild` mends that", names.join(", "))
            })?;
            if !checked.differing.is_empty() {
                return Ok(Kind::Damaged.exit_code());
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
