//! Finds passwords in the arguments of programs whose option does not tell of them: `mysql -phunter2`. A command that
//! goes on behind a backslash is read together with its first line.

use std::ops::Range;

use super::judge::{self, Form};
use super::literal;
use super::name::Telling;
use super::url;

/// How the password of an option is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// Behind a space.
    Apart,
    /// Directly behind the option.
    Glued,
    /// `user:password`, behind a space or not.
    Login,
}

use Style::{Apart, Glued, Login};

/// Programs with their option for a password.
const PROGRAMS: [(&str, &str, Style); 18] = [
    ("curl", "--user", Login),
    ("curl", "-u", Login),
    ("docker login", "-p", Apart),
    ("ldapsearch", "-w", Apart),
    ("mariadb", "-p", Glued),
    ("mongo", "-p", Apart),
    ("mongosh", "-p", Apart),
    ("mysql", "-p", Glued),
    ("mysqladmin", "-p", Glued),
    ("mysqldump", "-p", Glued),
    ("podman login", "-p", Apart),
    ("redis-cli", "-a", Apart),
    ("registry login", "-p", Apart),
    ("sqlcmd", "-P", Apart),
    ("sshpass", "-p", Apart),
    ("sshpass", "-p", Glued),
    ("unzip", "-P", Apart),
    ("zip", "-P", Apart),
];
/// Options of one letter that can stand before `-u` with the same dash, as in `curl -sSu`.
const WITHOUT_VALUE: &str = "fgikLnNsSv";
/// Longest command that is searched for an option, and for one with a user.
const LONGEST: usize = 256;
const LONGEST_LOGIN: usize = 1024;
/// Greatest number of values of a Secret that are read in a line.
const MOST_VALUES: usize = 64;
/// Quotes around an argument.
const QUOTES: [char; 3] = ['"', '\'', '`'];

/// The command that the lines are in.
#[derive(Debug, Default)]
pub(super) struct Commands {
    /// Start of its first line, if it goes on in the next one.
    head: String,
}

impl Commands {
    /// Reads the next line. Returns the places of the passwords in its commands.
    pub(super) fn next(&mut self, line: &str) -> Vec<Range<usize>> {
        let head = std::mem::take(&mut self.head);
        let begun = line.trim_end().strip_suffix('\\');
        if head.is_empty() {
            if let Some(begun) = begun {
                self.head = format!("{} ", start_of(begun, LONGEST));
            }
            return passwords(line);
        }
        let found = passwords(&format!("{head}{line}")).into_iter();
        let here = found.filter(|range| range.start >= head.len());
        let here = here.map(|range| range.start - head.len()..range.end - head.len());
        let here = here.collect();
        if begun.is_some() {
            self.head = head;
        }
        here
    }
}

