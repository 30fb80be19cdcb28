//! Which volume holds which partition.

use super::error::OrdersError;

/// The ordinal of the volume that holds partition 0, 1, 2, ...
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Placement(Vec<u32>);

impl Placement {
    /// Takes the ordinals of the volumes of partition 0, 1, ...
    ///
    /// # Errors
    /// Refuses an empty list.
    pub fn new(ordinals: Vec<u32>) -> Result<Self, OrdersError> {
        if ordinals.is_empty() {
            return Err(OrdersError::NoPartition);
        }
        Ok(Self(ordinals))
    }

    /// How many partitions there are.
    #[must_use]
    pub fn count(&self) -> u32 {
        u32::try_from(self.0.len()).expect("orders name fewer than four billion partitions")
    }

    /// The volume of a partition.
    #[must_use]
    pub fn volume_of(&self, index: u32) -> Option<u32> {
        self.0.get(usize::try_from(index).ok()?).copied()
    }

    /// The partitions of a volume.
    pub fn on(&self, ordinal: u32) -> impl Iterator<Item = u32> + '_ {
        self.iter()
            .filter(move |(_, volume)| *volume == ordinal)
            .map(|(index, _)| index)
    }

    /// Every partition with its volume.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        (0..).zip(self.0.iter().copied())
    }
}
