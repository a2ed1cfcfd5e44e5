//! Bodies of stored programs: the statements that can be planned, each with its line, and the names that stand for values.

use super::cursor::Parser;
use super::token::{Kind, Op, Token, tokens};
use crate::catalog::settings::SqlMode;
use sqlparser::keywords::Keyword;

/// Levels of BEGIN, IF, LOOP … that a body may nest.
const DEPTH_LIMIT: usize = 200;

/// A stored procedure, function, trigger or event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routine {
    /// What CREATE makes, upper-cased: PROCEDURE, FUNCTION, TRIGGER, EVENT.
    pub kind: String,
    /// Its name as written, schema included.
    pub name: String,
    /// Table of a trigger, as written.
    pub table: Option<String>,
    /// Parameters and local variables: name, and type in words.
    pub variables: Vec<(String, String)>,
    /// Statements in the order of the text.
    pub statements: Vec<RoutineStatement>,
}

/// A statement of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoutineStatement {
    /// Text that can be planned: of SET, RETURN, IF … with a subquery, a SELECT of their expression.
    pub sql: String,
    /// Line of the routine's text, from 1.
    pub line: usize,
}

/// True if a text begins with CREATE … PROCEDURE, FUNCTION, TRIGGER or EVENT.
pub fn is_routine(text: &str) -> bool {
    let head: String = text.trim_start().chars().take(300).collect();
    let mut words = head.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    let is = |word: Option<&str>, wanted: &[&str]| word.is_some_and(|word| wanted.iter().any(|w| word.eq_ignore_ascii_case(w)));
    is(words.next(), &["CREATE"])
        && words
            .take_while(|word| !is(Some(word), &["TABLE", "VIEW", "DATABASE", "SCHEMA", "INDEX", "SELECT"]))
            .any(|word| is(Some(word), &["PROCEDURE", "FUNCTION", "TRIGGER", "EVENT"]))
}

/// Reads a CREATE statement of a stored program; none if the text is none or its blocks do not close.
pub fn read(text: &str, mode: &SqlMode) -> Option<Routine> {
    let parser = Parser::new(text, tokens(text, mode), *mode);
    let mut reader = Reader { parser, routine: Routine::empty(), depth: 0 };
    reader.header()?;
    reader.statement()?;
    Some(reader.routine)
}

impl Routine {
    fn empty() -> Routine {
        Routine { kind: String::new(), name: String::new(), table: None, variables: Vec::new(), statements: Vec::new() }
    }
}

struct Reader<'a> {
    parser: Parser<'a>,
    routine: Routine,
    depth: usize,
}

