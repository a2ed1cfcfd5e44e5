//! Option files (`my.cnf`): `[group]`, `name=value`, `!include`.

use super::{ConnectionOptions, OptionsError, login_path};
use std::path::{Path, PathBuf};

/// Groups whose options are meant for us too; later ones win.
const GROUPS: [&str; 3] = ["client", "mysql", "myexplain"];
/// How deep files may include each other.
const DEEPEST: usize = 10;

/// Which option files to read, as the mysql client's options of these names say.
#[derive(Clone, Debug, Default)]
pub struct OptionFiles {
    /// `--defaults-file`: only this one.
    pub only: Option<PathBuf>,
    /// `--defaults-extra-file`: this one too.
    pub extra: Option<PathBuf>,
    /// `--no-defaults`: none but the login file.
    pub none: bool,
    /// `--defaults-group-suffix`: groups with this suffix too.
    pub group_suffix: Option<String>,
    /// `--login-path`: this group of the login file too.
    pub login_path: Option<String>,
}

/// What the files came to.
#[derive(Clone, Debug, Default)]
pub struct FromFiles {
    /// The options.
    pub options: ConnectionOptions,
    /// Files that were left out, and why.
    pub remarks: Vec<String>,
}

impl OptionFiles {
    /// Reads the files in the mysql client's order.
    ///
    /// # Errors
    /// A file that was named and cannot be read, or a line that cannot be understood.
    pub fn read(&self) -> Result<FromFiles, OptionsError> {
        let mut found = FromFiles::default();
        let mut groups: Vec<String> = GROUPS.iter().map(|group| (*group).to_owned()).collect();
        let suffix = self.group_suffix.clone().or_else(|| std::env::var("MYSQL_GROUP_SUFFIX").ok());
        if let Some(suffix) = suffix.filter(|suffix| !suffix.is_empty()) {
            groups.extend(GROUPS.iter().map(|group| format!("{group}{suffix}")));
        }
        match &self.only {
            Some(path) => read_file(path, &groups, true, 0, &mut found)?,
            None if self.none => {}
            None => {
                let home = std::env::var_os("HOME").map(PathBuf::from);
                let mut paths = vec![PathBuf::from("/etc/my.cnf"), PathBuf::from("/etc/mysql/my.cnf")];
                paths.extend(std::env::var_os("MYSQL_HOME").map(|home| PathBuf::from(home).join("my.cnf")));
                for path in paths {
                    read_file(&path, &groups, false, 0, &mut found)?;
                }
                if let Some(path) = &self.extra {
                    read_file(path, &groups, true, 0, &mut found)?;
                }
                if let Some(home) = home {
                    read_file(&home.join(".my.cnf"), &groups, false, 0, &mut found)?;
                }
            }
        }
        groups.extend(self.login_path.clone());
        if let Some((path, text)) = login_path::read(self.login_path.is_some())? {
            apply(&text, &path, &groups, 0, &mut found)?;
            let has_group = |name: &String| text.lines().any(|line| line.trim() == format!("[{name}]"));
            if let Some(name) = self.login_path.as_ref().filter(|name| !has_group(name)) {
                return Err(OptionsError(format!("{} has no login path '{name}'", path.display())));
            }
        }
        Ok(found)
    }
}

fn read_file(path: &Path, groups: &[String], must_exist: bool, depth: usize, found: &mut FromFiles) -> Result<(), OptionsError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(_) if !must_exist => return Ok(()),
        Err(error) => return Err(OptionsError(format!("cannot read {}: {error}", path.display()))),
    };
    if others_may_write(path) {
        found.remarks.push(format!("{} is left out: everybody may write to it", path.display()));
        return Ok(());
    }
    apply(&text, path, groups, depth, found)
}

#[cfg(unix)]
fn others_may_write(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|facts| facts.is_file() && facts.permissions().mode() & 0o002 != 0)
}

#[cfg(not(unix))]
fn others_may_write(_: &Path) -> bool {
    false
}

