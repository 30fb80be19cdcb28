//! Shows the files of a commit in the working tree while a hook looks at them, and puts the earlier ones back.
//!
//! A file that is changed meanwhile is stored as a git object, and put back, too: its content belongs to a commit that does
//! not exist. A signal that ends the program stops the hook, and the files are put back before the program ends.

use super::{Checkout, Seen};
use crate::git::error::Error;
use crate::git::hook_edit::{HookEdit, Outcome};
use crate::git::journal::Journal;
use crate::git::object_id::ObjectId;
use crate::git::objects::Kind;
use crate::interrupt;

/// The result of a look at the files, and the files that were changed meanwhile.
pub(in crate::git) type Shown = (Result<(), Error>, Vec<HookEdit>);

impl Checkout<'_> {
    /// Shows the files of a commit while `look` runs.
    pub(in crate::git) fn show(
        &self,
        tree: &ObjectId,
        journal: &mut Journal,
        look: impl FnOnce() -> Result<(), Error>,
    ) -> Result<Shown, Error> {
        let _showing = interrupt::showing();
        journal.intend(tree)?;
        let written = self.write_files(journal)?;
        let result = look();
        // Order: dropped before the other guard, so that a signal that arrives now does not stop the way back.
        let _hold = interrupt::hold();
        let mut edits = Vec::new();
        for (path, shown) in &written.files {
            let outcome = self.take_back(path, shown.as_deref(), journal);
            edits.extend(outcome.map(|outcome| HookEdit {
                path: path.clone(),
                outcome,
            }));
        }
        written.undo_files(journal);
        Ok((result, edits))
    }

    /// Returns the files that were changed since they were compared. They stay as they are.
    pub(in crate::git) fn edits(&self) -> Vec<HookEdit> {
        let changed = self.files.keys().filter(|path| {
            let now = self.look(path);
            !now.is_ok_and(|now| now.as_ref() == self.before(path))
        });
        changed
            .map(|path| HookEdit {
                path: path.clone(),
                outcome: Outcome::Stays,
            })
            .collect()
    }

    // Puts a file back that is neither as it was shown nor as it was before. A file that cannot be put back stays.
    fn take_back(
        &self,
        path: &str,
        shown: Option<&[u8]>,
        journal: &mut Journal,
    ) -> Option<Outcome> {
        let Ok(now) = self.look(path) else {
            return Some(Outcome::Stays);
        };
        let content = now.as_ref().map(|now| now.content.as_slice());
        let before = self.before(path).map(|before| before.content.as_slice());
        if content == shown || content == before {
            return None;
        }
        let outcome = self.stored(path, now.as_ref(), journal);
        Some(outcome.unwrap_or(Outcome::Stays))
    }

    fn stored(
        &self,
        path: &str,
        now: Option<&Seen>,
        journal: &mut Journal,
    ) -> Result<Outcome, Error> {
        let objects = &self.repository.objects;
        let outcome = match now {
            Some(now) => Outcome::Stored(objects.write(Kind::Blob, &now.content)?),
            None => Outcome::Restored,
        };
        self.put_back(path, now, journal)?;
        Ok(outcome)
    }
}
