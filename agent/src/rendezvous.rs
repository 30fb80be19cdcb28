//! How the processes of a gang start their engines together, and never in a mixture of two starts.
//!
//! The engine knows no rounds: a process that starts anew beside others that outlived it waits for
//! ever, and two that start at different moments may connect to each other. So every `launch` first
//! offers to start at process 0's `launch`, the [`Host`], and starts its engine only in a *round*,
//! which the host gives when all processes wait there at once. It goes on asking whether its round
//! still holds. A positive no ends its engine, and it offers again; silence ends only an engine that
//! is not connected to all others yet (see [`Patience`]), since one that is cannot get into another
//! round's connections any more.
//!
//! Both sides are state machines without a clock: time passes by being told.

pub use host::{Host, News};
pub use member::{Member, Order, Stage};
pub use memory::{Gone, Memory};
pub use message::{Answer, Lack, Past, Request, Say};
pub use patience::Patience;
pub use round::{Beginning, Gang, Nonce, Round};
pub use terms::{Stock, Terms, agree_on};

mod host;
mod member;
mod memory;
mod message;
#[cfg(test)]
mod model;
mod patience;
mod round;
mod terms;
pub mod wire;
