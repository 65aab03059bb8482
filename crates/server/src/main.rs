//! The binary `helpsight`: settings, command line, wiring.

mod announcement;
mod command_line;
mod commands;
mod data_dir;
mod demo;
mod edges;
mod listen;
mod logging;
mod metrics;
mod settings;

use std::process::ExitCode;

use clap::Parser;

use command_line::{Command, CommandLine};

fn main() -> ExitCode {
    let done = match CommandLine::parse().command {
        Command::Serve(serve) => commands::serve::run(&serve),
        Command::Config(config) => commands::config::run(&config),
        Command::Admin(admin) => commands::admin::run(&admin),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            announcement::complain(&error);
            ExitCode::FAILURE
        }
    }
}
