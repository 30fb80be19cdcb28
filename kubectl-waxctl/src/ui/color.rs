//! The values of `--color`, and the one that was chosen.

use std::sync::atomic::{AtomicU8, Ordering};

use clap::ValueEnum;

/// The values of `--color`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorWhen {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What `--color` chose, for messages that are written beside the streams of a verb.
static CHOSEN: AtomicU8 = AtomicU8::new(ColorWhen::Auto as u8);

/// Records the value of `--color`.
pub(super) fn choose(when: ColorWhen) {
    CHOSEN.store(when as u8, Ordering::Relaxed);
}

/// Whether a stream shows colour: as `--color` says, by default on a terminal if colour is welcome.
pub(super) fn is_shown(terminal: bool) -> bool {
    match CHOSEN.load(Ordering::Relaxed) {
        always if always == ColorWhen::Always as u8 => true,
        never if never == ColorWhen::Never as u8 => false,
        _ => terminal && is_welcome(),
    }
}

/// Whether neither `NO_COLOR` (no-color.org) nor `TERM=dumb` is set.
fn is_welcome() -> bool {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !no_color && !is_dumb()
}

/// Whether the terminal understands no control sequences.
pub(super) fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|value| value == "dumb")
}
