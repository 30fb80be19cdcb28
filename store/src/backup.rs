//! Manages backup copies of partitions: their names, manifests, restore points and retention.
//!
//! Anyone with write access to the bucket can store anything there. So a manifest is accepted only if it
//! agrees with its own name, and a copy only if it agrees with its manifest.
//!
//! Begin with [`Catalogue`], which turns copies into restore points, and [`prune`], which finds the
//! copies that no restore point needs.

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
