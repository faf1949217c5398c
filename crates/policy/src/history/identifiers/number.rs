//! Numbers: `1,250.00`, `1250.0` and `1250` are the same one.

/// Reads the number that `text` begins with, if what begins it is no longer word. Its value is left in `value`: without
/// marks of thousands and without noughts at the end of the fraction; nothing where it has one digit only, which says too
/// little to be an identifier. Answers how many bytes it has.
pub(super) fn read(text: &[u8], value: &mut String) -> Option<usize> {
    let digits = |from: usize| text.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
    let is = |at: usize, wanted: u8| text.get(at) == Some(&wanted);
    value.clear();
    let mut end = digits(0);
    if end == 0 || end > super::MAX_BYTES {
        return None;
    }
    let mut whole: Vec<u8> = text.get(..end)?.to_vec();
    while end <= 24 && is(end, b',') && digits(end + 1) == 3 {
        whole.extend_from_slice(text.get(end + 1..end + 4)?);
        end += 4;
    }
    let mut fraction: &[u8] = &[];
    if is(end, b'.') && digits(end + 1) > 0 {
        let length = digits(end + 1);
        fraction = text.get(end + 1..end + 1 + length)?;
        end += 1 + length;
    }
    let goes_on = match (text.get(end), text.get(end + 1)) {
        (Some(byte), _) if byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii() => true,
        (Some(b'-' | b'.'), Some(next)) => next.is_ascii_alphanumeric() || !next.is_ascii(),
        _ => false,
    };
    if goes_on {
        return None;
    }
    while let Some((b'0', rest)) = fraction.split_last() {
        fraction = rest;
    }
    if whole.len() + fraction.len() > 1 && end <= super::MAX_BYTES {
        value.extend(whole.iter().copied().map(char::from));
        if !fraction.is_empty() {
            value.push('.');
            value.extend(fraction.iter().copied().map(char::from));
        }
    }
    Some(end)
}
