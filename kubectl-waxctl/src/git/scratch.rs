//! Commits to a repository without a clone on this machine, through a bare cache. The cache contains one commit and
//! the trees above a flow, nothing else.

use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use super::branch::Target;
use super::config::Config;
use super::error::Error;
use super::object_id::ObjectId;
use super::objects::Objects;
use super::process::Git;
use super::remote::{Remote, default_branch};
use super::repository::Repository;
use super::url;

/// Whether `--repo` is a URL. A text that exists as a path is a path.
pub(crate) fn is_url(repository: &str) -> bool {
    let scp_like = repository
        .split_once(':')
        .is_some_and(|(host, _)| !host.is_empty() && !host.contains('/'));
    !Path::new(repository).exists() && (repository.contains("://") || scp_like)
}

/// Opens the cache of the repository at a URL. The branch is the remote's default branch unless given.
pub(crate) fn scratch(
    cache: &Path,
    url: &str,
    branch: Option<&str>,
) -> Result<(Repository, Remote, Target), Error> {
    if url::is_indiscreet(url) {
        return Err(Error::Indiscreet(url.to_owned()));
    }
    create_private(cache)?;
    // No repository around the cache was named.
    let git = Git::in_named_folder(cache).with_setting("safe.bareRepository", "explicit");
    let config = Config::read(&git)?;
    let (git, address) = config.hide_credentials_of(git, url);
    let default = default_branch(&git, &address).map_err(Error::before_push)?;
    let key = ObjectId::parse(&String::from_utf8_lossy(
        &git.bytes(&["hash-object", "--stdin"], address.as_bytes())?,
    ))?;
    let path = cache.join(format!("{key}.git"));
    let sha256 = default.tip.is_some_and(|tip| tip.as_str().len() == 64);
    let format = if sha256 {
        "--object-format=sha256"
    } else {
        "--object-format=sha1"
    };
    git.text(&[
        "init".as_ref(),
        "--quiet".as_ref(),
        "--bare".as_ref(),
        format.as_ref(),
        path.as_os_str(),
    ])?;

    let mut repository = Repository::bare(&path)?;
    repository.scratch = true;
    repository.hooks = None;
    // The address stays out of the configuration of the cache, so that whoever reads the cache learns nothing from it.
    let (git, _) = config.hide_credentials_of(repository.git, url);
    repository.git = git
        .with_setting("remote.origin.url", &address)
        .with_setting("remote.origin.promisor", "true")
        .with_setting("remote.origin.partialclonefilter", "tree:0")
        .with_setting("core.hooksPath", "/dev/null")
        .with_setting("gc.auto", "0");
    repository.objects = Objects::Plumbing(repository.git.clone());

    let branch = match (branch, default.reference) {
        (Some(branch), _) => branch.to_owned(),
        (None, Some(reference)) => reference.trim_start_matches("refs/heads/").to_owned(),
        (None, None) => "main".to_owned(),
    };
    let target = Target {
        checked_out: false,
        elsewhere: None,
        ..Target::choose(&repository, Some(&branch))?
    };
    let remote = Remote {
        name: "origin".into(),
        reference: target.reference.clone(),
        tracking: format!("refs/remotes/origin/{}", target.branch),
        source: "origin".into(),
        addresses: Vec::new(),
        fetch_options: &["--depth=1", "--filter=tree:0", "--update-shallow"],
    };
    Ok((repository, remote, target))
}

/// Creates a folder that only this user can read: the cache contains other people's code.
fn create_private(folder: &Path) -> Result<(), Error> {
    let mut builder = std::fs::DirBuilder::new();
    builder
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|source| Error::File {
            doing: "create",
            path: folder.to_path_buf(),
            source,
        })
}