/// Applies the lines of the groups that are ours. Later groups of the list win, wherever they stand.
fn apply(text: &str, path: &Path, groups: &[String], depth: usize, found: &mut FromFiles) -> Result<(), OptionsError> {
    if depth > DEEPEST {
        return Err(OptionsError(format!("{}: option files include each other too deeply", path.display())));
    }
    let mut layers: Vec<ConnectionOptions> = vec![ConnectionOptions::default(); groups.len()];
    let mut layer: Option<usize> = None;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(included) = line.strip_prefix("!includedir ") {
            let mut paths: Vec<PathBuf> =
                std::fs::read_dir(included.trim()).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
            paths.sort();
            for path in paths.iter().filter(|path| path.extension().is_some_and(|end| end == "cnf" || end == "ini")) {
                read_file(path, groups, false, depth + 1, found)?;
            }
        } else if let Some(included) = line.strip_prefix("!include ") {
            read_file(Path::new(included.trim()), groups, false, depth + 1, found)?;
        } else if let Some(group) = line.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            layer = groups.iter().position(|own| own == group.0.trim());
        } else if let Some(layer) = layer {
            let (name, value) = line.split_once('=').map_or((line, None), |(name, value)| (name.trim(), Some(value.trim())));
            let name = name.strip_prefix("loose").map_or(name, |rest| rest.trim_start_matches(['-', '_']));
            let name = name.replace('_', "-");
            let value = match (name.as_str(), value) {
                // Without a value: asked for on a terminal.
                ("password", None) => continue,
                (_, value) => unquote(value.unwrap_or("1")),
            };
            let set = layers[layer].set(&name, &value);
            set.map_err(|error| OptionsError(format!("{}:{}: {error}", path.display(), number + 1)))?;
        }
    }
    for layer in layers {
        found.options = layer.over(std::mem::take(&mut found.options));
    }
    Ok(())
}

/// Quotes off, escapes undone, a comment behind the value cut.
fn unquote(value: &str) -> String {
    let quoted = ['\'', '"'].iter().find_map(|quote| {
        let inner = value.strip_prefix(*quote)?;
        inner.rfind(*quote).map(|end| &inner[..end])
    });
    let plain = match quoted {
        Some(inner) => inner,
        None => value.split(" #").next().unwrap_or(value).trim_end(),
    };
    let mut out = String::with_capacity(plain.len());
    let mut chars = plain.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('b') => out.push('\u{8}'),
            Some('t') => out.push('\t'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('s') => out.push(' '),
            Some(same @ ('\\' | '\'' | '"')) => out.push(same),
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::Secret;
    use super::*;

    #[test]
    fn groups_includes_and_quotes() {
        let directory = tempfile::tempdir().unwrap();
        let inner = directory.path().join("inner.cnf");
        std::fs::write(&inner, "[client]\nport = 3400\n").unwrap();
        let text = format!(
            "[mysqld]\nport=1\n[mysql]\nuser=mona\n[client]\nuser=carl # why not\npassword=\"a #b\\s\"\nssl_mode=REQUIRED\n\
             prompt=x\n!include {}\n[client_east]\nhost=east\n",
            inner.display()
        );
        let path = directory.path().join("my.cnf");
        std::fs::write(&path, text).unwrap();
        let files = OptionFiles { only: Some(path), group_suffix: Some("_east".into()), ..OptionFiles::default() };
        let options = files.read().unwrap().options;
        assert_eq!(options.user.as_deref(), Some("mona"));
        assert_eq!(options.password, Some(Secret::new("a #b ")));
        assert_eq!((options.port, options.host.as_deref()), (Some(3400), Some("east")));
    }

    #[cfg(unix)]
    #[test]
    fn files_that_everybody_may_write_are_left_out() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("my.cnf");
        std::fs::write(&path, "[client]\nuser=mallory\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
        let read = OptionFiles { only: Some(path), ..OptionFiles::default() }.read().unwrap();
        assert_eq!((read.options.user, read.remarks.len()), (None, 1));
    }
}
