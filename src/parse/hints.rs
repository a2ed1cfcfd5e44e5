//! Optimizer hint comments: tokens with nom, the grammar over them, warnings for what it refuses (spec 09 §1.1-1.3).

use super::ast::{Hint, HintArguments, HintTable, Name, ParseWarning};
use super::cursor::Parser;
use super::error::{line, near};
use super::literal::quoted_name;
use super::token::Kind;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::character::complete::{char, digit1, none_of};
use nom::combinator::{not, opt, recognize};
use nom::multi::many1_count;
use nom::sequence::{delimited, pair, preceded, terminated};
use nom::{IResult, Parser as _};
use std::sync::Arc;

/// What a token of a hint comment is.
#[derive(Clone, Debug, PartialEq)]
enum Word {
    /// A name without quotes; it may be a keyword.
    Plain(Name),
    Quoted(Name),
    Text(Name),
    Number(Name),
    /// `10M`
    Scaled(Name),
    Decimal(Name),
    /// `@name`
    Block(Name),
    Sign(char),
    End,
}

/// A token and where it begins, in bytes of the statement.
#[derive(Clone, Debug)]
struct Placed {
    word: Word,
    at: usize,
}

impl Parser<'_> {
    /// The hints of the comment that stands here, if one does; warnings are noted.
    pub(super) fn hint_comment(&mut self) -> Vec<Hint> {
        let token = self.peek();
        if token.kind != Kind::Hint {
            return Vec::new();
        }
        self.at += 1;
        let mut reader = Reader {
            text: self.text,
            at: token.start as usize + 3,
            end: token.end as usize,
            ansi_quotes: self.mode.ansi_quotes,
            ahead: None,
            block_may_follow: false,
            warnings: &mut self.warnings,
        };
        reader.comment()
    }
}

/// Why a hint could not be read: the offending token's place; the warning is made from it.
struct Offence(usize);

type Read<T> = Result<T, Offence>;

struct Reader<'a> {
    text: &'a str,
    at: usize,
    end: usize,
    ansi_quotes: bool,
    ahead: Option<Placed>,
    /// The last token was `(`, or a name that ends right here.
    block_may_follow: bool,
    warnings: &'a mut Vec<ParseWarning>,
}

/// What stands between the parentheses of a hint.
#[derive(Clone, Copy)]
enum Shape {
    Tables,
    Indexes,
    Nothing,
    Strategies(&'static [&'static str]),
    OneStrategy(&'static [&'static str]),
    Name,
    ExecutionTime,
    Variable,
}

fn shape(name: &str) -> Option<Shape> {
    Some(match name {
        "BKA"
        | "NO_BKA"
        | "BNL"
        | "NO_BNL"
        | "HASH_JOIN"
        | "NO_HASH_JOIN"
        | "MERGE"
        | "NO_MERGE"
        | "DERIVED_CONDITION_PUSHDOWN"
        | "NO_DERIVED_CONDITION_PUSHDOWN"
        | "JOIN_PREFIX"
        | "JOIN_SUFFIX"
        | "JOIN_ORDER" => Shape::Tables,
        "MRR"
        | "NO_MRR"
        | "NO_ICP"
        | "NO_RANGE_OPTIMIZATION"
        | "INDEX_MERGE"
        | "NO_INDEX_MERGE"
        | "SKIP_SCAN"
        | "NO_SKIP_SCAN"
        | "INDEX"
        | "NO_INDEX"
        | "JOIN_INDEX"
        | "NO_JOIN_INDEX"
        | "GROUP_INDEX"
        | "NO_GROUP_INDEX"
        | "ORDER_INDEX"
        | "NO_ORDER_INDEX" => Shape::Indexes,
        "JOIN_FIXED_ORDER" => Shape::Nothing,
        "SEMIJOIN" | "NO_SEMIJOIN" => Shape::Strategies(&["FIRSTMATCH", "LOOSESCAN", "MATERIALIZATION", "DUPSWEEDOUT"]),
        "SUBQUERY" => Shape::OneStrategy(&["MATERIALIZATION", "INTOEXISTS"]),
        "QB_NAME" | "RESOURCE_GROUP" => Shape::Name,
        "MAX_EXECUTION_TIME" => Shape::ExecutionTime,
        "SET_VAR" => Shape::Variable,
        _ => return None,
    })
}

