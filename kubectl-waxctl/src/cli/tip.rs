//! Keeps hidden flags and verbs out of the tips of errors. A tip must not lead to what is refused or has no effect.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue};
use clap::{Arg, Command, Error};
use gitops::suggest::suggest;

/// Replaces a tip that names a hidden flag by the most similar visible one, or removes it. Removes hidden verbs.
///
/// `words` are those of the command line, of which some lead to the verb.
pub(super) fn without_hidden(mut error: Error, tree: &Command, words: &[OsString]) -> Error {
    let verb = verb_of(tree, words);
    let known: Vec<String> = visible(tree, verb).collect();
    if let Some(ContextValue::String(tip)) = error.get(ContextKind::SuggestedArg).cloned()
        && !known.contains(&tip)
    {
        let typed = match error.get(ContextKind::InvalidArg) {
            Some(ContextValue::String(typed)) => typed.clone(),
            _ => String::new(),
        };
        error.remove(ContextKind::SuggestedArg);
        if let Some(near) = suggest(&typed, known.iter().map(String::as_str)) {
            let near = ContextValue::String(near.to_owned());
            error.insert(ContextKind::SuggestedArg, near);
        }
        // The usage contains the flag of the tip.
        error.remove(ContextKind::Usage);
    }
    if let Some(ContextValue::StyledStrs(tips)) = error.get(ContextKind::Suggested).cloned() {
        let tips = tips.into_iter();
        let tips: Vec<_> = tips
            .filter(|tip| !leads_to_hidden(&tip.to_string(), verb))
            .collect();
        error.remove(ContextKind::Suggested);
        if !tips.is_empty() {
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
        }
    }
    if let Some(ContextValue::Strings(tips)) = error.get(ContextKind::SuggestedSubcommand).cloned()
    {
        let is_hidden =
            |name: &String| verb.find_subcommand(name).is_some_and(Command::is_hide_set);
        let tips: Vec<_> = tips.into_iter().filter(|name| !is_hidden(name)).collect();
        error.remove(ContextKind::SuggestedSubcommand);
        if !tips.is_empty() {
            error.insert(
                ContextKind::SuggestedSubcommand,
                ContextValue::Strings(tips),
            );
        }
    }
    error
}

/// Returns the verb that the words lead to.
fn verb_of<'a>(tree: &'a Command, words: &[OsString]) -> &'a Command {
    words.iter().fold(tree, |verb, word| {
        verb.find_subcommand(word).unwrap_or(verb)
    })
}

/// Returns the flags that a tip may name, as they are typed.
fn visible(tree: &Command, verb: &Command) -> impl Iterator<Item = String> {
    let own = verb.get_arguments().filter(|flag| is_visible(flag));
    let global = tree.get_arguments().filter(|flag| is_visible(flag));
    let names = own.chain(global.filter(|flag| flag.is_global_set()));
    names
        .flat_map(|flag| flag.get_long_and_visible_aliases().unwrap_or_default())
        .map(|long| format!("--{long}"))
        .collect::<Vec<_>>()
        .into_iter()
}

/// Whether help or `waxctl options` shows a flag. Flags that only the long help shows are those that are refused.
fn is_visible(flag: &Arg) -> bool {
    flag.is_global_set() || !(flag.is_hide_set() || flag.is_hide_short_help_set())
}

/// Whether a tip such as `'render --schedule' exists` names a hidden flag of a verb below.
fn leads_to_hidden(tip: &str, verb: &Command) -> bool {
    let quoted = tip
        .strip_prefix('\'')
        .and_then(|tip| tip.strip_suffix("' exists"));
    let Some((below, flag)) = quoted.and_then(|words| words.rsplit_once(" --")) else {
        return false;
    };
    let below = verb.find_subcommand(below);
    let mut flags = below.into_iter().flat_map(Command::get_arguments);
    flags.any(|known| known.get_long() == Some(flag) && !is_visible(known))
}

#[cfg(test)]
mod tests {
    use super::super::Cli;
    use crate::ui::Program;

    /// Returns the error of a command line.
    fn refused(line: &str) -> String {
        let words = line.split(' ').map(Into::into).collect();
        Cli::parse(Program::Alone, words, 80)
            .unwrap_err()
            .to_string()
    }

    #[rstest::rstest]
    #[case::refused("df render a.py --schedul x", "--schedule", None)]
    #[case::secret(
        "df deploy a.py --recovery-backup-s3-aws-access-key x",
        "access-key-id",
        None
    )]
    #[case::without_effect("df commit a.py --platfrm", "--platform", None)]
    #[case::visible("df render a.py --nmae x", "--platform", Some("'--name'"))]
    #[case::of_every_verb("df list --contxt c", "--platform", Some("'--context'"))]
    #[case::verb_before_flag("--schedule=x df render a.py", "'render --schedule'", None)]
    fn tip_names_no_hidden_flag(
        #[case] line: &str,
        #[case] hidden: &str,
        #[case] expected: Option<&str>,
    ) {
        let error = refused(line);
        let (_, tip) = error.split_once('\n').unwrap();
        assert!(!tip.contains(hidden), "{error}");
        assert!(expected.is_none_or(|flag| tip.contains(flag)), "{error}");
    }
}
