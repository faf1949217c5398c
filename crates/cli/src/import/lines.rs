//! The lines of a file, gzipped or not, with a bound on their length.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use flate2::read::MultiGzDecoder;

/// Longest line, in bytes: arguments and a result at their limits, with all that a record says besides.
pub(crate) const MAX_LINE_BYTES: usize = 2 * 1024 * 1024;

/// One line.
pub(crate) enum Line {
    /// Its bytes, without the end of line.
    Whole(Vec<u8>),
    /// It is over the limit; what it was is not kept.
    TooLong,
}

/// Counts the bytes that were read of the file as it lies on disk, for the progress bar.
struct Counted<R>(R, Arc<AtomicU64>);

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer)?;
        self.1.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Reads line by line.
pub(crate) struct Lines {
    reader: Box<dyn BufRead + Send>,
}

impl Lines {
    /// The lines of the file at `path` (`-`: standard input). What begins like gzip is read as gzip, whatever its name.
    pub(crate) fn open(path: &Path, read: Arc<AtomicU64>) -> io::Result<Self> {
        let source: Box<dyn Read + Send> =
            if path == Path::new("-") { Box::new(io::stdin()) } else { Box::new(File::open(path)?) };
        let mut source = Counted(source, read);
        // A pipe may hand over a single byte first: two are asked for, however long that takes.
        let mut beginning = Vec::with_capacity(2);
        source.by_ref().take(2).read_to_end(&mut beginning)?;
        let gzipped = beginning == [0x1f, 0x8b];
        let buffered = BufReader::with_capacity(1 << 16, io::Cursor::new(beginning).chain(source));
        let reader: Box<dyn BufRead + Send> = if gzipped {
            Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(buffered)))
        } else {
            Box::new(buffered)
        };
        Ok(Self { reader })
    }
}

impl Iterator for Lines {
    type Item = io::Result<Line>;

    fn next(&mut self) -> Option<io::Result<Line>> {
        let mut line = Vec::new();
        let limit = MAX_LINE_BYTES as u64 + 1;
        match self.reader.by_ref().take(limit).read_until(b'\n', &mut line) {
            Ok(0) => return None,
            Ok(_) => {}
            Err(error) => return Some(Err(error)),
        }
        if line.last() == Some(&b'\n') {
            line.pop();
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            return Some(Ok(Line::Whole(line)));
        }
        if line.len() as u64 == limit {
            return Some(skip_line(&mut self.reader).map(|()| Line::TooLong));
        }
        Some(Ok(Line::Whole(line)))
    }
}

/// Reads on to the end of the line without keeping it.
fn skip_line(reader: &mut dyn BufRead) -> io::Result<()> {
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(buffer.len(), |end| end + 1);
        reader.consume(used);
        if end.is_some() {
            return Ok(());
        }
    }
}
