//! Lengths of rows: the server's row buffer, InnoDB's shortest record, rows of join buffers (spec 01 §1.2, §1.5, §10.5).

use super::schema::{Column, ColumnNo, Engine, RowFormat, Table};
use super::types::{DataType, TypeKind};

/// Bytes of a pointer to a row without primary key: InnoDB's hidden row id and MyISAM's default data pointer.
const ROW_ID_BYTES: u32 = 6;

/// Bytes of the array behind a multi-valued index part in a row: those of a JSON column.
const ARRAY_BYTES: u32 = 12;

fn align8(bytes: u32) -> u32 {
    bytes.saturating_add(7) & !7
}

impl Table {
    /// The record format leaves no bit for deleted rows (spec 01 §1.2).
    fn is_packed(&self) -> bool {
        match self.engine {
            Engine::TempTable => self.columns.iter().any(|c| c.ty.is_blob()),
            _ => {
                self.columns.iter().any(|c| c.ty.is_blob())
                    || self.row_format == Some(RowFormat::Dynamic)
                    || (self.row_format != Some(RowFormat::Fixed) && self.columns.iter().any(|c| c.ty.kind == TypeKind::VarChar))
            }
        }
    }
    fn nullable_columns(&self) -> u32 {
        self.columns.iter().filter(|c| c.nullable).count() as u32
    }
    /// Bytes of a row in the server's format (`reclength`).
    pub fn record_length(&self) -> u32 {
        let leftover_bits: u32 = match self.engine {
            Engine::MyIsam => self.columns.iter().filter(|c| c.ty.kind == TypeKind::Bit).map(|c| c.ty.length % 8).sum(),
            _ => 0,
        };
        let null_bits = self.nullable_columns() + u32::from(!self.is_packed()) + leftover_bits;
        let columns = self.columns.iter().fold(0u32, |sum, c| sum.saturating_add(self.pack_bytes(c)));
        columns.saturating_add(null_bits.div_ceil(8)).max(1)
    }
    fn pack_bytes(&self, column: &Column) -> u32 {
        match (self.engine, column.ty.kind) {
            (Engine::MyIsam, TypeKind::Bit) => column.ty.length / 8,
            _ if column.generated.as_ref().is_some_and(|generated| generated.is_array) => ARRAY_BYTES,
            _ => column.ty.pack_bytes(),
        }
    }
    /// Bytes of the row buffer: what `data_read_per_join` multiplies rows by (spec 01 §1.2). Temporary tables reserve four
    /// bytes for a hash of the row.
    pub fn record_buffer_bytes(&self) -> u32 {
        let hash = if self.engine == Engine::TempTable { 4 } else { 0 };
        align8(self.record_length().saturating_add(hash + 1))
    }
    /// Bytes that point to a row (`ref_length`, spec 01 §2.2).
    pub fn ref_length(&self) -> u32 {
        match self.engine {
            Engine::InnoDb | Engine::Other => {
                let key = self.clustered.and_then(|no| self.indexes.get(no as usize));
                key.map_or(ROW_ID_BYTES, |index| index.key_length()) + if self.partitioning.is_some() { 2 } else { 0 }
            }
            Engine::MyIsam => ROW_ID_BYTES,
            Engine::Memory | Engine::TempTable => 8,
        }
    }
    /// Bytes of a page as index costs see it (`block_size`, spec 01 §10.3).
    pub fn block_size(&self, page_bytes: u32) -> u32 {
        match self.engine {
            Engine::InnoDb | Engine::Other => page_bytes,
            Engine::MyIsam => 1024,
            Engine::Memory | Engine::TempTable => 0,
        }
    }
    /// Shortest possible clustered record of InnoDB in bytes (`min_rec_len`, spec 01 §10.5).
    pub fn min_record_bytes(&self) -> u32 {
        let stored = || self.columns.iter().filter(|c| !is_virtual(c));
        let hidden_id = if self.clustered.is_none() { ROW_ID_BYTES } else { 0 };
        let full_text = if self.has_hidden_document_id() { 8 } else { 0 };
        let (transaction_id, roll_pointer) = (6, 7);
        let hidden = hidden_id + transaction_id + roll_pointer + full_text;
        if self.row_format == Some(RowFormat::Redundant) {
            let fixed: u32 = stored().filter_map(|c| fixed_bytes(&c.ty)).sum::<u32>() + hidden;
            let fields = stored().count() as u32 + 2 + u32::from(hidden_id > 0) + u32::from(full_text > 0);
            return fixed + if fixed > 127 { 2 } else { 1 } * fields + 6;
        }
        let columns: u32 = stored().map(|c| fixed_bytes(&c.ty).unwrap_or_else(|| shortest_variable_bytes(&c.ty))).sum();
        let nullable = stored().filter(|c| c.nullable).count() as u32;
        5 + hidden + columns + nullable.div_ceil(8)
    }
    fn has_hidden_document_id(&self) -> bool {
        self.indexes.iter().any(|index| index.kind == super::IndexKind::FullText)
            && !self.columns.iter().any(|c| c.name.eq_ignore_ascii_case("FTS_DOC_ID"))
    }
    /// Bytes of a row in a join buffer, over the columns that are read (spec 01 §1.5). The subtraction for BLOB columns wraps
    /// around as the server's does.
    pub fn join_buffer_row_bytes(
        &self,
        read: impl IntoIterator<Item = ColumnNo>,
        nullable_row: bool,
        mean_row_bytes: u64,
    ) -> u32 {
        let (mut length, mut null_bits, mut blobs) = (0u32, false, false);
        for column in read.into_iter().filter_map(|no| self.columns.get(no as usize)) {
            length = length.wrapping_add(self.pack_bytes(column));
            let leftover = self.engine == Engine::MyIsam && column.ty.kind == TypeKind::Bit && column.ty.length % 8 > 0;
            null_bits |= column.nullable || leftover;
            blobs |= column.ty.is_blob();
        }
        if null_bits {
            length = length.wrapping_add(self.nullable_columns().div_ceil(8));
        }
        if nullable_row {
            length = length.wrapping_add(1);
        }
        if blobs {
            let rest = u64::from(self.record_length()).wrapping_sub(u64::from(length));
            let blob = mean_row_bytes.wrapping_sub(rest) as u32;
            length = length.wrapping_add(blob.max(4));
        }
        length
    }
}

