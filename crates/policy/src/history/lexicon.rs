//! The one data file of language, `lexicon.txt`, read once.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use regex::bytes::{Regex, RegexBuilder};

use super::{kinds::Kinds, roles::Role, words};

const TEXT: &str = include_str!("lexicon.txt");

/// Where in a name the words of a role have to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The name is this word.
    Whole,
    /// The name ends with this word.
    Last,
    /// The word, or the words one after the other, are in the name.
    Anywhere,
}

/// What `lexicon.txt` says.
#[derive(Debug, Default)]
pub(super) struct Lexicon {
    /// Kinds of action by word; several words are joined with a blank.
    pub(super) kinds: HashMap<String, Kinds>,
    /// Verbs in names of functions that say too little.
    pub(super) generic: HashSet<&'static str>,
    /// Stems of words of no weight.
    pub(super) stop: HashSet<String>,
    /// Stems of the words of kinds of action.
    pub(super) of_kinds: HashSet<String>,
    /// Words by which English is told.
    pub(super) english: HashSet<&'static str>,
    /// Words that are English, and may be others' too.
    pub(super) perhaps_english: HashSet<&'static str>,
    /// Words of other languages.
    pub(super) other_languages: HashSet<&'static str>,
    /// Words in names of arguments, joined with a blank, and the role that they give.
    pub(super) roles: Vec<(Role, Place, String)>,
    /// Endings of hosts.
    pub(super) top_level: HashSet<&'static str>,
    /// A function that takes a one-time code.
    pub(super) one_time_code: Option<Regex>,
    /// The user hands over.
    pub(super) delegation: Option<Regex>,
    /// Text that reads like instructions.
    pub(super) instructions: Option<Regex>,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::read(TEXT));

/// The lexicon.
pub(super) fn lexicon() -> &'static Lexicon {
    &LEXICON
}

impl Lexicon {
    fn read(text: &'static str) -> Self {
        let mut lexicon = Self::default();
        let mut patterns: HashMap<&str, Vec<&str>> = HashMap::new();
        let mut section = ("", "");
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                section = name.split_once(' ').unwrap_or((name, ""));
            } else if section.0 == "pattern" {
                patterns.entry(section.1).or_default().push(line);
            } else {
                line.split_whitespace().for_each(|word| lexicon.word(section, word));
            }
        }
        // A pattern that does not compile is a fault of the file, which the tests find.
        let compiled = |name: &str| {
            let pattern = patterns.get(name)?.join("|");
            RegexBuilder::new(&pattern).case_insensitive(true).unicode(false).build().ok()
        };
        lexicon.one_time_code = compiled("one_time_code");
        lexicon.delegation = compiled("delegation");
        lexicon.instructions = compiled("instructions");
        lexicon
    }

    fn word(&mut self, (section, name): (&str, &str), word: &'static str) {
        let joined = || word.replace('_', " ");
        let place = match section {
            "whole" => Place::Whole,
            "last" => Place::Last,
            _ => Place::Anywhere,
        };
        match section {
            "intent" => {
                let kinds = self.kinds.entry(joined()).or_default();
                *kinds = kinds.and(Kinds::named(name));
                if !word.contains('_') {
                    self.of_kinds.insert(words::stem_of(word));
                }
            }
            "generic" => _ = self.generic.insert(word),
            "stop" => _ = self.stop.insert(words::stem_of(word)),
            "english" => _ = self.english.insert(word),
            "perhaps" => _ = self.perhaps_english.insert(word),
            "other" => _ = self.other_languages.insert(word),
            "top" => _ = self.top_level.insert(word),
            "role" | "whole" | "last" => {
                if let Some(role) = Role::named(name) {
                    self.roles.push((role, place, joined()));
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_of_the_file_is_read_and_every_pattern_compiles() {
        let lexicon = lexicon();
        assert!(lexicon.one_time_code.is_some());
        assert!(lexicon.delegation.is_some());
        assert!(lexicon.instructions.is_some());
        assert!(lexicon.kinds.len() > 150, "{}", lexicon.kinds.len());
        assert!(lexicon.kinds.contains_key("rent a car"));
        assert!(lexicon.stop.contains("the") && lexicon.english.contains("the"));
        assert!(lexicon.top_level.contains("com") && lexicon.generic.contains("send"));
        let sections: HashSet<&str> = TEXT.lines().filter(|line| line.starts_with('[')).collect();
        let known = [
            "intent ", "generic]", "stop]", "english]", "perhaps ", "other ", "role ", "whole ", "last ",
            "pattern ", "top ",
        ];
        let strange: Vec<_> =
            sections.iter().filter(|name| !known.iter().any(|known| name[1..].starts_with(known))).collect();
        assert!(strange.is_empty(), "{strange:?}");
        let kinds: HashSet<&str> = sections.iter().filter_map(|name| name.strip_prefix("[intent ")).collect();
        assert_eq!(kinds.len(), crate::history::kinds::NAMES.len(), "every kind of action has a section");
        assert!(kinds.iter().all(|name| Kinds::named(name.trim_end_matches(']')) != Kinds::default()));
    }
}
