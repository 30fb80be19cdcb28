//! Published fields that this release can't do yet. They are refused by name: running a dataflow as
//! if such a field were absent could lose what its author relies on.

use super::fault::Fault;
use crate::spec::DataflowSpec;
use crate::spec::absent::present;

pub(super) fn check(spec: &DataflowSpec, found: &mut Vec<Fault>) {
    let asked_for = [
        (
            spec.job_mode.unwrap_or(false),
            "spec.jobMode",
            "leave it out: the dataflow then runs as a stream and ends with its input",
        ),
        (
            present(spec.schedule.as_ref()).is_some(),
            "spec.schedule",
            "leave it out and start the dataflow when it is due",
        ),
        (
            !spec.dependencies.is_empty(),
            "spec.dependencies",
            "leave it out and use an image that has the packages",
        ),
        (
            spec.artifacts_download.is_some(),
            "spec.artifactsDownload",
            "leave it out and put the code into a ConfigMap, named in `configMapName`",
        ),
    ];
    for (asked, path, instead) in asked_for {
        if asked {
            found.push(Fault::not_supported_yet(path, instead));
        }
    }
}