impl Reader<'_> {
    fn text(&self, token: Token) -> &str {
        self.parser.text.get(token.start as usize..token.end as usize).unwrap_or_default()
    }

    fn is(&self, n: usize, word: &str) -> bool {
        let token = self.parser.peek_nth(n);
        matches!(token.kind, Kind::Word | Kind::Reserved) && self.text(token).eq_ignore_ascii_case(word)
    }

    fn is_op(&self, n: usize, op: Op) -> bool {
        self.parser.peek_nth(n).kind == Kind::Op(op)
    }

    fn at_end(&self) -> bool {
        matches!(self.parser.peek().kind, Kind::End | Kind::Broken)
    }

    fn skip(&mut self, n: usize) {
        self.parser.at += n;
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.is(0, word);
        if found {
            self.skip(1);
        }
        found
    }

    fn name(&mut self) -> String {
        let text = self.text(self.parser.peek());
        let name = text.trim_matches('`').to_owned();
        self.skip(1);
        name
    }

    /// CREATE … up to where the body begins.
    fn header(&mut self) -> Option<()> {
        while !["PROCEDURE", "FUNCTION", "TRIGGER", "EVENT"].iter().any(|kind| self.is(0, kind)) {
            if self.at_end() {
                return None;
            }
            self.skip(1);
        }
        self.routine.kind = self.name().to_ascii_uppercase();
        if self.take_word("IF") {
            self.skip(2);
        }
        let mut name = self.name();
        while self.is_op(0, Op::Dot) {
            self.skip(1);
            name = format!("{name}.{}", self.name());
        }
        self.routine.name = name;
        if self.is_op(0, Op::LParen) {
            self.parameters()?;
        }
        while !self.body_begins() {
            if self.at_end() {
                return None;
            }
            if self.routine.kind == "TRIGGER" && self.take_word("ON") {
                self.routine.table = Some(self.name());
            } else {
                self.skip(1);
            }
        }
        Some(())
    }

    /// Characteristics, timing and schedule are behind.
    fn body_begins(&self) -> bool {
        let starts =
            ["BEGIN", "SELECT", "UPDATE", "DELETE", "INSERT", "REPLACE", "RETURN", "SET", "IF", "CASE", "WITH", "CALL", "LOOP"];
        let labelled = self.is_op(1, Op::Other) && self.text(self.parser.peek_nth(1)) == ":";
        let timing = self.routine.kind == "TRIGGER" && self.routine.table.is_none();
        let of_event = self.routine.kind == "EVENT" && !self.text_before_is("DO");
        !timing && !of_event && (labelled || starts.iter().any(|word| self.is(0, word)))
    }

    fn text_before_is(&self, word: &str) -> bool {
        let before = self.parser.at.checked_sub(1).and_then(|at| self.parser.tokens.get(at));
        before.is_some_and(|token| self.text(*token).eq_ignore_ascii_case(word))
    }

    /// `([IN|OUT|INOUT] name type, …)`
    fn parameters(&mut self) -> Option<()> {
        let close = self.parser.peek().pair as usize;
        self.skip(1);
        if close == 0 {
            return None;
        }
        while self.parser.at < close {
            for direction in ["IN", "OUT", "INOUT"] {
                if self.take_word(direction) {
                    break;
                }
            }
            let name = self.name();
            let from = self.parser.at;
            self.skip_to(close, &[Op::Comma]);
            let ty = self.between(from, self.parser.at);
            self.routine.variables.push((name, ty));
            self.skip(1);
        }
        self.parser.at = close + 1;
        Some(())
    }

    /// Moves to the next of some operators outside of parentheses, or to `end`.
    fn skip_to(&mut self, end: usize, stops: &[Op]) {
        while self.parser.at < end && !self.at_end() {
            let token = self.parser.peek();
            if let Kind::Op(op) = token.kind {
                if stops.contains(&op) {
                    return;
                }
                if op == Op::LParen && token.pair as usize > self.parser.at {
                    self.parser.at = token.pair as usize;
                }
            }
            self.skip(1);
        }
    }

    /// Text from one token to before another.
    fn between(&self, from: usize, to: usize) -> String {
        let start = self.parser.tokens.get(from).map_or(0, |token| token.start as usize);
        let end = to.checked_sub(1).and_then(|last| self.parser.tokens.get(last)).map_or(start, |token| token.end as usize);
        self.parser.text.get(start..end).unwrap_or_default().to_owned()
    }

    fn line_of(&self, from: usize) -> usize {
        let start = self.parser.tokens.get(from).map_or(0, |token| token.start as usize);
        1 + self.parser.text.as_bytes().iter().take(start).filter(|byte| **byte == b'\n').count()
    }

    fn statement(&mut self) -> Option<()> {
        self.depth += 1;
        let read = if self.depth > DEPTH_LIMIT { None } else { self.one_statement() };
        self.depth -= 1;
        read
    }

    fn one_statement(&mut self) -> Option<()> {
        if self.is_op(1, Op::Other) && self.text(self.parser.peek_nth(1)) == ":" {
            self.skip(2);
        }
        if self.take_word("BEGIN") {
            self.statements_until(&["END"])?;
            self.skip(1);
            return self.end_of_block();
        }
        if self.take_word("IF") {
            return self.branches("THEN", &["ELSEIF"], "IF");
        }
        if self.take_word("CASE") {
            self.expression_until(&["WHEN"])?;
            self.skip(1);
            return self.branches("THEN", &["WHEN"], "CASE");
        }
        if self.take_word("WHILE") {
            self.expression_until(&["DO"])?;
            self.skip(1);
            return self.loop_body("WHILE");
        }
        if self.take_word("LOOP") {
            return self.loop_body("LOOP");
        }
        if self.take_word("REPEAT") {
            self.statements_until(&["UNTIL"])?;
            self.skip(1);
            self.expression_until(&["END"])?;
            self.skip(2);
            return self.end_of_block();
        }
        if self.take_word("DECLARE") {
            return self.declaration();
        }
        self.plain();
        Some(())
    }

    /// A label and `;` behind END.
    fn end_of_block(&mut self) -> Option<()> {
        if matches!(self.parser.peek().kind, Kind::Word | Kind::Quoted) {
            self.skip(1);
        }
        if self.is_op(0, Op::Semicolon) {
            self.skip(1);
        }
        Some(())
    }

    fn statements_until(&mut self, ends: &[&str]) -> Option<()> {
        while !ends.iter().any(|end| self.is(0, end)) {
            if self.at_end() {
                return None;
            }
            self.statement()?;
        }
        Some(())
    }

    fn loop_body(&mut self, word: &str) -> Option<()> {
        self.statements_until(&["END"])?;
        self.skip(1);
        self.take_word(word);
        self.end_of_block()
    }

    /// `condition THEN statements` once or more, ELSE, END.
    fn branches(&mut self, then: &str, again: &[&str], word: &str) -> Option<()> {
        loop {
            self.expression_until(&[then])?;
            self.skip(1);
            let ends: Vec<&str> = again.iter().copied().chain(["ELSE", "END"]).collect();
            self.statements_until(&ends)?;
            if again.iter().any(|next| self.is(0, next)) {
                self.skip(1);
                continue;
            }
            if self.take_word("ELSE") {
                self.statements_until(&["END"])?;
            }
            self.skip(1);
            self.take_word(word);
            return self.end_of_block();
        }
    }

    /// An expression up to a word outside of parentheses and CASE; planned if it holds a subquery.
    fn expression_until(&mut self, ends: &[&str]) -> Option<()> {
        let from = self.parser.at;
        let mut cases = 0usize;
        while cases > 0 || !ends.iter().any(|end| self.is(0, end)) {
            if self.at_end() || self.is_op(0, Op::Semicolon) {
                return None;
            }
            if self.is(0, "CASE") {
                cases += 1;
            } else if cases > 0 && self.is(0, "END") {
                cases -= 1;
            }
            let token = self.parser.peek();
            if token.kind == Kind::Op(Op::LParen) && token.pair as usize > self.parser.at {
                self.parser.at = token.pair as usize;
            }
            self.skip(1);
        }
        self.keep_expression(from, from, self.parser.at);
        Some(())
    }

    /// Variables, cursors, handlers, conditions.
    fn declaration(&mut self) -> Option<()> {
        if ["CONTINUE", "EXIT", "UNDO"].iter().any(|word| self.is(0, word)) {
            while !self.take_word("FOR") {
                if self.at_end() {
                    return None;
                }
                self.skip(1);
            }
            return self.handler();
        }
        if self.is(1, "CURSOR") {
            self.skip(3);
            self.plain();
            return Some(());
        }
        let mut names = vec![self.name()];
        while self.is_op(0, Op::Comma) {
            self.skip(1);
            names.push(self.name());
        }
        let from = self.parser.at;
        while !self.is(0, "DEFAULT") && !self.is_op(0, Op::Semicolon) && !self.at_end() {
            self.skip(1);
        }
        let ty = self.between(from, self.parser.at);
        if !ty.to_ascii_uppercase().starts_with("CONDITION") {
            self.routine.variables.extend(names.into_iter().map(|name| (name, ty.clone())));
        }
        self.plain();
        Some(())
    }

    /// Conditions of a handler, then its statement.
    fn handler(&mut self) -> Option<()> {
        loop {
            if self.take_word("SQLSTATE") {
                self.take_word("VALUE");
            } else if self.take_word("NOT") {
                self.take_word("FOUND");
                if self.is_op(0, Op::Comma) {
                    self.skip(1);
                    continue;
                }
                break;
            }
            self.skip(1);
            if !self.is_op(0, Op::Comma) {
                break;
            }
            self.skip(1);
        }
        self.statement()
    }

    /// A statement up to its `;`.
    fn plain(&mut self) {
        let from = self.parser.at;
        self.skip_to(self.parser.tokens.len(), &[Op::Semicolon]);
        let to = self.parser.at;
        if self.is_op(0, Op::Semicolon) {
            self.skip(1);
        }
        let first = self.parser.tokens.get(from).copied();
        let Some(first) = first.filter(|_| to > from) else { return };
        let plannable = ["SELECT", "WITH", "INSERT", "REPLACE", "UPDATE", "DELETE", "TABLE", "VALUES"];
        let word = self.text(first).to_ascii_uppercase();
        if plannable.contains(&word.as_str()) || first.kind == Kind::Op(Op::LParen) {
            let sql = self.with_limits(from, to);
            self.routine.statements.push(RoutineStatement { sql, line: self.line_of(from) });
        } else if word == "RETURN" {
            self.keep_expression(from, from + 1, to);
        } else if word == "SET" || word == "DEFAULT" {
            let equals = |token: &Token| matches!(token.kind, Kind::Op(Op::Eq | Op::Assign));
            let place = self.parser.tokens[from..to].iter().position(equals).map_or(from + 1, |place| from + place + 1);
            self.keep_expression(from, place, to);
        }
    }

    /// Expressions with subqueries are planned as a SELECT of them.
    fn keep_expression(&mut self, statement: usize, from: usize, to: usize) {
        let tokens = self.parser.tokens.get(from..to).unwrap_or_default();
        if tokens.iter().any(|token| token.keyword == Keyword::SELECT) {
            let sql = format!("SELECT {}", self.with_limits(from, to));
            self.routine.statements.push(RoutineStatement { sql, line: self.line_of(statement) });
        }
    }

    /// The text of a statement; a variable behind LIMIT and OFFSET becomes a parameter.
    fn with_limits(&self, from: usize, to: usize) -> String {
        let mut sql = self.between(from, to);
        let base = self.parser.tokens.get(from).map_or(0, |token| token.start as usize);
        for at in (from + 1..to).rev() {
            let (before, token) = (self.parser.tokens[at - 1], self.parser.tokens[at]);
            if matches!(before.keyword, Keyword::LIMIT | Keyword::OFFSET) && matches!(token.kind, Kind::Word | Kind::Quoted) {
                sql.replace_range(token.start as usize - base..token.end as usize - base, "?");
            }
        }
        sql
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROCEDURE: &str = "CREATE DEFINER=`root`@`%` PROCEDURE `report`(IN p_from date, OUT p_count int)
    READS SQL DATA
BEGIN
  DECLARE done INT DEFAULT 0;
  DECLARE c CURSOR FOR SELECT emp_no FROM employees WHERE hire_date > p_from;
  DECLARE CONTINUE HANDLER FOR NOT FOUND SET done = 1;
  IF (SELECT COUNT(*) FROM departments) > 3 THEN
    UPDATE employees SET gender = 'M' WHERE emp_no = 1;
  ELSE
    DELETE FROM salaries WHERE emp_no = 1;
  END IF;
  read_loop: LOOP
    FETCH c INTO done;
    IF done THEN LEAVE read_loop; END IF;
    INSERT INTO departments SELECT CASE WHEN 1 THEN 'x' END, 'y' FROM departments LIMIT done;
  END LOOP read_loop;
  SELECT COUNT(*) INTO p_count FROM employees;
END";

    #[test]
    fn every_statement_with_its_line() {
        assert!(is_routine(PROCEDURE));
        let routine = read(PROCEDURE, &SqlMode::default()).expect("a routine");
        assert_eq!((routine.kind.as_str(), routine.name.as_str()), ("PROCEDURE", "report"));
        let names: Vec<&str> = routine.variables.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["p_from", "p_count", "done"]);
        let lines: Vec<usize> = routine.statements.iter().map(|statement| statement.line).collect();
        assert_eq!(lines, [5, 7, 8, 10, 15, 17]);
        assert!(routine.statements[4].sql.ends_with("LIMIT ?"));
    }

    #[test]
    fn a_trigger_knows_its_table() {
        let text =
            "CREATE TRIGGER t BEFORE INSERT ON employees FOR EACH ROW SET NEW.emp_no = (SELECT MAX(emp_no) FROM employees)";
        let routine = read(text, &SqlMode::default()).expect("a trigger");
        assert_eq!(routine.table.as_deref(), Some("employees"));
        assert_eq!(routine.statements[0].sql, "SELECT (SELECT MAX(emp_no) FROM employees)");
    }

    #[test]
    fn what_is_no_routine() {
        assert!(!is_routine("CREATE TABLE t (a int)"));
        assert!(!is_routine("SELECT 1"));
        assert_eq!(read("CREATE PROCEDURE p() BEGIN SELECT 1;", &SqlMode::default()), None);
    }
}
