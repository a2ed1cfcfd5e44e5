//! Built-in functions: one table row each (spec 02 §3.2 and §8, 08 §9.6, 01 §1.4).

use super::facts::Facts;
use super::typing::{self, TypeContext};
use crate::catalog::{CollationId, DataType, ResultClass, TypeKind};
use std::collections::HashMap;
use std::sync::LazyLock;

/// How long a character result can be.
#[derive(Clone, Copy, Debug)]
pub enum Chars {
    /// So many characters.
    Fixed(u32),
    /// As an argument.
    Arg(u8),
    /// As an argument, times a factor.
    Times(u8, u32),
    /// The sum of all arguments from the given one on.
    Sum(u8),
    /// As many as a TEXT or LONGTEXT holds.
    Unlimited,
}

/// Which collation a character result has.
#[derive(Clone, Copy, Debug)]
pub enum Collated {
    /// The aggregated collation of the arguments from the first on up to and without the second.
    Args(u8, u8),
    /// `collation_connection`.
    Connection,
    /// The system character set.
    System,
    /// Bytes.
    Binary,
    /// A fixed collation with the strength of a literal.
    Fixed(CollationId),
}

/// What type a function gives.
#[derive(Clone, Copy, Debug)]
pub enum ResultRule {
    /// A truth value.
    Bool,
    /// A signed integer of a display width.
    Int(u32),
    /// An unsigned integer of a display width.
    UInt(u32),
    /// DOUBLE.
    Real,
    /// An integer or decimal as the argument is, DOUBLE for others: ABS, CEILING, FLOOR, ROUND …
    Number,
    /// An integer: CEILING and FLOOR of exact numbers.
    WholeNumber,
    /// Characters.
    Text(Chars, Collated),
    /// A temporal type; decimals come from the argument of that number, or the literal value of it.
    Temporal(TypeKind, Fraction),
    /// The type that holds all arguments from the given one on.
    Joined(u8),
    /// As an argument.
    Same(u8),
    /// JSON.
    Json,
    /// GEOMETRY.
    Geometry,
}

/// Digits of a fraction of a second.
#[derive(Clone, Copy, Debug)]
pub enum Fraction {
    /// Fixed.
    Fixed(u8),
    /// As the argument has, strings six.
    Of(u8),
}

/// When a function's result can be NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nulls {
    /// If any argument can.
    AnyArgument,
    /// If all arguments can.
    AllArguments,
    /// If the first argument can.
    First,
    /// If the last argument can.
    Last,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What is known about a function's value before and while a statement runs (spec 02 §8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Constness {
    /// Depends on its arguments only.
    Deterministic,
    /// Constant for the session, like DATABASE(): constant, but not one over literals, and never wrapped in `<cache>`.
    Session,
    /// Constant for one execution: NOW().
    Execution,
    /// Another value for every row: RAND().
    Random,
    /// Changes something: SLEEP(), GET_LOCK().
    SideEffect,
}

/// How the printed form, the result type and the nullability of a built-in function follow from its arguments.
#[derive(Debug)]
pub struct FunctionInfo {
    /// Lower-cased name as MySQL prints it.
    pub name: &'static str,
    /// Other lower-cased names by which it may be written.
    pub aliases: &'static [&'static str],
    /// Least number of arguments.
    pub min_args: u8,
    /// Greatest number of arguments; 255 means any.
    pub max_args: u8,
    /// Type of the result.
    pub result: ResultRule,
    /// Nullability of the result.
    pub nulls: Nulls,
    /// Constness.
    pub constness: Constness,
    /// A NULL argument makes the result NULL: takes part in null rejection.
    pub null_rejecting: bool,
    /// It is written by special syntax only: not callable by name.
    pub syntax_only: bool,
}

