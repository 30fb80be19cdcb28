//! Two people with homes of their own, one remote repository, and the kinds of clones that the second one can have.

use super::lab::{FLOW, Lab, Run};

/// The line that Ann adds at the top of the flow.
pub(crate) const FIX: &str = "# fix of Ann";
/// The line that Bo adds at the end of the flow.
pub(crate) const FEATURE: &str = "# feature of Bo";

/// One remote repository, and a clone of it, `repo`, in which Ann works.
pub(crate) struct Team {
    pub(crate) lab: Lab,
    kind: &'static str,
}

impl Team {
    /// Creates the remote. Bo will use a clone of this kind: full, shallow, blobless, worktree, CI (one commit, none
    /// checked out by branch), or URL (no clone).
    pub(crate) fn new(kind: &'static str) -> Team {
        let lab = Team::template();
        Team { lab, kind }
    }

    /// Copies the remote and Ann's clone from a template, for one of many teams.
    pub(crate) fn copy_of(template: &Lab, kind: &'static str) -> Team {
        let lab = Lab::copy_of(template);
        Team { lab, kind }
    }

    /// Creates the remote, Ann's clone, and both homes.
    pub(crate) fn template() -> Lab {
        let lab = Lab::with_remote();
        for setting in ["uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"] {
            lab.git("remote.git", &["config", setting, "true"]);
        }
        lab.new_home("home-bo", "Bo");
        lab
    }

    /// Writes the source of a person: the flow with more lines before and after it.
    pub(crate) fn source(&self, person: &str, before: &str, after: &str) {
        let lines = |lines: &str| -> String {
            let lines = lines.split(';').filter(|line| !line.is_empty());
            lines.map(|line| format!("{line}\n")).collect()
        };
        let text = format!("{}{FLOW}\n# 1\n# 2\n# 3\n{}", lines(before), lines(after));
        self.lab.write(&format!("{person}/orders.py"), text);
    }

    /// Runs Ann's `df commit --push` in the newest state of her clone.
    pub(crate) fn ann(&self, more: &[&str]) -> Run {
        self.pull();
        self.lab.commit("repo", &args("../ann/orders.py", more))
    }

    /// Brings Ann's clone to the newest state.
    pub(crate) fn pull(&self) {
        self.lab.git("repo", &["pull", "-q", "--rebase"]);
    }

    /// Commits and pushes by hand what a command changes in Ann's clone.
    pub(crate) fn by_hand(&self, sed: &str, file: &str) {
        self.pull();
        let path = format!("apps/prod/orders/{file}");
        let done = self
            .lab
            .command("sed", "repo")
            .args(["-i", sed, &path])
            .status();
        assert!(done.unwrap().success());
        self.lab.git("repo", &["commit", "-qam", "Repair at night"]);
        self.lab.git("repo", &["push", "-q"]);
    }

    /// Creates Bo's clone of the remote, as new as the remote.
    pub(crate) fn clone_for_bo(&self) {
        let lab = &self.lab;
        let url = self.url();
        let clone = |options: &[&str]| {
            lab.git(
                ".",
                &[&["clone", "-q"], options, &[&url, "bo-clone"]].concat(),
            );
        };
        match self.kind {
            "URL" => {}
            "shallow" => clone(&["--depth=1"]),
            "blobless" => clone(&["--filter=blob:none"]),
            "worktree" => {
                clone(&[]);
                lab.git("bo-clone", &["checkout", "-q", "--detach"]);
                lab.git("bo-clone", &["worktree", "add", "-q", "../bo-tree", "main"]);
            }
            "CI" => {
                clone(&["--depth=1"]);
                lab.git("bo-clone", &["checkout", "-q", "--detach"]);
            }
            _ => clone(&[]),
        }
    }

    /// Runs Bo's `df commit --push` from Bo's clone.
    pub(crate) fn bo(&self, more: &[&str]) -> Run {
        self.bo_with("bo/orders.py", more)
    }

    /// Runs Bo's `df commit --push` of another source.
    pub(crate) fn bo_with(&self, source: &str, more: &[&str]) -> Run {
        let lab = &self.lab;
        let (cwd, source) = match self.kind {
            "URL" => (".", source.to_owned()),
            "worktree" => ("bo-tree", format!("../{source}")),
            _ => ("bo-clone", format!("../{source}")),
        };
        let url = self.url();
        let place: &[&str] = match self.kind {
            "URL" => &["--repo", &url],
            "CI" => &["--branch", "main"],
            _ => &[],
        };
        let mut command = lab.waxctl(cwd, &args(&source, &[place, more].concat()));
        command.env("HOME", lab.path("home-bo"));
        lab.run(command)
    }

    /// Gives Bo a new machine: without records, and with a new clone.
    pub(crate) fn new_machine_for_bo(&self) {
        for folder in ["home-bo", "bo-clone", "bo-tree"] {
            let path = self.lab.path(folder);
            if path.exists() {
                std::fs::remove_dir_all(path).unwrap();
            }
        }
        self.lab.new_home("home-bo", "Bo");
        self.clone_for_bo();
    }

    /// Returns a file of the flow on the remote.
    pub(crate) fn remote_file(&self, file: &str) -> String {
        let name = format!("main:apps/prod/orders/{file}");
        self.lab.git("remote.git", &["show", &name])
    }

    /// Whether the flow on the remote has all these lines.
    pub(crate) fn remote_has(&self, lines: &[&str]) -> bool {
        let text = self.remote_file("orders.py");
        lines
            .iter()
            .all(|line| text.lines().any(|other| other == *line))
    }

    /// Describes the result of Bo's commit in one word; in full if it is none of the expected ones.
    pub(crate) fn outcome(&self, run: &Run, lines: &[&str]) -> String {
        let names_ann = run.err.contains(" by Ann, ");
        match run.code {
            Some(0) if self.remote_has(lines) => "merged".to_owned(),
            Some(1) if run.err.contains("conflicting changes") && names_ann => {
                "conflict".to_owned()
            }
            Some(5) if run.err.contains("takes back") && names_ann => "told".to_owned(),
            Some(5) if run.err.contains("older than") => "older".to_owned(),
            Some(5) if run.err.contains("was removed") && names_ann => "told".to_owned(),
            _ => format!("{}\n{}", run.shown(), self.remote_file("orders.py")),
        }
    }

    fn url(&self) -> String {
        format!("file://{}", self.lab.text("remote.git"))
    }
}

fn args<'a>(source: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let place = [source, "--name", "orders", "--env", "prod", "--push"];
    [&place[..], more].concat()
}
