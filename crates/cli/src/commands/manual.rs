//! `vidimus completions` and `vidimus man`

use std::path::PathBuf;

use clap::CommandFactory as _;

use crate::{args::Args, error::Failure, output::Output};

pub(super) fn completions(shell: clap_complete::Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "vidimus", &mut script);
    Output::bytes(&script)
}

pub(super) fn man(directory: Option<PathBuf>) -> Result<(), Failure> {
    match directory {
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Args::command()).render(&mut page)?;
            Output::bytes(&page)
        }
        Some(directory) => {
            std::fs::create_dir_all(&directory)?;
            Ok(clap_mangen::generate_to(Args::command(), directory)?)
        }
    }
}