impl FunctionInfo {
    const fn also(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }
    const fn is(mut self, constness: Constness) -> Self {
        self.constness = constness;
        self
    }
    const fn keeps(mut self) -> Self {
        self.null_rejecting = false;
        self
    }
    const fn syntax(mut self) -> Self {
        self.syntax_only = true;
        self
    }
    /// The type and the coercibility of a call.
    pub fn result_type(&self, args: &[&Facts], context: &TypeContext) -> (DataType, u8) {
        let ty = |i: u8| args.get(i as usize).map(|f| &f.ty);
        match self.result {
            ResultRule::Bool => (typing::boolean(), typing::NUMERIC),
            ResultRule::Int(width) => (typing::integer(width, false), typing::NUMERIC),
            ResultRule::UInt(width) => (typing::integer(width, true), typing::NUMERIC),
            ResultRule::Real => (typing::double(), typing::NUMERIC),
            ResultRule::Number => (number(ty(0)), typing::NUMERIC),
            ResultRule::WholeNumber => (whole_number(ty(0)), typing::NUMERIC),
            ResultRule::Text(chars, collated) => {
                let (collation, strength) = collate(collated, args, context);
                (typing::string(count(chars, args), collation), strength)
            }
            ResultRule::Temporal(kind, fraction) => {
                let decimals = match fraction {
                    Fraction::Fixed(n) => n,
                    Fraction::Of(i) => ty(i).map_or(0, fraction_digits),
                };
                (typing::temporal(kind, decimals), typing::NUMERIC)
            }
            ResultRule::Joined(from) => {
                let args = args.get(from as usize..).unwrap_or(&[]);
                let (collation, strength) =
                    typing::aggregate_collation(args, context).unwrap_or((context.collation, typing::NONE));
                let types: Vec<&DataType> = args.iter().map(|f| &f.ty).collect();
                let joined = typing::joined(&types, collation);
                let strength = if typing::is_character(&joined) { strength } else { typing::NUMERIC };
                (joined, strength)
            }
            ResultRule::Same(i) => {
                args.get(i as usize).map_or((typing::double(), typing::NUMERIC), |f| (f.ty.clone(), f.coercibility))
            }
            ResultRule::Json => (typing::json(), typing::IMPLICIT),
            ResultRule::Geometry => (typing::plain(TypeKind::Geometry), typing::COERCIBLE),
        }
    }
}

/// Digits of the fraction of a second that a value has when it is taken as a time.
pub fn fraction_digits(ty: &DataType) -> u8 {
    match ty.kind {
        TypeKind::Time | TypeKind::DateTime | TypeKind::Timestamp | TypeKind::Decimal => ty.decimals.min(6),
        TypeKind::Date => 0,
        _ if typing::class(ty) == ResultClass::Int => 0,
        _ => 6,
    }
}

fn number(ty: Option<&DataType>) -> DataType {
    match ty.map(|t| (t, typing::numeric_class(t))) {
        Some((t, ResultClass::Int)) => typing::integer(typing::characters(t).max(1), t.unsigned),
        Some((t, ResultClass::Decimal)) => {
            let (precision, scale) = typing::as_decimal(t);
            typing::decimal(precision, scale, t.unsigned)
        }
        _ => typing::double(),
    }
}

fn whole_number(ty: Option<&DataType>) -> DataType {
    match ty.map(|t| (t, typing::numeric_class(t))) {
        Some((t, ResultClass::Int)) => typing::integer(typing::characters(t).max(1), t.unsigned),
        Some((t, ResultClass::Decimal)) => {
            let (precision, scale) = typing::as_decimal(t);
            let whole = precision - scale.min(precision) + 1;
            if whole < 19 { typing::integer(whole + 1, t.unsigned) } else { typing::decimal(whole, 0, t.unsigned) }
        }
        _ => typing::double(),
    }
}

fn count(chars: Chars, args: &[&Facts]) -> u32 {
    let of = |i: u8| args.get(i as usize).map_or(0, |f| typing::characters(&f.ty));
    match chars {
        Chars::Fixed(n) => n,
        Chars::Arg(i) => of(i),
        Chars::Times(i, factor) => of(i).saturating_mul(factor),
        Chars::Sum(from) => args.iter().skip(from as usize).fold(0u32, |sum, f| sum.saturating_add(typing::characters(&f.ty))),
        Chars::Unlimited => u32::MAX / 4,
    }
}