fn is_keyword(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    shape(&name).is_some() || ["FIRSTMATCH", "LOOSESCAN", "MATERIALIZATION", "DUPSWEEDOUT", "INTOEXISTS"].contains(&name.as_str())
}

impl Reader<'_> {
    fn comment(&mut self) -> Vec<Hint> {
        let mut hints = Vec::new();
        loop {
            if !hints.is_empty() && self.peek().word == Word::End {
                return hints;
            }
            match self.hint() {
                Ok(hint) => hints.extend(hint),
                Err(Offence(at)) => {
                    self.warn("Optimizer hint syntax error", at);
                    return hints;
                }
            }
            if self.peek().word == Word::End {
                return hints;
            }
        }
    }

    fn warn(&mut self, what: &str, at: usize) {
        let text = format!("{what} near '{}' at line {}", near(self.text, at), line(self.text, at));
        self.warnings.push(ParseWarning { code: 1064, text });
    }

    // `None`: well-formed, but dropped with a warning of its own.
    fn hint(&mut self) -> Read<Option<Hint>> {
        let name = self.next();
        let Word::Plain(written) = &name.word else { return Err(Offence(name.at)) };
        let upper = written.to_ascii_uppercase();
        let Some(shape) = shape(&upper) else { return Err(Offence(name.at)) };
        self.sign('(')?;
        let (query_block, arguments) = match shape {
            Shape::Name => (None, Some(HintArguments::Name(self.identifier()?))),
            Shape::ExecutionTime => (None, self.execution_time()?),
            Shape::Variable => (None, self.variable()?),
            _ => {
                let block = self.block();
                let arguments = match shape {
                    Shape::Tables => HintArguments::Tables(self.tables(block.is_some())?),
                    Shape::Indexes => self.indexes(block.is_some())?,
                    Shape::Strategies(allowed) => HintArguments::Strategies(self.strategies(allowed)?),
                    Shape::OneStrategy(allowed) => HintArguments::Strategies(vec![self.strategy(allowed)?]),
                    _ => HintArguments::Tables(Vec::new()),
                };
                (block, Some(arguments))
            }
        };
        self.sign(')')?;
        Ok(arguments.map(|arguments| Hint { name: upper.into(), query_block, arguments }))
    }

    fn block(&mut self) -> Option<Name> {
        match self.peek().word {
            Word::Block(name) => {
                self.next();
                Some(name)
            }
            _ => None,
        }
    }

    fn tables(&mut self, block_given: bool) -> Read<Vec<HintTable>> {
        let mut tables = Vec::new();
        if self.peek().word == Word::Sign(')') {
            return Ok(tables);
        }
        loop {
            tables.push(self.table(block_given)?);
            if self.peek().word != Word::Sign(',') {
                return Ok(tables);
            }
            self.next();
        }
    }

    fn table(&mut self, block_given: bool) -> Read<HintTable> {
        let name = self.identifier()?;
        let query_block = if block_given { None } else { self.block() };
        Ok(HintTable { name, query_block })
    }

    fn indexes(&mut self, block_given: bool) -> Read<HintArguments> {
        let table = self.table(block_given)?;
        let mut indexes = Vec::new();
        if self.peek().word != Word::Sign(')') {
            indexes.push(self.identifier()?);
            while self.peek().word == Word::Sign(',') {
                self.next();
                indexes.push(self.identifier()?);
            }
        }
        Ok(HintArguments::Indexes { table, indexes })
    }

    fn strategies(&mut self, allowed: &[&str]) -> Read<Vec<Arc<str>>> {
        let mut list = Vec::new();
        if self.peek().word == Word::Sign(')') {
            return Ok(list);
        }
        list.push(self.strategy(allowed)?);
        while self.peek().word == Word::Sign(',') {
            self.next();
            list.push(self.strategy(allowed)?);
        }
        Ok(list)
    }

    fn strategy(&mut self, allowed: &[&str]) -> Read<Arc<str>> {
        let token = self.next();
        if let Word::Plain(name) = &token.word {
            let upper = name.to_ascii_uppercase();
            if allowed.contains(&upper.as_str()) {
                return Ok(upper.into());
            }
        }
        Err(Offence(token.at))
    }

    fn execution_time(&mut self) -> Read<Option<HintArguments>> {
        let token = self.next();
        let number = match &token.word {
            Word::Number(digits) => digits.parse::<u64>().ok().filter(|n| *n <= u64::from(u32::MAX)),
            Word::Scaled(_) => None,
            _ => return Err(Offence(token.at)),
        };
        if number.is_none() {
            let at = self.peek().at;
            self.warn("Unsupported MAX_EXECUTION_TIME", at);
        }
        Ok(number.map(HintArguments::Number))
    }

    fn variable(&mut self) -> Read<Option<HintArguments>> {
        let token = self.next();
        let name = match &token.word {
            Word::Quoted(name) => name.clone(),
            Word::Plain(name) if !is_keyword(name) || name.eq_ignore_ascii_case("MAX_EXECUTION_TIME") => name.clone(),
            _ => return Err(Offence(token.at)),
        };
        self.sign('=')?;
        let token = self.next();
        let (value, quoted) = match token.word {
            Word::Text(value) | Word::Quoted(value) => (value, true),
            Word::Plain(value) if !is_keyword(&value) => (value, true),
            Word::Number(digits) if digits.parse::<u64>().is_ok() => (digits, false),
            Word::Decimal(number) => (number, false),
            Word::Scaled(number) if scaled(&number).is_some() => {
                (scaled(&number).map(|n| n.to_string().into()).unwrap_or(number), false)
            }
            Word::Number(_) | Word::Scaled(_) => {
                self.warn("A size parameter was incorrectly specified, either number or on the form 10M", token.at);
                return Ok(None);
            }
            _ => return Err(Offence(token.at)),
        };
        Ok(Some(HintArguments::Variable { name, value, quoted }))
    }

    fn identifier(&mut self) -> Read<Name> {
        let token = self.next();
        match token.word {
            Word::Quoted(name) => Ok(name),
            Word::Plain(name) if !is_keyword(&name) => Ok(name),
            _ => Err(Offence(token.at)),
        }
    }

    fn sign(&mut self, sign: char) -> Read<()> {
        let token = self.next();
        if token.word == Word::Sign(sign) { Ok(()) } else { Err(Offence(token.at)) }
    }

    fn peek(&mut self) -> Placed {
        if let Some(ahead) = &self.ahead {
            return ahead.clone();
        }
        let token = self.read();
        self.ahead = Some(token.clone());
        token
    }

    fn next(&mut self) -> Placed {
        match self.ahead.take() {
            Some(ahead) => ahead,
            None => self.read(),
        }
    }

    fn read(&mut self) -> Placed {
        let rest = &self.text[self.at..self.end];
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']).len();
        let at = self.at + blanks;
        let rest = &self.text[at..self.end];
        let block_allowed = self.block_may_follow && (blanks == 0 || self.text[..self.at].ends_with('('));
        let (behind, word) = match token(rest, self.ansi_quotes, block_allowed && rest.starts_with('@')) {
            Ok(read) => read,
            Err(_) => ("", Word::End),
        };
        self.at = self.end - behind.len();
        self.block_may_follow = matches!(word, Word::Plain(_) | Word::Quoted(_) | Word::Sign('('));
        // A block name that cannot be read is reported behind its sign.
        let at = if word == Word::Sign('@') && block_allowed { at + 1 } else { at };
        Placed { word, at }
    }
}

