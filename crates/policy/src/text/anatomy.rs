//! The parts of a policy that Cedar has read: where its annotations are, and the conditions it is made of.

use std::collections::BTreeMap;

use super::{Token, TokenKind, tokens};

/// The two kinds of condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConditionKind {
    /// Must hold.
    When,
    /// Must not hold.
    Unless,
}

/// A part of a policy's condition that must hold by itself (`When`) or must not (`Unless`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) kind: ConditionKind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Where the parts of one policy are, as bytes of its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Anatomy {
    /// Annotations by name: where their `@` is.
    pub(crate) annotations: BTreeMap<String, usize>,
    /// Where `permit` or `forbid` is.
    pub(crate) effect: usize,
    /// What must hold and what must not, in the order in which Cedar looks at it: all of it together is the condition.
    pub(crate) pieces: Vec<Piece>,
    /// The bodies of the `when` and `unless` clauses.
    pub(crate) bodies: Vec<Piece>,
}

impl Anatomy {
    /// The parts of `text`. A policy that Cedar refuses has fewer.
    pub(crate) fn of(text: &str) -> Self {
        let tokens: Vec<Token> = tokens(text).collect();
        let mut anatomy = Self::default();
        let mut at = 0;
        while is_sign(&tokens, at, "@") {
            let Some(name) = tokens.get(at + 1) else { break };
            anatomy.annotations.insert(text[name.start..name.end].to_owned(), tokens[at].start);
            at += 2;
            if is_sign(&tokens, at, "(") {
                at = closing(&tokens, at) + 1;
            }
        }
        anatomy.effect = tokens.get(at).map_or(0, |token| token.start);
        at += 1;
        if is_sign(&tokens, at, "(") {
            let end = closing(&tokens, at);
            for part in split(&tokens[at + 1..end.min(tokens.len())], ",") {
                // A bare `principal`, `action` or `resource` holds for every call.
                if part.len() > 1 {
                    anatomy.pieces.extend(piece(part, ConditionKind::When));
                }
            }
            at = end + 1;
        }
        while let Some(keyword) = tokens.get(at) {
            if !is_sign(&tokens, at + 1, "{") {
                break;
            }
            let end = closing(&tokens, at + 1).min(tokens.len());
            let body = &tokens[at + 2..end.max(at + 2)];
            let kind = if &text[keyword.start..keyword.end] == "unless" {
                ConditionKind::Unless
            } else {
                ConditionKind::When
            };
            anatomy.bodies.extend(piece(body, kind));
            divide(text, body, kind, &mut anatomy.pieces);
            at = end + 1;
        }
        anatomy
    }
}

/// Adds the pieces of `body`: what stands between `&&` where it must hold, between `||` where it must not.
fn divide(text: &str, body: &[Token], kind: ConditionKind, pieces: &mut Vec<Piece>) {
    let (between, other) = match kind {
        ConditionKind::When => ("&&", "||"),
        ConditionKind::Unless => ("||", "&&"),
    };
    let inner = unwrapped(body);
    let is_choice = inner.first().is_some_and(|token| &text[token.start..token.end] == "if");
    // `&&` binds stronger than `||`, so what stands between `||` is whole; between `&&` only if there is no `||`.
    let loose = kind == ConditionKind::When && split(inner, other).len() > 1;
    let parts = split(inner, between);
    if is_choice || loose || parts.len() < 2 {
        pieces.extend(piece(body, kind));
        return;
    }
    for part in parts {
        divide(text, part, kind, pieces);
    }
}

/// `tokens` without parentheses around all of it.
fn unwrapped(tokens: &[Token]) -> &[Token] {
    let mut inner = tokens;
    while inner.len() > 2 && is_sign(inner, 0, "(") && closing(inner, 0) == inner.len() - 1 {
        inner = &inner[1..inner.len() - 1];
    }
    inner
}

fn piece(tokens: &[Token], kind: ConditionKind) -> Option<Piece> {
    Some(Piece { kind, start: tokens.first()?.start, end: tokens.last()?.end })
}

fn is_sign(tokens: &[Token], at: usize, sign: &'static str) -> bool {
    tokens.get(at).is_some_and(|token| token.kind == TokenKind::Sign(sign))
}

/// Where the bracket that opens at `open` is closed; the end where it is not.
fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.kind {
            TokenKind::Sign("(" | "{" | "[") => depth += 1,
            TokenKind::Sign(")" | "}" | "]") => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    tokens.len()
}

/// What stands between the `sign`s that are in no bracket.
fn split<'a>(tokens: &'a [Token], sign: &'static str) -> Vec<&'a [Token]> {
    let mut parts = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at < tokens.len() {
        match tokens[at].kind {
            TokenKind::Sign("(" | "{" | "[") => at = closing(tokens, at),
            TokenKind::Sign(found) if found == sign => {
                parts.push(&tokens[start..at]);
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    parts.push(&tokens[start.min(tokens.len())..]);
    parts.retain(|part| !part.is_empty());
    parts
}
