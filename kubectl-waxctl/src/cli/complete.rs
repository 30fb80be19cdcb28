//! kubectl's completion protocol: the words after the plugin's name in, one candidate a line out.
//!
//! The last line is a directive for the shell: `:4` forbids file names, `:0` allows them.

use std::ffi::OsString;

use clap::Command;

use crate::cli::{self, Program};
use crate::ui::Ui;

/// Answers kubectl; the last word is the one being typed and may be empty. Never fails aloud: a
/// shell would show the text in the middle of the command line.
pub fn answer(words: &[OsString], ui: &mut Ui) -> u8 {
    let words: Vec<_> = words
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let (typed, before) = words
        .split_last()
        .map_or(("", &[][..]), |(last, rest)| (last, rest));
    let mut root = cli::command(Program::Plugin);
    root.build();
    let answer = candidates(&root, before, typed);
    ui.data(&answer)
        .map_or_else(|error| error.kind.exit_code(), |()| 0)
}

fn candidates(root: &Command, before: &[String], typed: &str) -> String {
    let mut command = root;
    let mut pending = None;
    for word in before {
        pending = match pending.take() {
            Some(_) => None,
            None => option_that_waits(command, word),
        };
        if let Some(verb) = command.find_subcommand(word) {
            command = verb;
        }
    }
    let mut lines = String::new();
    let mut add = |value: &str, about: Option<String>| {
        if value.starts_with(typed) {
            lines.push_str(value);
            if let Some(about) = about {
                lines.push('\t');
                lines.push_str(about.lines().next().unwrap_or_default());
            }
            lines.push('\n');
        }
    };
    if let Some(option) = pending {
        let values = option.get_possible_values();
        for value in &values {
            add(value.get_name(), value.get_help().map(ToString::to_string));
        }
        let directive = if values.is_empty() { ":0\n" } else { ":4\n" };
        return lines + directive;
    }
    if typed.starts_with('-') {
        for option in command
            .get_arguments()
            .filter(|option| !option.is_hide_set())
        {
            if let Some(long) = option.get_long() {
                add(
                    &format!("--{long}"),
                    option.get_help().map(ToString::to_string),
                );
            }
        }
        return lines + ":4\n";
    }
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        add(verb.get_name(), verb.get_about().map(ToString::to_string));
    }
    for value in command
        .get_positionals()
        .flat_map(clap::Arg::get_possible_values)
    {
        add(value.get_name(), value.get_help().map(ToString::to_string));
    }
    let takes_files = command
        .get_positionals()
        .any(|arg| arg.get_id() == "source");
    lines + if takes_files { ":0\n" } else { ":4\n" }
}

/// The option that `word` is, when its value is the next word.
fn option_that_waits<'a>(command: &'a Command, word: &str) -> Option<&'a clap::Arg> {
    command
        .get_arguments()
        .filter(|option| option.get_action().takes_values())
        .find(|option| {
            let long = option
                .get_long()
                .is_some_and(|long| word.strip_prefix("--") == Some(long));
            let short = option
                .get_short()
                .is_some_and(|short| word == format!("-{short}"));
            let inline = option.is_require_equals_set();
            (long || short) && !inline
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(words: &[&str]) -> String {
        let mut ui = Ui::recording(80);
        let words: Vec<_> = words.iter().map(OsString::from).collect();
        answer(&words, &mut ui);
        ui.recorded().0
    }

    #[test]
    fn verbs_are_offered_with_what_they_do() {
        let text = ask(&["df", "re"]);
        assert!(text.starts_with("render\t"), "{text}");
        assert!(text.ends_with(":4\n"), "{text}");
    }

    #[test]
    fn aliases_lead_to_the_same_verbs() {
        assert_eq!(ask(&["dataflow", ""]), ask(&["df", ""]));
    }

    #[test]
    fn options_and_their_values_are_offered() {
        assert!(ask(&["df", "render", "--image-"]).contains("--image-tag\t"));
        let formats = ask(&["df", "render", "-o", ""]);
        assert_eq!(formats, "yaml\tYAML documents\njson\tOne JSON List\n:4\n");
    }

    #[test]
    fn a_source_is_completed_with_file_names() {
        assert_eq!(ask(&["df", "render", ""]), ":0\n");
    }

    #[test]
    fn nonsense_is_answered_with_nothing() {
        assert_eq!(ask(&["no-such-verb", "df", "xyz"]), ":4\n");
        assert!(ask(&[]).ends_with(":4\n"));
    }
}
