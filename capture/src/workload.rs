//! Statements that a bundle is made for.

use myexplain::Catalog;

/// Settings of a statement, applied to its catalog.
pub type ApplySettings = Box<dyn Fn(&mut Catalog) -> Result<(), String> + Send + Sync>;

/// A statement with the settings under which it is planned.
pub struct Statement {
    /// Name for messages.
    pub name: String,
    /// Its text.
    pub sql: String,
    /// Its settings.
    pub settings: ApplySettings,
}

impl Statement {
    /// A statement under the catalog's own settings.
    pub fn plain(sql: &str) -> Statement {
        Statement { name: "query-1".to_owned(), sql: sql.to_owned(), settings: Box::new(|_| Ok(())) }
    }

    /// The catalog under the statement's settings.
    pub fn under(&self, catalog: &Catalog) -> Result<Catalog, String> {
        let mut catalog = catalog.clone();
        (self.settings)(&mut catalog)?;
        Ok(catalog)
    }
}

/// A statement that a server is asked about: it needs the settings as text.
pub struct Query {
    /// The statement.
    pub statement: Statement,
    /// Assignments as one would write them behind SET SESSION, in order.
    pub sets: Vec<String>,
}
