//! The `myexplain` command.

fn main() -> std::process::ExitCode {
    myexplain::cli::run()
}
