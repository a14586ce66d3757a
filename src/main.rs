//! The thin binary: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    lastgood::cli::run(std::env::args_os())
}
