//! Identifiers in a text: what says which one is meant, told from its spelling.
//!
//! | kind | for example | its value |
//! |---|---|---|
//! | mail | `Ana@Example.com` | `ana@example.com` |
//! | host | `https://www.example.com/a?b`, `example.com/a`, `10.0.0.1` | `example.com`, `10.0.0.1` |
//! | path | `/home/ana/` | `/home/ana` |
//! | number | `1,250.00` | `1250` |
//! | token | `INV-2041`, `de44x`, `2025-03-01` | the same in lower case |
//!
//! One pass from left to right; what is in one identifier is not looked at for another. Of a web address the host alone
//! counts: who controls the host controls every page of it.

mod number;

use super::lexicon::lexicon;

/// The longest identifier that is looked at, in bytes. Longer ones are in no text that was read, so nothing vouches for them.
pub(super) const MAX_BYTES: usize = 512;
/// What ends a web address.
const URL_ENDS: &[u8] = b"'\"<>)]`{}|";

/// What an identifier is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An address of mail.
    Mail,
    /// The host of a web address.
    Host,
    /// A path of files.
    Path,
    /// A number of two digits or more.
    Number,
    /// A word with a digit in it.
    Token,
}

/// An identifier in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identifier<'a> {
    /// What it is of.
    pub(super) kind: Kind,
    /// In the spelling in which it is compared.
    pub(super) value: &'a str,
    /// Its first byte in the text.
    pub(super) start: usize,
    /// The byte after its last.
    pub(super) end: usize,
}

