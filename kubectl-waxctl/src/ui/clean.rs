//! Replaces control characters, so that no text from a cluster, a remote or a flow can steer the terminal.
//!
//! Everything that is printed passes through here. Replaced are the C0 and C1 controls (without newline and tab),
//! DEL, and the characters that change the direction of text. C0 controls become `^[`, as kubectl writes them, the
//! others `\u202e`, which means the same in JSON. The program's own styles are marked ([`mark`]) instead of written as
//! escape sequences, so that they can be told from those of others.

use std::borrow::Cow;
use std::fmt::Write as _;

use anstyle::Style;

/// Begin and end of a marked style. They are noncharacters, which no text should contain; what stands between them is
/// written as a style only if it is one of the program's own.
const BEGIN: char = '\u{fdd0}';
const END: char = '\u{fdd1}';

/// The styles that the program uses: reset, bold, dim, and the eight colours.
const STYLES: [&str; 11] = [
    "0", "1", "2", "30", "31", "32", "33", "34", "35", "36", "37",
];

/// Marks the beginning or the end of a style.
pub(super) fn mark(text: &str, style: Style) -> String {
    let marked = |code: String| {
        code.replace("\x1b[", &BEGIN.to_string())
            .replace('m', &END.to_string())
    };
    format!(
        "{}{text}{}",
        marked(format!("{style}")),
        marked(format!("{style:#}"))
    )
}

/// Returns a text that is safe for a terminal; marks of styles become escape sequences.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| is_control(c) || c == BEGIN) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            BEGIN => {
                if let Some((code, after)) = rest.split_once(END)
                    && STYLES.contains(&code)
                {
                    let _ = write!(out, "\x1b[{code}m");
                    rest = after;
                }
            }
            '\r' if rest.starts_with('\n') => {}
            c if is_control(c) => replace(c, &mut out),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Returns a line of a container's log for a terminal. Its colours stay, everything else that steers a terminal goes.
pub(super) fn clean_log(line: &str) -> String {
    let mut out = String::with_capacity(line.len() + 8);
    let mut colored = false;
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("\x1b[") {
            let end = after.find(|c: char| !c.is_ascii_digit() && !";:".contains(c));
            if let Some(end) = end.filter(|end| after[*end..].starts_with('m')) {
                let code = &after[..end];
                let _ = write!(out, "\x1b[{code}m");
                colored = true;
                rest = &after[end + 1..];
                continue;
            }
        }
        rest = &rest[c.len_utf8()..];
        if is_control(c) {
            replace(c, &mut out);
        } else {
            out.push(c);
        }
    }
    if colored {
        out.push_str("\x1b[0m");
    }
    out
}

fn is_control(c: char) -> bool {
    let moves = matches!(c, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}') && c != '\n' && c != '\t';
    let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    moves || turns
}

fn replace(c: char, out: &mut String) {
    let _ = match u32::from(c) {
        code @ 0..=0x1f => write!(out, "^{}", char::from(b'@' + code as u8)),
        code => write!(out, "\\u{code:04x}"),
    };
}

#[cfg(test)]
mod tests {
    use anstyle::AnsiColor;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::plain("a\tb\nc é 漢", "a\tb\nc é 漢")]
    #[case::title("\u{1b}]0;x\u{7}\u{1b}[2J", "^[]0;x^G^[[2J")]
    #[case::color("\u{1b}[31mred", "^[[31mred")]
    #[case::carriage_return("done\rnot", "done^Mnot")]
    #[case::line_end("one\r\ntwo", "one\ntwo")]
    #[case::c1("\u{9b}2J\u{9d}", "\\u009b2J\\u009d")]
    #[case::delete("a\u{7f}", "a\\u007f")]
    #[case::direction("\u{202e}gpj.exe\u{2066}", "\\u202egpj.exe\\u2066")]
    #[case::foreign_mark("\u{fdd0}8\u{fdd1}hidden", "8\u{fdd1}hidden")]
    fn control_characters_become_visible(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(clean(text), expected);
    }

    #[test]
    fn own_styles_become_escape_sequences() {
        let style = AnsiColor::Red.on_default().bold();
        let shown = clean(&mark("a\u{1b}[2Jb", style)).into_owned();
        assert_eq!(shown, format!("{style}a^[[2Jb{style:#}"));
    }

    #[rstest]
    #[case::plain("plain", "plain")]
    #[case::color("\u{1b}[1;31mred\u{1b}[0m", "\u{1b}[1;31mred\u{1b}[0m\u{1b}[0m")]
    #[case::clear("\u{1b}[2Jx", "^[[2Jx")]
    #[case::title("\u{1b}]0;x\u{7}", "^[]0;x^G")]
    #[case::cut("\u{1b}[31", "^[[31")]
    fn log_line_keeps_only_colors(#[case] line: &str, #[case] expected: &str) {
        assert_eq!(clean_log(line), expected);
    }
}
