//! Finds passwords in the arguments of programs whose flag does not tell of them: `mysql -phunter2`.

use std::ops::Range;

use super::judge::{self, Form};
use super::literal;
use super::name::Telling;

/// Programs with their flag for a password, and whether the value follows it without a space.
const PROGRAMS: [(&str, &str, bool); 13] = [
    ("docker login", "-p", false),
    ("ldapsearch", "-w", false),
    ("mariadb", "-p", true),
    ("mongo", "-p", false),
    ("mongosh", "-p", false),
    ("mysql", "-p", true),
    ("mysqladmin", "-p", true),
    ("mysqldump", "-p", true),
    ("podman login", "-p", false),
    ("redis-cli", "-a", false),
    ("registry login", "-p", false),
    ("sshpass", "-p", true),
    ("sshpass", "-p", false),
];
/// Longest command that is searched for the flag.
const LONGEST: usize = 256;

/// Returns the places of the passwords in the commands of a line.
pub(super) fn passwords(line: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = of_sql(line).collect();
    for (program, flag, glued) in PROGRAMS {
        for (at, _) in line.match_indices(program) {
            let end = at + program.len();
            let inside = |char: char| char.is_ascii_alphanumeric() || "_-".contains(char);
            if !line[..at].ends_with(inside) && !line[end..].starts_with(inside) {
                found.extend(argument(line, end, flag, glued));
            }
        }
    }
    found
}

/// Returns the places of the passwords of `IDENTIFIED BY 'x'`.
fn of_sql(line: &str) -> impl Iterator<Item = Range<usize>> {
    let places = line
        .match_indices("IDENTIFIED BY ")
        .chain(line.match_indices("identified by "));
    places.filter_map(|(at, words)| {
        let value = literal::at(line, at + words.len())?;
        let text = &line[value.clone()];
        judge::is_secret("password", Telling::Unmistakably, text, Form::Data).then_some(value)
    })
}

/// Returns the place of the value of a flag that comes after `start`.
fn argument(line: &str, start: usize, flag: &str, glued: bool) -> Option<Range<usize>> {
    let quotes = ['"', '\''];
    let mut end = line.len().min(start + LONGEST);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    let command = &line[start..end];
    let mut places = command.match_indices(flag);
    let (at, _) = places.find(|(at, _)| command[..*at].ends_with([' ', '"', '\'']))?;
    let rest = &command[at + flag.len()..];
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
    let is_secret = judge::is_secret("password", Telling::Unmistakably, value, Form::Data);
    (is_value && is_secret).then_some(start..start + value.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("mysql -u app -phunter2 orders", "hunter2")]
    #[case("mysqldump -u app -p'hunter2' orders", "hunter2")]
    #[case("run([\"mysql\", \"-phunter2\"])", "hunter2")]
    #[case("run([\"redis-cli\", \"-a\", \"hunter2\"])", "hunter2")]
    #[case("ALTER USER app IDENTIFIED BY 'hunter2';", "hunter2")]
    #[case("sshpass -p hunter2 ssh app@host", "hunter2")]
    #[case("docker login -u app -p hunter2 registry.shop.net", "hunter2")]
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
    fn harmless_command_has_no_password(#[case] line: &str) {
        assert!(passwords(line).is_empty(), "{line}");
    }
}
