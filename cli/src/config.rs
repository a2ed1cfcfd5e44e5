//! `myexplain.toml`: options as they are written on the command line, from the project and from the user's own file.
//!
//! Keys at the top hold for every command that has such an option, keys of a table `[check]` for that command. The command line
//! wins over `MYEXPLAIN_*` variables, these over the project's file, that over the user's.

use clap::builder::ValueParser;
use clap::{Arg, ArgAction, Command};
use std::any::TypeId;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// Name of the file in a project or in the user's configuration directory.
const FILE_NAME: &str = "myexplain.toml";
/// Table that holds the findings to allow and their severities; no option of a command.
const FINDINGS: &str = "findings";

/// One option as a file gives it.
#[derive(Clone, Debug)]
struct Entry {
    /// Words of the command that it holds for; none for all.
    command: Vec<String>,
    /// Long name of the option.
    key: String,
    values: Vec<String>,
    file: PathBuf,
}

/// What the files say; of two entries for one option the earlier wins.
#[derive(Clone, Debug, Default)]
pub(crate) struct Config {
    entries: Vec<Entry>,
    findings: Option<Table>,
}

impl Config {
    /// Reads the files that the arguments, the environment and the working directory lead to.
    pub(crate) fn load(arguments: &[OsString]) -> Result<Config, String> {
        let mut config = Config::default();
        for path in files(arguments)? {
            let text = std::fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
            config.add(&path, &text)?;
        }
        Ok(config)
    }

    fn add(&mut self, path: &Path, text: &str) -> Result<(), String> {
        let table: Table = toml::from_str(text).map_err(|error: toml::de::Error| {
            let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            format!("{}:{line}: {}", path.display(), error.message())
        })?;
        self.add_table(path, &mut Vec::new(), table)
    }

    fn add_table(&mut self, path: &Path, command: &mut Vec<String>, table: Table) -> Result<(), String> {
        for (key, value) in table {
            match value {
                Value::Table(findings) if command.is_empty() && key == FINDINGS => {
                    self.findings.get_or_insert(findings);
                }
                Value::Table(inner) => {
                    command.push(key);
                    self.add_table(path, command, inner)?;
                    command.pop();
                }
                value => {
                    let values = texts(&value).ok_or_else(|| format!("{}: '{key}' is no option's value", path.display()))?;
                    let entry = Entry { command: command.clone(), key, values, file: path.to_owned() };
                    self.entries.push(entry);
                }
            }
        }
        Ok(())
    }

    /// The `[findings]` table.
    pub(crate) fn findings(&self) -> Option<&Table> {
        self.findings.as_ref()
    }

    /// The command with the files' values as defaults and a `MYEXPLAIN_*` variable for every option.
    ///
    /// # Errors
    /// A key or table that no command knows.
    pub(crate) fn apply(&self, root: Command) -> Result<Command, String> {
        for entry in &self.entries {
            if !knows(&root, &entry.command, &entry.key) {
                let place = entry.command.iter().map(|word| format!("[{word}] ")).collect::<String>();
                return Err(format!("{}: {place}'{}' is no option; see 'myexplain help'", entry.file.display(), entry.key));
            }
        }
        Ok(self.with_defaults(root, &[]))
    }

    fn with_defaults(&self, command: Command, words: &[String]) -> Command {
        let here = words.to_vec();
        let command = command.mut_args(|arg| self.with_default(with_variable(arg), &here));
        command.mut_subcommands(|inner| {
            let mut words = here.clone();
            words.push(inner.get_name().to_owned());
            self.with_defaults(inner, &words)
        })
    }

    fn with_default(&self, arg: Arg, command: &[String]) -> Arg {
        match arg.get_long().and_then(|long| self.entry(command, long)) {
            Some(entry) => {
                let values = entry.values_for(&arg);
                arg.default_values(values)
            }
            None => arg,
        }
    }

    /// The entry that counts for an option: one for this very command before one for all.
    fn entry(&self, command: &[String], key: &str) -> Option<&Entry> {
        let of = |words: &[String]| self.entries.iter().find(|entry| entry.command == words && entry.key == key);
        of(command).or_else(|| of(&[]))
    }

    /// Every option of every command with its value and where that came from, one a line.
    pub(crate) fn show(&self, root: &Command) -> String {
        let mut out = String::new();
        self.show_command(root, &mut Vec::new(), &mut out);
        out
    }

    fn show_command(&self, command: &Command, words: &mut Vec<String>, out: &mut String) {
        let options = command.get_arguments().filter(|arg| !arg.is_global_set() || words.is_empty());
        for (arg, long) in options.filter_map(|arg| Some((arg, arg.get_long()?))) {
            let (value, origin) = match (variable(arg), self.entry(words, long)) {
                (Some((name, value)), _) => (value, name),
                (None, Some(entry)) => (entry.values.join(" "), entry.file.display().to_string()),
                (None, None) => match arg.get_default_values() {
                    [] => continue,
                    values => {
                        (values.iter().map(|value| value.to_string_lossy()).collect::<Vec<_>>().join(" "), "default".into())
                    }
                },
            };
            // A password is nobody's to read.
            let value = if arg.is_hide_env_values_set() { "***".to_owned() } else { value };
            if origin == "default" && value == "false" {
                continue;
            }
            let path: String = words.iter().map(|word| format!("{word}.")).collect();
            out.push_str(&format!("{path}{long} = {value}    # {origin}\n"));
        }
        for inner in command.get_subcommands() {
            words.push(inner.get_name().to_owned());
            self.show_command(inner, words, out);
            words.pop();
        }
    }
}

