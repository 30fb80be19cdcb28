//! Fetches from and pushes to a remote branch. Results are recognised by exit codes and porcelain flags, never by
//! git's messages.

use super::branch::Target;
use super::destination;
use super::error::Error;
use super::object_id::ObjectId;
use super::process::Git;
use super::push_report::PushReport;
use super::repository::Repository;
use super::url;

/// A branch on another repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Remote {
    /// The remote's name in this repository.
    pub(crate) name: String,
    /// The full name of the branch in the remote repository, such as `refs/heads/main`.
    pub(crate) reference: String,
    /// The remote-tracking branch in this repository.
    pub(crate) tracking: String,
    /// What is fetched from: the remote, or the address that it is pushed to, if it is fetched from another one. Such a
    /// mirror can lag behind.
    pub(super) source: String,
    /// The addresses that the remote is pushed to, that of the source first; none if there is only one.
    pub(super) addresses: Vec<String>,
    /// Options that keep a fetch small.
    pub(super) fetch_options: &'static [&'static str],
}

/// The result of a push.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Push {
    /// The remote has the commit. What it said, line by line, such as the address at which to open a merge request.
    Landed { said: Vec<String> },
    /// The remote, or the pre-push hook, refused the push.
    Refused(Refusal),
    /// The remote was not reached, did not accept the credentials, or the connection broke. What git said.
    Broken {
        /// The message of git.
        detail: String,
        /// The addresses that have accepted the push all the same.
        landed: Vec<String>,
    },
}

/// The reason of a refused push.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// What git, a hook or the remote said.
    pub(super) detail: String,
    /// Whether the remote was reached and refused this branch.
    pub(super) by_remote: bool,
    /// The addresses that have accepted the push all the same.
    pub(super) landed: Vec<String>,
}

impl Remote {
    /// Returns the place to which git would push the branch.
    pub(crate) fn of(repository: &Repository, target: &Target) -> Result<Remote, Error> {
        let destination = destination::of(repository, target)?;
        let (name, reference) = (destination.remote, destination.reference);
        let known = repository.config.remotes().contains(&name.as_str());
        if !known && repository.git.ask(&["remote", "get-url", &name])?.code != Some(0) {
            return Err(if url::is_address(&name) {
                Error::AddressAsRemote(name)
            } else {
                Error::NoRemote(name)
            });
        }
        let short = reference.strip_prefix("refs/heads/").unwrap_or(&reference);
        let (source, addresses) = places(repository, &name)?;
        Ok(Remote {
            source,
            addresses,
            tracking: format!("refs/remotes/{name}/{short}"),
            name,
            reference,
            fetch_options: &[],
        })
    }

    /// Returns the branch as people write it, such as `origin/main`.
    pub(crate) fn label(&self) -> String {
        format!("{}/{}", self.name, self.branch())
    }

    /// Returns the short name of the branch in the remote repository.
    pub(crate) fn branch(&self) -> &str {
        self.reference
            .strip_prefix("refs/heads/")
            .unwrap_or(&self.reference)
    }

    /// Fetches the tip of the branch; `None` if the remote does not have the branch.
    pub(super) fn fetch(&self, repository: &Repository) -> Result<Option<ObjectId>, Error> {
        let refspec = format!("+{}:{}", self.reference, self.tracking);
        let mut args = vec![
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
        ];
        args.push("--no-auto-maintenance");
        // A cache that has a part of the history keeps it.
        let new = repository.resolve(&self.tracking)?.is_none();
        let options = self.fetch_options.iter().copied();
        args.extend(options.filter(|option| new || *option != "--depth=1"));
        args.extend([self.source.as_str(), refspec.as_str()]);
        let answer = repository.git.ask(&args)?;
        if answer.code == Some(0) {
            return repository.resolve(&self.tracking);
        }
        let listed =
            repository
                .git
                .ask(&["ls-remote", "--exit-code", &self.source, &self.reference])?;
        let (remote, branch) = (self.name.clone(), self.branch().to_owned());
        match listed.code {
            Some(2) => Ok(None),
            Some(0) => Err(Error::Fetch {
                remote,
                branch,
                detail: answer.stderr,
            }),
            _ => Err(Error::Unreachable {
                remote,
                branch: Some(branch),
                detail: answer.stderr,
            }),
        }
    }

