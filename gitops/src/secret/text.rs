//! Searches a whole text for secrets, line by line. Begin reading at [`hits`].
//!
//! The time is linear in the text: a line is read once for each kind of secret, and values have a greatest length.

use super::hit::{Hit, by_name, merged, of_line, push, without_name};
use super::item::{Found, Items};
use super::join::{Joined, Joiner};
use super::lex::{Lexer, Text};
use super::markup::Markup;
use super::syntax::Syntax;
use super::table::Table;
use super::{assign, command, encoded, flow, manifest, pair, pem, shell};

/// Mark in a line whose secrets are meant to be there.
pub(crate) const MARK: &str = "waxctl:allow-secret";
/// Greatest number of words of a shell that are read in a line.
const MOST_WORDS: usize = 16;

/// Returns every secret of the lines of a text in the language of a lexer, sorted by place.
pub(crate) fn hits(lines: &[&str], lexer: Lexer) -> Vec<Hit> {
    let is_binary = lexer.is_binary();
    let mut found = of_lines(lines, lexer);
    if !is_binary {
        found.extend(of_encoded(lines));
    }
    found.retain(|hit| !lines[hit.line].contains(MARK));
    merged(found)
}

fn of_lines(lines: &[&str], mut lexer: Lexer) -> Vec<Hit> {
    let mut found = Vec::new();
    let mut names = Names::new(&lexer);
    let mut key_until = 0;
    for (number, line) in lines.iter().enumerate() {
        let texts = lexer.texts(line);
        let mut here = Vec::new();
        if number < key_until {
            here.push(Hit {
                line: number,
                range: 0..line.len(),
                rule: "a private key".into(),
                continued: true,
            });
        } else if let Some((range, count)) = pem::private_key(lines, number) {
            let marked = line.contains(MARK);
            key_until = if marked { number } else { number + count };
            push(&mut here, number, range, "a private key".into());
        }
        without_name(line, number, &mut here);
        if !lexer.is_binary() {
            names.next(line, number, &texts, &mut here);
        }
        if !line.contains(MARK) {
            found.extend(of_line(here, line, number));
        }
    }
    if names.syntax == Syntax::Data {
        found.extend(manifest::values(lines));
    }
    names.end();
    let is_marked = |group: &Vec<Hit>| group.iter().any(|hit| lines[hit.line].contains(MARK));
    found.extend(
        names
            .joined
            .into_iter()
            .filter(|group| !is_marked(group))
            .flatten(),
    );
    found
}

/// What finds names with their values, line by line.
struct Names {
    syntax: Syntax,
    is_table: bool,
    items: Items,
    markup: Markup,
    table: Table,
    joiner: Joiner,
    /// Secrets in strings that have several pieces: the lines of each secret.
    joined: Vec<Vec<Hit>>,
}

impl Names {
    fn new(lexer: &Lexer) -> Self {
        Self {
            syntax: lexer.syntax(),
            is_table: lexer.is_table(),
            items: Items::default(),
            markup: Markup::default(),
            table: Table::default(),
            joiner: Joiner::default(),
            joined: Vec::new(),
        }
    }

    fn next(&mut self, line: &str, number: usize, texts: &[Text], found: &mut Vec<Hit>) {
        let syntax = self.syntax;
        let in_text = |at: usize| {
            let next = texts.partition_point(|text| text.range.start <= at);
            next > 0 && texts[next - 1].range.contains(&at)
        };
        for pair in pair::secrets(line, syntax, &in_text) {
            push(found, number, pair.value, by_name(&line[pair.name]));
        }
        for range in command::passwords(line) {
            push(found, number, range, "a password in a command".into());
        }
        let mut named = self.markup.next(line, number, syntax);
        if syntax == Syntax::Code {
            named.extend(assign::secrets(line));
        } else {
            named.extend(self.table.next(line, self.is_table));
        }
        if syntax == Syntax::Data {
            named.extend(flow::secrets(line));
            in_words_of_shell(line, number, found);
        }
        for (name, range) in named {
            push(found, number, range, by_name(&name));
        }
        if let Some(Found { name, line, range }) = self.items.next(line, number, syntax) {
            push(found, line, range, by_name(&name));
        }
        if syntax == Syntax::Code {
            let joined = self.joiner.next(number, line, texts).into_iter();
            self.joined
                .extend(joined.flat_map(|joined| of_joined(&joined)));
        }
    }

    /// Reads the end of the text.
    fn end(&mut self) {
        let joined = self.joiner.end().into_iter();
        self.joined
            .extend(joined.flat_map(|joined| of_joined(&joined)));
    }
}

