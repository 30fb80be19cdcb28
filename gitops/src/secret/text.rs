//! Searches a whole text for secrets, line by line. Begin reading at [`hits`].
//!
//! The time is linear in the text: a line is read once for each kind of secret, and values have a greatest length.

use super::command::Commands;
use super::hit::{Hit, by_name, merged, of_line, push, without_name};
use super::item::{Found, Items};
use super::join::{Joined, Joiner};
use super::lex::{Lexer, Text};
use super::markup::Markup;
use super::sql::Sql;
use super::syntax::Syntax;
use super::table::Table;
use super::{assign, compare, encoded, flow, manifest, pair, pem, shell};

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
    commands: Commands,
    sql: Sql,
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
            commands: Commands::default(),
            sql: Sql::default(),
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
        for range in self.commands.next(line) {
            push(found, number, range, "a password in a command".into());
        }
        let mut named = self.markup.next(line, number, syntax);
        named.extend(self.sql.next(line));
        if syntax == Syntax::Code {
            named.extend(assign::secrets(line));
            named.extend(compare::secrets(line, texts));
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
mod tests;
