//! Weights of characters, as a server's `WEIGHT_STRING` tells them: two bytes a character for `general_ci`, primary weights of
//! the Unicode collation algorithm 9.0 (no language's own rules), one byte for `latin1_swedish_ci`.

use std::sync::LazyLock;

/// Pairs (code, weight), big-endian, of the characters whose weight is not their code.
static GENERAL: &[u8] = include_bytes!("general_ci.bin");
/// (code, number of weights, weights), big-endian.
static PRIMARY: &[u8] = include_bytes!("uca_900_primary.bin");
static LATIN1: &[u8; 256] = include_bytes!("latin1_swedish_ci.bin");

static GENERAL_WEIGHTS: LazyLock<Vec<(u16, u16)>> = LazyLock::new(|| {
    let pair = |bytes: &[u8]| (u16::from_be_bytes([bytes[0], bytes[1]]), u16::from_be_bytes([bytes[2], bytes[3]]));
    GENERAL.chunks_exact(4).map(pair).collect()
});

/// (code, where its weights start in [`PRIMARY`], how many bytes they take)
static PRIMARY_PLACES: LazyLock<Vec<(u16, u32, u8)>> = LazyLock::new(|| {
    let (mut places, mut at) = (Vec::with_capacity(16_384), 0);
    while at + 3 <= PRIMARY.len() {
        let bytes = PRIMARY[at + 2] * 2;
        places.push((u16::from_be_bytes([PRIMARY[at], PRIMARY[at + 1]]), at as u32 + 3, bytes));
        at += 3 + usize::from(bytes);
    }
    places
});

/// Weight under `utf8mb4_general_ci` and `utf8mb3_general_ci`; characters beyond the basic plane are all alike.
pub(super) fn general(c: char) -> u16 {
    if c.is_ascii() {
        return c.to_ascii_uppercase() as u16;
    }
    let Ok(code) = u16::try_from(u32::from(c)) else { return 0xFFFD };
    let place = GENERAL_WEIGHTS.binary_search_by_key(&code, |(code, _)| *code);
    place.map_or(code, |place| GENERAL_WEIGHTS[place].1)
}

/// Weight under `latin1_swedish_ci`; stands in for other 8-bit collations too.
pub(super) fn latin1(c: char) -> u8 {
    u8::try_from(u32::from(c)).map_or(b'?', |byte| LATIN1[usize::from(byte)])
}

/// Appends the primary weights under `utf8mb4_0900_ai_ci`; characters without weight append nothing.
pub(super) fn primary(c: char, key: &mut Vec<u8>) {
    let code = u32::from(c);
    if (0xAC00..=0xD7A3).contains(&code) {
        let syllable = code - 0xAC00;
        let jamo = [0x1100 + syllable / 588, 0x1161 + syllable % 588 / 28, 0x11A7 + syllable % 28];
        let without_final = if syllable % 28 == 0 { 2 } else { 3 };
        jamo.into_iter().take(without_final).filter_map(char::from_u32).for_each(|jamo| listed(jamo, key));
        return;
    }
    listed(c, key);
}

fn listed(c: char, key: &mut Vec<u8>) {
    let code = u32::from(c);
    let found = u16::try_from(code).ok().and_then(|code| {
        let place = PRIMARY_PLACES.binary_search_by_key(&code, |(code, ..)| *code).ok()?;
        Some(PRIMARY_PLACES[place])
    });
    match found {
        Some((_, start, bytes)) => key.extend_from_slice(&PRIMARY[start as usize..start as usize + usize::from(bytes)]),
        None => {
            let base = match code {
                0x4E00..=0x9FD5 => 0xFB40,
                0x3400..=0x4DB5 | 0x20000..=0x2FA1F => 0xFB80,
                _ => 0xFBC0,
            };
            key.extend_from_slice(&((base + (code >> 15)) as u16).to_be_bytes());
            key.extend_from_slice(&((code & 0x7FFF | 0x8000) as u16).to_be_bytes());
        }
    }
}