/// Returns the secrets that no piece of a joined text shows, each with its lines.
fn of_joined(joined: &Joined) -> Vec<Vec<Hit>> {
    let line = joined.line.as_str();
    let mut here = Vec::new();
    without_name(line, 0, &mut here);
    for pair in pair::secrets(line, Syntax::Code, &|at| joined.is_text(at)) {
        if !joined.is_in_one_piece(&(pair.name.start..pair.value.end)) {
            push(&mut here, 0, pair.value, by_name(&line[pair.name]));
        }
    }
    let lines = |hit: Hit| -> Vec<Hit> {
        let places = joined.places(&hit.range).into_iter().enumerate();
        let lines = places.map(|(part, (line, range))| Hit {
            line,
            range,
            rule: hit.rule.clone(),
            continued: part > 0,
        });
        lines.collect()
    };
    of_line(here, line, 0).into_iter().map(lines).collect()
}

/// Adds the secrets without a name in words of a shell that are quoted in parts.
fn in_words_of_shell(line: &str, number: usize, found: &mut Vec<Hit>) {
    if !line.contains("\"'") && !line.contains("'\"") {
        return;
    }
    for (at, _) in line.match_indices('=').take(MOST_WORDS) {
        let Some((range, word)) = shell::word(line, at + 1) else {
            continue;
        };
        let mut here = Vec::new();
        without_name(&word, number, &mut here);
        if let Some(hit) = here.into_iter().next() {
            push(found, number, range, hit.rule);
        }
    }
}

/// Returns the secrets in texts that the lines contain in base64.
fn of_encoded(lines: &[&str]) -> Vec<Hit> {
    let mut found = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        for (range, text) in encoded::texts(line) {
            let inner: Vec<&str> = text.lines().collect();
            let hit = of_lines(&inner, Lexer::new("value.yaml"))
                .into_iter()
                .next();
            found.extend(hit.map(|hit| Hit {
                line: number,
                range,
                ..hit
            }));
        }
    }
    found
}

/// Returns every secret of a text without a language, such as a message.
pub(crate) fn in_sentences(text: &str) -> Vec<Hit> {
    let lines: Vec<&str> = text.lines().collect();
    hits(&lines, Lexer::new("message.txt"))
}

