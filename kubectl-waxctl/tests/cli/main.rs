//! The program as people call it: real processes in an empty home, and every text that people read.

mod completion;
mod environment;
mod errors;
mod flags;
mod help;
mod names;
mod render;
