//! Trouble that lasts is said once.

/// What was said last: as long as the same is wrong, it is not said again.
#[derive(Debug, Default)]
pub(crate) struct Said(Option<String>);

impl Said {
    /// Whether that is not what was said last.
    pub(crate) fn is_new(&mut self, trouble: &(impl ToString + ?Sized)) -> bool {
        let trouble = Some(trouble.to_string());
        let is_new = self.0 != trouble;
        self.0 = trouble;
        is_new
    }

    /// Nothing is wrong any more; whether anything was.
    pub(crate) fn is_over(&mut self) -> bool {
        self.0.take().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_said_once_until_it_changes_or_is_over() {
        let mut said = Said::default();
        assert!(!said.is_over());
        assert_eq!(
            ["full", "full", "gone", "full"].map(|trouble| said.is_new(trouble)),
            [true, false, true, true]
        );
        assert!(said.is_over());
        assert!(said.is_new("full"));
    }
}