impl Entry {
    /// The values as an option takes them; paths are meant from the file's directory.
    fn values_for(&self, arg: &Arg) -> Vec<String> {
        let is_path = is_path(arg.get_value_parser());
        let place = |value: &String| match self.file.parent().filter(|_| is_path && value != "-") {
            Some(directory) => directory.join(value).to_string_lossy().into_owned(),
            None => value.clone(),
        };
        self.values.iter().map(place).collect()
    }
}

fn is_path(parser: &ValueParser) -> bool {
    parser.type_id() == TypeId::of::<PathBuf>()
}

/// Every option can also be given as a variable; those that name one keep it.
fn with_variable(arg: Arg) -> Arg {
    let takes = matches!(arg.get_action(), ArgAction::Set | ArgAction::Append | ArgAction::SetTrue);
    match arg.get_long().map(str::to_owned) {
        Some(long) if takes && arg.get_env().is_none() && !arg.is_positional() => {
            arg.env(format!("MYEXPLAIN_{}", long.to_uppercase().replace('-', "_"))).hide_env(true)
        }
        _ => arg.hide_env(true),
    }
}

fn variable(arg: &Arg) -> Option<(String, String)> {
    let name = arg.get_env()?;
    Some((name.to_string_lossy().into_owned(), env::var_os(name)?.to_string_lossy().into_owned()))
}

fn knows(root: &Command, words: &[String], key: &str) -> bool {
    let has = |command: &Command| command.get_arguments().any(|arg| arg.get_long() == Some(key));
    if words.is_empty() {
        return has(root) || root.get_subcommands().any(|inner| knows_below(inner, key));
    }
    let mut command = root;
    for word in words {
        match command.find_subcommand(word) {
            Some(inner) => command = inner,
            None => return false,
        }
    }
    has(command)
}

fn knows_below(command: &Command, key: &str) -> bool {
    command.get_arguments().any(|arg| arg.get_long() == Some(key))
        || command.get_subcommands().any(|inner| knows_below(inner, key))
}

/// A value as one would type it; an array is an option that is given several times.
fn texts(value: &Value) -> Option<Vec<String>> {
    Some(match value {
        Value::String(text) => vec![text.clone()],
        Value::Integer(number) => vec![number.to_string()],
        Value::Float(number) => vec![number.to_string()],
        Value::Boolean(flag) => vec![flag.to_string()],
        Value::Array(items) => items.iter().map(texts).collect::<Option<Vec<_>>>()?.concat(),
        Value::Datetime(date) => vec![date.to_string()],
        Value::Table(_) => return None,
    })
}

/// Files to read, the most important first.
fn files(arguments: &[OsString]) -> Result<Vec<PathBuf>, String> {
    let words: Vec<_> = arguments.iter().map(|word| word.to_string_lossy()).collect();
    if words.iter().any(|word| word == "--no-config") || env::var_os("MYEXPLAIN_NO_CONFIG").is_some() {
        return Ok(Vec::new());
    }
    let after = words.iter().position(|word| word == "--config").and_then(|at| words.get(at + 1)).map(|word| word.to_string());
    let glued = words.iter().find_map(|word| word.strip_prefix("--config=").map(str::to_owned));
    if let Some(path) = after.or(glued).or_else(|| env::var("MYEXPLAIN_CONFIG").ok()) {
        return Ok(vec![PathBuf::from(path)]);
    }
    Ok(project_file().into_iter().chain(user_file()).collect())
}

/// The file of the working directory or of the nearest directory above it, up to the root of the repository.
fn project_file() -> Option<PathBuf> {
    let here = env::current_dir().ok()?;
    for directory in here.ancestors() {
        let path = directory.join(FILE_NAME);
        if path.is_file() {
            return Some(path);
        }
        if directory.join(".git").exists() {
            break;
        }
    }
    None
}

fn user_file() -> Option<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = set("XDG_CONFIG_HOME").or_else(|| Some(set("HOME")?.join(".config")))?;
    Some(base.join("myexplain").join(FILE_NAME)).filter(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn config(text: &str) -> Config {
        let mut config = Config::default();
        config.add(Path::new("/project/myexplain.toml"), text).expect("valid");
        config
    }

    fn explained(config: &Config, words: &[&str]) -> clap::ArgMatches {
        let command = config.apply(crate::Arguments::command()).expect("known options");
        let matches = command.try_get_matches_from(words).expect("valid arguments");
        matches.subcommand_matches("explain").expect("explain").clone()
    }

    #[test]
    fn paths_are_meant_from_the_files_directory_and_the_command_line_wins() {
        let config = config("bundle = 'db/prod'\n[explain]\nformat = 'tree'\nset = ['a=1', 'b=2']\nwarnings = true\n");
        let found = explained(&config, &["myexplain", "explain", "-e", "SELECT 1"]);
        assert_eq!(found.get_one::<PathBuf>("bundle"), Some(&PathBuf::from("/project/db/prod")));
        assert_eq!(found.get_many::<String>("set").map(Iterator::count), Some(2));
        assert!(found.get_flag("warnings"));
        let found = explained(&config, &["myexplain", "explain", "-b", "own", "-e", "SELECT 1"]);
        assert_eq!(found.get_one::<PathBuf>("bundle"), Some(&PathBuf::from("own")));
    }

    #[test]
    fn a_key_that_no_command_knows_is_an_error() {
        let wrong = config("[explain]\nbundel = 'x'\n").apply(crate::Arguments::command()).expect_err("unknown key");
        assert_eq!(wrong, "/project/myexplain.toml: [explain] 'bundel' is no option; see 'myexplain help'");
    }
}
