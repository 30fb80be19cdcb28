//! `df backups`: lists the restore points of a Dataflow.

use clap::Args;
use gitops::table::Table;
use jiff::Timestamp;

use crate::args::global::GlobalArgs;
use crate::error::CommandError;
use crate::names;
use crate::ui::Ui;
use crate::work::backups;

/// Columns of the table.
const COLUMNS: &[&str] = &["POINT", "EPOCH", "TIME", "SIZE"];

/// List the restore points of a dataflow
///
/// A running process lists them, because it has the keys of the bucket. The newest point comes first. Each point is
/// one epoch that the copies of all partitions contain completely.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # the points for `waxctl df restore`
  waxctl df backups orders

  # the newest point alone, for a script
  waxctl df backups orders --limit 1 --no-headers")]
pub(crate) struct BackupsArgs {
    /// Name of the dataflow
    #[arg(value_name = "NAME", value_parser = names::object_flag)]
    pub(crate) name: String,
    /// Maximum number of points to list
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    pub(crate) limit: usize,
    /// Leave out the headings
    #[arg(long)]
    pub(crate) no_headers: bool,
}

/// Lists the restore points of the Dataflow.
///
/// # Errors
/// The Dataflow has no backups or does not run, or the bucket cannot be read.
pub(crate) fn run(
    args: &BackupsArgs,
    global: &GlobalArgs,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let report = backups::points(&args.name, args.limit, &global.access())?;
    for note in &report.notes {
        ui.warn(note);
    }
    if report.points.is_empty() {
        ui.say(&format!(
            "Dataflow `{}` has no restore point yet.",
            args.name
        ));
        return Ok(());
    }
    let rows: Vec<Vec<String>> = report
        .points
        .iter()
        .map(|point| {
            let time = i64::try_from(point.taken).ok();
            let time = time.and_then(|time| Timestamp::from_second(time).ok());
            vec![
                point.point.clone(),
                point.epoch.to_string(),
                time.map_or_else(String::new, |time| time.to_string()),
                size(point.size),
            ]
        })
        .collect();
    let mut table = Table::new(COLUMNS);
    let text = if args.no_headers {
        table.rows(&rows)
    } else {
        table.with_heading(&rows)
    };
    ui.data(&text)
}

/// Formats a number of bytes in a unit that gives at most five digits.
fn size(bytes: u64) -> String {
    let units = ["Ki", "Mi", "Gi", "Ti"];
    let mut value = bytes;
    let mut unit = "";
    for next in units {
        if value < 10 * 1024 {
            break;
        }
        (value, unit) = (value.div_ceil(1024), next);
    }
    format!("{value}{unit}")
}