/// Goes over the identifiers of `text` once.
pub(super) fn each(text: &str, mut found: impl FnMut(Identifier<'_>)) {
    let mut scanner = Scanner { text, bytes: text.as_bytes(), value: String::new(), no_mail: 0, no_host: 0 };
    let mut at = 0;
    while at < text.len() {
        at = match scanner.at(at) {
            Step::Found { kind, start, end } => {
                found(Identifier { kind, value: &scanner.value, start, end });
                end
            }
            Step::Nothing { next } => next,
        };
    }
}

enum Step {
    Found { kind: Kind, start: usize, end: usize },
    Nothing { next: usize },
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    /// The value of what was found last.
    value: String,
    /// Before this byte no address of mail begins.
    no_mail: usize,
    /// Before this byte no host begins.
    no_host: usize,
}

impl Scanner<'_> {
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(b' ')
    }

    /// The bytes of the letter, digit or `_` that stands here; 0 where none does.
    #[inline]
    fn name_at(&self, at: usize) -> usize {
        let byte = self.byte(at);
        if byte.is_ascii() {
            return usize::from(byte.is_ascii_alphanumeric() || byte == b'_');
        }
        self.letter_at(at)
    }

    fn letter_at(&self, at: usize) -> usize {
        let letter = self.text.get(at..).and_then(|rest| rest.chars().next());
        letter.filter(|letter| letter.is_alphanumeric()).map_or(0, char::len_utf8)
    }

    /// Where the run of letters, digits, `_` and `more` ends that begins here.
    fn run(&self, mut at: usize, more: &[u8]) -> usize {
        loop {
            match self.name_at(at) {
                0 if at < self.bytes.len() && more.contains(&self.byte(at)) => at += 1,
                0 => return at,
                length => at += length,
            }
        }
    }

    /// Puts what stands here down as the value, in lower case, without `ends` at its ends.
    fn put(&mut self, start: usize, end: usize, ends: &[char]) {
        self.value.clear();
        let text = self.text.get(start..end).unwrap_or_default();
        if text.len() <= MAX_BYTES {
            self.value.push_str(text.trim_matches(ends));
            self.value.make_ascii_lowercase();
        }
    }

    /// Where a plain word ends that begins here: letters, and after them what no identifier goes on with. Most of a text is
    /// made of these.
    fn plain_word(&self, at: usize) -> Option<usize> {
        let rest = self.bytes.get(at..)?;
        let length = rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let goes_on = match (rest.get(length), rest.get(length + 1)) {
            (None, _) => false,
            (Some(b'.' | b':'), Some(after)) => !after.is_ascii_whitespace(),
            (Some(b'.' | b':' | b'_' | b'-' | b'+' | b'@' | b'0'..=b'9'), _) => true,
            (Some(byte), _) => !byte.is_ascii(),
        };
        (length > 0 && !goes_on).then_some(at + length)
    }

    fn at(&mut self, at: usize) -> Step {
        if let Some(next) = self.plain_word(at) {
            return Step::Nothing { next };
        }
        let byte = self.byte(at);
        if byte == b'/' {
            return self.path(at);
        }
        if byte.is_ascii() && !byte.is_ascii_alphanumeric() && byte != b'_' {
            return Step::Nothing { next: at + 1 };
        }
        if self.name_at(at) == 0 {
            // Over a whole character: the next byte may be inside of one.
            let width = self.text.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
            return Step::Nothing { next: at + width };
        }
        self.url(at).or_else(|| self.mail(at)).or_else(|| self.host(at)).unwrap_or_else(|| self.word(at))
    }

    fn path(&mut self, at: usize) -> Step {
        let before = self.text.get(..at).and_then(|text| text.chars().next_back());
        let is_inside = before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '/' | '.'));
        let is_path = !is_inside && (self.name_at(at + 1) > 0 || matches!(self.byte(at + 1), b'-' | b'.'));
        if !is_path {
            return Step::Nothing { next: at + 1 };
        }
        let end = self.run(at, b"-./");
        self.value.clear();
        let text = self.text.get(at..end).unwrap_or_default().trim_end_matches(['.', '/']);
        if text.len() <= MAX_BYTES {
            self.value.push_str(text);
            self.value.make_ascii_lowercase();
        }
        Step::Found { kind: Kind::Path, start: at, end }
    }

    /// `scheme://…` and `www.…`.
    fn url(&mut self, at: usize) -> Option<Step> {
        let is_www = self.bytes.get(at..at + 4).is_some_and(|text| text.eq_ignore_ascii_case(b"www."));
        let scheme_ends =
            at + self.bytes.get(at..)?.iter().take(32).take_while(|b| b.is_ascii_alphabetic()).count();
        let has_scheme = self.bytes.get(scheme_ends..)?.starts_with(b"://");
        if !is_www && !has_scheme {
            return None;
        }
        let authority = if has_scheme { scheme_ends + 3 } else { at };
        let end = self.url_end(authority);
        self.put_host(authority, end);
        Some(Step::Found { kind: Kind::Host, start: at, end })
    }

    fn url_end(&self, from: usize) -> usize {
        let ends = |byte: &u8| byte.is_ascii_whitespace() || URL_ENDS.contains(byte);
        let rest = self.bytes.get(from..).unwrap_or_default();
        from + rest.iter().position(ends).unwrap_or(rest.len())
    }

    /// The host as the address's reader would find it: after what stands for a user, before the port.
    fn put_host(&mut self, from: usize, end: usize) {
        let text = self.text.get(from..end).unwrap_or_default();
        let authority = text.split(['/', '?', '#', '\\']).next().unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default();
        let host = host.split(':').next().unwrap_or_default().trim_matches(['.', ',', ';', '_', '-']);
        let is_www = host.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("www."));
        let host = if is_www { &host[4..] } else { host };
        self.value.clear();
        if host.len() <= MAX_BYTES {
            self.value.push_str(host);
            self.value.make_ascii_lowercase();
        }
    }

    fn mail(&mut self, at: usize) -> Option<Step> {
        if at < self.no_mail {
            return None;
        }
        let local_ends = self.run(at, b".+-");
        let domain = local_ends + 1;
        if self.byte(local_ends) == b'@' {
            let run_ends = self.run(domain, b"-.");
            let is_domain = self.text.get(domain..run_ends).is_some_and(|domain| {
                domain.trim_end_matches(['.', '-']).split('.').filter(|label| !label.is_empty()).count() > 1
            });
            if is_domain {
                self.put(at, run_ends, &['.', '-']);
                return Some(Step::Found { kind: Kind::Mail, start: at, end: run_ends });
            }
        }
        self.no_mail = local_ends;
        None
    }

    /// A dotted name that ends like a host, or an address of four numbers.
    fn host(&mut self, at: usize) -> Option<Step> {
        if at < self.no_host {
            return None;
        }
        let end = self.run(at, b"-.");
        let name = self.text.get(at..end)?.trim_end_matches(['.', '-']);
        let last = name.rsplit_once('.').map(|(_, last)| last);
        let is_named = last.is_some_and(|last| {
            last.len() <= 8 && lexicon().top_level.contains(last.to_ascii_lowercase().as_str())
        });
        let is_numbers = || {
            let parts = name.split('.');
            parts.clone().count() == 4 && parts.clone().all(|part| part.parse::<u8>().is_ok())
        };
        if !is_named && !is_numbers() {
            self.no_host = end;
            return None;
        }
        self.put_host(at, at + name.len());
        let end = if matches!(self.byte(end), b'/' | b':' | b'?') { self.url_end(end) } else { end };
        Some(Step::Found { kind: Kind::Host, start: at, end })
    }

    /// A number, or a word: that is an identifier if a digit is in it.
    fn word(&mut self, at: usize) -> Step {
        if let Some(length) = number::read(self.bytes.get(at..).unwrap_or_default(), &mut self.value) {
            let end = at + length;
            return if self.value.is_empty() {
                Step::Nothing { next: end }
            } else {
                Step::Found { kind: Kind::Number, start: at, end }
            };
        }
        // `20.03.2025` and `1.4.2` are one word each.
        let is_digit_first = self.byte(at).is_ascii_digit();
        let end = self.run(at, if is_digit_first { b"-." } else { b"-" });
        let text = self.text.get(at..end).unwrap_or_default();
        if !text.bytes().any(|byte| byte.is_ascii_digit()) {
            return Step::Nothing { next: end };
        }
        self.put(at, end, &['-', '_', '.']);
        if self.value.len() == 1 {
            Step::Nothing { next: end }
        } else {
            Step::Found { kind: Kind::Token, start: at, end }
        }
    }
}

#[cfg(test)]
mod tests;
