//! Opening logs: files and stdin, plain, gzip or zstd, told by their first bytes.

use crate::terminal::Terminal;
use flate2::read::MultiGzDecoder;
use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// An open log.
pub(super) struct Source {
    /// Its text.
    pub(super) reader: Box<dyn Read>,
    /// How far it has been read.
    pub(super) progress: Bytes,
}

/// Bytes of a file, compressed as they are, read so far and in all.
#[derive(Clone, Default)]
pub(super) struct Bytes {
    read: Rc<Cell<u64>>,
    total: Option<u64>,
}

struct Counted<R> {
    inner: R,
    read: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.inner.read(buffer)?;
        self.read.set(self.read.get() + bytes as u64);
        Ok(bytes)
    }
}

/// Opens a log; `-` is stdin.
pub(super) fn open(path: &Path) -> Result<Source, String> {
    let failed = |error: io::Error| format!("cannot read {}: {error}", path.display());
    let (reader, total): (Box<dyn Read>, Option<u64>) = if path == Path::new("-") {
        (Box::new(io::stdin()), None)
    } else {
        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(format!("{} is a directory", path.display()));
        }
        (Box::new(file), metadata.is_file().then_some(metadata.len()))
    };
    let progress = Bytes { read: Rc::default(), total };
    let counted = Counted { inner: reader, read: Rc::clone(&progress.read) };
    let reader = decompressed(counted).map_err(failed)?;
    Ok(Source { reader, progress })
}

fn decompressed(mut source: impl Read + 'static) -> io::Result<Box<dyn Read>> {
    let mut magic = Vec::new();
    source.by_ref().take(4).read_to_end(&mut magic)?;
    let gzip = magic.starts_with(&[0x1f, 0x8b]);
    let zstd = magic == [0x28, 0xb5, 0x2f, 0xfd];
    let whole = io::Cursor::new(magic).chain(source);
    if gzip {
        return Ok(Box::new(Unpacked(MultiGzDecoder::new(BufReader::with_capacity(1 << 16, whole)))));
    }
    if zstd {
        return Ok(Box::new(Unpacked(Zstd { source: BufReader::with_capacity(1 << 16, whole), decoder: None })));
    }
    Ok(Box::new(whole))
}

/// What a decoder gives; its errors say what to do.
struct Unpacked<R: Read>(R);

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
        let explained = |error: io::Error| match error.kind() {
            InvalidData | InvalidInput | UnexpectedEof => io::Error::new(
                InvalidData,
                format!(
                    "the compressed file is cut off or damaged ({error}); \
                     to read what is whole of it, unpack it and pass that: zcat or zstdcat FILE | myexplain slowlog -"
                ),
            ),
            _ => error,
        };
        self.0.read(buffer).map_err(explained)
    }
}

/// zstd, frame after frame: logs that are appended to have several.
struct Zstd<R: io::BufRead> {
    source: R,
    decoder: Option<Box<ruzstd::decoding::FrameDecoder>>,
}

impl<R: io::BufRead> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        use ruzstd::decoding::BlockDecodingStrategy::UptoBytes;
        let broken = |part: &str| io::Error::new(io::ErrorKind::InvalidData, format!("broken zstd {part}"));
        loop {
            let Some(decoder) = &mut self.decoder else {
                if self.source.fill_buf()?.is_empty() {
                    return Ok(0);
                }
                let mut decoder = Box::new(ruzstd::decoding::FrameDecoder::new());
                decoder.reset(&mut self.source).map_err(|_| broken("frame"))?;
                self.decoder = Some(decoder);
                continue;
            };
            while decoder.can_collect() < buffer.len() && !decoder.is_finished() {
                let wanted = buffer.len() - decoder.can_collect();
                decoder.decode_blocks(&mut self.source, UptoBytes(wanted)).map_err(|_| broken("block"))?;
            }
            let bytes = decoder.read(buffer)?;
            if bytes > 0 {
                return Ok(bytes);
            }
            if decoder.is_finished() && decoder.can_collect() == 0 {
                self.decoder = None;
            }
        }
    }
}

/// A line on a terminal that says how far the reading is.
pub(super) struct Progress {
    name: String,
    bytes: Bytes,
    wanted: bool,
    begun: Instant,
    shown: Option<Instant>,
    width: usize,
}

/// Between two looks at the line.
const PAUSE: Duration = Duration::from_millis(200);

impl Progress {
    pub(super) fn new(path: &Path, bytes: Bytes, terminal: Terminal) -> Progress {
        let name = path.file_name().map_or("stdin".to_owned(), |name| name.to_string_lossy().into_owned());
        Progress { name, bytes, wanted: terminal.progress, begun: Instant::now(), shown: None, width: terminal.width }
    }

    pub(super) fn show(&mut self, text_bytes: u64) {
        if !self.wanted || self.shown.unwrap_or(self.begun).elapsed() < PAUSE {
            return;
        }
        self.shown = Some(Instant::now());
        let read = self.bytes.read.get();
        let share =
            self.bytes.total.map_or(String::new(), |total| format!(" of {} ({} %)", mib(total), read * 100 / total.max(1)));
        let speed = text_bytes as f64 / 1e6 / self.begun.elapsed().as_secs_f64();
        let line: String = format!("{}: {}{share}, {speed:.0} MB/s", self.name, mib(read)).chars().take(self.width - 1).collect();
        let mut stderr = io::stderr().lock();
        let _ = write!(stderr, "\r\x1b[K{line}");
        let _ = stderr.flush();
    }

    /// Takes the line away.
    pub(super) fn clear(&self) {
        if self.shown.is_some() {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
    }
}

fn mib(bytes: u64) -> String {
    format!("{:.0} MiB", bytes as f64 / f64::from(1 << 20))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "SELECT 1;\nSELECT 2;\n";

    fn read(bytes: Vec<u8>) -> String {
        let mut text = String::new();
        decompressed(io::Cursor::new(bytes)).expect("opens").read_to_string(&mut text).expect("reads");
        text
    }

    #[test]
    fn compressed_logs_are_told_by_their_first_bytes() {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(TEXT.as_bytes()).expect("a buffer");
        let gzip = gzip.finish().expect("a buffer");
        let zstd = ruzstd::encoding::compress_to_vec(TEXT.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest);
        assert_eq!(read(TEXT.as_bytes().to_vec()), TEXT);
        for packed in [gzip, zstd] {
            assert!(packed.starts_with(&[0x1f, 0x8b]) || packed.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]));
            let twice: Vec<u8> = packed.iter().chain(&packed).copied().collect();
            assert_eq!(read(packed), TEXT);
            assert_eq!(read(twice), TEXT.repeat(2), "a log that was appended to");
        }
        assert_eq!(read(b"ab".to_vec()), "ab");
    }
}
