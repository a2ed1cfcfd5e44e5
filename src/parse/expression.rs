//! Operators and their precedence (spec 09 §6.2).

use super::ast::{ArithmeticOp, Call, CompareOp, Expr, Quantifier, TruthTest};
use super::cursor::{CHAIN_LIMIT, Parsed, Parser};
use super::error::too_deep;
use super::token::{Kind, Op};
use sqlparser::keywords::Keyword;
use std::sync::Arc;

/// How strongly an operator binds; also what kind of expression it makes, since some cannot be continued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Or,
    Xor,
    And,
    Not,
    /// IS [NOT] TRUE, FALSE, UNKNOWN.
    Truth,
    Comparison,
    /// IN, BETWEEN, LIKE, REGEXP, SOUNDS LIKE, MEMBER OF.
    Predicate,
    BitOr,
    BitAnd,
    Shift,
    Sum,
    Product,
    Power,
    /// `||` under PIPES_AS_CONCAT.
    Concat,
    Simple,
}

use Level::*;

impl Level {
    /// The next stronger level: that of the right operand of a left-associative operator.
    fn above(self) -> Level {
        match self {
            Or => Xor,
            Xor => And,
            And => Not,
            Not => Truth,
            Truth => Comparison,
            Comparison => Predicate,
            Predicate => BitOr,
            BitOr => BitAnd,
            BitAnd => Shift,
            Shift => Sum,
            Sum => Product,
            Product => Power,
            Power => Concat,
            Concat | Simple => Simple,
        }
    }
}

/// An operator between two operands, or the first word of a predicate.
#[derive(Clone, Copy, Debug)]
enum Infix {
    Or,
    And,
    Xor,
    Compare(CompareOp),
    Arithmetic(ArithmeticOp),
    Concat,
    IsNull,
    IsTruth,
    Predicate,
}

