//! Types: targets of CAST and CONVERT, columns of JSON_TABLE.

use super::ast::CastType;
use super::cursor::{Parsed, Parser};
use super::token::{Kind, Op};
use crate::error::ServerError;
use sqlparser::keywords::Keyword;

impl Parser<'_> {
    /// The type of a CAST or CONVERT.
    pub(super) fn cast_type(&mut self) -> Parsed<CastType> {
        let token = self.peek();
        let word = self.slice(token).to_ascii_uppercase();
        self.at += 1;
        let mut ty = CastType { name: word.as_str().into(), ..CastType::default() };
        match word.as_str() {
            "SIGNED" | "UNSIGNED" => {
                if !self.keyword(Keyword::INTEGER) {
                    self.keyword(Keyword::INT);
                }
            }
            "CHAR" | "CHARACTER" => {
                ty.name = "CHAR".into();
                self.lengths(&mut ty)?;
                self.charset_of(&mut ty)?;
            }
            "NCHAR" => self.lengths(&mut ty)?,
            "NATIONAL" => {
                ty.name = "NCHAR".into();
                self.expect_keyword(Keyword::CHAR)?;
                self.lengths(&mut ty)?;
            }
            "DOUBLE" => {
                self.keyword(Keyword::PRECISION);
            }
            "DEC" | "DECIMAL" | "NUMERIC" => {
                ty.name = "DECIMAL".into();
                self.lengths(&mut ty)?;
            }
            "BINARY" | "DATETIME" | "TIME" | "FLOAT" => self.lengths(&mut ty)?,
            "DATE" | "JSON" | "YEAR" | "REAL" | "POINT" | "LINESTRING" | "POLYGON" | "MULTIPOINT" | "MULTILINESTRING"
            | "MULTIPOLYGON" | "GEOMETRYCOLLECTION" => {}
            _ => return self.error_at(token),
        }
        ty.array = self.keyword(Keyword::ARRAY);
        Ok(ty)
    }

    /// Errors 1425, 1426 and 1427 of a CAST whose operand is the tokens from `begin` to byte `end`.
    pub(super) fn check_precision(&self, ty: &CastType, begin: usize, end: u32) -> Parsed<()> {
        let start = self.tokens.get(begin).map_or(0, |token| token.start as usize);
        let operand = self.text.get(start..end as usize).unwrap_or("");
        let (length, decimals) = (ty.length.unwrap_or(0), ty.decimals.unwrap_or(0));
        let (most, is_decimal) = match &*ty.name {
            "DECIMAL" => (65, true),
            "DATETIME" | "TIME" => (6, false),
            _ => return Ok(()),
        };
        let error = |code, text| ServerError::new(code, "42000", text);
        if is_decimal && decimals > 30 {
            return Err(error(1425, format!("Too big scale {decimals} specified for '{operand}'. Maximum is 30.")));
        } else if length > most {
            return Err(error(1426, format!("Too-big precision {length} specified for '{operand}'. Maximum is {most}.")));
        } else if is_decimal && length > 0 && decimals > length {
            let text = format!("For float(M,D), double(M,D) or decimal(M,D), M must be >= D (column '{operand}').");
            return Err(error(1427, text));
        }
        Ok(())
    }

    /// The type of a column of JSON_TABLE.
    pub(super) fn column_type(&mut self) -> Parsed<CastType> {
        let token = self.peek();
        if !matches!(token.kind, Kind::Word | Kind::Reserved) {
            return self.error();
        }
        self.at += 1;
        let mut ty = CastType { name: self.slice(token).to_ascii_uppercase().into(), ..CastType::default() };
        if &*ty.name == "DOUBLE" {
            self.keyword(Keyword::PRECISION);
        }
        self.lengths(&mut ty)?;
        if self.keyword(Keyword::UNSIGNED) {
            ty.name = format!("{} UNSIGNED", ty.name).into();
        }
        self.charset_of(&mut ty)?;
        Ok(ty)
    }

    fn lengths(&mut self, ty: &mut CastType) -> Parsed<()> {
        if !self.op(Op::LParen) {
            return Ok(());
        }
        ty.length = Some(self.length()?);
        if self.op(Op::Comma) {
            ty.decimals = Some(self.length()?);
        }
        self.expect_op(Op::RParen)
    }

    fn length(&mut self) -> Parsed<u32> {
        Ok(u32::try_from(self.unsigned()?).unwrap_or(u32::MAX))
    }

    fn charset_of(&mut self, ty: &mut CastType) -> Parsed<()> {
        if self.keywords(Keyword::CHARACTER, Keyword::SET) || self.keyword(Keyword::CHARSET) {
            ty.charset = Some(self.charset_name()?);
        } else if self.word("ASCII") {
            ty.charset = Some("latin1".into());
        } else if self.word("UNICODE") {
            ty.charset = Some("ucs2".into());
        }
        Ok(())
    }
}
