//! A source merged with the flow in git.

use gitops::lineage;
use gitops::merge::{MergeError, merge};
use gitops::render;
use gitops::rendered::Rendered;
use gitops::trailer::{self, Origin};
use jiff::Timestamp;

use super::find::Base;
use super::objection::{Objection, author, refusal};
use super::writer::Writer;
use crate::error::CommandError;
use crate::git::{Commit, ObjectId};

/// Commits that a message names.
const NAMED: usize = 3;
/// Commits among which the ones by hand are searched.
const SEARCHED: usize = 20;

/// The new version of a flow.
#[derive(Debug)]
pub(crate) struct MergedFlow {
    /// The changes of the source, applied to the version in git. After a conflict the version that `--take-back` would
    /// commit.
    pub(crate) flow: Rendered,
    /// What the source alone renders.
    pub(crate) ours: Rendered,
    /// What the render was made from; `None` if the source is the flow's own folder.
    pub(crate) origin: Option<Origin>,
    /// The changes in git that were kept, for people.
    pub(crate) warnings: Vec<String>,
    objections: Vec<Objection>,
    conflict: Option<CommandError>,
    folder: String,
    now: Timestamp,
}

impl MergedFlow {
    /// Renders a source as a change of its base, and merges it with `theirs`, the flow in git. `base` is set at the
    /// first call; later calls, on newer commits, keep it.
    ///
    /// # Errors
    /// The base cannot be found, or the source cannot be rendered.
    pub(crate) fn of(
        writer: &Writer<'_>,
        theirs: Option<&Rendered>,
        base: &mut Option<Base>,
    ) -> Result<Self, CommandError> {
        let found = match (base.take(), theirs) {
            // The commit that was faster has removed the flow.
            (Some(base), None) if base.flow.is_some() => Base::nothing(writer)?,
            (Some(base), _) => base,
            (None, Some(theirs)) => Base::find(writer, theirs)?,
            (None, None) => Base::nothing(writer)?,
        };
        let base = base.insert(found);
        let mut ours = match &base.flow {
            Some(flow) => writer.on(flow)?,
            None => render::render(writer.settings, writer.source)?,
        };
        let namespace = theirs.and_then(Rendered::namespace).map(str::to_owned);
        let wanted = writer.namespace().map(str::to_owned);
        ours.dataflow.metadata.namespace = wanted.or_else(|| namespace.clone());
        let mut merged = Self {
            flow: ours.clone(),
            ours,
            origin: None,
            warnings: Vec::new(),
            objections: base.objections.clone(),
            conflict: None,
            folder: writer.folder(),
            now: Timestamp::now(),
        };
        if let Some(theirs) = theirs {
            let mut common = base.flow.clone().unwrap_or_else(|| writer.nothing());
            common.dataflow.metadata.namespace = namespace;
            merged.join(writer, &common, theirs, base.commit.as_ref())?;
        }
        if !writer.is_own_folder() {
            let render = lineage::identity(&merged.ours);
            let kept = merged.conflict.is_none() && render != lineage::identity(&merged.flow);
            let commit = base.commit.as_ref().filter(|_| kept);
            merged.origin = Some(Origin {
                render: Some(render),
                base: commit.map(ToString::to_string),
                source: base.source.clone(),
            });
        }
        Ok(merged)
    }

    /// Renders a source again, without the version in git.
    ///
    /// # Errors
    /// The source cannot be rendered, or git fails.
    pub(crate) fn again(
        writer: &Writer<'_>,
        theirs: Option<&Rendered>,
    ) -> Result<Self, CommandError> {
        let mut ours = render::render(writer.settings, writer.source)?;
        let wanted = writer.namespace().or(theirs.and_then(Rendered::namespace));
        ours.dataflow.metadata.namespace = wanted.map(str::to_owned);
        let origin = Origin {
            render: Some(lineage::identity(&ours)),
            base: None,
            source: Base::source_of(writer)?,
        };
        Ok(Self {
            flow: ours.clone(),
            ours,
            origin: Some(origin).filter(|_| !writer.is_own_folder()),
            warnings: Vec::new(),
            objections: Vec::new(),
            conflict: None,
            folder: writer.folder(),
            now: Timestamp::now(),
        })
    }

