//! Starts the engines of a gang together, and never connects engines of two different starts.
//!
//! Bytewax does not notice that a peer was restarted. A new engine beside older ones waits forever, and
//! engines of two starts may connect to each other. So the `launch` of every process first sends an offer
//! to the [`Host`], which the `launch` of process 0 serves. When all offers are present, the host opens a
//! *round*, and every [`Member`] starts its engine in that round.
//!
//! ```text
//!   launch 1 (member)                        launch 0 (member and host)
//!     |-- offer: gang, history, partitions ---->|
//!     |<-- wait: process 2 is missing ----------|
//!     |                                         |   all offers are present: no engine of an earlier
//!     |                                         |   round may run; the partitions must be one set
//!     |<-- round 1, resume at epoch 42 ---------|
//!     |   trims its partitions, starts engine   |
//!     |-- ask, once a second ------------------>|
//!     |<-- holds | unsure | void ---------------|
//! ```
//!
//! Members poll the host. If the round is void, a member stops its engine and offers again. If the host is
//! silent, a member stops its engine only as long as that is not connected to all others: a connected
//! engine cannot get into the connections of another round any more. [`Timeouts`] holds the times.
//!
//! Host and member are state machines without a clock: the caller tells them how much time has passed.
//! The model in `model.rs` explores both with late and lost messages, crashes and replaced pods.
//!
//! Start reading at [`Message`] and [`Answer`], then [`Stage`] for the member and [`Host`] for process 0.

pub use host::{Host, News};
pub use host_record::{HostRecord, HostShutdown};
pub use member::Member;
pub use message::{Answer, AttemptHistory, Message, Missing, Request};
pub use round::{Beginning, Gang, Nonce, Round};
pub use stage::{Command, Stage};
pub use store_identity::{PartitionOffer, StoreIdentity, agree_on};
pub use timeouts::Timeouts;

mod host;
mod host_record;
mod member;
mod message;
#[cfg(test)]
mod model;
mod round;
mod stage;
mod store_identity;
mod timeouts;
pub mod wire;
