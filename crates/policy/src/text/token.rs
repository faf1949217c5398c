//! The tokens of Cedar text, as far as finding places needs them.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A word or a number.
    Word,
    /// A text in quotes.
    Text,
    /// A sign that places depend on.
    Sign(&'static str),
    /// Any other character.
    Other,
}

/// A token and its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

const SIGNS: [&str; 11] = ["&&", "||", "(", ")", "{", "}", "[", "]", ",", ";", "@"];

/// The tokens of `text`, without white space and comments.
pub(crate) fn tokens(text: &str) -> impl Iterator<Item = Token> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        at += skipped(&text[at..]);
        let rest = &text[at..];
        let first = rest.chars().next()?;
        let (kind, length) = if first == '"' {
            (TokenKind::Text, text_length(rest))
        } else if first == '_' || first.is_ascii_alphanumeric() {
            let end = rest.find(|c: char| c != '_' && !c.is_ascii_alphanumeric());
            (TokenKind::Word, end.unwrap_or(rest.len()))
        } else if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            (TokenKind::Sign(sign), sign.len())
        } else {
            (TokenKind::Other, first.len_utf8())
        };
        let start = at;
        at += length;
        Some(Token { kind, start, end: at })
    })
}

/// How many bytes of white space and comments `text` begins with.
fn skipped(text: &str) -> usize {
    let mut rest = text.trim_start();
    while rest.starts_with("//") {
        rest = rest.find('\n').map_or("", |newline| &rest[newline..]).trim_start();
    }
    text.len() - rest.len()
}

/// The length of the quoted text that `rest` begins with; all of it where the quote is not closed.
fn text_length(rest: &str) -> usize {
    let mut escaped = false;
    for (offset, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return offset + 1,
            _ => {}
        }
    }
    rest.len()
}