impl Parser<'_> {
    /// An expression.
    pub(super) fn expression(&mut self) -> Parsed<Expr> {
        self.expression_at(Or)
    }

    /// An expression or DEFAULT, as value of an insert or an assignment.
    pub(super) fn expression_or_default(&mut self) -> Parsed<Expr> {
        if self.is_keyword(Keyword::DEFAULT) && !self.is_op_nth(1, Op::LParen) {
            self.at += 1;
            return Ok(Expr::DefaultValue);
        }
        self.expression()
    }

    /// An expression whose operators bind at least as strongly as `least`.
    pub(super) fn expression_at(&mut self, least: Level) -> Parsed<Expr> {
        self.deeper(|parser| {
            let (mut left, mut level) = parser.operand(least)?;
            let mut chain = 0;
            while let Some((infix, binds)) = parser.infix() {
                // A predicate's left operand must be stronger than itself, a truth test's result cannot be compared.
                let needs = match infix {
                    Infix::Predicate => BitOr,
                    Infix::IsTruth => Comparison,
                    _ => binds,
                };
                if binds < least || level < needs {
                    break;
                }
                chain += usize::from(!matches!(infix, Infix::Or | Infix::And));
                if chain > CHAIN_LIMIT {
                    return Err(too_deep(CHAIN_LIMIT));
                }
                left = parser.continue_with(left, infix, binds)?;
                level = binds;
            }
            Ok(left)
        })
    }

    fn operand(&mut self, least: Level) -> Parsed<(Expr, Level)> {
        if self.is_keyword(Keyword::NOT) && !self.mode.high_not_precedence {
            if least > Not {
                return self.error();
            }
            self.at += 1;
            return Ok((Expr::Not(Box::new(self.expression_at(Not)?)), Not));
        }
        Ok((self.simple_expression()?, Simple))
    }

    fn infix(&self) -> Option<(Infix, Level)> {
        use ArithmeticOp::*;
        let token = self.peek();
        let arithmetic = |op, level| Some((Infix::Arithmetic(op), level));
        match token.kind {
            Kind::Op(op) => match op {
                Op::PipePipe if self.mode.pipes_as_concat => Some((Infix::Concat, Level::Concat)),
                Op::PipePipe => Some((Infix::Or, Or)),
                Op::AmpAmp => Some((Infix::And, And)),
                Op::Pipe => arithmetic(ArithmeticOp::BitOr, Level::BitOr),
                Op::Amp => arithmetic(ArithmeticOp::BitAnd, Level::BitAnd),
                Op::ShiftLeft => arithmetic(ShiftLeft, Shift),
                Op::ShiftRight => arithmetic(ShiftRight, Shift),
                Op::Plus => arithmetic(Add, Sum),
                Op::Minus => arithmetic(Subtract, Sum),
                Op::Mul => arithmetic(Multiply, Product),
                Op::Div => arithmetic(Divide, Product),
                Op::Mod => arithmetic(Modulo, Product),
                Op::Caret => arithmetic(BitXor, Power),
                _ => compare_op(op).map(|op| (Infix::Compare(op), Comparison)),
            },
            Kind::Reserved => match token.keyword {
                Keyword::OR => Some((Infix::Or, Or)),
                Keyword::XOR => Some((Infix::Xor, Xor)),
                Keyword::AND => Some((Infix::And, And)),
                Keyword::DIV => arithmetic(IntegerDivide, Product),
                Keyword::MOD => arithmetic(Modulo, Product),
                Keyword::IS => Some(self.truth_or_null()),
                Keyword::NOT | Keyword::IN | Keyword::BETWEEN | Keyword::LIKE | Keyword::REGEXP | Keyword::RLIKE => {
                    Some((Infix::Predicate, Predicate))
                }
                _ => None,
            },
            Kind::Word if self.is_word("SOUNDS") && self.is_keyword_nth(1, Keyword::LIKE) => Some((Infix::Predicate, Predicate)),
            Kind::Word
                if token.keyword == Keyword::MEMBER && (self.is_keyword_nth(1, Keyword::OF) || self.is_op_nth(1, Op::LParen)) =>
            {
                Some((Infix::Predicate, Predicate))
            }
            _ => None,
        }
    }

    fn truth_or_null(&self) -> (Infix, Level) {
        let word = if self.is_keyword_nth(1, Keyword::NOT) { self.peek_nth(2) } else { self.peek_nth(1) };
        match word.keyword {
            Keyword::NULL => (Infix::IsNull, Comparison),
            _ => (Infix::IsTruth, Truth),
        }
    }

    fn continue_with(&mut self, left: Expr, infix: Infix, binds: Level) -> Parsed<Expr> {
        if let Infix::Predicate = infix {
            return self.predicate(left);
        }
        let token = self.next();
        match infix {
            Infix::Or => {
                if token.kind == Kind::Op(Op::PipePipe) {
                    self.warn_deprecated("|| as a synonym for OR", "OR");
                }
                let right = self.expression_at(Xor)?;
                Ok(Expr::Or(flattened(left, right, |e| matches!(e, Expr::Or(_)))))
            }
            Infix::And => {
                if token.kind == Kind::Op(Op::AmpAmp) {
                    self.warn_deprecated("&&", "AND");
                }
                let right = self.expression_at(Not)?;
                Ok(Expr::And(flattened(left, right, |e| matches!(e, Expr::And(_)))))
            }
            Infix::Xor => Ok(Expr::Xor(Box::new(left), Box::new(self.expression_at(And)?))),
            Infix::Compare(op) => self.comparison(left, op),
            Infix::Arithmetic(op @ (ArithmeticOp::Add | ArithmeticOp::Subtract)) if self.is_interval_amount() => {
                let (amount, unit) = self.interval()?;
                let subtract = op == ArithmeticOp::Subtract;
                Ok(Expr::DateAdd { date: Box::new(left), amount: Box::new(amount), unit, subtract })
            }
            Infix::Arithmetic(op) => {
                let right = self.expression_at(binds.above())?;
                Ok(Expr::Arithmetic(op, Box::new(left), Box::new(right)))
            }
            Infix::Concat => {
                let right = self.expression_at(Simple)?;
                Ok(plain_call("concat", vec![left, right]))
            }
            Infix::IsNull => {
                let negated = self.keyword(Keyword::NOT);
                self.expect_keyword(Keyword::NULL)?;
                Ok(Expr::IsNull { expr: Box::new(left), negated })
            }
            Infix::IsTruth => {
                let negated = self.keyword(Keyword::NOT);
                let test = match self.peek().keyword {
                    Keyword::TRUE => TruthTest::True,
                    Keyword::FALSE => TruthTest::False,
                    Keyword::UNKNOWN => TruthTest::Unknown,
                    _ => return self.error(),
                };
                self.at += 1;
                Ok(Expr::IsTruth { expr: Box::new(left), test, negated })
            }
            // Taken care of above.
            Infix::Predicate => self.error(),
        }
    }

    fn comparison(&mut self, left: Expr, op: CompareOp) -> Parsed<Expr> {
        let quantifier = match self.peek().keyword {
            Keyword::ANY | Keyword::SOME if self.query_in_parens(1) => Some(Quantifier::Any),
            Keyword::ALL if self.query_in_parens(1) => Some(Quantifier::All),
            _ => None,
        };
        let left = Box::new(left);
        match quantifier {
            Some(_) if op == CompareOp::NullSafeEqual => self.error(),
            Some(quantifier) => {
                self.at += 1;
                Ok(Expr::Quantified { left, op, quantifier, query: self.subquery()? })
            }
            None => Ok(Expr::Compare(op, left, Box::new(self.expression_at(Predicate)?))),
        }
    }

    fn predicate(&mut self, expr: Expr) -> Parsed<Expr> {
        if self.word("SOUNDS") {
            self.expect_keyword(Keyword::LIKE)?;
            return Ok(Expr::SoundsLike(Box::new(expr), Box::new(self.expression_at(BitOr)?)));
        }
        if self.keyword(Keyword::MEMBER) {
            self.keyword(Keyword::OF);
            self.expect_op(Op::LParen)?;
            let array = self.expression_at(Simple)?;
            self.expect_op(Op::RParen)?;
            return Ok(Expr::MemberOf(Box::new(expr), Box::new(array)));
        }
        let negated = self.keyword(Keyword::NOT);
        let expr = Box::new(expr);
        match self.peek().keyword {
            Keyword::IN => {
                self.at += 1;
                self.in_list(expr, negated)
            }
            Keyword::BETWEEN => {
                self.at += 1;
                let low = Box::new(self.expression_at(BitOr)?);
                self.expect_keyword(Keyword::AND)?;
                let high = Box::new(self.expression_at(Predicate)?);
                Ok(Expr::Between { expr, negated, low, high })
            }
            Keyword::LIKE => {
                self.at += 1;
                let pattern = Box::new(self.expression_at(Level::Concat)?);
                let escape =
                    if self.keyword(Keyword::ESCAPE) { Some(Box::new(self.expression_at(Level::Concat)?)) } else { None };
                Ok(Expr::Like { expr, negated, pattern, escape })
            }
            Keyword::REGEXP | Keyword::RLIKE => {
                self.at += 1;
                Ok(Expr::Regexp { expr, negated, pattern: Box::new(self.expression_at(BitOr)?) })
            }
            _ => self.error(),
        }
    }

    fn in_list(&mut self, expr: Box<Expr>, negated: bool) -> Parsed<Expr> {
        if self.query_in_parens(0) {
            return Ok(Expr::InSubquery { expr, negated, query: self.subquery()? });
        }
        let list = self.parenthesized_list(Self::expression)?;
        Ok(Expr::InList { expr, negated, list })
    }
}

fn compare_op(op: Op) -> Option<CompareOp> {
    Some(match op {
        Op::Eq => CompareOp::Equal,
        Op::NullSafeEq => CompareOp::NullSafeEqual,
        Op::NotEq => CompareOp::NotEqual,
        Op::Less => CompareOp::Less,
        Op::LessEq => CompareOp::LessEqual,
        Op::Greater => CompareOp::Greater,
        Op::GreaterEq => CompareOp::GreaterEqual,
        _ => return None,
    })
}

/// Operands of an AND or OR, those of its own operands of the same kind drawn in.
fn flattened(left: Expr, right: Expr, same: impl Fn(&Expr) -> bool) -> Vec<Expr> {
    let into_list = |expr: Expr| match expr {
        Expr::And(list) | Expr::Or(list) => list,
        other => vec![other],
    };
    let mut list = if same(&left) { into_list(left) } else { vec![left] };
    if same(&right) {
        list.extend(into_list(right));
    } else {
        list.push(right);
    }
    list
}

/// A call with arguments and nothing else.
pub(super) fn plain_call(name: &str, args: Vec<Expr>) -> Expr {
    Expr::Call(Box::new(Call { name: Arc::from(name), args, ..Call::default() }))
}
