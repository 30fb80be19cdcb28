//! The remedies for each error of module `git`: what to type or to do.

use std::path::Path;

use gitops::shell::word;

use super::Error;
use crate::git::hook_edit::HookEdit;
use crate::git::object_id::ObjectId;

// `--no-verify` does not leave out this hook.
const PREPARE: &str = "prepare-commit-msg";

impl Error {
    /// Returns the remedies of this error, each to be typed or done.
    pub(super) fn hints(&self) -> Vec<String> {
        let one = |hint: Option<String>| hint.map(|hint| vec![hint]);
        one(self.hint_about_repository())
            .or_else(|| one(self.hint_about_files()))
            .or_else(|| one(self.hint_about_branch()))
            .or_else(|| one(self.hint_about_remote()))
            .unwrap_or_else(|| self.several_hints())
    }

    fn several_hints(&self) -> Vec<String> {
        match self {
            Error::OtherRepository { .. } => vec![
                "use the repository of this folder: unset GIT_DIR GIT_WORK_TREE".into(),
                "or name the repository with `--repo PATH`".into(),
            ],
            Error::BareAmongFiles { bare, checkout } => vec![
                format!(
                    "use the repository around it: add `--repo {}`",
                    place(checkout)
                ),
                format!("or name it, if you trust it: add `--repo {}`", place(bare)),
            ],
            Error::OtherUpstream {
                branch, upstream, ..
            } => of_upstream(branch, upstream),
            Error::Hook { hook, edits, .. } => {
                let way_out = (*hook != PREPARE).then(|| {
                    format!(
                        "do what the {hook} hook asks, or leave the hooks out with `--no-verify`"
                    )
                });
                of_edits(edits).chain(way_out).collect()
            }
            Error::HookChanged { hook, edits, .. } => {
                let mut way_out = "make the change in the source".to_owned();
                if *hook != PREPARE {
                    way_out += &format!(", or leave the {hook} hook out with `--no-verify`");
                }
                of_edits(edits).chain([way_out]).collect()
            }
            Error::TooShallow { .. } => vec![
                "work in a clone that has the whole history: git fetch --unshallow".into(),
                "or name the commit that the source was made from: add `--base COMMIT`".into(),
            ],
            Error::NotPushed {
                check, in_doubt, ..
            } => {
                let again = in_doubt.then(|| {
                    "run the same command again: it pushes only what has not arrived".to_owned()
                });
                let check = format!("check whether this works: {check}");
                again.into_iter().chain([check]).collect()
            }
            Error::PushedInPart {
                branch,
                commit,
                missed,
                ..
            } => of_missed(branch, commit, missed).collect(),
            Error::NoIdentity(_) => vec![
                "git config --global user.name 'Your Name'".into(),
                "git config --global user.email you@example.com".into(),
            ],
            _ => Vec::new(),
        }
    }

    fn hint_about_repository(&self) -> Option<String> {
        Some(match self {
            Error::NoGit(_) => "install git 2.36 or newer and put it on PATH".into(),
            Error::NoCurrentFolder(_) => "change to a folder that exists: cd ~".into(),
            Error::NotARepository { .. } | Error::InsideGitDir(_) => {
                "run this inside the working tree of the repository, or name it with `--repo PATH`"
                    .into()
            }
            Error::Unopened { detail, .. } if detail.contains("refstorage") => {
                "install git 2.45 or newer, which knows reftable, or name the remote with `--repo URL --push`"
                    .into()
            }
            Error::Unopened { .. } => "run `git status` there to see what git needs".into(),
            Error::OtherIndex(_) => {
                "run `unset GIT_INDEX_FILE`, or commit to another branch with `--branch`".into()
            }
            Error::Locked(path) => format!("if no git command is running: rm {}", place(path)),
            Error::HeldByProcess { path, pid } => {
                format!(
                    "wait for process {pid} to end; if it is stuck, end it and: rm {}",
                    place(path)
                )
            }
            _ => return None,
        })
    }

    fn hint_about_files(&self) -> Option<String> {
        Some(match self {
            Error::InTheWay { .. } => {
                "a flow needs plain files and folders: move this away, or choose another `--env` or `--name`".into()
            }
            Error::Filtered { path, .. } => {
                format!(
                    "exempt the folder in .gitattributes with the line `{} -filter`",
                    folder_pattern(path)
                )
            }
            Error::Collision { path, other } => same_spelling(path, other),
            Error::Sparse(path) => format!("git sparse-checkout add {}", word(folder(path))),
            Error::Dirty(_) => {
                "commit them, run `git stash`, or commit to another branch with `--branch`"
                    .into()
            }
            _ => return None,
        })
    }

