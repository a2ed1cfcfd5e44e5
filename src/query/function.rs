//! Built-in functions: one table row each.

/// How the printed form, the result type and the nullability of a built-in function follow from its arguments.
#[derive(Debug)]
pub struct FunctionInfo {
    /// Lower-cased name as MySQL prints it.
    pub name: &'static str,
}

/// A built-in function.
#[derive(Clone, Copy, Debug)]
pub struct Func(pub &'static FunctionInfo);

impl Func {
    /// Lower-cased name as MySQL prints it.
    pub fn name(self) -> &'static str {
        self.0.name
    }
}

impl PartialEq for Func {
    fn eq(&self, other: &Func) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}
impl Eq for Func {}
