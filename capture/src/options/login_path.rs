//! The login file (`~/.mylogin.cnf`) that `mysql_config_editor` writes: an option file, obscured with a key that stands in it.

use super::OptionsError;
use aes::Aes128;
use aes::cipher::{Array, BlockCipherDecrypt, KeyInit};
use std::path::{Path, PathBuf};

/// Four zero bytes, then the bytes that the key is made of.
const KEY_START: usize = 4;
const KEY_BYTES: usize = 20;
const BLOCK_BYTES: usize = 16;

/// The file's path and its plain text; none if there is no such file and none is needed.
pub(super) fn read(needed: bool) -> Result<Option<(PathBuf, String)>, OptionsError> {
    let named = std::env::var_os("MYSQL_TEST_LOGIN_FILE").map(PathBuf::from);
    let path = named.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".mylogin.cnf")));
    let Some(path) = path else { return Ok(None) };
    match std::fs::read(&path) {
        Ok(bytes) => Ok(Some((path.clone(), plain(&bytes).ok_or_else(|| damaged(&path))?))),
        Err(error) if needed => {
            Err(OptionsError(format!("cannot read {}: {error}; mysql_config_editor makes it", path.display())))
        }
        Err(_) => Ok(None),
    }
}

fn damaged(path: &Path) -> OptionsError {
    OptionsError(format!("{} is damaged; make it anew with mysql_config_editor", path.display()))
}

/// Every line is stored as its length (4 bytes, little-endian) and its bytes in AES-128-ECB with PKCS#7 padding.
fn plain(bytes: &[u8]) -> Option<String> {
    let mut key = [0u8; BLOCK_BYTES];
    for (place, byte) in bytes.get(KEY_START..KEY_START + KEY_BYTES)?.iter().enumerate() {
        key[place % BLOCK_BYTES] ^= byte;
    }
    let cipher = Aes128::new(&Array::from(key));
    let mut text = Vec::new();
    let mut rest = &bytes[KEY_START + KEY_BYTES..];
    while !rest.is_empty() {
        let length = u32::from_le_bytes(rest.get(..4)?.try_into().ok()?) as usize;
        let line = rest.get(4..4usize.checked_add(length)?)?;
        rest = &rest[4 + length..];
        let start = text.len();
        for block in line.chunks(BLOCK_BYTES) {
            let mut block = Array::from(<[u8; BLOCK_BYTES]>::try_from(block).ok()?);
            cipher.decrypt_block(&mut block);
            text.extend_from_slice(&block);
        }
        let padding = usize::from(*text[start..].last()?);
        text.truncate(text.len().checked_sub(padding).filter(|end| *end >= start && padding <= BLOCK_BYTES)?);
    }
    String::from_utf8(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aes::cipher::BlockCipherEncrypt;

    /// As the format is described: the inverse of what is tested.
    fn obscure(text: &str) -> Vec<u8> {
        let material: Vec<u8> = (0..KEY_BYTES as u8).map(|no| no * 7 % 32).collect();
        let mut key = [0u8; BLOCK_BYTES];
        material.iter().enumerate().for_each(|(place, byte)| key[place % BLOCK_BYTES] ^= byte);
        let cipher = Aes128::new(&Array::from(key));
        let mut bytes = [vec![0; KEY_START], material].concat();
        for line in text.split_inclusive('\n') {
            let padding = BLOCK_BYTES - line.len() % BLOCK_BYTES;
            let padded = [line.as_bytes(), &vec![padding as u8; padding]].concat();
            bytes.extend((padded.len() as u32).to_le_bytes());
            for block in padded.chunks(BLOCK_BYTES) {
                let mut block = Array::from(<[u8; BLOCK_BYTES]>::try_from(block).unwrap());
                cipher.encrypt_block(&mut block);
                bytes.extend_from_slice(&block);
            }
        }
        bytes
    }

    #[test]
    fn lines_come_back() {
        let text = "[client]\nuser = \"anna\"\npassword = \"geheim und sehr lang\"\nhost = \"h\"\n";
        assert_eq!(plain(&obscure(text)).as_deref(), Some(text));
    }

    #[test]
    fn damage_is_no_panic() {
        let whole = obscure("[client]\nuser = \"anna\"\n");
        for end in 0..whole.len() {
            let _ = plain(&whole[..end]);
        }
        assert_eq!(plain(&whole[..whole.len() - 1]), None);
    }
}
