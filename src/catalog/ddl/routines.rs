//! Views, functions, procedures, triggers, events.

use super::lexis::{Parsed, list, name, parenthesized, qualified_name, word};
use super::{Definition, RoutineDefinition, RoutineType, TypeDefinition, ViewDefinition, columns, program_options};
use crate::catalog::ViewAlgorithm;

/// The words of a view after CREATE [OR REPLACE].
pub(super) fn create_view(input: &str) -> Parsed<'_, Definition> {
    let (rest, algorithm) = program_options(input)?;
    let (rest, _) = word("view")(rest)?;
    let (rest, (schema, view)) = qualified_name(rest)?;
    let (rest, columns) = if rest.starts_with('(') { list(name)(rest)? } else { (rest, Vec::new()) };
    let (rest, _) = word("as")(rest)?;
    let select = without_check_option(rest.trim()).to_owned();
    let algorithm = match algorithm.as_deref() {
        Some("MERGE") => ViewAlgorithm::Merge,
        Some("TEMPTABLE") => ViewAlgorithm::TempTable,
        _ => ViewAlgorithm::Undefined,
    };
    Ok(("", Definition::View(ViewDefinition { schema, name: view, algorithm, columns, select })))
}

fn without_check_option(select: &str) -> &str {
    for suffix in ["WITH CASCADED CHECK OPTION", "WITH LOCAL CHECK OPTION", "WITH CHECK OPTION"] {
        let Some(start) = select.len().checked_sub(suffix.len()) else { continue };
        if select.is_char_boundary(start) && select[start..].eq_ignore_ascii_case(suffix) {
            return select[..start].trim_end();
        }
    }
    select
}

/// The words of a stored program after CREATE.
pub(super) fn create_routine(input: &str) -> Parsed<'_, Definition> {
    let (rest, _) = program_options(input)?;
    let kinds = [
        ("function", RoutineType::Function),
        ("procedure", RoutineType::Procedure),
        ("trigger", RoutineType::Trigger),
        ("event", RoutineType::Event),
    ];
    let Some((rest, routine_type)) = kinds.iter().find_map(|(each, kind)| Some((word(each)(rest).ok()?.0, *kind))) else {
        return Err(nom::Err::Error(nom::error::Error::new(rest, nom::error::ErrorKind::Tag)));
    };
    let (rest, (schema, routine)) = qualified_name(rest)?;
    let mut definition = RoutineDefinition {
        routine_type,
        schema,
        name: routine,
        parameters: 0,
        returns: None,
        deterministic: false,
        text: format!("CREATE {input}"),
    };
    if matches!(routine_type, RoutineType::Function | RoutineType::Procedure) {
        let (rest, parameters) = parenthesized(rest)?;
        definition.parameters = count_parameters(parameters);
        let (rest, returns) = returns(rest)?;
        definition.returns = returns;
        definition.deterministic = is_deterministic(rest);
    }
    Ok(("", Definition::Routine(definition)))
}

/// Parameters of a list: commas outside of parentheses and quotes, plus one.
fn count_parameters(text: &str) -> usize {
    if text.trim().is_empty() {
        return 0;
    }
    let (mut depth, mut quote, mut count) = (0i32, None, 1);
    for c in text.chars() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"' | '`') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            (None, ',') if depth == 0 => count += 1,
            _ => {}
        }
    }
    count
}

fn returns(input: &str) -> Parsed<'_, Option<TypeDefinition>> {
    let Ok((rest, _)) = word("returns")(input) else {
        return Ok((input, None));
    };
    let (rest, mut ty) = columns::data_type(rest)?;
    let (rest, ()) = columns::charset_words(rest, &mut ty)?;
    Ok((rest, Some(ty)))
}

/// DETERMINISTIC among the characteristics that stand before the body.
fn is_deterministic(characteristics: &str) -> bool {
    let words = characteristics.split_whitespace();
    let mut before = "";
    for word in words {
        let is = |wanted: &str| word.eq_ignore_ascii_case(wanted);
        if is("deterministic") {
            return !before.eq_ignore_ascii_case("not");
        }
        if is("begin") || is("return") || word.ends_with(':') {
            return false;
        }
        before = word;
    }
    false
}
