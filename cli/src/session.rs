//! A bundle, settings on top of it, and statements planned under both.

use myexplain::advise::placeholders::{self, PlansByValue};
use myexplain::advise::{self, Finding};
use myexplain::catalog::{Catalog, RoutineVariable, bundle};
use myexplain::error::{PlanError, ServerError};
use myexplain::parse;
use myexplain::parse::ast::{Expr, Literal, StatementKind};
use myexplain::plan::Plan;
use myexplain::planner::Planner;
use myexplain::planner::parallel::guarded;
use myexplain_capture::files::BundleFiles;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Loads a bundle, a directory or one compressed file; without one, the schema that is built in.
pub(crate) fn load(path: Option<&Path>) -> Result<Catalog, String> {
    match path {
        Some(path) if path.is_dir() => bundle::load(path).map_err(|error| error.to_string()),
        Some(path) => {
            let files = BundleFiles::read(path).map_err(|error| error.to_string())?;
            bundle::load_files(&files).map_err(|error| error.to_string())
        }
        None => Ok(Catalog::sample()),
    }
}

/// Reads a text file, or stdin for `-`.
pub(crate) fn read_text(path: &Path) -> Result<String, String> {
    if path == Path::new("-") {
        return std::io::read_to_string(std::io::stdin()).map_err(|error| format!("cannot read stdin: {error}"));
    }
    let bytes = std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count();
        format!("{}:{line}: not UTF-8; save the file as UTF-8", path.display())
    })
}

/// Applies `NAME=VALUE` assignments, as one would write them behind SET SESSION.
pub(crate) fn assign(catalog: &mut Catalog, sets: &[String]) -> Result<(), ServerError> {
    for set in sets {
        let Some((name, value)) = set.split_once('=') else {
            return Err(ServerError::new(1064, "42000", format!("'{set}' is no assignment; write NAME=VALUE")));
        };
        catalog.settings.assign_any(name.trim().trim_end_matches(':'), value)?;
    }
    Ok(())
}

/// Carries out a SET statement.
fn set(catalog: &mut Catalog, sql: &str) -> Result<(), ServerError> {
    let StatementKind::Set(list) = parse::statement(sql, &catalog.settings)?.kind else { return Ok(()) };
    for (name, value) in list {
        assign(catalog, &[format!("{name}={}", written(&value))])?;
    }
    Ok(())
}

/// The value of an assignment as one would write it.
fn written(value: &Expr) -> String {
    match value {
        Expr::Literal(Literal::String { value, .. }) => format!("'{}'", value.replace('\'', "''")),
        Expr::Literal(Literal::Integer(text) | Literal::Decimal(text) | Literal::Float(text) | Literal::Boolean(_, text)) => {
            text.to_string()
        }
        Expr::Negate(value) => format!("-{}", written(value)),
        Expr::Column(name) => name.column.to_string(),
        Expr::DefaultValue => "DEFAULT".to_owned(),
        _ => "NULL".to_owned(),
    }
}

/// Carries out USE.
pub(crate) fn use_schema(catalog: &mut Catalog, schema: &str) -> Result<(), ServerError> {
    if !catalog.schemas.contains_key(schema) {
        return Err(ServerError::new(1049, "42000", format!("Unknown database '{schema}'")));
    }
    catalog.current_schema = Some(Arc::from(schema));
    Ok(())
}

/// Carries out SET and USE; false if the statement is neither.
///
/// # Errors
/// Those of SET and USE.
pub(crate) fn change(catalog: &mut Catalog, sql: &str) -> Result<bool, PlanError> {
    let first = sql.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or("");
    if first.eq_ignore_ascii_case("set") {
        set(catalog, sql)?;
        return Ok(true);
    }
    if first.eq_ignore_ascii_case("use") {
        if let StatementKind::Use(schema) = parse::statement(sql, &catalog.settings)?.kind {
            use_schema(catalog, &schema)?;
        }
        return Ok(true);
    }
    Ok(false)
}

/// Plans one statement. A panic, which is a bug of this program, comes back as an error.
pub(crate) fn plan(catalog: &Catalog, sql: &str) -> Result<Plan, PlanError> {
    guarded(|| Planner::new(catalog).plan(sql))
        .unwrap_or_else(|panic| Err(PlanError::NotCovered(format!("internal error, please report it: {panic}"))))
}

/// What there is to say about a statement; nothing of one that cannot be planned.
pub(crate) fn findings(catalog: &Catalog, sql: &str) -> Vec<Finding> {
    guarded(|| advise::find(catalog, sql)).ok().and_then(Result::ok).unwrap_or_default()
}

/// The plans of a statement with placeholders.
pub(crate) fn plans_by_value(catalog: &Catalog, sql: &str) -> Result<PlansByValue, PlanError> {
    guarded(|| placeholders::plans_by_value(catalog, sql))
        .unwrap_or_else(|panic| Err(PlanError::NotCovered(format!("internal error, please report it: {panic}"))))
}

/// Plans one statement and records the decisions.
pub(crate) fn traced_plan(catalog: &Catalog, sql: &str) -> Result<Plan, PlanError> {
    guarded(|| Planner::new(catalog).with_trace(true).plan(sql))
        .unwrap_or_else(|panic| Err(PlanError::NotCovered(format!("internal error, please report it: {panic}"))))
}

/// Plans one statement of a stored program.
pub(crate) fn plan_in_routine(
    catalog: &Catalog,
    sql: &str,
    variables: &[RoutineVariable],
    trace: bool,
) -> Result<Plan, PlanError> {
    guarded(|| Planner::new(catalog).with_variables(variables.to_vec()).with_trace(trace).plan(sql))
        .unwrap_or_else(|panic| Err(PlanError::NotCovered(format!("internal error, please report it: {panic}"))))
}

/// The catalog under more settings, if there are any.
pub(crate) fn under<'a>(catalog: &'a Catalog, sets: &[String]) -> Result<std::borrow::Cow<'a, Catalog>, ServerError> {
    if sets.is_empty() {
        return Ok(std::borrow::Cow::Borrowed(catalog));
    }
    let mut own = catalog.clone();
    assign(&mut own, sets)?;
    Ok(std::borrow::Cow::Owned(own))
}

/// Paths of the recordings of a directory, by name; a directory with a `golden` directory in it means that one.
pub(crate) fn recordings_in(directory: &Path) -> Result<Vec<PathBuf>, String> {
    let golden = directory.join("golden");
    let directory = if golden.is_dir() { golden.as_path() } else { directory };
    let entries = std::fs::read_dir(directory).map_err(|error| format!("cannot read {}: {error}", directory.display()))?;
    let is_recording = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "txt");
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(is_recording).collect();
    paths.sort();
    if paths.is_empty() {
        return Err(format!("no recordings (*.txt) in {}", directory.display()));
    }
    Ok(paths)
}