/// Returns true if a value of a field looks like a secret by itself.
pub(crate) fn value_tells(value: &str) -> bool {
    let lines: Vec<&str> = value.lines().collect();
    !hits(&lines, Lexer::new("value.yaml")).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<(usize, String)> {
        let lines: Vec<&str> = text.lines().collect();
        let hits = hits(&lines, Lexer::new(path));
        let shown = hits.into_iter().filter(|hit| !hit.continued);
        shown
            .map(|hit| (hit.line + 1, hit.rule.into_owned()))
            .collect()
    }

    fn named(name: &str) -> String {
        format!("a secret, judging by the name `{name}`")
    }

    #[rstest::rstest]
    #[case("env:\n- name: DB_PASSWORD\n  value: hunter2\n", 3)]
    #[case("env:\n- value: hunter2\n  name: DB_PASSWORD\n", 2)]
    #[case("- name: DB_PASSWORD\n  # of the database\n  value: \"hunter2\"\n", 3)]
    #[case("- name: DB_PASSWORD\n  value: |-\n    hunter2\n", 3)]
    #[case("\"name\": \"DB_PASSWORD\",\n\"value\": \"hunter2\"\n", 2)]
    fn item_of_two_lines_is_found(#[case] text: &str, #[case] line: usize) {
        assert_eq!(found("x.yaml", text), [(line, named("DB_PASSWORD"))]);
    }

    #[test]
    fn value_in_next_line_is_found() {
        let yaml = "args:\n- --password\n- hunter2\n";
        assert_eq!(found("x.yaml", yaml), [(3, named("password"))]);
        let yaml = "db:\n  password: >-\n    hunter2\n";
        assert_eq!(found("x.yaml", yaml), [(3, named("password"))]);
        let code = "password = (\n    'hunter2'\n)\n";
        assert_eq!(found("x.py", code), [(2, named("password"))]);
    }

    #[rstest::rstest]
    #[case("- name: DB_PASSWORD\n  valueFrom:\n    secretKeyRef:\n      name: orders-db\n")]
    #[case("- name: DB_PASSWORD\n  value: $(OTHER)\n- name: LEVEL\n  value: hunter2\n")]
    #[case("password:\n  secretKeyRef:\n    name: orders\n")]
    #[case("- name: DB_PASSWORD\n  value: hunter2 # waxctl:allow-secret\n")]
    #[case("- name: DB_PASSWORD\n  value: $(X)\n- name: A\n  value: b\n- name: C\n  value: d\n")]
    fn harmless_settings_of_lines_pass(#[case] text: &str) {
        assert_eq!(found("x.yaml", text), []);
    }

    #[test]
    fn mark_lets_only_its_line_through() {
        let text = "password = 'hunter2'  # waxctl:allow-secret\npassword = 'hunter2'\n";
        assert_eq!(found("x.py", text), [(2, named("password"))]);
    }

    #[rstest::rstest]
    #[case("password = 'hun' 'ter2'\n", 1)]
    #[case("x = 1\nconnect(password=(\n    'hun'\n    'ter2'))\n", 3)]
    #[case("conf['password'] = 'hun' + 'ter2'\n", 1)]
    #[case("password = ''.join(['hun', 'ter2'])\n", 1)]
    #[case("password = ''.join(['hunter2'])\n", 1)]
    #[case("args = 'pass' 'word=hunter2'\n", 1)]
    #[case("password = \"\"\"\\\nhunter2\n\"\"\"\n", 2)]
    #[case("pairs = [\n    ('password',\n     'hunter2'),\n]\n", 3)]
    #[case("PASSWORDS = [\n    'hunter2',\n]\n", 2)]
    fn secret_in_pieces_is_found(#[case] text: &str, #[case] line: usize) {
        let lines: Vec<usize> = found("x.py", text)
            .into_iter()
            .map(|(line, _)| line)
            .collect();
        assert_eq!(lines, [line], "{text}");
    }

    #[test]
    fn token_in_pieces_is_found_by_shape() {
        let text = "token = ('ghp_'\n    '0123456789abcdefghijABCDEFGHIJ')\n";
        assert_eq!(found("x.py", text), [(1, "a GitHub token".to_owned())]);
        let text = "a = 'postgres://app:' + 'hunter2@db.shop.net/x'\n";
        assert_eq!(found("x.py", text), [(1, "a password in a URL".to_owned())]);
        let text = text.replace("x'", "x'  # waxctl:allow-secret");
        assert_eq!(found("x.py", &text), []);
    }

    #[rstest::rstest]
    #[case("raise ValueError('the password '\n    'must have 8 characters')\n")]
    #[case("url = 'postgres://app:' + password + '@db.shop.net/x'\n")]
    #[case("help = ('Reads the token '\n    'from file 2')\n")]
    #[case("token = 'Bearer ' + token + ' 2'\n")]
    #[case("password = input('Password of ' + user + ' 2: ')\n")]
    fn harmless_text_in_pieces_passes(#[case] text: &str) {
        assert_eq!(found("x.py", text), []);
    }

    #[test]
    fn line_with_many_secrets_is_hidden_whole() {
        let pairs: String = (0..120)
            .map(|i| format!("\"password{i}\": \"hunter{i}x9\", "))
            .collect();
        let line = format!("C = {{{pairs}}}");
        let found = hits(&[&line], Lexer::new("flow.py"));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].range, 0..line.len());
    }

    #[test]
    fn text_with_many_secrets_in_pieces_is_hidden_whole() {
        let lines: Vec<String> = (0..120)
            .map(|i| format!("    'pass' 'word{i}=hunter{i}x9 '"))
            .collect();
        let code = format!("C = (\n{}\n)", lines.join("\n"));
        let lines: Vec<&str> = code.lines().collect();
        let found = hits(&lines, Lexer::new("flow.py"));
        let hidden = |line: usize| found.iter().any(|hit| hit.line == line);
        assert!((1..=120).all(hidden), "{found:?}");
    }

    #[test]
    fn secret_in_base64_is_found() {
        // password=hunter2
        let text = "data:\n  app.env: cGFzc3dvcmQ9aHVudGVyMg==\n";
        assert_eq!(found("x.yaml", text), [(2, named("password"))]);
        let image = "icon: iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk\n";
        assert_eq!(found("x.yaml", image), []);
    }

    #[test]
    fn hostile_text_is_searched_in_linear_time() {
        let parts = [
            "password=",
            "password='",
            "\"token\": ",
            "://a:",
            "@tcp(",
            "curl -u ",
            "eyJ.",
            "npm_-",
            "a/",
            "{{${",
            "basic ",
            "-----BEGIN ",
            "auth=(",
            "password: str | ",
            "x=1 or ",
            "'a' + ",
            "''.join(['",
            "<password a='",
            "<name>password</name>",
            "a:b@c:1/",
            "mysql -p",
            "a, password = 'b', ",
            "kind: Secret ",
            "| password |",
        ];
        for path in ["x.py", "x.yaml", "x.md"] {
            for part in parts {
                let text = part.repeat(2_000 / part.len());
                found(path, &text);
                found(path, &text.replace(part, &format!("{part}\n")));
            }
        }
    }

    #[test]
    fn key_hides_all_its_lines() {
        let begin = ["-----BEGIN RSA ", "PRIVATE KEY-----"].concat();
        let text = format!(
            "k = '''{begin}\nMIIEowIBAAKCAQEAx8Kd9f\nab==\n-----END RSA PRIVATE KEY-----'''\nx = 1\n"
        );
        let lines: Vec<&str> = text.lines().collect();
        let hits = hits(&lines, Lexer::new("x.py"));
        let numbers: Vec<(usize, bool)> =
            hits.iter().map(|hit| (hit.line, hit.continued)).collect();
        assert_eq!(numbers, [(0, false), (1, true), (2, true), (3, true)]);
    }
}
