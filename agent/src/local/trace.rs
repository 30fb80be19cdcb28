//! Leaves out the traces with which an engine reports that it was interrupted: the user has done that.
//!
//! | block | begins with | ends |
//! |---|---|---|
//! | panic | `thread '...' panicked at` | after `note: ...` or before an empty line |
//! | traceback | `Traceback (most recent call last):` | after the exception of the last of its chain |
//!
//! A traceback is left out only if it is about the interruption: code of the user can fail while it closes something.

const PANIC: &[u8] = b"thread '";
const TRACEBACK: &[u8] = b"Traceback (most recent call last):";
const NOTE: &[u8] = b"note: ";

/// What the launcher prints.
const INTERRUPTED: &[u8] = b"waxrun: interrupted";

/// The lines between the tracebacks of a chain.
const CHAIN: [&[u8]; 2] = [
    b"The above exception was the direct cause of the following exception:",
    b"During handling of the above exception, another exception occurred:",
];

/// The texts that only a traceback about an interruption contains.
const CAUSES: [&[u8]; 2] = [b"KeyboardInterrupt", b"interrupt signal received"];

/// Filters the standard error of one process after an interruption.
#[derive(Debug, Default)]
pub(super) struct TraceFilter {
    block: Block,
}

#[derive(Debug, Default)]
enum Block {
    #[default]
    None,
    Panic,
    /// The lines so far, and whether the exception below the last frame was seen.
    Traceback(Vec<Vec<u8>>, bool),
}

impl TraceFilter {
    /// Takes the next line, and returns the lines that can be shown now.
    pub(super) fn push(&mut self, line: Vec<u8>) -> Vec<Vec<u8>> {
        match std::mem::take(&mut self.block) {
            Block::None => self.begin(line),
            Block::Panic if line.starts_with(NOTE) => Vec::new(),
            Block::Panic if line.is_empty() || line == TRACEBACK => self.begin(line),
            Block::Panic => {
                self.block = Block::Panic;
                Vec::new()
            }
            Block::Traceback(lines, true) if !continues(&line) => {
                let mut shown = kept(lines);
                shown.extend(self.begin(line));
                shown
            }
            Block::Traceback(mut lines, _) => {
                let is_frame = line.is_empty() || line.starts_with(b" ") || line == TRACEBACK;
                let in_chain = CHAIN.contains(&line.as_slice());
                lines.push(line);
                self.block = Block::Traceback(lines, !is_frame && !in_chain);
                Vec::new()
            }
        }
    }

    /// Returns the lines that remain at the end.
    pub(super) fn finish(self) -> Vec<Vec<u8>> {
        match self.block {
            Block::None | Block::Panic => Vec::new(),
            Block::Traceback(lines, _) => kept(lines),
        }
    }

    fn begin(&mut self, line: Vec<u8>) -> Vec<Vec<u8>> {
        if line.starts_with(PANIC) && contains(&line, b" panicked at ") {
            self.block = Block::Panic;
        } else if line == TRACEBACK {
            self.block = Block::Traceback(vec![line], false);
        } else if line != INTERRUPTED && !line.is_empty() {
            return vec![line];
        }
        Vec::new()
    }
}

/// Whether a line after an exception belongs to its chain.
fn continues(line: &[u8]) -> bool {
    line.is_empty() || line == TRACEBACK || CHAIN.contains(&line)
}

/// Returns the lines of a traceback, unless it is about the interruption.
fn kept(lines: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let about_interruption = lines
        .iter()
        .any(|line| CAUSES.iter().any(|cause| contains(line, cause)));
    match about_interruption {
        true => Vec::new(),
        false => lines,
    }
}

fn contains(line: &[u8], part: &[u8]) -> bool {
    line.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let mut filter = TraceFilter::default();
        let mut shown = Vec::new();
        for line in text.lines() {
            shown.extend(filter.push(line.as_bytes().to_vec()));
        }
        shown.extend(filter.finish());
        String::from_utf8(shown.join(&b'\n')).unwrap()
    }

    const CHAINED: &str = "Traceback (most recent call last):
  File \"flow.py\", line 3, in close
    x()
KeyboardInterrupt

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File \"run.py\", line 1, in <module>
bytewax.errors.BytewaxRuntimeError: (src/run.rs:1) error";

    #[test]
    fn traces_of_interruption_are_left_out() {
        let panic = "thread '<unnamed>' (7) panicked at src/worker.rs:157:17:\nBox<dyn Any>\nnote: run with \
                     `RUST_BACKTRACE=1` environment variable to display a backtrace\n";
        let text = format!("closing\n{panic}\n{CHAINED}\nclosed\nwaxrun: interrupted\n{panic}");
        assert_eq!(shown(&text), "closing\nclosed");
        assert_eq!(shown(CHAINED), "");
    }

    #[test]
    fn own_error_while_closing_is_shown() {
        let own = CHAINED.replace("KeyboardInterrupt", "OSError: disk full");
        assert_eq!(shown(&format!("{own}\nclosed")), format!("{own}\nclosed"));
        assert_eq!(shown(&own), own);
    }
}