fn collate(collated: Collated, args: &[&Facts], context: &TypeContext) -> (CollationId, u8) {
    match collated {
        Collated::Args(from, to) => {
            let to = (to as usize).min(args.len());
            let args = args.get((from as usize).min(to)..to).unwrap_or(&[]);
            typing::aggregate_collation(args, context).unwrap_or((context.collation, typing::NONE))
        }
        Collated::Connection => (context.collation, typing::COERCIBLE),
        Collated::System => (CollationId::UTF8MB3_GENERAL_CI, typing::SYSCONST),
        Collated::Binary => (CollationId::BINARY, typing::COERCIBLE),
        Collated::Fixed(collation) => (collation, typing::COERCIBLE),
    }
}

/// A built-in function.
#[derive(Clone, Copy, Debug)]
pub struct Func(pub &'static FunctionInfo);

impl Func {
    /// Lower-cased name as MySQL prints it.
    pub fn name(self) -> &'static str {
        self.0.name
    }
    /// The function that is written with this name (any case), printed names and aliases alike.
    pub fn find(name: &str) -> Option<Func> {
        static BY_NAME: LazyLock<HashMap<&'static str, Func>> = LazyLock::new(|| {
            let mut map = HashMap::new();
            for info in FUNCTIONS {
                map.insert(info.name, Func(info));
                for alias in info.aliases {
                    map.insert(*alias, Func(info));
                }
            }
            map
        });
        match BY_NAME.get(name) {
            Some(found) => Some(*found),
            None if name.bytes().any(|b| b.is_ascii_uppercase()) => BY_NAME.get(name.to_ascii_lowercase().as_str()).copied(),
            None => None,
        }
    }
    /// True if `n` arguments are right.
    pub fn takes(self, n: usize) -> bool {
        n >= self.0.min_args as usize && (self.0.max_args == ANY || n <= self.0.max_args as usize)
    }
}

impl PartialEq for Func {
    fn eq(&self, other: &Func) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}
impl Eq for Func {}

const ANY: u8 = 255;

const fn f(name: &'static str, min_args: u8, max_args: u8, result: ResultRule, nulls: Nulls) -> FunctionInfo {
    FunctionInfo {
        name,
        aliases: &[],
        min_args,
        max_args,
        result,
        nulls,
        constness: Constness::Deterministic,
        null_rejecting: true,
        syntax_only: false,
    }
}

use Chars::{Arg, Fixed, Sum, Times, Unlimited};
use Collated::{Args, Binary, Connection, System};
use Constness::{Execution, Random, Session, SideEffect};
use Nulls::{AllArguments, Always, AnyArgument, First, Last, Never};
use ResultRule::{Bool, Geometry, Int, Joined, Json, Number, Real, Same, Temporal, Text, UInt, WholeNumber};
use TypeKind::{Date, DateTime, Time};

