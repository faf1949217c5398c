//! Exact decimal numbers: what money is counted in.

use rust_decimal::Decimal;

/// Most digits before the point: what JSON numbers are exact to (2^53 has 16).
pub const MAX_DIGITS: usize = 16;
/// Most digits after the point.
pub const MAX_FRACTION_DIGITS: u32 = 9;

/// One more than the largest number: 10^16.
const LIMIT: Decimal = Decimal::from_parts(0x6FC1_0000, 0x0023_86F2, 0, false, 0);

/// The number that a text is: an optional `-`, digits, perhaps a point and digits; or what JSON writes large and small
/// numbers as (`1e-7`). `None` where it is none, or has more than 16 digits before the point or 9 after it: within these
/// bounds sums of thousands of numbers are exact.
pub(super) fn number(text: &str) -> Option<Decimal> {
    const MAX_TEXT_BYTES: usize = 64;
    let rest = text.strip_prefix('-').unwrap_or(text);
    if text.len() > MAX_TEXT_BYTES || !rest.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'.'));
    let parsed = if plain {
        if text.ends_with('.') { None } else { Decimal::from_str_exact(text).ok() }
    } else {
        let scientific = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E');
        text.bytes().all(scientific).then(|| Decimal::from_scientific(text).ok()).flatten()
    };
    let number = parsed?.normalize();
    (number.scale() <= MAX_FRACTION_DIGITS && number.abs() < LIMIT).then_some(number)
}

/// The amount that a text is: a number as in texts and in JSON, not below zero, of at most 16 digits before the point and 9
/// after it. A negative amount would give back what was used.
pub fn amount(text: &str) -> Option<Decimal> {
    let number = number(text)?;
    (number >= Decimal::ZERO).then(|| number.abs())
}
