//! LIKE.

use super::comparison::collation_of;
use super::{Evaluator, Outcome};
use crate::catalog::CollationId;
use crate::query::ExprId;
use crate::value::Value;
use crate::value::collation::same_character;

impl Evaluator<'_> {
    pub(super) fn like(&mut self, arg: ExprId, pattern: ExprId, escape: Option<ExprId>) -> Outcome {
        let (text, like) = (self.value(arg)?, self.value(pattern)?);
        let escape = match escape {
            Some(escape) => self.value(escape)?.to_text().and_then(|text| text.chars().next()),
            None if self.ctx.settings.sql_mode.no_backslash_escapes => None,
            None => Some('\\'),
        };
        let (Some(text), Some(like)) = (text.to_text(), like.to_text()) else { return Ok(Value::Null) };
        let facts = &self.query.exprs;
        let collation = collation_of(facts.facts(arg), facts.facts(pattern), &self.query.types);
        Ok(Value::boolean(matches(&text, &like, escape, collation)))
    }
}

enum Token {
    Any,
    One,
    Is(char),
}

fn tokens(pattern: &str, escape: Option<char>) -> Vec<Token> {
    let mut chars = pattern.chars();
    let mut tokens = Vec::new();
    while let Some(letter) = chars.next() {
        tokens.push(match letter {
            letter if Some(letter) == escape => Token::Is(chars.next().unwrap_or(letter)),
            '%' => Token::Any,
            '_' => Token::One,
            letter => Token::Is(letter),
        });
    }
    tokens
}

/// Does a text match a LIKE pattern?
pub(super) fn matches(text: &str, pattern: &str, escape: Option<char>, collation: CollationId) -> bool {
    let text: Vec<char> = text.chars().collect();
    let tokens = tokens(pattern, escape);
    let (mut at, mut token) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while at < text.len() {
        let fits = match tokens.get(token) {
            Some(Token::Any) => {
                retry = Some((at, token));
                token += 1;
                continue;
            }
            Some(Token::One) => true,
            Some(Token::Is(letter)) => same_character(text[at], *letter, collation),
            None => false,
        };
        if fits {
            at += 1;
            token += 1;
        } else if let Some((start, any)) = retry {
            retry = Some((start + 1, any));
            at = start + 1;
            token = any + 1;
        } else {
            return false;
        }
    }
    tokens[token..].iter().all(|token| matches!(token, Token::Any))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let like = |text: &str, pattern: &str| matches(text, pattern, Some('\\'), CollationId::UTF8MB4_0900_AI_CI);
        assert!(like("abc", "A%"));
        assert!(like("abc", "%b_"));
        assert!(!like("abc", "a_"));
        assert!(like("a%c", "a\\%c"));
        assert!(!like("abc", "a\\%c"));
        assert!(like("", "%"));
        assert!(like("aXbXc", "%X%c"));
    }
}