    /// Returns the flow, unless it conflicts with the version in git or takes back changes of others.
    ///
    /// # Errors
    /// It does.
    pub(crate) fn agreed(mut self) -> Result<Self, CommandError> {
        if !self.objections.is_empty() {
            return Err(refusal(&self.objections, &self.folder, self.now));
        }
        match self.conflict.take() {
            Some(conflict) => Err(conflict),
            None => Ok(self),
        }
    }

    /// Returns what [`MergedFlow::agreed`] would refuse, as warnings.
    pub(crate) fn doubts(&self) -> Vec<String> {
        let objections = self.objections.iter();
        let mut doubts: Vec<_> = objections
            .map(|objection| format!("a commit to {} {}", self.folder, objection.text(self.now)))
            .collect();
        if let Some(conflict) = &self.conflict {
            let causes = conflict.causes.join("; ");
            doubts.push(format!("{}: {causes}", conflict.message));
        }
        doubts
    }

    fn join(
        &mut self,
        writer: &Writer<'_>,
        common: &Rendered,
        theirs: &Rendered,
        base: Option<&ObjectId>,
    ) -> Result<(), CommandError> {
        match merge(common, &self.ours, theirs, &self.folder) {
            Ok(merged) => {
                self.flow = merged.flow;
                if !merged.kept.is_empty() {
                    let kept = merged.kept.join(", ");
                    let mut warning = format!("kept changes in {}: {kept}", self.folder);
                    let who = self.who_changed(writer, base)?;
                    if !who.is_empty() {
                        warning = format!("{warning} ({})", who.join("; "));
                    }
                    self.warnings.push(warning);
                }
            }
            Err(error @ MergeError::Clash { .. }) => {
                self.conflict = Some(self.conflict(writer, base, error)?);
                self.flow = writer.on(theirs)?;
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Returns the error of a conflict, with both sides and the ways out.
    fn conflict(
        &self,
        writer: &Writer<'_>,
        base: Option<&ObjectId>,
        error: MergeError,
    ) -> Result<CommandError, CommandError> {
        let mut command = CommandError::from(error);
        for commit in self.who_changed(writer, base)? {
            command = command.because(format!("in git: {commit}"));
        }
        let source = writer.source.path.display();
        let base = base.map(|id| writer.history().commit(id)).transpose()?;
        let made_from = match base.flatten() {
            Some(commit) => format!("made from {}", author(&commit, self.now)),
            None => "made from no version in git".to_owned(),
        };
        command = command.because(format!("here: {source}, {made_from}"));
        if let Some(tip) = writer.tip.commit() {
            command = command.hint(format!(
                "copy the changes in git into your source, then add `--base {}`",
                tip.short()
            ));
        }
        Ok(command.hint("or let your source win: add `--take-back`"))
    }

    /// Returns the newest commits that changed the flow since the base, each with author and age.
    fn who_changed(
        &self,
        writer: &Writer<'_>,
        base: Option<&ObjectId>,
    ) -> Result<Vec<String>, CommandError> {
        let Some(tip) = writer.tip.commit() else {
            return Ok(Vec::new());
        };
        let history = writer.history();
        let mut commits = history.changing(&self.folder, base, tip, NAMED)?;
        if commits.is_empty() {
            // An earlier render has kept them, too: they are older than the base.
            commits = history.changing(&self.folder, None, tip, SEARCHED)?;
            commits.retain(|commit| {
                trailer::origins(&commit.message, writer.environment, writer.name).is_empty()
            });
            commits.truncate(NAMED);
        }
        let text = |commit: &Commit| format!("{}: {}", author(commit, self.now), commit.subject());
        Ok(commits.iter().map(text).collect())
    }
}
