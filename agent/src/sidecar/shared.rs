//! What the handlers share.

use std::{io, time::Duration};

use tokio::sync::Mutex;

use super::{
    backups::{Backups, Wishes},
    copies, exposition,
};
use crate::{
    formed::{self, Formation},
    settings::SidecarSettings,
    state::{RunDir, RunState},
};

/// What the handlers share.
#[derive(Debug)]
pub struct Sidecar {
    pub(super) settings: SidecarSettings,
    pub(super) run_dir: RunDir,
    pub(super) scrape_limit: Duration,
    /// A second scrape beside one that waits would only wait, too, and hold the engine up longer.
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
    ) -> (Self, Option<Wishes>) {
        let run_dir = RunDir::new(&settings.run_dir);
        let backup = settings.backup.as_ref();
        let (backups, wishes) = backup
            .map(|backup| Backups::new(backup.to.interval))
            .unzip();
        let sidecar = Self {
            settings,
            run_dir,
            scrape_limit,
            scraping: Mutex::new(()),
            backups,
        };
        (sidecar, wishes)
    }

    /// The engine's metrics with ours after them.
    pub(super) fn with_ours(&self, engines: &[u8]) -> Vec<u8> {
        let mut all = engines.to_vec();
        if let Some(backups) = &self.backups {
            if !all.ends_with(b"\n") {
                all.push(b'\n');
            }
            all.extend(exposition::of(&backups.report(), copies::now()).into_bytes());
        }
        all
    }

    /// Looks where the process stands, and how far it has got.
    pub(super) fn look(&self) -> io::Result<(RunState, Formation)> {
        let member = &self.settings.member;
        let state = self.run_dir.read(member.start);
        Ok((state, formed::look(&self.settings.proc_net, member)?))
    }
}
