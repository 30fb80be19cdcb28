//! The state that all HTTP handlers share.

use std::{io, time::Duration};

use tokio::sync::Mutex;

use super::{
    backups::{BackupCommands, Backups},
    copies, exposition,
};
use crate::{
    formed::{self, Formation},
    settings::SidecarSettings,
    state::{RunDir, RunState},
};

/// The state that all HTTP handlers share.
#[derive(Debug)]
pub struct Sidecar {
    pub(super) settings: SidecarSettings,
    pub(super) run_dir: RunDir,
    pub(super) scrape_limit: Duration,
    /// Allows one scrape at a time: a second one would wait as well, and keep the engine busy longer.
    pub(super) scraping: Mutex<()>,
    pub(super) backups: Option<Backups>,
}

impl Sidecar {
    /// Makes the sidecar's state.
    #[must_use]
    pub fn new(settings: SidecarSettings, scrape_limit: Duration) -> Self {
        Self::with_backups(settings, scrape_limit).0
    }

    pub(super) fn with_backups(
        settings: SidecarSettings,
        scrape_limit: Duration,
    ) -> (Self, Option<BackupCommands>) {
        let run_dir = RunDir::new(&settings.run_dir);
        let backup = settings.backup.as_ref();
        let (backups, commands) = backup
            .map(|backup| Backups::new(backup.to.interval))
            .unzip();
        let sidecar = Self {
            settings,
            run_dir,
            scrape_limit,
            scraping: Mutex::new(()),
            backups,
        };
        (sidecar, commands)
    }

    /// Returns the metrics of the engine, followed by those of the agent.
    pub(super) fn with_agent_metrics(&self, engines: &[u8]) -> Vec<u8> {
        let mut all = engines.to_vec();
        if let Some(backups) = &self.backups {
            if !all.ends_with(b"\n") {
                all.push(b'\n');
            }
            all.extend(exposition::write(&backups.report(), copies::now()).into_bytes());
        }
        all
    }

    /// Reads the state of the process and its connections.
    pub(super) fn observe(&self) -> io::Result<(RunState, Formation)> {
        let identity = &self.settings.identity;
        let state = self.run_dir.read(identity.start);
        Ok((state, formed::read(&self.settings.proc_net, identity)?))
    }
}
