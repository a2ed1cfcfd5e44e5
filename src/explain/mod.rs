//! Plans as text: the traditional table, JSON, note 1003 and the other warnings, TREE. One file a format; `expression` and
//! its parts print what all of them share (spec 07, 08).

pub mod client;
pub mod context;
pub mod decisions;
pub mod expression;
mod facts;
mod function;
pub mod identifier;
pub mod json;
mod keywords;
mod literal;
pub mod note;
#[cfg(test)]
mod print_tests;
mod subquery;
mod temporary;
pub mod traditional;
pub mod tree;

pub use context::PrintContext;
pub use function::{UNLIMITED_CHARACTERS, aggregate_name, window_function_name};

/// Appends a number's decimal digits.
fn push_number(out: &mut String, number: u64) {
    let mut digits = [0u8; 20];
    let mut start = digits.len();
    let mut rest = number;
    loop {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend(digits[start..].iter().map(|digit| char::from(*digit)));
}
