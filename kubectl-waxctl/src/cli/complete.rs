//! Implements kubectl's completion protocol: reads the words after the plugin's name, prints one candidate per line.
//!
//! The last line is a directive for the shell: `:4` forbids file names, `:0` allows them.

use std::ffi::OsString;
use std::time::Duration;

use clap::Command;

use super::{Cli, command as tree};
use crate::access::Access;
use crate::cluster::dataflows::{Scope, Selection};
use crate::cluster::session::request_timeout;
use crate::cluster::{Session, block_on};
use crate::interrupt;
use crate::ui::{Program, Ui};

/// Verbs whose NAME is a Dataflow in the cluster.
const NAMING: [&str; 19] = [
    "list",
    "get",
    "events",
    "why",
    "support",
    "graph",
    "import",
    "suspend",
    "resume",
    "restart",
    "scale",
    "delete",
    "reset-state",
    "restore",
    "rollback",
    "logs",
    "wait",
    "backup",
    "backups",
];

/// Verbs whose NAME can also be a path.
const NAMING_OR_PATH: [&str; 1] = ["graph"];

/// The time limit for the names from the cluster, unless `--request-timeout` gives another. The shell is blocked
/// meanwhile.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Prints the candidates for kubectl. The last word is the one being typed and may be empty.
///
/// Never prints an error: the shell would show it in the middle of the command line.
pub(crate) fn answer(words: &[OsString], ui: &mut Ui) -> u8 {
    let words: Vec<_> = words
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let (typed, before) = words
        .split_last()
        .map_or(("", &[][..]), |(last, rest)| (last, rest));
    let mut root = tree(Program::Plugin);
    root.build();
    let answer = candidates(&root, before, typed, || dataflows(before));
    ui.data(&answer)
        .map_or_else(|error| error.kind.exit_code(), |()| 0)
}

/// Returns the names in the namespace and cluster that the words choose; none if the cluster cannot be read.
fn dataflows(before: &[String]) -> Vec<String> {
    // Parsing needs a value where the name is being typed.
    let words = before.iter().map(OsString::from).chain(["x".into()]);
    let Ok(cli) = Cli::parse(Program::Plugin, words.collect(), 80) else {
        return Vec::new();
    };
    let access = Access {
        for_completion: true,
        ..cli.global.access()
    };
    let ask = async {
        let session = Session::connect(&access).await?;
        session.list(Scope::Namespace, &Selection::default()).await
    };
    let given = request_timeout(cli.global.request_timeout.as_deref());
    let timeout = given.ok().flatten().unwrap_or(TIMEOUT);
    let asked = block_on(async { Ok(tokio::time::timeout(timeout, ask).await) });
    // A credential plugin may still run.
    interrupt::stop_children();
    let Ok(Ok(Ok(objects))) = asked else {
        return Vec::new();
    };
    let names = objects
        .into_iter()
        .filter_map(|object| object.metadata.name);
    names.collect()
}

fn candidates(
    root: &Command,
    before: &[String],
    typed: &str,
    dataflows: impl FnOnce() -> Vec<String>,
) -> String {
    let Reached {
        command,
        pending,
        positionals,
    } = reach(root, before);
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
    let place = match pending {
        Some(option) => Some(option),
        None if typed.starts_with('-') => None,
        None => command.get_positionals().nth(positionals),
    };
    if place.is_some_and(|place| is_dataflow(command, place)) {
        dataflows().iter().for_each(|name| add(name, None));
        let or_path = pending.is_none() && NAMING_OR_PATH.contains(&command.get_name());
        return lines + directive(or_path);
    }
    if let Some(option) = pending {
        let values = option.get_possible_values();
        for value in &values {
            add(value.get_name(), value.get_help().map(ToString::to_string));
        }
        return lines + directive(values.is_empty());
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
    lines + directive(takes_files)
}

/// Returns the last line, which allows or forbids file names.
fn directive(files: bool) -> &'static str {
    if files { ":0\n" } else { ":4\n" }
}

/// The position in the tree of verbs after the complete words.
struct Reached<'a> {
    command: &'a Command,
    /// The option whose value comes next.
    pending: Option<&'a clap::Arg>,
    /// Number of positional arguments given.
    positionals: usize,
}

fn reach<'a>(root: &'a Command, words: &[String]) -> Reached<'a> {
    let mut reached = Reached {
        command: root,
        pending: None,
        positionals: 0,
    };
    for word in words {
        if reached.pending.take().is_some() {
            continue;
        }
        reached.pending = option_that_waits(reached.command, word);
        if let Some(verb) = reached.command.find_subcommand(word) {
            reached.command = verb;
        } else if !word.starts_with('-') {
            reached.positionals += 1;
        }
    }
    reached
}

fn is_dataflow(command: &Command, place: &clap::Arg) -> bool {
    NAMING.contains(&command.get_name()) && matches!(place.get_id().as_str(), "name" | "name_flag")
}

/// Returns the option that `word` names, if the next word is its value.
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
    fn verbs_complete_with_descriptions() {
        let text = ask(&["df", "re"]);
        assert!(text.starts_with("render\t"), "{text}");
        assert!(text.ends_with(":4\n"), "{text}");
    }

    #[test]
    fn aliases_complete_to_same_verbs() {
        assert_eq!(ask(&["dataflow", ""]), ask(&["df", ""]));
    }

    #[test]
    fn options_and_values_complete() {
        assert!(ask(&["df", "render", "--image-"]).contains("--image-tag\t"));
        let formats = ask(&["df", "render", "-o", ""]);
        assert_eq!(
            formats,
            "yaml\tYAML documents\njson\tOne JSON document\nname\tOnly the names\n:4\n"
        );
    }

    #[test]
    fn source_completes_with_file_names() {
        assert_eq!(ask(&["df", "render", ""]), ":0\n");
    }

    #[test]
    fn dataflow_names_complete_for_name_arguments() {
        let mut root = tree(Program::Plugin);
        root.build();
        let known = || vec!["orders".to_owned(), "hello".to_owned()];
        let ask = |before: &[&str], typed: &str| {
            let before: Vec<_> = before.iter().map(ToString::to_string).collect();
            candidates(&root, &before, typed, known)
        };
        assert_eq!(ask(&["df", "logs"], "or"), "orders\n:4\n");
        assert_eq!(
            ask(&["df", "wait", "-n", "shop"], ""),
            "orders\nhello\n:4\n"
        );
        assert_eq!(ask(&["df", "rm", "--name"], "h"), "hello\n:4\n");
        assert_eq!(ask(&["df", "list", "-N"], "h"), "hello\n:4\n");
        assert_eq!(ask(&["df", "restore"], "o"), "orders\n:4\n");
        // A shell completes a path where no name fits.
        assert_eq!(ask(&["df", "graph"], "o"), "orders\n:0\n");
        // A second name is not completed, and a file name needs no cluster.
        assert_eq!(ask(&["df", "logs", "orders"], ""), ":4\n");
        assert_eq!(ask(&["df", "render", "a.py", "--name"], ""), ":0\n");
    }

    #[test]
    fn unknown_words_complete_to_nothing() {
        assert_eq!(ask(&["no-such-verb", "df", "xyz"]), ":4\n");
        assert!(ask(&[]).ends_with(":4\n"));
    }
}
