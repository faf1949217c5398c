//! Which id of a request is taken over from whoever sent it.

use axum::http::HeaderValue;

/// The longest id that is taken over.
const MAX_LEN: usize = 128;

/// The id, if it can be repeated everywhere (a log, a header, a shell) without a second thought.
pub(super) fn of(header: Option<&HeaderValue>) -> Option<String> {
    let text = header?.to_str().ok()?;
    let is_sane = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/+=@~".contains(&byte);
    ((1..=MAX_LEN).contains(&text.len()) && text.bytes().all(is_sane)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_sane_token_is_taken_over() {
        let of = |text: &str| of(Some(&HeaderValue::from_bytes(text.as_bytes()).unwrap()));
        let longest = "x".repeat(MAX_LEN);
        for sane in ["a", "0192-ab_c.d:e/f+g=@~", &longest] {
            assert_eq!(of(sane).as_deref(), Some(sane));
        }
        for other in ["", " ", "a b", "a\"b", "a,b", "ä", "<script>", "a\tb", &format!("{longest}x")] {
            assert_eq!(of(other), None, "{other:?}");
        }
        assert_eq!(super::of(None), None);
    }
}
