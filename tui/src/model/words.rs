//! Small readings of texts.

/// Where a syntax error is: the server quotes the text from there on (at most 80 bytes) and names the line.
pub(super) fn place_of_error(message: &str, sql: &str) -> Option<(usize, usize)> {
    if let Some((_, behind)) = message.split_once("right syntax to use near '") {
        let (near, line) = behind.rsplit_once("' at line ")?;
        let line: usize = line.trim().parse().ok()?;
        return place_of_quote(near, line, sql);
    }
    let (_, behind) = message.split_once("Unknown column '").or_else(|| message.split_once("Table '"))?;
    let name = behind.split('\'').next()?.rsplit('.').next()?;
    place_of_name(name, sql)
}

fn place_of_quote(near: &str, line: usize, sql: &str) -> Option<(usize, usize)> {
    if near.is_empty() {
        return Some(place_of_byte(sql, sql.trim_end().len()));
    }
    let starts = sql.match_indices(near).map(|(at, _)| at);
    let on_line = starts.filter(|at| 1 + sql[..*at].matches('\n').count() == line);
    // Texts of fewer than 80 bytes reach to the end of the statement: the last match is meant.
    on_line.last().map(|at| place_of_byte(sql, at))
}

fn place_of_name(name: &str, sql: &str) -> Option<(usize, usize)> {
    let (low, name) = (sql.to_ascii_lowercase(), name.to_ascii_lowercase());
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let at = low
        .match_indices(&name)
        .map(|(at, _)| at)
        .find(|at| !is_word(low[..*at].chars().next_back()) && !is_word(low[at + name.len()..].chars().next()))?;
    Some(place_of_byte(sql, at))
}

fn place_of_byte(sql: &str, at: usize) -> (usize, usize) {
    let before = &sql[..at];
    let line = before.matches('\n').count();
    let column = before.rsplit('\n').next().unwrap_or("").chars().count();
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::place_of_error;

    #[test]
    fn places_of_errors() {
        let sql = "SELECT *\nFORM t";
        let message = "ERROR 1064 (42000): You have an error in your SQL syntax; check the manual that corresponds to your MySQL \
                       server version for the right syntax to use near 'FORM t' at line 2";
        assert_eq!(place_of_error(message, sql), Some((1, 0)));
        let message = "ERROR 1054 (42S22): Unknown column 'e.nope' in 'field list'";
        assert_eq!(place_of_error(message, "SELECT e.nope FROM employees e"), Some((0, 9)));
        let ended = "near: the right syntax to use near '' at line 1";
        assert_eq!(place_of_error(ended, "SELECT * FROM "), Some((0, 13)));
    }
}
