//! Names kept once, and the hash by which names and classes are found.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// How often each name was seen, those seen first in front. The names themselves stand in the [`NameTable`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Names(pub(super) Vec<(u32, u64)>);

impl Names {
    #[inline]
    pub(super) fn add(&mut self, name: u32, times: u64, limit: usize) {
        if let Some((_, seen)) = self.0.iter_mut().find(|(own, _)| *own == name) {
            *seen += times;
        } else if self.0.len() < limit {
            self.0.push((name, times));
        } else if let Some((_, seen)) = self.0.iter_mut().find(|(own, _)| *own == NameTable::OTHERS) {
            *seen += times;
        } else {
            self.0.push((NameTable::OTHERS, times));
        }
    }
}

/// Names of users, hosts and schemas, each kept once.
#[derive(Debug, Default)]
pub(super) struct NameTable {
    names: Vec<Box<str>>,
    index: HashMap<u128, u32, BuildHasherDefault<AsItIs>>,
}

impl NameTable {
    /// Stands for names beyond a limit.
    const OTHERS: u32 = u32::MAX;

    /// Names kept in all.
    const LIMIT: usize = 100_000;

    #[inline]
    pub(super) fn id(&mut self, name: &[u8]) -> u32 {
        let key = hash(name);
        match self.index.get(&key) {
            Some(id) => *id,
            None if self.names.len() >= NameTable::LIMIT => NameTable::OTHERS,
            None => {
                self.names.push(String::from_utf8_lossy(&name[..name.len().min(256)]).into());
                self.index.insert(key, (self.names.len() - 1) as u32);
                (self.names.len() - 1) as u32
            }
        }
    }

    /// Names with their executions, the most frequent first; those beyond the limit count under the empty name.
    pub(super) fn by_frequency(&self, names: &Names) -> Vec<(String, u64)> {
        let text = |id: u32| self.names.get(id as usize).map_or(String::new(), |name| name.to_string());
        let mut list: Vec<(String, u64)> = names.0.iter().map(|(id, times)| (text(*id), *times)).collect();
        list.sort_by(|(a, seen_a), (b, seen_b)| seen_b.cmp(seen_a).then(a.cmp(b)));
        list
    }
}

/// The keys are hashes already.
#[derive(Default)]
pub(super) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u128(&mut self, key: u128) {
        self.0 = key as u64;
    }
}

/// Two hashes of 64 bits by multiplication and folding. The classes of one log are far too few for a chance collision.
#[inline]
pub(super) fn hash(bytes: &[u8]) -> u128 {
    const A: u64 = 0x9e37_79b9_7f4a_7c15;
    const B: u64 = 0xd6e8_feb8_6659_fd93;
    const C: u64 = 0xa076_1d64_78bd_642f;
    #[inline]
    fn fold(a: u64, b: u64) -> u64 {
        let product = u128::from(a) * u128::from(b);
        product as u64 ^ (product >> 64) as u64
    }
    let (mut one, mut two) = (A ^ bytes.len() as u64, B);
    let mut chunks = bytes.chunks_exact(16);
    for chunk in chunks.by_ref() {
        let low = chunk.first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let high = chunk.last_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        one = fold(low ^ one, high ^ B);
        two = fold(low ^ C, high ^ two).rotate_left(23);
    }
    let mut rest = [0; 16];
    rest[..chunks.remainder().len()].copy_from_slice(chunks.remainder());
    let last = u128::from_le_bytes(rest);
    one = fold(last as u64 ^ one, (last >> 64) as u64 ^ B);
    two = fold(last as u64 ^ C, (last >> 64) as u64 ^ two);
    u128::from(fold(one ^ A, C)) | u128::from(fold(two ^ A, B)) << 64
}
