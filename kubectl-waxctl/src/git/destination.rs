//! The destination of a push: git's own answer, from the user's settings.

use super::branch::{HEADS, Target};
use super::config::Config;
use super::error::Error;
use super::repository::Repository;

/// What git knows about the branch and the places that it is pulled from and pushed to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Known {
    pushed_to: String,
    pushed_as: String,
    upstream_remote: String,
    upstream: String,
}

/// The remote and the full name of the branch there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Destination {
    pub(super) remote: String,
    pub(super) reference: String,
}

const HERE: &str = ".";

/// Returns where git would push the branch.
///
/// A branch that the user has named goes to the branch of that name, unless `push.default=upstream` says otherwise: with
/// it git maps named branches, too.
pub(super) fn of(repository: &Repository, target: &Target) -> Result<Destination, Error> {
    let format = "--format=%(refname)%00%(push:remotename)%00%(push:remoteref)%00%(upstream:remotename)%00%(upstream:remoteref)";
    let known = repository
        .git
        .text(&["for-each-ref", format, &target.reference])?;
    let known = known.lines().find_map(|line| {
        let (reference, rest) = line.split_once('\0')?;
        (reference == target.reference).then(|| Known::parse(rest))
    });
    let known = match known {
        Some(known) => known,
        // The branch does not exist yet.
        None => Known::configured(&repository.config, &target.branch),
    };
    known.destination(&repository.config, target)
}

impl Known {
    fn parse(line: &str) -> Known {
        let mut parts = line.split('\0').map(ToOwned::to_owned);
        let mut next = || parts.next().unwrap_or_default();
        Known {
            pushed_to: next(),
            pushed_as: next(),
            upstream_remote: next(),
            upstream: next(),
        }
    }

    fn configured(config: &Config, branch: &str) -> Known {
        let of_branch = |name: &str| config.get(&format!("branch.{branch}.{name}"));
        let pushed_to = of_branch("pushremote")
            .or_else(|| config.get("remote.pushdefault"))
            .or_else(|| of_branch("remote"));
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        Known {
            pushed_to: text(pushed_to),
            pushed_as: String::new(),
            upstream_remote: text(of_branch("remote")),
            upstream: text(of_branch("merge")),
        }
    }

    fn destination(self, config: &Config, target: &Target) -> Result<Destination, Error> {
        let remote = match self.pushed_to.as_str() {
            "" | HERE => config.default_remote().to_owned(),
            named => named.to_owned(),
        };
        let upstream = Some(&self.upstream)
            .filter(|upstream| !upstream.is_empty() && self.upstream_remote == remote);
        let reference = if !self.pushed_as.is_empty() {
            self.pushed_as
        } else if let Some(pushed_as) = config.push_of_head(&remote).filter(|_| target.checked_out)
        {
            // Git resolves HEAD only when it pushes, so it has no answer for the branch.
            match pushed_as {
                "" => target.reference.clone(),
                full if full.starts_with("refs/") => full.to_owned(),
                short => format!("{HEADS}{short}"),
            }
        } else {
            match (config.get("push.default"), upstream) {
                (Some("upstream" | "tracking"), Some(upstream)) => upstream.clone(),
                (Some("current" | "matching"), _) | (_, None) => target.reference.clone(),
                (_, Some(upstream)) if *upstream != target.reference && !target.named => {
                    return Err(Error::OtherUpstream {
                        branch: target.branch.clone(),
                        remote,
                        upstream: short(upstream).to_owned(),
                    });
                }
                (_, Some(_)) => target.reference.clone(),
            }
        };
        if !reference.starts_with(HEADS) {
            return Err(Error::NoBranchThere {
                branch: target.branch.clone(),
                remote,
                reference,
            });
        }
        Ok(Destination { remote, reference })
    }
}

fn short(reference: &str) -> &str {
    reference.strip_prefix(HEADS).unwrap_or(reference)
}
