//! The log of `-v`, in the format of kubectl (klog): one line per event with a head that names level, time, process and
//! place.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicI32, Ordering};

use jiff::Zoned;

use super::progress;
use super::stream::Stream;

static LEVEL: AtomicI32 = AtomicI32::new(0);

/// Sets the level of `-v`.
pub(crate) fn set_level(level: i32) {
    LEVEL.store(level, Ordering::Relaxed);
}

/// Returns the level of `-v`.
pub(crate) fn level() -> i32 {
    LEVEL.load(Ordering::Relaxed)
}

/// Logs a text on standard error.
pub(crate) fn log(place: &str, text: &str) {
    let now = Zoned::now();
    let head = format!(
        "I{} {:>7} {place}] ",
        now.strftime("%m%d %H:%M:%S.%6f"),
        std::process::id()
    );
    let mut err = Stream::stderr();
    progress::interrupt(&mut err);
    err.talk(&format!("{head}{text}\n"));
}

/// The fields of an event, in the order in which they are logged.
#[derive(Default)]
pub(crate) struct Fields(String);

impl Fields {
    /// Creates the fields of an event with a message.
    pub(crate) fn new(message: &str) -> Self {
        Self(format!("{message:?}"))
    }

    /// Adds a text. One of several lines is shown as a block.
    pub(crate) fn text(mut self, name: &str, value: &str) -> Self {
        let out = &mut self.0;
        let _ = if value.contains('\n') {
            let indented: String = value.lines().map(|line| format!("\t{line}\n")).collect();
            write!(out, " {name}=<\n{indented} >")
        } else {
            write!(out, " {name}={value:?}")
        };
        self
    }

    /// Adds a number.
    pub(crate) fn number(mut self, name: &str, value: u128) -> Self {
        let _ = write!(self.0, " {name}={value}");
        self
    }

    /// Logs the event.
    pub(crate) fn log(&self, place: &str) {
        log(place, &self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_look_as_in_kubectl() {
        let fields = Fields::new("Response")
            .text("verb", "GET")
            .text("headers", "A: b\nC: d\n")
            .number("milliseconds", 5);
        assert_eq!(
            fields.0,
            "\"Response\" verb=\"GET\" headers=<\n\tA: b\n\tC: d\n > milliseconds=5"
        );
    }
}
