//! Downloads the copies of a restore point, as the sources of a restore.

use std::{collections::BTreeMap, io::Write};

use store::{
    backup::{Catalogue, CopyName, Origin, Point, PointName},
    cut::CutFault,
    identity::Timeline,
    partition::Partition,
    spec::{Change, ChangeSpec, Source},
};

use super::{
    bucket::{Bucket, BucketError},
    scratch::remove,
};
use crate::{
    report::TerminationReport,
    reporting::{failed, in_full, refused, say},
    settings::RestoreSettings,
};

/// Downloads one copy of each partition for a restore, and returns the change to make with them.
///
/// A copy that differs from its manifest is ignored, as if it had never been made.
///
/// # Errors
/// There is no restore point of intact copies, or the bucket cannot be read.
pub(crate) fn fetch(
    settings: &RestoreSettings,
    spec: &ChangeSpec,
    log: &mut dyn Write,
) -> Result<Change, TerminationReport> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| failed(&error))?;
    runtime.block_on(Restore::new(settings, spec)?.run(log))
}

struct Restore<'a> {
    settings: &'a RestoreSettings,
    spec: &'a ChangeSpec,
    bucket: Bucket,
    head: Timeline,
    epoch: Option<u64>,
}

impl<'a> Restore<'a> {
    fn new(settings: &'a RestoreSettings, spec: &'a ChangeSpec) -> Result<Self, TerminationReport> {
        let point = settings.point.as_ref();
        let origin = point.and_then(|point| point.origin.clone());
        let origin = origin.unwrap_or_else(|| Origin {
            namespace: settings.namespace.clone(),
            name: settings.name.clone(),
            store: spec.store.clone(),
        });
        if origin.store != spec.store {
            return Err(refused(format!(
                "the restore point {} belongs to another recovery store than {}",
                point.map(PointName::to_string).unwrap_or_default(),
                spec.store
            )));
        }
        let parent = spec.parent().unwrap_or(&spec.timeline);
        Ok(Self {
            settings,
            spec,
            bucket: Bucket::open(&settings.from, origin).map_err(|error| failed(&error))?,
            head: point.map_or_else(|| parent.clone(), |point| point.timeline.clone()),
            epoch: point.map(|point| point.epoch),
        })
    }

    async fn run(&self, log: &mut dyn Write) -> Result<Change, TerminationReport> {
        let unread = |error: BucketError| failed(&error);
        let mut manifests = BTreeMap::new();
        let listed = self.bucket.lineage(&self.head, &mut manifests);
        let (mut listed, mut bad) = listed.await.map_err(unread)?;
        loop {
            let catalogue = Catalogue::new(&listed, &self.spec.store, &self.head);
            let point = match self.point(&catalogue) {
                Ok(point) => point,
                Err(faults) => return Err(self.none(&catalogue, &faults, &bad).await),
            };
            say(log, &format!("restoring {}", point.name(&self.head)));
            match self.sources(&point).await? {
                Ok(sources) => {
                    return Ok(Change::Restore {
                        sources,
                        manifest_facts: catalogue.manifest_facts().clone(),
                        from: self.head.clone(),
                    });
                }
                Err((wrong, why)) => {
                    say(log, &format!("ignoring an unusable copy: {why}"));
                    bad.push(why);
                    listed.retain(|copy| copy.content() != wrong);
                }
            }
        }
    }

    fn point<'b>(&self, catalogue: &Catalogue<'b>) -> Result<Point<'b>, Vec<CutFault>> {
        match self.epoch {
            Some(epoch) => catalogue.at(epoch),
            None => {
                let newest = catalogue.newest(1).into_iter().next();
                newest.ok_or_else(|| catalogue.faults())
            }
        }
    }

    /// Downloads the copies of a restore point; returns the first one that is unusable, with the reason.
    async fn sources(
        &self,
        point: &Point<'_>,
    ) -> Result<Result<Vec<Source>, (CopyName, String)>, TerminationReport> {
        let mut sources = Vec::new();
        for copy in &point.copies {
            let path = self
                .settings
                .from
                .scratch
                .join(format!("part-{}.copy", copy.name.part));
            remove(&path).map_err(|error| failed(&error))?;
            if let Err(error) = self.bucket.fetch(copy, &path).await {
                if !error.is_bad_copy() {
                    return Err(failed(&error));
                }
                return Ok(Err((copy.content(), in_full(&error))));
            }
            let facts = Partition::open_read_only(&path).and_then(|partition| partition.facts());
            let why = match facts {
                Ok(facts) if facts == copy.manifest.facts => None,
                Ok(_) => Some("it differs from its manifest".to_owned()),
                Err(error) => Some(in_full(&error)),
            };
            if let Some(why) = why {
                let name = copy.content();
                let text = format!("{}: {why}", name.copy());
                return Ok(Err((name, text)));
            }
            sources.push(Source {
                path,
                frontier: copy.manifest.frontier,
            });
        }
        Ok(Ok(sources))
    }

    /// Returns the report that there is nothing to restore, with the restore points that exist instead.
    async fn none(
        &self,
        catalogue: &Catalogue<'_>,
        faults: &[CutFault],
        bad: &[String],
    ) -> TerminationReport {
        let what = match self.epoch {
            Some(epoch) => format!("there is no restore point {}/{epoch}", self.head),
            None => format!(
                "the copies of timeline {} contain no restore point",
                self.head
            ),
        };
        let mut text = what;
        for fault in faults.iter().take(8) {
            text = format!("{text}; {fault}");
        }
        if !bad.is_empty() {
            text = format!("{text}; unusable copies: {}", bad.join(", "));
        }
        let points = catalogue.newest(3);
        let others = self.bucket.timelines().await.unwrap_or_default();
        let others = others.into_iter().filter(|timeline| *timeline != self.head);
        let instead: Vec<String> = match points.is_empty() {
            false => points
                .iter()
                .map(|point| point.name(&self.head).to_string())
                .collect(),
            true => others
                .map(|timeline| format!("timeline {timeline}"))
                .collect(),
        };
        if !instead.is_empty() {
            text = format!("{text}; available instead: {}", instead.join(", "));
        }
        refused(text)
    }
}
