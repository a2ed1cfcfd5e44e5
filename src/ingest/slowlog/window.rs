//! A stretch of a stream that can be looked at as one slice of bytes.

use std::io::{self, Read};

/// Bytes asked of the source at once.
const CHUNK: usize = 1 << 20;

/// Bytes that one entry may have; a longer one is cut.
pub(super) const LONGEST_ENTRY: usize = 64 << 20;

pub(super) struct Window<'a> {
    source: &'a mut dyn Read,
    progress: &'a mut dyn FnMut(u64),
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
    read: u64,
    lines: u64,
}

impl<'a> Window<'a> {
    pub(super) fn new(source: &'a mut dyn Read, progress: &'a mut dyn FnMut(u64)) -> Self {
        Window { source, progress, buffer: vec![0; CHUNK], start: 0, end: 0, ended: false, read: 0, lines: 0 }
    }

    /// What has been read and not taken.
    #[inline]
    pub(super) fn data(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Nothing follows what [`Self::data`] shows.
    #[inline]
    pub(super) fn at_end(&self) -> bool {
        self.ended
    }

    /// Bytes taken so far.
    pub(super) fn taken(&self) -> u64 {
        self.read - (self.end - self.start) as u64
    }

    /// Lines that ended before the data.
    pub(super) fn lines(&self) -> u64 {
        self.lines
    }

    /// Takes bytes from the front.
    #[inline]
    pub(super) fn take(&mut self, bytes: usize) {
        let end = (self.start + bytes).min(self.end);
        self.lines += memchr::memchr_iter(b'\n', &self.buffer[self.start..end]).count() as u64;
        self.start = end;
    }

    pub(super) fn skip_byte_order_mark(&mut self) {
        if self.data().starts_with(b"\xef\xbb\xbf") {
            self.take(3);
        }
    }

    /// Reads until so many bytes are there or the source ends.
    pub(super) fn fill_to(&mut self, bytes: usize) -> io::Result<()> {
        while self.end - self.start < bytes && !self.ended {
            self.fill()?;
        }
        Ok(())
    }

    /// Reads more; false if there is no more, or if the window is as long as it may become.
    pub(super) fn fill(&mut self) -> io::Result<bool> {
        if self.ended || self.end - self.start >= LONGEST_ENTRY {
            return Ok(false);
        }
        if self.start > 0 && self.buffer.len() - self.end < CHUNK {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.buffer.len() - self.end < CHUNK / 2 {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        let bytes = loop {
            match self.source.read(&mut self.buffer[self.end..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        self.ended = bytes == 0;
        self.end += bytes;
        self.read += bytes as u64;
        (self.progress)(self.read);
        Ok(bytes > 0)
    }

    /// Length of the next line with its end, if all of it is there or nothing follows.
    pub(super) fn line_length(&mut self) -> io::Result<Option<usize>> {
        let mut searched = 0;
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.data()[searched..]) {
                return Ok(Some(searched + end + 1));
            }
            searched = self.data().len();
            if !self.fill()? {
                return Ok((searched > 0).then_some(searched));
            }
        }
    }
}
