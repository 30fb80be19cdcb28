//! Provides a git repository of dataflows with its bare remote, and applies it as a GitOps controller does.

use std::path::{Path, PathBuf};

use anyhow::Result;
use tempfile::TempDir;

use crate::command::git;
use crate::namespace::TestNamespace;

/// A clone to work in, and the bare repository to which it pushes.
#[derive(Debug)]
pub struct FlowRepository {
    folder: TempDir,
}

impl FlowRepository {
    /// Creates both, with one pushed commit on `main`.
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

    /// Returns the path of the clone.
    pub fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// Returns the path of the bare remote.
    pub fn remote(&self) -> PathBuf {
        self.folder.path().join("remote.git")
    }

    /// Applies one flow from `main` of the remote, as a GitOps controller does: a fresh checkout, built by
    /// kustomize, with server-side apply.
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

/// Applies one kustomize folder with server-side apply.
pub fn apply_folder(namespace: &TestNamespace, folder: &Path) -> Result<()> {
    namespace
        .kubectl(&["apply", "--server-side", "-k", &folder.to_string_lossy()])?
        .ok()
        .map(drop)
}
