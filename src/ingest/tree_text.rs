//! FORMAT=TREE and EXPLAIN ANALYZE: the text to nodes and back.

use super::node::{Actual, CostFigures, Figure, Measured, Node};
use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::u64;
use nom::combinator::{all_consuming, map_opt, opt, value};
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

/// Blanks that a level is indented by.
const STEP: usize = 4;
/// Levels that are told apart; what lies deeper hangs on the deepest.
const MAX_DEPTH: usize = 256;

/// Reads a tree; none if no line of it is one of a tree.
pub fn read(text: &str) -> Option<Vec<Node>> {
    let mut roots = Vec::new();
    // The open nodes from the root down, each with the depth of its line.
    let mut open: Vec<(usize, Node)> = Vec::new();
    for (depth, line) in lines(text) {
        let node = read_line(&line, depth.is_none());
        let depth = depth.unwrap_or(open.len()).min(MAX_DEPTH);
        close(&mut open, &mut roots, depth);
        open.push((depth, node));
    }
    close(&mut open, &mut roots, 0);
    (!roots.is_empty()).then_some(roots)
}

/// Hangs open nodes of this depth and deeper on their parents.
fn close(open: &mut Vec<(usize, Node)>, roots: &mut Vec<Node>, depth: usize) {
    while open.last().is_some_and(|(own, _)| *own >= depth) {
        let Some((_, node)) = open.pop() else { return };
        match open.last_mut() {
            Some((_, parent)) => parent.children.push(node),
            None => roots.push(node),
        }
    }
}

/// Lines with their depth (none for one without an arrow); a line that starts no node continues the one before it.
fn lines(text: &str) -> Vec<(Option<usize>, String)> {
    let mut found: Vec<(Option<usize>, String)> = Vec::new();
    for line in text.trim_end_matches('\n').split('\n') {
        let bare = line.trim_start_matches(' ');
        if let Some(rest) = bare.strip_prefix("-> ") {
            found.push((Some((line.len() - bare.len()) / STEP), rest.to_owned()));
        } else if line.starts_with("<not executable") {
            found.push((None, line.to_owned()));
        } else if let Some((_, last)) = found.last_mut() {
            last.push('\n');
            last.push_str(line);
        }
    }
    found
}

/// A node of a line without its indentation.
fn read_line(line: &str, bare: bool) -> Node {
    let start = ["  (cost=", "  (rows=", "  (actual ", "  (never executed)"].iter().filter_map(|mark| line.rfind(mark)).min();
    let split = start.and_then(|start| Some((line.get(..start)?, numbers(line.get(start..)?).ok()?.1)));
    let (label, numbers) = split.unwrap_or((line, Numbers::default()));
    Node { cost: numbers.cost, rows: numbers.rows, actual: numbers.actual, bare, ..Node::of_label(label) }
}

#[derive(Default)]
struct Numbers {
    cost: Option<CostFigures>,
    rows: Option<Figure>,
    actual: Option<Actual>,
}

/// `  (cost=F..C rows=R) (actual time=F..L rows=R loops=N)`, each part being optional.
fn numbers(text: &str) -> IResult<&str, Numbers> {
    let estimate =
        delimited(tag("("), (opt(terminated(preceded(tag("cost="), cost), tag(" "))), preceded(tag("rows="), figure)), tag(")"));
    let (rest, _) = tag("  ").parse(text)?;
    let (rest, estimate) = opt(terminated(estimate, opt(tag(" ")))).parse(rest)?;
    let (rest, actual) = all_consuming(opt(actual)).parse(rest)?;
    let (cost, rows) = estimate.map_or((None, None), |(cost, rows)| (cost, Some(rows)));
    Ok((rest, Numbers { cost, rows, actual }))
}

fn figure(text: &str) -> IResult<&str, Figure> {
    map_opt(figure_text, Figure::read).parse(text)
}

/// A number up to `..` or whatever cannot be part of a number.
fn figure_text(text: &str) -> IResult<&str, &str> {
    let (_, long) = take_while1(|c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | '+' | '-'))(text)?;
    let length = long.find("..").unwrap_or(long.len());
    Ok((&text[length..], &text[..length]))
}

/// `C` or `F..C`
fn cost(text: &str) -> IResult<&str, CostFigures> {
    let (rest, (one, two)) = (figure, opt(preceded(tag(".."), figure))).parse(text)?;
    Ok((rest, two.map_or(CostFigures { first: None, total: one }, |total| CostFigures { first: Some(one), total })))
}

fn actual(text: &str) -> IResult<&str, Actual> {
    let never = value(Actual::NeverExecuted, tag("(never executed)"));
    let time = (preceded(tag("time="), figure), terminated(preceded(tag(".."), figure), tag(" ")));
    let measured = (opt(time), preceded(tag("rows="), figure), preceded(tag(" loops="), u64));
    let ran = delimited(tag("(actual "), measured, tag(")")).map(|(time, rows, loops)| {
        let (first_ms, last_ms) = time.map_or((None, None), |(first, last)| (Some(first), Some(last)));
        Actual::Measured(Measured { first_ms, last_ms, rows, loops })
    });
    nom::branch::alt((never, ran)).parse(text)
}

/// The text of a tree; every line ends with a line feed.
pub fn render(nodes: &[Node]) -> String {
    let mut out = String::new();
    for (depth, node) in nodes.iter().flat_map(Node::walk) {
        if !node.bare {
            out.extend(std::iter::repeat_n(' ', depth * STEP));
            out.push_str("-> ");
        }
        out.push_str(&node.label);
        out.push_str(&node.numbers());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANALYZE: &str = "\
-> Limit: 3 row(s)  (actual time=16..16 rows=3 loops=1)
    -> Nested loop left join  (cost=2007 rows=4999) (actual time=0.195..13.9 rows=5274 loops=1)
        -> Filter: (e.name = 'a
  b  (cost=1 rows=1)')  (cost=0..504 rows=1666) (actual rows=1.5 loops=2)
            -> Table scan on e  (cost=504 rows=5000) (never executed)
        -> Single-row index lookup on d using PRIMARY (dept_no = e.dept_no)  (cost=0.25 rows=1) (actual time=676e-6..701e-6 rows=1 loops=1758)
    -> Select #2 (subquery in projection; dependent)
";

    #[test]
    fn a_tree_is_read_and_written() {
        let nodes = read(ANALYZE).expect("a tree");
        assert_eq!(render(&nodes), ANALYZE);
        let walked: Vec<usize> = nodes[0].walk().into_iter().map(|(depth, _)| depth).collect();
        assert_eq!(walked, [0, 1, 2, 3, 2, 1]);
        let lookup = &nodes[0].children[0].children[1];
        assert_eq!(lookup.measured().and_then(Measured::total_ms).map(|ms| (ms * 1000.0).round()), Some(1232.0));
        assert_eq!(nodes[0].children[0].children[0].children[0].actual, Some(Actual::NeverExecuted));
        assert_eq!(read("no tree"), None);
    }
}
