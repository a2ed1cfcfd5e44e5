//! The traditional table with typed cells: of MySQL 5.6 to 9.x and MariaDB, in any order and number of columns.

use crate::explain::client::{self, ClientColumn};
use crate::explain::traditional::{self, Row};
use crate::plan::Plan;
use std::borrow::Cow;

/// A column of the traditional table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Column {
    Id,
    SelectType,
    Table,
    Partitions,
    Type,
    PossibleKeys,
    Key,
    KeyLen,
    Ref,
    Rows,
    /// Rows that MariaDB's ANALYZE counted.
    MeasuredRows,
    Filtered,
    /// The share of rows, in percent, that MariaDB's ANALYZE saw pass.
    MeasuredFiltered,
    Extra,
}

/// All columns with the names that servers print.
const NAMES: [(Column, &str); 14] = [
    (Column::Id, "id"),
    (Column::SelectType, "select_type"),
    (Column::Table, "table"),
    (Column::Partitions, "partitions"),
    (Column::Type, "type"),
    (Column::PossibleKeys, "possible_keys"),
    (Column::Key, "key"),
    (Column::KeyLen, "key_len"),
    (Column::Ref, "ref"),
    (Column::Rows, "rows"),
    (Column::MeasuredRows, "r_rows"),
    (Column::Filtered, "filtered"),
    (Column::MeasuredFiltered, "r_filtered"),
    (Column::Extra, "Extra"),
];

impl Column {
    /// The column of a name, in any case.
    pub fn of_name(name: &str) -> Option<Column> {
        NAMES.iter().find(|(_, own)| own.eq_ignore_ascii_case(name)).map(|(column, _)| *column)
    }

    /// Its name as servers print it.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(column, _)| *column == self).map_or("", |(_, name)| name)
    }

    fn layout(self, text_numbers: bool) -> ClientColumn {
        use Column::*;
        let numeric = matches!(self, Id | Rows | Filtered | MeasuredFiltered) && !(text_numbers && self == Rows);
        let nullable = !matches!(self, Id | SelectType) || (text_numbers && self == Id);
        ClientColumn { name: self.name(), numeric, nullable }
    }
}

/// A cell that is not NULL.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// A whole number.
    Number(u64),
    /// A number with two digits after the point: percent, or rows that were counted.
    Decimal(f64),
    /// Anything else.
    Text(String),
}

impl Cell {
    /// The cell of a column, from its text.
    pub fn read(column: Column, text: &str) -> Cell {
        let cell = match column {
            Column::Id | Column::Rows => text.parse().ok().map(Cell::Number),
            Column::Filtered | Column::MeasuredRows | Column::MeasuredFiltered => text.parse().ok().map(Cell::Decimal),
            _ => None,
        };
        // A number in another form than the usual one stays text: `10 (5%)` of MariaDB's row id filters, `007`.
        cell.filter(|cell| cell.text() == text).unwrap_or_else(|| Cell::Text(text.to_owned()))
    }

    /// The text as servers print it.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Cell::Number(number) => Cow::Owned(number.to_string()),
            Cell::Decimal(number) => Cow::Owned(format!("{number:.2}")),
            Cell::Text(text) => Cow::Borrowed(text),
        }
    }

    /// The number in it, if it begins with one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Cell::Number(number) => Some(*number as f64),
            Cell::Decimal(number) => Some(*number),
            Cell::Text(text) => text.split_whitespace().next()?.parse().ok().filter(|number: &f64| number.is_finite()),
        }
    }
}

/// How the table was laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// Frames, as the client draws it.
    #[default]
    Framed,
    /// One line a column (`\G`).
    Vertical,
    /// Tabs (batch mode).
    Tabs,
    /// Tabs, with line ends and tabs in cells as they are (`--raw`).
    RawTabs,
}

/// The traditional table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The columns in their order.
    pub columns: Vec<Column>,
    /// Rows of as many cells; NULL is none.
    pub rows: Vec<Vec<Option<Cell>>>,
    /// MariaDB: `id` may be NULL, `rows` is a text, and so left-justified.
    pub text_numbers: bool,
}

impl Table {
    /// The table of a plan of ours.
    pub fn of(plan: &Plan) -> Table {
        let columns: Vec<Column> = NAMES.iter().map(|(column, _)| *column).filter(|column| !column.is_measured()).collect();
        let cell = |(column, cell): (&Column, &Option<Cow<'static, str>>)| Some(Cell::read(*column, cell.as_deref()?));
        let rows = traditional::rows(plan).iter().map(|Row(cells)| columns.iter().zip(cells).map(cell).collect()).collect();
        Table { columns, rows, text_numbers: false }
    }

    /// A cell; none for NULL and for a column that is not there.
    pub fn cell(&self, row: usize, column: Column) -> Option<&Cell> {
        let place = self.columns.iter().position(|own| *own == column)?;
        self.rows.get(row)?.get(place)?.as_ref()
    }

    /// A cell as text.
    pub fn text(&self, row: usize, column: Column) -> Option<Cow<'_, str>> {
        self.cell(row, column).map(Cell::text)
    }

    /// A cell as number.
    pub fn number(&self, row: usize, column: Column) -> Option<f64> {
        self.cell(row, column).and_then(Cell::number)
    }

    /// The rows in MySQL's twelve columns, what is not there being NULL.
    pub fn traditional_rows(&self) -> Vec<Row> {
        let columns: Vec<Option<Column>> = traditional::COLUMNS.iter().map(|column| Column::of_name(column.name)).collect();
        let cell = |row: usize, place: usize| Some(Cow::Owned(self.text(row, *columns.get(place)?.as_ref()?)?.into_owned()));
        (0..self.rows.len()).map(|row| Row(std::array::from_fn(|place| cell(row, place)))).collect()
    }

    /// The table as the client lays it out.
    pub fn render(&self, layout: Layout) -> String {
        let has_null = |place: usize| self.rows.iter().any(|row| matches!(row.get(place), Some(None)));
        let layout_of = |(place, column): (usize, &Column)| {
            let own = column.layout(self.text_numbers);
            ClientColumn { nullable: own.nullable || has_null(place), ..own }
        };
        let columns: Vec<ClientColumn> = self.columns.iter().enumerate().map(layout_of).collect();
        let texts: Vec<Vec<Option<Cow<'_, str>>>> =
            self.rows.iter().map(|row| row.iter().map(|cell| cell.as_ref().map(Cell::text)).collect()).collect();
        let cells: Vec<Vec<Option<&str>>> = texts.iter().map(|row| row.iter().map(Option::as_deref).collect()).collect();
        match layout {
            Layout::Framed => client::table(&columns, &cells),
            Layout::Vertical => client::vertical(&columns, &cells),
            Layout::Tabs => client::batch(&columns, &cells, false),
            Layout::RawTabs => client::batch(&columns, &cells, true),
        }
    }
}

impl Column {
    fn is_measured(self) -> bool {
        matches!(self, Column::MeasuredRows | Column::MeasuredFiltered)
    }
}
