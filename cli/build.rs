//! Puts the commit and the target into the program, for `--version`.

use std::process::Command;

fn main() {
    let commit = Command::new("git").args(["rev-parse", "--short=12", "HEAD"]).output().ok();
    let commit =
        commit.filter(|output| output.status.success()).map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    println!("cargo:rustc-env=MYEXPLAIN_COMMIT={}", commit.as_deref().map_or("unknown", str::trim));
    println!("cargo:rustc-env=MYEXPLAIN_TARGET={}", std::env::var("TARGET").unwrap_or_default());
    println!("cargo:rerun-if-changed=../.git/HEAD");
}