fn scaled(number: &str) -> Option<u64> {
    let factor = match number.bytes().last()? {
        b'K' => 1 << 10,
        b'M' => 1 << 20,
        b'G' => 1 << 30,
        _ => return None,
    };
    number[..number.len() - 1].parse::<u64>().ok()?.checked_mul(factor)
}

fn is_name_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || c == '$' || !c.is_ascii()
}

fn is_name_part(c: char) -> bool {
    is_name_start(c) || c.is_ascii_digit()
}

fn token(input: &str, ansi_quotes: bool, block: bool) -> IResult<&str, Word> {
    if block && let Ok((rest, name)) = block_name(input, ansi_quotes) {
        return Ok((rest, Word::Block(name)));
    }
    alt((
        tag("*/").map(|_| Word::End),
        |i| quoted_identifier(i, ansi_quotes).map(|(rest, name)| (rest, Word::Quoted(name))),
        text.map(Word::Text),
        number,
        plain.map(|name: &str| Word::Plain(name.into())),
        nom::character::complete::anychar.map(Word::Sign),
    ))
    .parse(input)
}

fn plain(input: &str) -> IResult<&str, &str> {
    take_while1(is_name_part)(input)
}

fn block_name(input: &str, ansi_quotes: bool) -> IResult<&str, Name> {
    preceded(char('@'), alt((|i| quoted_identifier(i, ansi_quotes), plain_block.map(Name::from)))).parse(input)
}

