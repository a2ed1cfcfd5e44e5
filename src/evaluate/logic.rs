//! Logic with three values, and a fourth: not known here.

use super::{Evaluator, Halt, Outcome};
use crate::parse::ast::{CompareOp, TruthTest};
use crate::query::ExprId;
use crate::value::Value;

impl Evaluator<'_> {
    pub(super) fn and(&mut self, args: &[ExprId]) -> Outcome {
        self.junction(args, false)
    }

    pub(super) fn or(&mut self, args: &[ExprId]) -> Outcome {
        self.junction(args, true)
    }

    /// AND (`deciding` false) and OR (`deciding` true): one deciding operand is enough, whatever the others are.
    fn junction(&mut self, args: &[ExprId], deciding: bool) -> Outcome {
        let (mut null, mut halted) = (false, None);
        for arg in args {
            match self.value(*arg) {
                Ok(value) => match value.truth() {
                    Some(truth) if truth == deciding => return Ok(Value::boolean(deciding)),
                    Some(_) => {}
                    None => null = true,
                },
                Err(halt) => halted = Some(halt),
            }
        }
        match halted {
            Some(halt) => Err(halt),
            None if null => Ok(Value::Null),
            None => Ok(Value::boolean(!deciding)),
        }
    }

    pub(super) fn xor(&mut self, left: ExprId, right: ExprId) -> Outcome {
        let (l, r) = (self.value(left)?.truth(), self.value(right)?.truth());
        Ok(l.zip(r).map_or(Value::Null, |(l, r)| Value::boolean(l != r)))
    }

    pub(super) fn is_null(&mut self, arg: ExprId, negated: bool) -> Outcome {
        match self.value(arg) {
            Ok(value) => Ok(Value::boolean(value.is_null() != negated)),
            // A value that is not known but cannot be NULL.
            Err(_) if !self.query.exprs.facts(arg).nullable => Ok(Value::boolean(negated)),
            Err(halt) => Err(halt),
        }
    }

    pub(super) fn is_truth(&mut self, arg: ExprId, test: TruthTest, negated: bool) -> Outcome {
        let truth = self.value(arg)?.truth();
        let wanted = match test {
            TruthTest::True => Some(true),
            TruthTest::False => Some(false),
            TruthTest::Unknown => None,
        };
        Ok(Value::boolean((truth == wanted) != negated))
    }

    pub(super) fn case(
        &mut self,
        expr: ExprId,
        operand: Option<ExprId>,
        branches: &[(ExprId, ExprId)],
        otherwise: Option<ExprId>,
    ) -> Outcome {
        for (when, then) in branches {
            let met = match operand {
                Some(operand) => self.compare(CompareOp::Equal, operand, *when)?,
                None => self.value(*when)?,
            };
            if met.truth() == Some(true) {
                return self.value_as(expr, *then);
            }
        }
        match otherwise {
            Some(otherwise) => self.value_as(expr, otherwise),
            None => Ok(Value::Null),
        }
    }

    /// Values of all arguments; None if one is NULL.
    pub(super) fn all(&mut self, args: &[ExprId]) -> Result<Option<Vec<Value>>, Halt> {
        let mut values = Vec::with_capacity(args.len());
        for arg in args {
            let value = self.value(*arg)?;
            if value.is_null() {
                return Ok(None);
            }
            values.push(value);
        }
        Ok(Some(values))
    }
}