/// All built-in functions that print as `name(arguments)` or by a template of their own.
pub static FUNCTIONS: &[FunctionInfo] = &[
    // Numbers.
    f("abs", 1, 1, Number, AnyArgument),
    f("ceiling", 1, 1, WholeNumber, AnyArgument).also(&["ceil"]),
    f("floor", 1, 1, WholeNumber, AnyArgument),
    f("round", 1, 2, Number, AnyArgument),
    f("truncate", 2, 2, Number, AnyArgument),
    f("sign", 1, 1, Int(2), AnyArgument),
    f("sqrt", 1, 1, Real, Always),
    f("exp", 1, 1, Real, AnyArgument),
    f("ln", 1, 1, Real, Always),
    f("log", 1, 2, Real, Always),
    f("log2", 1, 1, Real, Always),
    f("log10", 1, 1, Real, Always),
    f("pow", 2, 2, Real, AnyArgument).also(&["power"]),
    f("sin", 1, 1, Real, AnyArgument),
    f("cos", 1, 1, Real, AnyArgument),
    f("tan", 1, 1, Real, AnyArgument),
    f("cot", 1, 1, Real, AnyArgument),
    f("asin", 1, 1, Real, Always),
    f("acos", 1, 1, Real, Always),
    f("atan", 1, 2, Real, AnyArgument).also(&["atan2"]),
    f("degrees", 1, 1, Real, AnyArgument),
    f("radians", 1, 1, Real, AnyArgument),
    f("pi", 0, 0, Real, Never),
    f("crc32", 1, 1, UInt(10), AnyArgument),
    f("rand", 0, 1, Real, Never).is(Random),
    f("bit_count", 1, 1, Int(21), AnyArgument),
    f("conv", 3, 3, Text(Fixed(64), Connection), Always),
    f("interval", 2, ANY, Int(2), Never),
    f("greatest", 2, ANY, Joined(0), AnyArgument),
    f("least", 2, ANY, Joined(0), AnyArgument),
    // Characters.
    f("concat", 1, ANY, Text(Sum(0), Args(0, ANY)), AnyArgument),
    f("concat_ws", 2, ANY, Text(Sum(0), Args(0, ANY)), First).keeps(),
    f("lower", 1, 1, Text(Arg(0), Args(0, 1)), AnyArgument).also(&["lcase"]),
    f("upper", 1, 1, Text(Arg(0), Args(0, 1)), AnyArgument).also(&["ucase"]),
    f("substr", 2, 3, Text(Arg(0), Args(0, 1)), AnyArgument).also(&["substring", "mid"]),
    f("left", 2, 2, Text(Arg(0), Args(0, 1)), AnyArgument),
    f("right", 2, 2, Text(Arg(0), Args(0, 1)), AnyArgument),
    f("lpad", 3, 3, Text(Unlimited, Args(0, ANY)), Always),
    f("rpad", 3, 3, Text(Unlimited, Args(0, ANY)), Always),
    f("repeat", 2, 2, Text(Unlimited, Args(0, 1)), Always),
    f("space", 1, 1, Text(Unlimited, Connection), Always),
    f("replace", 3, 3, Text(Unlimited, Args(0, ANY)), AnyArgument),
    f("insert", 4, 4, Text(Sum(0), Args(0, ANY)), AnyArgument),
    f("reverse", 1, 1, Text(Arg(0), Args(0, 1)), AnyArgument),
    f("trim", 1, 2, Text(Arg(0), Args(0, ANY)), AnyArgument).syntax(),
    f("ltrim", 1, 1, Text(Arg(0), Args(0, 1)), AnyArgument),
    f("rtrim", 1, 1, Text(Arg(0), Args(0, 1)), AnyArgument),
    f("quote", 1, 1, Text(Times(0, 2), Args(0, 1)), AnyArgument),
    f("soundex", 1, 1, Text(Arg(0), Args(0, 1)), AnyArgument),
    f("substring_index", 3, 3, Text(Arg(0), Args(0, 2)), AnyArgument),
    f("elt", 2, ANY, Text(Sum(1), Args(1, ANY)), Always),
    f("make_set", 2, ANY, Text(Sum(1), Args(1, ANY)), First),
    f("export_set", 3, 5, Text(Unlimited, Args(1, ANY)), AnyArgument),
    f("field", 2, ANY, Int(3), Never),
    f("find_in_set", 2, 2, Int(3), AnyArgument),
    f("locate", 2, 3, Int(11), AnyArgument).also(&["position"]),
    f("ascii", 1, 1, Int(3), AnyArgument),
    f("ord", 1, 1, Int(21), AnyArgument),
    f("length", 1, 1, Int(10), AnyArgument).also(&["octet_length"]),
    f("char_length", 1, 1, Int(10), AnyArgument).also(&["character_length"]),
    f("bit_length", 1, 1, Int(11), AnyArgument),
    f("char", 1, ANY, Text(Fixed(4), Binary), Always),
    f("hex", 1, 1, Text(Times(0, 2), Connection), AnyArgument),
    f("unhex", 1, 1, Text(Arg(0), Binary), Always),
    f("format", 2, 3, Text(Fixed(60), Connection), Always),
    f("strcmp", 2, 2, Int(2), AnyArgument),
    f("regexp_like", 2, 3, Bool, Always),
    f("regexp_instr", 2, 6, Int(21), Always),
    f("regexp_replace", 3, 6, Text(Unlimited, Args(0, 1)), Always),
    f("regexp_substr", 2, 5, Text(Arg(0), Args(0, 1)), Always),
    f("load_file", 1, 1, Text(Unlimited, Binary), Always).is(SideEffect),
    f("weight_string", 1, 1, Text(Unlimited, Binary), Always),
    f("to_base64", 1, 1, Text(Times(0, 2), Connection), Always),
    f("from_base64", 1, 1, Text(Arg(0), Binary), Always),
    f("charset", 1, 1, Text(Fixed(64), System), Never).keeps(),
    f("collation", 1, 1, Text(Fixed(64), System), Never).keeps(),
    f("coercibility", 1, 1, Int(10), Never).keeps(),
    // Choice.
    f("coalesce", 1, ANY, Joined(0), AllArguments).keeps(),
    f("ifnull", 2, 2, Joined(0), Last).keeps(),
    f("nullif", 2, 2, Same(0), Always).keeps(),
    f("any_value", 1, 1, Same(0), AnyArgument),
    // Temporal values.
    f("now", 0, 1, Temporal(DateTime, Fraction::Fixed(0)), Never)
        .also(&["current_timestamp", "localtime", "localtimestamp"])
        .is(Execution),
    f("curdate", 0, 0, Temporal(Date, Fraction::Fixed(0)), Never).also(&["current_date"]).is(Execution),
    f("curtime", 0, 1, Temporal(Time, Fraction::Fixed(0)), Never).also(&["current_time"]).is(Execution),
    f("sysdate", 0, 1, Temporal(DateTime, Fraction::Fixed(0)), Never).is(Random),
    f("utc_date", 0, 0, Temporal(Date, Fraction::Fixed(0)), Never).is(Execution),
    f("utc_time", 0, 1, Temporal(Time, Fraction::Fixed(0)), Never).is(Execution),
    f("utc_timestamp", 0, 1, Temporal(DateTime, Fraction::Fixed(0)), Never).is(Execution),
    f("unix_timestamp", 0, 1, Int(11), AnyArgument),
    f("from_unixtime", 1, 2, Temporal(DateTime, Fraction::Of(0)), Always),
    f("year", 1, 1, Int(4), Always),
    f("quarter", 1, 1, Int(2), Always),
    f("month", 1, 1, Int(2), Always),
    f("monthname", 1, 1, Text(Fixed(9), Connection), Always),
    f("dayofmonth", 1, 1, Int(2), Always).also(&["day"]),
    f("dayofweek", 1, 1, Int(1), Always),
    f("dayofyear", 1, 1, Int(3), Always),
    f("dayname", 1, 1, Text(Fixed(9), Connection), Always),
    f("weekday", 1, 1, Int(1), Always),
    f("week", 1, 2, Int(2), Always),
    f("yearweek", 1, 2, Int(6), Always),
    f("hour", 1, 1, Int(3), Always),
    f("minute", 1, 1, Int(2), Always),
    f("second", 1, 1, Int(2), Always),
    f("microsecond", 1, 1, Int(6), Always),
    f("to_days", 1, 1, Int(6), Always),
    f("to_seconds", 1, 1, Int(12), Always),
    f("from_days", 1, 1, Temporal(Date, Fraction::Fixed(0)), Always),
    f("last_day", 1, 1, Temporal(Date, Fraction::Fixed(0)), Always),
    f("date_format", 2, 2, Text(Fixed(100), Connection), Always),
    f("time_format", 2, 2, Text(Fixed(100), Connection), Always),
    f("str_to_date", 2, 2, Temporal(DateTime, Fraction::Fixed(6)), Always),
    f("makedate", 2, 2, Temporal(Date, Fraction::Fixed(0)), Always),
    f("maketime", 3, 3, Temporal(Time, Fraction::Of(2)), Always),
    f("sec_to_time", 1, 1, Temporal(Time, Fraction::Of(0)), Always),
    f("time_to_sec", 1, 1, Int(10), Always),
    f("timediff", 2, 2, Temporal(Time, Fraction::Of(0)), Always),
    f("timestampdiff", 2, 2, Int(21), Always).syntax(),
    f("timestamp", 1, 2, Temporal(DateTime, Fraction::Of(0)), Always),
    f("addtime", 2, 2, Temporal(Time, Fraction::Of(0)), Always),
    f("subtime", 2, 2, Temporal(Time, Fraction::Of(0)), Always),
    f("convert_tz", 3, 3, Temporal(DateTime, Fraction::Of(0)), Always),
    f("period_add", 2, 2, Int(6), AnyArgument),
    f("period_diff", 2, 2, Int(6), AnyArgument),
    f("extract", 1, 1, Int(11), Always).syntax(),
    f("get_format", 1, 1, Text(Fixed(17), Connection), Always).syntax(),
    f("cast_as_year", 1, 1, Int(4), Always).syntax(),
    // Session and server.
    f("database", 0, 0, Text(Fixed(34), System), Always).also(&["schema"]).is(Session),
    f("user", 0, 0, Text(Fixed(288), System), Always).also(&["session_user", "system_user"]).is(Execution),
    f("current_user", 0, 0, Text(Fixed(288), System), Always).is(Execution),
    f("current_role", 0, 0, Text(Fixed(288), System), Always).is(Execution),
    f("roles_graphml", 0, 0, Text(Unlimited, System), Always).is(Execution),
    f("version", 0, 0, Text(Fixed(60), System), Never),
    f("connection_id", 0, 0, UInt(10), Never).is(Execution),
    f("last_insert_id", 0, 1, UInt(21), AnyArgument).is(Session),
    f("row_count", 0, 0, Int(21), Never).is(SideEffect),
    f("found_rows", 0, 0, Int(21), Never).is(SideEffect),
    f("uuid", 0, 0, Text(Fixed(36), System), Never).is(Random),
    f("uuid_short", 0, 0, UInt(21), Never).is(Random),
    f("uuid_to_bin", 1, 2, Text(Fixed(16), Binary), Always),
    f("bin_to_uuid", 1, 2, Text(Fixed(36), System), Always),
    f("is_uuid", 1, 1, Bool, AnyArgument),
    f("sleep", 1, 1, Int(21), Never).is(SideEffect),
    f("benchmark", 2, 2, Int(1), Always).is(SideEffect),
    f("get_lock", 2, 2, Int(1), Always).is(SideEffect),
    f("release_lock", 1, 1, Int(1), Always).is(SideEffect),
    f("release_all_locks", 0, 0, UInt(21), Never).is(SideEffect),
    f("is_free_lock", 1, 1, Int(1), Always).is(SideEffect),
    f("is_used_lock", 1, 1, UInt(10), Always).is(SideEffect),
    f("name_const", 2, 2, Same(1), Last).is(Session),
    f("format_bytes", 1, 1, Text(Fixed(11), System), AnyArgument),
    f("format_pico_time", 1, 1, Text(Fixed(11), System), AnyArgument),
    f("ps_current_thread_id", 0, 0, UInt(21), Always).is(Execution),
    f("ps_thread_id", 1, 1, UInt(21), Always).is(Execution),
    f("statement_digest", 1, 1, Text(Fixed(64), Connection), Always),
    f("statement_digest_text", 1, 1, Text(Unlimited, Connection), Always),
    f("source_pos_wait", 2, 4, Int(21), Always).also(&["master_pos_wait"]).is(SideEffect),
    f("wait_for_executed_gtid_set", 1, 2, Int(21), Always).is(SideEffect),
    f("gtid_subset", 2, 2, Int(1), AnyArgument),
    f("gtid_subtract", 2, 2, Text(Unlimited, System), AnyArgument),
    f("icu_version", 0, 0, Text(Fixed(64), System), Never),
    f("can_access_database", 1, 1, Bool, Always).is(Execution),
    f("can_access_table", 2, 2, Bool, Always).is(Execution),
    f("can_access_view", 4, 4, Bool, Always).is(Execution),
    // Digests and compression.
    f("md5", 1, 1, Text(Fixed(32), Connection), Always),
    f("sha", 1, 1, Text(Fixed(40), Connection), Always).also(&["sha1"]),
    f("sha2", 2, 2, Text(Fixed(128), Connection), Always),
    f("aes_encrypt", 2, 6, Text(Unlimited, Binary), Always),
    f("aes_decrypt", 2, 6, Text(Arg(0), Binary), Always),
    f("compress", 1, 1, Text(Unlimited, Binary), Always),
    f("uncompress", 1, 1, Text(Unlimited, Binary), Always),
    f("uncompressed_length", 1, 1, Int(10), Always),
    f("random_bytes", 1, 1, Text(Fixed(1024), Binary), Always).is(Random),
    f("validate_password_strength", 1, 1, Int(10), Always),
    f("inet_aton", 1, 1, UInt(21), Always),
    f("inet_ntoa", 1, 1, Text(Fixed(15), Connection), Always),
    f("inet6_aton", 1, 1, Text(Fixed(16), Binary), Always),
    f("inet6_ntoa", 1, 1, Text(Fixed(39), Connection), Always),
    f("is_ipv4", 1, 1, Bool, Never),
    f("is_ipv6", 1, 1, Bool, Never),
    f("is_ipv4_compat", 1, 1, Bool, Never),
    f("is_ipv4_mapped", 1, 1, Bool, Never),
    // JSON.
    f("json_array", 0, ANY, Json, Never).keeps(),
    f("json_object", 0, ANY, Json, Never).keeps(),
    f("json_quote", 1, 1, Text(Times(0, 6), Args(0, 1)), AnyArgument),
    f("json_unquote", 1, 1, Text(Unlimited, Collated::Fixed(CollationId::UTF8MB4_BIN)), AnyArgument),
    f("json_extract", 2, ANY, Json, Always),
    f("json_value", 2, 2, Text(Fixed(512), Collated::Fixed(CollationId::UTF8MB4_0900_AI_CI)), Always).syntax(),
    f("json_contains", 2, 3, Bool, Always),
    f("json_contains_path", 3, ANY, Bool, Always),
    f("json_keys", 1, 2, Json, Always),
    f("json_search", 3, ANY, Json, Always),
    f("json_length", 1, 2, Int(21), Always),
    f("json_depth", 1, 1, Int(21), AnyArgument),
    f("json_type", 1, 1, Text(Fixed(51), Collated::Fixed(CollationId::UTF8MB4_0900_AI_CI)), AnyArgument),
    f("json_valid", 1, 1, Bool, AnyArgument),
    f("json_set", 3, ANY, Json, Always).keeps(),
    f("json_insert", 3, ANY, Json, Always).keeps(),
    f("json_replace", 3, ANY, Json, Always).keeps(),
    f("json_remove", 2, ANY, Json, Always),
    f("json_array_append", 3, ANY, Json, Always).keeps(),
    f("json_array_insert", 3, ANY, Json, Always).keeps(),
    f("json_merge_preserve", 2, ANY, Json, AnyArgument).also(&["json_merge"]),
    f("json_merge_patch", 2, ANY, Json, AnyArgument),
    f("json_overlaps", 2, 2, Bool, Always),
    f("json_pretty", 1, 1, Text(Unlimited, Collated::Fixed(CollationId::UTF8MB4_BIN)), AnyArgument),
    f("json_storage_size", 1, 1, Int(21), AnyArgument),
    f("json_storage_free", 1, 1, Int(21), AnyArgument),
    f("json_schema_valid", 2, 2, Bool, AnyArgument),
    f("json_schema_validation_report", 2, 2, Json, AnyArgument),
    f("member of", 2, 2, Bool, Always).syntax(),
    f("extractvalue", 2, 2, Text(Unlimited, Args(0, 1)), Always),
    f("updatexml", 3, 3, Text(Unlimited, Args(0, 1)), Always),
    // Geometry.
    f("st_area", 1, 1, Real, Always),
    f("st_asbinary", 1, 2, Text(Unlimited, Binary), Always).also(&["st_aswkb"]),
    f("st_astext", 1, 2, Text(Unlimited, Connection), Always).also(&["st_aswkt"]),
    f("st_asgeojson", 1, 3, Json, Always),
    f("st_buffer", 2, 5, Geometry, Always),
    f("st_centroid", 1, 1, Geometry, Always),
    f("st_contains", 2, 2, Bool, Always),
    f("st_convexhull", 1, 1, Geometry, Always),
    f("st_crosses", 2, 2, Bool, Always),
    f("st_difference", 2, 2, Geometry, Always),
    f("st_dimension", 1, 1, Int(10), Always),
    f("st_disjoint", 2, 2, Bool, Always),
    f("st_distance", 2, 3, Real, Always),
    f("st_distance_sphere", 2, 3, Real, Always),
    f("st_endpoint", 1, 1, Geometry, Always),
    f("st_envelope", 1, 1, Geometry, Always),
    f("st_equals", 2, 2, Bool, Always),
    f("st_exteriorring", 1, 1, Geometry, Always),
    f("st_geohash", 2, 3, Text(Fixed(100), Connection), Always),
    f("st_geomfromtext", 1, 3, Geometry, Always).also(&["st_geometryfromtext"]),
    f("st_geomfromwkb", 1, 3, Geometry, Always).also(&["st_geometryfromwkb"]),
    f("st_geomfromgeojson", 1, 3, Geometry, Always),
    f("st_pointfromtext", 1, 3, Geometry, Always),
    f("st_linefromtext", 1, 3, Geometry, Always).also(&["st_linestringfromtext"]),
    f("st_polyfromtext", 1, 3, Geometry, Always).also(&["st_polygonfromtext"]),
    f("st_pointfromgeohash", 2, 2, Geometry, Always),
    f("st_geometryn", 2, 2, Geometry, Always),
    f("st_geometrytype", 1, 1, Text(Fixed(20), Connection), Always),
    f("st_interiorringn", 2, 2, Geometry, Always),
    f("st_intersection", 2, 2, Geometry, Always),
    f("st_intersects", 2, 2, Bool, Always),
    f("st_isclosed", 1, 1, Bool, Always),
    f("st_isempty", 1, 1, Bool, Always),
    f("st_issimple", 1, 1, Bool, Always),
    f("st_isvalid", 1, 1, Bool, Always),
    f("st_latitude", 1, 2, Real, Always),
    f("st_longitude", 1, 2, Real, Always),
    f("st_latfromgeohash", 1, 1, Real, Always),
    f("st_longfromgeohash", 1, 1, Real, Always),
    f("st_length", 1, 2, Real, Always),
    f("st_makeenvelope", 2, 2, Geometry, Always),
    f("st_numgeometries", 1, 1, Int(10), Always),
    f("st_numinteriorrings", 1, 1, Int(10), Always).also(&["st_numinteriorring"]),
    f("st_numpoints", 1, 1, Int(10), Always),
    f("st_overlaps", 2, 2, Bool, Always),
    f("st_pointn", 2, 2, Geometry, Always),
    f("st_simplify", 2, 2, Geometry, Always),
    f("st_srid", 1, 2, Int(10), Always),
    f("st_startpoint", 1, 1, Geometry, Always),
    f("st_swapxy", 1, 1, Geometry, Always),
    f("st_symdifference", 2, 2, Geometry, Always),
    f("st_touches", 2, 2, Bool, Always),
    f("st_transform", 2, 2, Geometry, Always),
    f("st_union", 2, 2, Geometry, Always),
    f("st_validate", 1, 1, Geometry, Always),
    f("st_within", 2, 2, Bool, Always),
    f("st_x", 1, 2, Real, Always),
    f("st_y", 1, 2, Real, Always),
    f("mbrcontains", 2, 2, Bool, Always),
    f("mbrcoveredby", 2, 2, Bool, Always),
    f("mbrcovers", 2, 2, Bool, Always),
    f("mbrdisjoint", 2, 2, Bool, Always),
    f("mbrequals", 2, 2, Bool, Always),
    f("mbrintersects", 2, 2, Bool, Always),
    f("mbroverlaps", 2, 2, Bool, Always),
    f("mbrtouches", 2, 2, Bool, Always),
    f("mbrwithin", 2, 2, Bool, Always),
    f("point", 2, 2, Geometry, Always),
    f("linestring", 2, ANY, Geometry, Always),
    f("polygon", 1, ANY, Geometry, Always),
    f("multipoint", 1, ANY, Geometry, Always),
    f("multilinestring", 1, ANY, Geometry, Always),
    f("multipolygon", 1, ANY, Geometry, Always),
    f("geomcollection", 0, ANY, Geometry, Always).also(&["geometrycollection"]),
];