// `select#1` needs quotes; a plain name has no `#`.
fn plain_block(input: &str) -> IResult<&str, &str> {
    recognize(pair(nom::character::complete::satisfy(is_name_start), take_while(is_name_part))).parse(input)
}

fn quoted_identifier(input: &str, ansi_quotes: bool) -> IResult<&str, Name> {
    if ansi_quotes {
        alt((quoted('`'), quoted('"'))).map(quoted_name).parse(input)
    } else {
        quoted('`').map(quoted_name).parse(input)
    }
}

fn text(input: &str) -> IResult<&str, Name> {
    alt((quoted('\''), quoted('"'))).map(quoted_name).parse(input)
}

// Doubled quotes inside, at least one character; `*/` cannot occur, since it ended the comment.
fn quoted<'a>(quote: char) -> impl nom::Parser<&'a str, Output = &'a str, Error = nom::error::Error<&'a str>> {
    let doubled = match quote {
        '`' => "``",
        '"' => "\"\"",
        _ => "''",
    };
    let one = match quote {
        '`' => "`",
        '"' => "\"",
        _ => "'",
    };
    recognize(delimited(char(quote), many1_count(alt((tag(doubled).map(|_| ' '), none_of(one)))), char(quote)))
}

fn number(input: &str) -> IResult<&str, Word> {
    let decimal = recognize((opt(digit1), char('.'), digit1));
    let scaled = recognize(pair(digit1, nom::character::complete::one_of("KMG")));
    let ends = || not(nom::character::complete::satisfy(is_name_part));
    alt((
        decimal.map(|n: &str| Word::Decimal(n.into())),
        terminated(scaled, ends()).map(|n: &str| Word::Scaled(n.into())),
        terminated(digit1, ends()).map(|n: &str| Word::Number(n.into())),
    ))
    .parse(input)
}

#[cfg(test)]
mod tests {
    use crate::parse::ast::*;
    use crate::parse::top::statement_under;

    fn read(comment: &str) -> (Vec<Hint>, Vec<String>) {
        let text = format!("SELECT /*+ {comment} */ 1");
        let parsed = statement_under(&text, &Default::default(), 80039).unwrap();
        let warnings = parsed.warnings.into_iter().map(|w| w.text).collect();
        match parsed.kind {
            StatementKind::Select(QueryExpr { body: QueryBody::Select(select), .. }) => (select.hints, warnings),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn tables_and_blocks() {
        let (hints, warnings) = read("BKA(t1, t2@`select#2`) no_bnl(@qb t3) SEMIJOIN(@`select#2` FIRSTMATCH, loosescan)");
        assert!(warnings.is_empty(), "{warnings:?}");
        assert_eq!(hints.len(), 3);
        assert_eq!(&*hints[1].name, "NO_BNL");
        assert_eq!(hints[1].query_block.as_deref(), Some("qb"));
        let HintArguments::Tables(tables) = &hints[0].arguments else { panic!() };
        assert_eq!(tables[1].query_block.as_deref(), Some("select#2"));
        assert_eq!(hints[2].arguments, HintArguments::Strategies(vec!["FIRSTMATCH".into(), "LOOSESCAN".into()]));
    }

    #[test]
    fn indexes_and_variables() {
        let (hints, _) = read("INDEX(t1 ka, kb) SET_VAR(sort_buffer_size = 16M) SET_VAR(optimizer_switch='mrr=off')");
        let HintArguments::Indexes { table, indexes } = &hints[0].arguments else { panic!() };
        assert_eq!((&*table.name, indexes.len()), ("t1", 2));
        let expect = HintArguments::Variable { name: "sort_buffer_size".into(), value: "16777216".into(), quoted: false };
        assert_eq!(hints[1].arguments, expect);
    }

    #[test]
    fn the_rest_is_dropped_from_the_first_error_on() {
        let (hints, warnings) = read("BKA(t1) FOO(t2) BNL(t3)");
        assert_eq!(hints.len(), 1);
        assert_eq!(warnings, ["Optimizer hint syntax error near 'FOO(t2) BNL(t3) */ 1' at line 1"]);
        assert_eq!(read("").1, ["Optimizer hint syntax error near '*/ 1' at line 1"]);
        assert_eq!(read("BKA(t1 @qb)").1, ["Optimizer hint syntax error near '@qb) */ 1' at line 1"]);
    }
}
