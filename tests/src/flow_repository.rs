//! A team's repository of dataflows with its bare remote, and the part of a GitOps controller.

use std::path::{Path, PathBuf};

use anyhow::Result;
use tempfile::TempDir;

use crate::command::git;
use crate::namespace::TestNamespace;

/// A clone that people work in, and the bare repository it pushes to.
#[derive(Debug)]
pub struct FlowRepository {
    folder: TempDir,
}

impl FlowRepository {
    /// Makes both, with one commit on `main` that has been pushed.
    pub fn new() -> Result<Self> {
        let folder = TempDir::new()?;
        let repository = Self { folder };
        let root = repository.folder.path();
        git(
            root,
            &[
                "init",
                "--quiet",
                "--bare",
                "--initial-branch=main",
                "remote.git",
            ],
        )?
        .ok()?;
        git(root, &["clone", "--quiet", "remote.git", "work"])?.ok()?;
        let work = repository.work();
        git(&work, &["checkout", "--quiet", "-b", "main"])?.ok()?;
        std::fs::write(work.join("README.md"), "Dataflows of the shop\n")?;
        git(&work, &["add", "."])?.ok()?;
        git(&work, &["commit", "--quiet", "-m", "Start"])?.ok()?;
        git(&work, &["push", "--quiet", "-u", "origin", "main"])?.ok()?;
        Ok(repository)
    }

    /// The clone that people work in.
    pub fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// The bare remote.
    pub fn remote(&self) -> PathBuf {
        self.folder.path().join("remote.git")
    }

    /// Applies what the remote's `main` says about one flow, as a GitOps controller would: a fresh
    /// checkout, built by kustomize, applied on the server's side.
    pub fn apply(&self, namespace: &TestNamespace, environment: &str, flow: &str) -> Result<()> {
        let checkout = TempDir::new()?;
        let remote = self.remote();
        git(
            checkout.path(),
            &["clone", "--quiet", &remote.to_string_lossy(), "."],
        )?
        .ok()?;
        let folder = checkout.path().join("apps").join(environment).join(flow);
        apply_folder(namespace, &folder)
    }
}

/// Applies one kustomize folder on the server's side.
pub fn apply_folder(namespace: &TestNamespace, folder: &Path) -> Result<()> {
    namespace
        .kubectl(&["apply", "--server-side", "-k", &folder.to_string_lossy()])?
        .ok()
        .map(drop)
}