/// A virtual generated column is not stored.
fn is_virtual(column: &Column) -> bool {
    column.functional || column.generated.as_ref().is_some_and(|generated| generated.is_virtual)
}

/// Bytes of a value if all values of the type take the same in an InnoDB record.
fn fixed_bytes(ty: &DataType) -> Option<u32> {
    match ty.kind {
        TypeKind::VarChar => None,
        TypeKind::Char => {
            let charset = super::collation::info(ty.collation);
            let fixed_width = charset.max_char_bytes() == 1 || matches!(charset.charset(), "ucs2" | "utf32");
            fixed_width.then(|| ty.key_bytes())
        }
        _ if ty.is_blob() => None,
        _ => Some(ty.pack_bytes()),
    }
}

/// Bytes that a variable-length column takes at least: its length byte or bytes.
fn shortest_variable_bytes(ty: &DataType) -> u32 {
    let longest = if ty.is_blob() { ty.pack_bytes() } else { ty.key_bytes() };
    if longest < 128 { 1 } else { 2 }
}

/// Bytes of one column in the row of a materialized subquery, as far as the choice between memory and disk looks at it
/// (spec 01 §1.5).
pub fn materialized_column_bytes(ty: &DataType) -> u64 {
    use super::types::ResultClass;
    match ty.result_class() {
        ResultClass::Real => 8,
        ResultClass::Int => {
            if ty.display_length() >= 10 {
                8
            } else {
                4
            }
        }
        ResultClass::Decimal => 10,
        _ if ty.is_temporal() || ty.kind == TypeKind::Geometry => 8,
        _ => u64::from(ty.max_bytes()),
    }
}
