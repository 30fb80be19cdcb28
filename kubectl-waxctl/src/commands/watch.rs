//! The flags of a watch of Dataflows, and the watch itself: each state of each object is printed once.

use clap::Args;
use futures::TryStreamExt as _;
use jiff::Timestamp;
use kube::api::DynamicObject;
use kube::runtime::{WatchStreamExt as _, watcher};

use super::printer::Printer;
use crate::cluster::Session;
use crate::cluster::dataflows::Selection;
use crate::error::CommandError;
use crate::ui::Ui;
use crate::work::changes::{Change, KnownObjects};
use crate::work::interruptions::Interruptions;
use crate::work::process_cells::ProcessQuery;

/// The flags of a watch.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct WatchArgs {
    /// Keep running and print changes
    #[arg(short, long)]
    watch: bool,
    /// Print only changes, and not the present objects
    #[arg(long)]
    watch_only: bool,
    /// Print watch events, with their type and the object
    #[arg(long)]
    output_watch_events: bool,
}

impl WatchArgs {
    /// Whether changes are asked for.
    pub(super) fn is_on(&self) -> bool {
        self.watch || self.watch_only
    }

    /// Whether changes are printed with their type.
    pub(super) fn shows_types(&self) -> bool {
        self.output_watch_events
    }

    /// Refuses a flag that has no effect without a watch, as kubectl does.
    ///
    /// # Errors
    /// There is such a flag.
    pub(super) fn check(&self) -> Result<(), CommandError> {
        match self.output_watch_events && !self.is_on() {
            true => Err(CommandError::usage(
                "`--output-watch-events` needs `--watch` or `--watch-only`",
            )),
            false => Ok(()),
        }
    }
}

/// The Dataflows that are watched.
pub(super) struct Watched<'a> {
    pub(super) session: &'a Session,
    pub(super) selection: &'a Selection,
    pub(super) query: ProcessQuery,
}

impl Watched<'_> {
    /// Prints the present objects, unless only changes are wanted, and then each change once.
    ///
    /// # Errors
    /// The API server refuses the watch, or standard output is closed.
    pub(super) async fn print(
        &self,
        args: &WatchArgs,
        present: Vec<DynamicObject>,
        printer: &mut Printer,
        ui: &mut Ui,
    ) -> Result<(), CommandError> {
        let mut known = KnownObjects::new(&present);
        if args.watch_only {
            printer.remember(&present);
        } else {
            let changes: Vec<_> = present.into_iter().map(Change::Added).collect();
            self.show(&changes, printer, ui).await?;
        }
        let api = self.session.untyped(self.query.scope);
        let events = watcher::watcher(api, self.selection.watch()).default_backoff();
        let mut events = std::pin::pin!(events);
        let mut interruptions = Interruptions::default();
        loop {
            match events.try_next().await {
                Ok(Some(event)) => {
                    interruptions.end();
                    let changes = known.changes(event);
                    self.show(&changes, printer, ui).await?;
                }
                Ok(None) => return Ok(()),
                Err(error) => interruptions.tell(self.session, "watch dataflows", error, ui)?,
            }
        }
    }

    async fn show(
        &self,
        changes: &[Change],
        printer: &mut Printer,
        ui: &mut Ui,
    ) -> Result<(), CommandError> {
        let news = printer.news(changes);
        if printer.is_wide() {
            let objects = news.iter().map(|change| change.object().clone());
            let objects = objects.collect::<Vec<_>>();
            let cells = self.query.cells(self.session, &objects, ui).await;
            printer.processes.extend(cells);
        }
        printer.changes(&news, Timestamp::now(), ui)
    }
}
