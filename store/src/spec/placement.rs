//! Defines which volume holds which partition.

use super::error::SpecError;

/// The ordinals of the volumes that hold partitions 0, 1, 2, ...
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Placement(Vec<u32>);

impl Placement {
    /// Creates a placement from the ordinals of the volumes of partitions 0, 1, ...
    ///
    /// # Errors
    /// Refuses an empty list.
    pub fn new(ordinals: Vec<u32>) -> Result<Self, SpecError> {
        if ordinals.is_empty() {
            return Err(SpecError::NoPartition);
        }
        Ok(Self(ordinals))
    }

    /// Returns the number of partitions.
    #[must_use]
    pub fn count(&self) -> u32 {
        u32::try_from(self.0.len()).expect("a spec has fewer than four billion partitions")
    }

    /// Returns the volume of a partition.
    #[must_use]
    pub fn volume_of(&self, index: u32) -> Option<u32> {
        self.0.get(usize::try_from(index).ok()?).copied()
    }

    /// Returns the partitions on a volume.
    pub fn on(&self, ordinal: u32) -> impl Iterator<Item = u32> + '_ {
        self.iter()
            .filter(move |(_, volume)| *volume == ordinal)
            .map(|(index, _)| index)
    }

    /// Returns every partition with its volume.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        (0..).zip(self.0.iter().copied())
    }
}
