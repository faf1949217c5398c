//! The one place that prints.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is the place that prints")]

use std::{
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
};

use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};
use proto_events::Timestamp;
use serde::Serialize;
use tracing_subscriber::EnvFilter;
use vidimus_api_types::PolicyFault;

use crate::{
    args::{Format, LogFormat},
    error::{Failure, Kind},
};

/// Prints in the format that was asked for. A reader that goes away (`| head`) ends the program quietly.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    format: Format,
}

impl Output {
    pub(crate) const fn new(format: Format) -> Self {
        Self { format }
    }

    pub(crate) fn is_json(self) -> bool {
        self.format == Format::Json
    }

    /// Bytes as they are: completions, manual pages.
    pub(crate) fn bytes(bytes: &[u8]) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
            Err(error) => {
                let message = format!("cannot write to standard output: {error}");
                Err(Failure::new(Kind::Other, "io", message))
            }
            Ok(()) => Ok(()),
        }
    }

    fn write(mut text: String) -> Result<(), Failure> {
        text.push('\n');
        Self::bytes(text.as_bytes())
    }

    /// A line of text; nothing where JSON was asked for.
    pub(crate) fn line(self, text: &str) -> Result<(), Failure> {
        if self.is_json() { Ok(()) } else { Self::write(printable(text)) }
    }

    /// One JSON document on a line, whatever the format: for output that has no end.
    pub(crate) fn json_line(self, value: &impl Serialize) -> Result<(), Failure> {
        Self::write(serde_json::to_string(value).map_err(io::Error::other)?)
    }

    /// `value` as JSON; else what `people` makes of it.
    pub(crate) fn show<T: Serialize>(
        self,
        value: &T,
        people: impl FnOnce(&T) -> String,
    ) -> Result<(), Failure> {
        if self.is_json() {
            Self::write(serde_json::to_string_pretty(value).map_err(io::Error::other)?)
        } else {
            Self::write(printable(&people(value)))
        }
    }

    /// As [`Self::show`], but to standard error: where standard output has what was asked for.
    pub(crate) fn note<T: Serialize>(
        self,
        value: &T,
        people: impl FnOnce(&T) -> String,
    ) -> Result<(), Failure> {
        if self.is_json() {
            complain(&serde_json::to_string(value).map_err(io::Error::other)?);
        } else {
            complain(&printable(&people(value)));
        }
        Ok(())
    }

    /// Standard output, for much at a time.
    pub(crate) fn raw() -> io::Stdout {
        io::stdout()
    }

    /// Rows as a table for people.
    pub(crate) fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
        Self::table_to_fit(header, rows, &[])
    }

    /// Rows as a table for people. On a terminal that is too narrow for it the `spare` columns are left out, the first
    /// of them first, and a line below says which; the first column is never broken, so that it can be copied.
    pub(crate) fn table_to_fit(
        header: &[&str],
        rows: impl IntoIterator<Item = Vec<String>>,
        spare: &[&str],
    ) -> String {
        let rows: Vec<Vec<String>> = rows.into_iter().collect();
        let mut hidden = Vec::new();
        let mut table = columns(header, &rows, &hidden);
        let mut spare = spare.iter();
        while let Some(width) = table.width()
            && width_of(&table) > width
            && let Some(name) = spare.next()
        {
            hidden.push(*name);
            table = columns(header, &rows, &hidden);
        }
        let mut text = table.trim_fmt();
        if !hidden.is_empty() {
            text += &format!("\n(the terminal is too narrow for: {})", hidden.join(", "));
        }
        text
    }

    /// The failure, to standard error; the exit code.
    pub(crate) fn failure(self, failure: &Failure) -> ExitCode {
        let Failure { kind, code, message, errors } = failure;
        if self.is_json() {
            complain(&json_error(code, message, errors));
        } else {
            complain(&format!("error[{code}]: {}", printable(message)));
        }
        kind.exit_code()
    }
}

