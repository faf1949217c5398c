//! Where things stand in the text of policies: Cedar itself reads them, this only finds places.

mod anatomy;
mod token;

pub(crate) use anatomy::{Anatomy, ConditionKind, Piece};
pub(crate) use token::{Token, TokenKind, tokens};

/// A place in a text: line and character, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Position {
    /// The first character of a file.
    pub(crate) const START: Self = Self { line: 1, column: 1 };

    /// The place of the byte `offset` of `text`; the end where the text is shorter.
    pub(crate) fn of(text: &str, offset: usize) -> Self {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &text[..offset];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.bytes().filter(|byte| *byte == b'\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

/// One policy in the text of a file: from its first token to its `;`, as bytes of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// The policies in `text`. What follows the last `;` is one too, so that Cedar says what is wrong with it.
pub(crate) fn chunks(text: &str) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let mut start = None;
    let mut end = 0;
    for token in tokens(text) {
        let first = *start.get_or_insert(token.start);
        end = token.end;
        if token.kind == TokenKind::Sign(";") {
            chunks.push(Chunk { start: first, end });
            start = None;
        }
    }
    chunks.extend(start.map(|start| Chunk { start, end }));
    chunks
}

/// The longest rule, in bytes.
pub(crate) const MAX_RULE_BYTES: usize = 32 * 1024;
/// The most operators in a rule. Each can nest what is around it by one, and whoever reads the rule goes down that far.
pub(crate) const MAX_OPERATORS: usize = 1_000;
/// How many brackets may stand within each other in a rule.
pub(crate) const MAX_BRACKETS: usize = 32;

/// Where the rule `text` goes past what is read: at the start where it is too long, or where it nests too deep.
pub(crate) fn past_bounds(text: &str) -> Option<usize> {
    if text.len() > MAX_RULE_BYTES {
        return Some(0);
    }
    let (mut operators, mut brackets) = (0, 0_usize);
    for token in tokens(text) {
        match token.kind {
            TokenKind::Sign("(" | "{" | "[") => brackets += 1,
            TokenKind::Sign(")" | "}" | "]") => brackets = brackets.saturating_sub(1),
            TokenKind::Sign("&&" | "||") | TokenKind::Other => operators += 1,
            TokenKind::Word
                if matches!(&text[token.start..token.end], "if" | "has" | "like" | "in" | "is") =>
            {
                operators += 1;
            }
            TokenKind::Word | TokenKind::Text | TokenKind::Sign(_) => {}
        }
        if operators > MAX_OPERATORS || brackets > MAX_BRACKETS {
            return Some(token.start);
        }
    }
    None
}

#[cfg(test)]
mod tests;
