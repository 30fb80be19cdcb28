//! The result of the check of modules, as text.

use std::fmt::{self, Display, Formatter};

use crate::fault::Fault;
use crate::uses::Crate;

/// All faults, and the numbers of crates, modules and uses.
#[derive(Debug, Default)]
pub struct Report {
    faults: Vec<Fault>,
    crates: usize,
    files: usize,
    uses: usize,
}

impl Report {
    /// Whether there is no fault.
    pub fn is_clean(&self) -> bool {
        self.faults.is_empty()
    }

    /// Returns each fault as text.
    pub fn faults(&self) -> Vec<String> {
        self.faults.iter().map(ToString::to_string).collect()
    }

    /// Counts the modules and uses of a crate.
    pub(crate) fn count(&mut self, checked: &Crate) {
        self.crates += 1;
        self.files += checked.files.len();
        self.uses += checked.uses.len();
    }

    /// Adds faults.
    pub(crate) fn add(&mut self, faults: Vec<Fault>) {
        self.faults.extend(faults);
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for fault in &self.faults {
            writeln!(f, "{fault}\n")?;
        }
        let (crates, files) = (counted(self.crates, "crate"), counted(self.files, "module"));
        write!(f, "{crates}, {files}, {}: ", counted(self.uses, "use"))?;
        match self.faults.len() {
            0 => writeln!(f, "no circle, every use goes down"),
            count => writeln!(f, "{}", counted(count, "fault")),
        }
    }
}

/// Returns the number with its noun, and with a comma before each third digit from the right.
fn counted(number: usize, noun: &str) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    let plural = if number == 1 { "" } else { "s" };
    format!("{text} {noun}{plural}")
}
