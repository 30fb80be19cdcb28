//! The program as people call it: real processes in an empty home, and every text that people read.

mod completion;
mod diff;
mod environment;
mod errors;
mod examples;
mod flags;
mod help;
mod names;
mod render;