/// Returns the start of a text, at most `longest` bytes.
fn start_of(text: &str, longest: usize) -> &str {
    let mut end = text.len().min(longest);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Returns the places of the passwords in the commands of a line.
fn passwords(line: &str) -> Vec<Range<usize>> {
    let mut found = of_input(line);
    found.extend(of_secret(line));
    for (program, option, style) in PROGRAMS {
        for (at, _) in line.match_indices(program) {
            let end = at + program.len();
            let inside = |char: char| char.is_ascii_alphanumeric() || "_-".contains(char);
            if line[..at].ends_with(inside) || line[end..].starts_with(inside) {
                continue;
            }
            found.extend(match style {
                Login => login(line, end, option),
                _ => argument(line, end, option, style == Glued),
            });
        }
    }
    found
}

/// Returns true if a text is a password that could be used as it is.
fn is_password(text: &str) -> bool {
    judge::is_secret("password", Telling::Unmistakably, text, Form::Data)
}

/// Returns the place of the password in `echo hunter2 | docker login --password-stdin`.
fn of_input(line: &str) -> Vec<Range<usize>> {
    let piped = line.find("--password-stdin").map(|end| &line[..end]);
    let echo = piped.and_then(|piped| Some((piped, piped.find("echo ")?)));
    let Some((piped, at)) = echo else {
        return Vec::new();
    };
    let text = piped[at + "echo ".len()..].trim_start();
    let text = text.strip_prefix("-n ").unwrap_or(text);
    let value = word(piped, piped.len() - text.len());
    let found = Some(value).filter(|value| is_password(&line[value.clone()]));
    found.into_iter().collect()
}

/// Returns the places of the values of `kubectl create secret generic x --from-literal=key=hunter2`.
fn of_secret(line: &str) -> Vec<Range<usize>> {
    const OPTION: &str = "--from-literal";
    if !line.contains("create secret") {
        return Vec::new();
    }
    let options = line.match_indices(OPTION).take(MOST_VALUES);
    let values = options.filter_map(|(at, _)| {
        let pair = line[at + OPTION.len()..].trim_start_matches(['=', ' ', ',', '"', '\'']);
        let (key, value) = pair.split_once('=')?;
        let value = word(line, line.len() - value.len());
        let is_key = !key.contains(char::is_whitespace);
        (is_key && is_password(&line[value.clone()])).then_some(value)
    });
    values.collect()
}

/// Returns the place of the argument at `line[at..]`, without quotes.
fn word(line: &str, at: usize) -> Range<usize> {
    if let Some(literal) = literal::at(line, at) {
        return literal;
    }
    let is_end = |char: char| char.is_whitespace() || QUOTES.contains(&char) || char == '|';
    let text = line[at..].split(is_end).next().unwrap_or_default();
    at..at + start_of(text, LONGEST_LOGIN).len()
}

/// Returns the place of the value of an option that comes after `start`.
fn argument(line: &str, start: usize, option: &str, glued: bool) -> Option<Range<usize>> {
    let quotes = ['"', '\''];
    let command = start_of(&line[start..], LONGEST);
    let end = start + command.len();
    let mut places = command.match_indices(option);
    let (at, _) = places.find(|(at, _)| command[..*at].ends_with([' ', '"', '\'']))?;
    let rest = &command[at + option.len()..];
    let value = if glued {
        rest.trim_start_matches(quotes)
    } else {
        rest.strip_prefix([' ', '"', '\'', '='])?
            .trim_start_matches([' ', ',', '"', '\''])
    };
    let start = end - value.len();
    let is_end =
        |char: char| char.is_whitespace() || quotes.contains(&char) || ",;)".contains(char);
    let value = value.split(is_end).next()?;
    let is_value = !value.starts_with(['-', '$', '{', '<']);
    (is_value && is_password(value)).then_some(start..start + value.len())
}

/// Returns the place of the password in the `user:password` of an option that comes after `start`.
fn login(line: &str, start: usize, option: &str) -> Option<Range<usize>> {
    let command = start_of(&line[start..], LONGEST_LOGIN);
    let mut dashes = command.match_indices('-');
    let at = dashes.find_map(|(at, _)| {
        let begins = command[..at].ends_with([' ', '"', '\'']);
        let length = option_length(&command[at..], option).filter(|_| begins)?;
        Some(at + length)
    })?;
    let rest = command[at..].trim_start_matches([' ', ',', '=', '"', '\'', '`']);
    let is_end = |char: char| char.is_whitespace() || QUOTES.contains(&char);
    let login = rest.split(is_end).next()?;
    let (user, password) = login.split_once(':')?;
    // The rest of a command in the place of the password is behind a space.
    let is_value = !password.starts_with("$(");
    let at = start + command.len() - rest.len() + user.len() + 1;
    let found = is_value && url::is_secret(user, password, "remote.host");
    found.then(|| at..at + password.len())
}

/// Returns the length of an option at the start of a text. One of one letter can share its dash with others.
fn option_length(text: &str, option: &str) -> Option<usize> {
    let Some(letter) = option.strip_prefix('-').filter(|name| name.len() == 1) else {
        let rest = text.strip_prefix(option)?;
        return rest
            .starts_with([' ', '=', '"', '\''])
            .then_some(option.len());
    };
    let letters = text.bytes().skip(1);
    let before = letters.take_while(|byte| WITHOUT_VALUE.as_bytes().contains(byte));
    let end = 1 + before.count();
    text[end..].starts_with(letter).then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("mysql -u app -phunter2 orders", "hunter2")]
    #[case("mysqldump -u app -p'hunter2' orders", "hunter2")]
    #[case("run([\"mysql\", \"-phunter2\"])", "hunter2")]
    #[case("run([\"redis-cli\", \"-a\", \"hunter2\"])", "hunter2")]
    #[case("sshpass -p hunter2 ssh app@host", "hunter2")]
    #[case("docker login -u app -p hunter2 registry.shop.net", "hunter2")]
    #[case("zip -P hunter2 orders.zip orders", "hunter2")]
    #[case("# curl -u ann:hunter2 https://shop.net", "hunter2")]
    #[case("curl -uann:hunter2 https://shop.net", "hunter2")]
    #[case("curl https://shop.net -sSu 'ann:hunter2'", "hunter2")]
    #[case("curl --user=ann:hunter2 https://shop.net", "hunter2")]
    #[case("run([\"curl\", \"-u\", \"ann:hunter2\", url])", "hunter2")]
    #[case("Call `curl -u ann:hunter2` first.", "hunter2")]
    #[case("echo -n hunter2 | docker login --password-stdin", "hunter2")]
    #[case("kubectl create secret generic x --from-literal=a=hunter2", "hunter2")]
    fn password_of_command_is_found(#[case] line: &str, #[case] password: &str) {
        let found = passwords(line);
        assert_eq!(found.len(), 1, "{line}");
        assert_eq!(&line[found[0].clone()], password);
    }

    #[rstest::rstest]
    #[case("mysql -u app -p orders")]
    #[case("mysql -u app -p$PASSWORD")]
    #[case("redis-cli -p 6379 --scan")]
    #[case("ssh -p 2222 app@host2")]
    #[case("my-mysql -phunter2")]
    #[case("docker login -u app --password-stdin")]
    #[case("echo \"$TOKEN\" | docker login --password-stdin")]
    #[case("docker run -u 1000:1000 curl2")]
    #[case("curl -u ann https://shop.net:8080")]
    #[case("curl --user-agent ann:hunter2 https://shop.net")]
    #[case("curl -u \"$USER:$PASSWORD\" https://shop.net")]
    #[case("curl --user ann:$(cat /run/secrets/db) https://shop.net")]
    #[case("Call `curl -u user:password` first.")]
    #[case("kubectl create secret generic x --from-literal=a=$PASSWORD")]
    #[case("kubectl create secret generic x --from-file=a=/dev/stdin")]
    fn harmless_command_has_no_password(#[case] line: &str) {
        assert!(passwords(line).is_empty(), "{line}");
    }

    #[test]
    fn command_of_several_lines_is_read() {
        let mut commands = Commands::default();
        assert!(commands.next("curl https://shop.net \\").is_empty());
        assert!(commands.next("  --silent \\").is_empty());
        let line = "  -u ann:hunter2";
        let found = commands.next(line);
        assert_eq!(&line[found[0].clone()], "hunter2");
        assert!(commands.next(line).is_empty());
    }
}
