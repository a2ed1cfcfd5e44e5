//! The optimizer's decisions as data: every alternative, its rows, its cost, and why it lost (spec 09 §5).

pub mod compare;
pub mod text;

use serde_json::{Map, Value};

/// The record of one statement's decisions: a tree of named steps in the server's vocabulary, built as planning goes.
///
/// A stage opens an object or array under a key, adds fields, and closes it again; what is left open at the end is closed.
#[derive(Debug, Default)]
pub struct Trace {
    open: Vec<Frame>,
    finished: Vec<Value>,
    nameless: u32,
}

#[derive(Debug)]
enum Frame {
    Object(Option<String>, Map<String, Value>),
    Array(Option<String>, Vec<Value>),
}

impl Trace {
    /// Opens an object: under `key` in an object, without in an array.
    pub fn open_object(&mut self, key: Option<&str>) {
        self.open.push(Frame::Object(key.map(str::to_owned), Map::new()));
    }
    /// Opens an object without a key inside an object: the server numbers such keys.
    pub fn open_nameless_object(&mut self) {
        self.nameless += 1;
        let key = format!("unknown_key_{}", self.nameless);
        self.open_object(Some(&key));
    }
    /// Opens an array.
    pub fn open_array(&mut self, key: Option<&str>) {
        self.open.push(Frame::Array(key.map(str::to_owned), Vec::new()));
    }
    /// Adds a field to the innermost open object.
    pub fn field(&mut self, key: &str, value: impl Into<Value>) {
        if let Some(Frame::Object(_, map)) = self.open.last_mut() {
            map.insert(key.to_owned(), value.into());
        }
    }
    /// Adds an element to the innermost open array.
    pub fn element(&mut self, value: impl Into<Value>) {
        if let Some(Frame::Array(_, items)) = self.open.last_mut() {
            items.push(value.into());
        }
    }
    /// Closes the innermost open object or array.
    pub fn close(&mut self) {
        let Some(frame) = self.open.pop() else { return };
        let (key, value) = match frame {
            Frame::Object(key, map) => (key, Value::Object(map)),
            Frame::Array(key, items) => (key, Value::Array(items)),
        };
        match (self.open.last_mut(), key) {
            (Some(Frame::Object(_, map)), Some(key)) => {
                map.insert(key, value);
            }
            (Some(Frame::Array(_, items)), _) => items.push(value),
            _ => self.finished.push(value),
        }
    }
    /// Number of open objects and arrays: a stage leaves as many as it found.
    pub fn depth(&self) -> usize {
        self.open.len()
    }
    /// Closes what is open and returns the steps.
    pub fn finish(mut self) -> Vec<Value> {
        while !self.open.is_empty() {
            self.close();
        }
        self.finished
    }
}