    /// Fetches the tip of the remote's default branch, from which a new branch starts.
    pub(super) fn fetch_default(&self, repository: &Repository) -> Result<Option<ObjectId>, Error> {
        let Some(reference) = default_branch(&repository.git, &self.source)?.reference else {
            return Ok(None);
        };
        let short = reference.strip_prefix("refs/heads/").unwrap_or(&reference);
        let tracking = self.tracking.replacen(self.branch(), short, 1);
        Remote {
            reference: reference.clone(),
            tracking,
            ..self.clone()
        }
        .fetch(repository)
    }

    /// Pushes one commit as a plain fast-forward. `has_hook` tells whether a hook can refuse it.
    pub(super) fn push(
        &self,
        repository: &Repository,
        commit: &ObjectId,
        has_hook: bool,
    ) -> Result<Push, Error> {
        let refspec = format!("{commit}:{}", self.reference);
        let mut push = vec![
            "push",
            "--porcelain",
            "--no-follow-tags",
            "--recurse-submodules=no",
        ];
        if !repository.verify {
            push.push("--no-verify");
        }
        push.extend([self.name.as_str(), refspec.as_str()]);
        let answer = repository.git.ask(&push)?;
        if answer.code == Some(0) {
            let said = answer.stderr.lines().filter_map(said_by_remote);
            return Ok(Push::Landed {
                said: said.collect(),
            });
        }
        let PushReport { landed, refused } = PushReport::parse(&answer.stdout, &refspec);
        let reasons = refused
            .iter()
            .map(|reason| repository.git.said(reason.as_bytes()));
        let lines = answer.stderr.lines().map(ToOwned::to_owned);
        let detail = reasons.chain(lines).collect::<Vec<_>>().join("\n");
        // Git prints a line for the branch if the remote has answered, and none after a hook has refused.
        let is_silent = refused.is_empty() && landed.is_empty();
        // A connection that the remote has closed ends with the same exit code.
        let is_cut = answer
            .stderr
            .lines()
            .any(|line| line.starts_with("send-pack: "));
        let hook_refused = has_hook && answer.code == Some(1) && is_silent && !is_cut;
        let is_lost = |reason: &String| reason.starts_with("[remote failure]");
        if refused.iter().all(is_lost) && !hook_refused {
            return Ok(Push::Broken { detail, landed });
        }
        let by_remote = refused
            .iter()
            .any(|reason| reason.starts_with("[remote rejected]"));
        Ok(Push::Refused(Refusal {
            detail,
            by_remote,
            landed,
        }))
    }
}

// Returns what to fetch from, and the addresses of a push if there can be several.
fn places(repository: &Repository, name: &str) -> Result<(String, Vec<String>), Error> {
    if !repository.config.pushes_elsewhere(name) {
        return Ok((name.to_owned(), Vec::new()));
    }
    let list = |args: &[&str]| -> Result<Vec<String>, Error> {
        let answer = repository.git.ask(args)?;
        let text = String::from_utf8_lossy(&answer.stdout);
        Ok(text.lines().map(ToOwned::to_owned).collect())
    };
    let fetched = list(&["remote", "get-url", name])?;
    let mut pushed = list(&["remote", "get-url", "--push", "--all", name])?;
    let is_fetched = |address: &String| fetched.first() == Some(address);
    let source = match pushed.first() {
        Some(first) if !pushed.iter().any(is_fetched) => first.clone(),
        _ => name.to_owned(),
    };
    pushed.sort_by_key(|address| !is_fetched(address));
    Ok((source, pushed))
}

// The remote's own words, without the bare lines with which forges frame them.
fn said_by_remote(line: &str) -> Option<String> {
    let text = line.strip_prefix("remote:")?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The default branch of a remote.
pub(super) struct DefaultBranch {
    pub(super) reference: Option<String>,
    pub(super) tip: Option<ObjectId>,
}

/// Asks a remote, by name or URL, for its default branch.
pub(super) fn default_branch(git: &Git, remote: &str) -> Result<DefaultBranch, Error> {
    let answer = git.ask(&["ls-remote", "--symref", "--", remote, "HEAD"])?;
    if answer.code != Some(0) {
        return Err(Error::Unreachable {
            remote: url::without_credentials(remote),
            branch: None,
            detail: answer.stderr,
        });
    }
    let text = String::from_utf8_lossy(&answer.stdout).into_owned();
    let reference = text
        .lines()
        .find_map(|line| line.strip_prefix("ref: ")?.strip_suffix("\tHEAD"));
    let tip = text
        .lines()
        .find_map(|line| ObjectId::parse(line.strip_suffix("\tHEAD")?).ok());
    Ok(DefaultBranch {
        reference: reference.map(Into::into),
        tip,
    })
}