    fn hint_about_branch(&self) -> Option<String> {
        Some(match self {
            Error::BadBranch(_) => {
                "choose a name such as `feature/orders`; git allows no space and none of `..`, `~`, `^`, `:`, `?`, `*`, `[` and `\\`"
                    .into()
            }
            Error::OtherThanBranch(_) => {
                "name a branch by its short name, such as `--branch orders`".into()
            }
            Error::RemoteBranch { branch, .. } => {
                format!(
                    "name the branch without the remote: add `--branch {}`",
                    word(branch)
                )
            }
            Error::DetachedHead => "name the branch to commit to with `--branch`".into(),
            Error::CheckedOutElsewhere { path, branch } => {
                format!(
                    "run this in {}, or choose another branch than `{branch}` with `--branch`",
                    path.display()
                )
            }
            Error::Switched => "nothing was changed; run the command again".into(),
            Error::InProgress(_) => {
                "finish or abort it (`git status` says how), then run the command again".into()
            }
            Error::BranchInUse { path, .. } => format!(
                "finish or abort it in {} (`git status` says how), then run the command again",
                path.display()
            ),
            Error::BranchRefused { branch, .. } => {
                format!(
                    "nothing was changed; mend what git reports, or choose another branch than `{branch}` with `--branch`"
                )
            }
            _ => return None,
        })
    }

    fn hint_about_remote(&self) -> Option<String> {
        Some(match self {
            Error::NoRemote(name) => {
                format!(
                    "run `git remote add {} URL`, or leave out `--push`",
                    word(name)
                )
            }
            Error::AddressAsRemote(_) => {
                "give the address a name: git remote add NAME URL && git config remote.pushDefault NAME".into()
            }
            Error::NoBranchThere { .. } => {
                "push to a branch with `--repo URL --branch NAME --push`".into()
            }
            Error::Indiscreet(address) if address.contains('?') => {
                "leave out the query; a token belongs in front of the host, as the password of a user"
                    .into()
            }
            Error::Indiscreet(_) => {
                "ssh takes no password from an address: use a key, or an address with https://"
                    .into()
            }
            Error::Fetch { remote, branch, .. } => {
                format!(
                    "check whether this works: git fetch {} {}",
                    word(remote),
                    word(branch)
                )
            }
            Error::Unreachable { remote, .. } => {
                format!("check whether this works: git ls-remote {}", word(remote))
            }
            Error::Refused {
                by_remote: true, ..
            } => "push to a branch of its own with `--branch NAME`, and open a merge request".into(),
            Error::Refused { hook: true, .. } => {
                "do what the pre-push hook asks, or leave it out with `--no-verify`".into()
            }
            Error::LostRaces { .. } => "nothing was pushed; run the same command again".into(),
            _ => return None,
        })
    }
}

// Returns how to get at changes that were made while a hook ran.
fn of_edits(edits: &[HookEdit]) -> impl Iterator<Item = String> {
    let objects = edits.iter().filter_map(HookEdit::object);
    let show = objects.map(|id| format!("see the changed file: git show {id}"));
    let stays = edits
        .iter()
        .any(HookEdit::stays)
        .then(|| "look at what stays with `git diff`, and commit it or run `git stash`".to_owned());
    show.chain(stays)
}

// Returns the ways to push a branch whose upstream has another name.
fn of_upstream(branch: &str, upstream: &str) -> Vec<String> {
    vec![
        format!("push to `{upstream}`: add `--branch {}`", word(upstream)),
        format!(
            "push to a branch `{branch}` of its own: add `--branch {}`",
            word(branch)
        ),
        "or let git follow upstreams of other names: git config push.default upstream".into(),
    ]
}

// Returns how to bring a commit to the addresses that do not have it.
fn of_missed(branch: &str, commit: &ObjectId, missed: &[String]) -> impl Iterator<Item = String> {
    let target = format!("{commit}:refs/heads/{branch}");
    missed.iter().flat_map(move |address| {
        let (address, branch, target) = (word(address), word(branch), word(&target));
        [
            format!(
                "see what is there: git fetch {address} {branch} && git log {commit}..FETCH_HEAD"
            ),
            format!("then push the commit: git push {address} {target}"),
        ]
    })
}

// Returns a path as one word of a shell.
fn place(path: &Path) -> String {
    word(&path.display().to_string()).into_owned()
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(folder, _)| folder)
}

fn folder_pattern(path: &str) -> String {
    path.rsplit_once('/')
        .map_or_else(|| path.to_owned(), |(folder, _)| format!("{folder}/**"))
}

// The part of the path that is spelled otherwise decides which flag to change.
fn same_spelling(path: &str, other: &str) -> String {
    let name = other.rsplit('/').next().unwrap_or_default();
    match path.matches('/').count() {
        1 => format!("use the environment that is there: `--env {name}`"),
        _ => format!("use the spelling that is there, `{name}`, or rename it first"),
    }
}