/// Traces to standard error from now on: what `VIDIMUS_LOG` asks for (for example `vidimus_log=debug`), else what the
/// settings do, else warnings and worse.
pub(crate) fn trace(settings: Option<&str>, format: LogFormat) {
    let filter = EnvFilter::try_from_env("VIDIMUS_LOG")
        .or_else(|_| EnvFilter::try_new(settings.unwrap_or("warn,sled=off,async_nats=off")))
        .unwrap_or_else(|_| EnvFilter::new("warn,sled=off,async_nats=off"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    match format {
        LogFormat::Text => builder.with_ansi(is_watched()).init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
}

/// Where standard error is gone, there is nobody to tell.
fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// `errors` is there where there are any.
fn json_error(code: &str, message: &str, errors: &[PolicyFault]) -> String {
    let mut error = serde_json::json!({ "code": code, "message": message });
    if !errors.is_empty() {
        error["errors"] = serde_json::json!(errors);
    }
    serde_json::json!({ "error": error }).to_string()
}

/// What clap has to say: help and version to standard output, else what is wrong with the command line, as JSON where
/// the command line asks for that.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let json = std::env::args().any(|argument| argument == "--output=json")
        || arguments.any(|argument| argument == "--output")
            && arguments.next().is_some_and(|format| format == "json");
    if json && error.use_stderr() {
        let text = error.to_string();
        complain(&json_error("usage", text.trim().trim_start_matches("error: "), &[]));
    } else {
        // Help that nobody reads to its end is no failure.
        let _ = error.print();
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// A table without what is hidden.
fn columns(header: &[&str], rows: &[Vec<String>], hidden: &[&str]) -> Table {
    let shown = |index: &usize| header.get(*index).is_some_and(|name| !hidden.contains(name));
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header((0..header.len()).filter(shown).filter_map(|index| header.get(index)));
    for row in rows {
        let cells = row.iter().enumerate().filter(|(index, _)| shown(index));
        table.add_row(cells.map(|(_, cell)| printable(cell).replace('\t', " ")));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    if let Some(first) = table.column_mut(0) {
        first.set_constraint(ColumnConstraint::ContentWidth);
    }
    table
}

/// How wide it would like to be.
fn width_of(table: &Table) -> u16 {
    table.column_max_content_widths().iter().map(|width| width.saturating_add(2)).fold(0, u16::saturating_add)
}

/// How many characters a line for people may have: a terminal's width, but not less than can be read.
pub(crate) fn line_width() -> usize {
    Table::new().width().map_or(240, |width| usize::from(width).max(120))
}

/// An instant for people: RFC 3339 to the second. Programs get it to the microsecond.
pub(crate) fn instant(at: Timestamp) -> String {
    at.to_notification_text() + "Z"
}

/// Whether a person watches standard error.
pub(crate) fn is_watched() -> bool {
    io::stderr().is_terminal()
}

/// Agents write what is shown here: control characters must not reach the terminal, nor what turns the direction of
/// writing and so shows one text for another.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\n' | '\t' => character,
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
            character if character.is_control() => '\u{fffd}',
            character => character,
        })
        .collect()
}

/// `text`, at most `max` characters of it.
pub(crate) fn cut(text: &str, max: usize) -> String {
    let mut cut: String = text.chars().take(max).collect();
    if text.chars().nth(max).is_some() {
        cut.push('…');
    }
    cut
}

/// A whole number with its thousands apart.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        let cases = [(0, "0"), (999, "999"), (1000, "1,000"), (60_915, "60,915"), (1_234_567, "1,234,567")];
        for (number, text) in cases {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn no_control_character_reaches_the_terminal() {
        assert_eq!(
            printable("a\u{1b}[31mred\u{7}\r\nb\u{9b}2J"),
            "a\u{fffd}[31mred\u{fffd}\u{fffd}\nb\u{fffd}2J"
        );
        assert_eq!(printable("txt.\u{202e}exe"), "txt.\u{fffd}exe");
    }

    #[test]
    fn what_is_hidden_is_left_out_of_every_row() {
        let rows = [vec!["1".to_owned(), "two".to_owned(), "3\t".to_owned()]];
        assert_eq!(columns(&["A", "B", "C"], &rows, &["B"]).trim_fmt(), "A  C\n1  3");
        assert_eq!(
            Output::table(&["A", "B"], [vec!["long one".to_owned(), "x".to_owned()]]),
            "A         B\nlong one  x"
        );
    }

    #[test]
    fn cutting_counts_characters() {
        assert_eq!(cut("äöü", 3), "äöü");
        assert_eq!(cut("äöüß", 3), "äöü…");
    }
}
