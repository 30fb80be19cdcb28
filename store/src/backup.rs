//! Copies of partitions outside the volumes: what they are called, what their manifests say, to
//! which moments they can be brought back, and which of them are no longer needed.
//!
//! Whoever can write to where they lie can write anything, so a manifest is believed only as far as
//! it agrees with its own name, and a copy only when it is what its manifest says.

mod manifest;
mod name;
mod points;
mod prune;

pub use manifest::{MANIFEST_FORMAT, MANIFEST_LIMIT, Manifest, ManifestFault};
pub use name::{CopyName, Origin, PointName, Stem};
pub use points::{Catalogue, Listed, Point};
pub use prune::{Prunable, Retention, prune};

#[cfg(test)]
mod tests;
