//! Builds the environment variables that containers have for a store.

use super::{STORE, Store};

impl Store {
    /// Returns the environment variables of a container of process `ordinal`.
    pub(crate) fn environment(&self, ordinal: u32, processes: u32) -> Vec<(&'static str, String)> {
        let claims: Vec<_> = (0..processes).map(|at| format!("claim-{at}")).collect();
        let mut told = self.identity(&claims.join(","));
        told.extend([
            ("WAXRUN_POD_NAME", format!("counting-{ordinal}")),
            ("WAXRUN_PROCESSES", processes.to_string()),
            ("WAXRUN_REVISION", "r".to_owned()),
            (
                "WAXRUN_STORE_DIR",
                self.volume(ordinal).display().to_string(),
            ),
            ("WAXRUN_SNAPSHOT_INTERVAL", "1".to_owned()),
            ("WAXRUN_BACKUP_INTERVAL", self.backup.to_string()),
        ]);
        told
    }

    /// Returns the environment variables of the store pod of a restore on all volumes. The restore is the next store
    /// change and begins a new timeline.
    pub(crate) fn restore_environment(&mut self, places: &[u32]) -> Vec<(&'static str, String)> {
        let parent = self.timeline;
        self.places = places.to_vec();
        self.change_number += 1;
        self.timeline += 1;
        let mut told = self.identity("claim-0,claim-1,claim-2,claim-3");
        told.extend([
            ("WAXRUN_STORE_CHANGE", "restore".to_owned()),
            (
                "WAXRUN_STORE_ROOT",
                self.folder.path().display().to_string(),
            ),
            ("WAXRUN_VOLUMES", "0,1,2,3".to_owned()),
            ("WAXRUN_STORE_PARENT", format!("{parent}-0a1b2c3d")),
        ]);
        told
    }

    /// Undoes the changes of [`Store::restore_environment`] to placement and timeline, after the restore was refused.
    pub(crate) fn undo_restore(&mut self, places: &[u32]) {
        self.places = places.to_vec();
        self.timeline -= 1;
    }

    fn identity(&self, claims: &str) -> Vec<(&'static str, String)> {
        let places: Vec<_> = self.places.iter().map(u32::to_string).collect();
        vec![
            ("WAXRUN_NAME", "counting".to_owned()),
            ("WAXRUN_NAMESPACE", "shop".to_owned()),
            ("WAXRUN_START", self.start.to_string()),
            ("WAXRUN_STORE_ID", STORE.to_owned()),
            (
                "WAXRUN_STORE_TIMELINE",
                format!("{}-0a1b2c3d", self.timeline),
            ),
            ("WAXRUN_STORE_STEP", self.change_number.to_string()),
            ("WAXRUN_PARTITIONS", places.join(",")),
            ("WAXRUN_CLAIMS", claims.to_owned()),
        ]
    }
}
