//! What `launch` tells `keep`, and the next `launch` in the same pod, through files they share.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::report::{FORMAT_VERSION, Phase};

/// The files in the folder that `launch` and `keep` share.
#[derive(Clone, Debug)]
pub struct RunDir {
    folder: PathBuf,
}

/// Where `launch` stands.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunState {
    v: u32,
    /// The start number it was told.
    pub start: i64,
    /// Where it stands.
    pub phase: Phase,
    /// The engine's exit code once it has ended.
    pub exit_code: Option<i32>,
}

impl RunState {
    /// Makes a state of this format version.
    #[must_use]
    pub fn new(start: i64, phase: Phase, exit_code: Option<i32>) -> Self {
        Self {
            v: FORMAT_VERSION,
            start,
            phase,
            exit_code,
        }
    }
}

impl RunDir {
    /// Names the folder.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// The folder itself.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file in which the engine leaves its graph.
    #[must_use]
    pub fn graph(&self) -> PathBuf {
        self.folder.join("dataflow.json")
    }

    /// Writes where `launch` stands; a reader sees the old or the new, never half of it.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn write(&self, state: &RunState) -> io::Result<()> {
        self.replace(
            "state.json",
            &serde_json::to_string(state).map_err(io::Error::from)?,
        )
    }

    /// Notes that all input came to its end in this start.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn note_end(&self, start: i64) -> io::Result<()> {
        self.replace("ended", &start.to_string())
    }

    /// Whether this start is noted as ended. A note of another start says nothing.
    #[must_use]
    pub fn has_ended(&self, start: i64) -> bool {
        let note = fs::read_to_string(self.folder.join("ended"));
        note.is_ok_and(|text| text.trim() == start.to_string())
    }

    /// Reads where `launch` stands; before it has written anything, that it is starting.
    #[must_use]
    pub fn read(&self, start: i64) -> RunState {
        let text = fs::read_to_string(self.folder.join("state.json")).unwrap_or_default();
        serde_json::from_str(&text)
            .ok()
            .filter(|state: &RunState| state.start == start && state.v <= FORMAT_VERSION)
            .unwrap_or(RunState::new(start, Phase::Starting, None))
    }

    fn replace(&self, name: &str, text: &str) -> io::Result<()> {
        let incoming = self.folder.join(format!(".{name}.new"));
        fs::write(&incoming, text)?;
        fs::rename(incoming, self.folder.join(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_and_a_note_count_for_their_own_start_only() {
        let folder = tempfile::TempDir::new().unwrap();
        let run = RunDir::new(folder.path());
        assert_eq!(run.read(7).phase, Phase::Starting);
        assert!(!run.has_ended(7));
        run.write(&RunState::new(7, Phase::Ended, Some(0))).unwrap();
        run.note_end(7).unwrap();
        assert_eq!(run.read(7), RunState::new(7, Phase::Ended, Some(0)));
        assert_eq!(run.read(8), RunState::new(8, Phase::Starting, None));
        assert_eq!((run.has_ended(7), run.has_ended(8)), (true, false));
    }

    #[test]
    fn a_newer_or_broken_state_is_not_believed() {
        let folder = tempfile::TempDir::new().unwrap();
        for text in ["", "{", r#"{"v":2,"start":7,"phase":"ended","exitCode":0}"#] {
            fs::write(folder.path().join("state.json"), text).unwrap();
            assert_eq!(
                RunDir::new(folder.path()).read(7).phase,
                Phase::Starting,
                "{text}"
            );
        }
    }
}
