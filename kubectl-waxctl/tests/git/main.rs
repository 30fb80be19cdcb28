//! `df commit` with the real git, in repositories of its own: nothing of the machine's configuration is seen.

mod lab;
mod local;
mod push;
