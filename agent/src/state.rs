//! What `launch` tells the sidecar, and the next `launch` in the same pod, through files they share.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    rendezvous::{Memory, Nonce, Past},
    report::{FORMAT_VERSION, Phase, ProbeReport},
};

/// The files in the folder that `launch` and the sidecar share.
#[derive(Clone, Debug)]
pub struct RunDir {
    folder: PathBuf,
}

/// Where `launch` stands.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunState {
    v: u32,
    /// The start number it was told.
    pub start: i64,
    /// Where it stands.
    pub phase: Phase,
    /// The engine's exit code once it has ended.
    pub exit_code: Option<i32>,
    /// The last round of all processes that it was given.
    #[serde(default)]
    pub round: Option<u32>,
    /// What it waits for.
    #[serde(default)]
    pub waits: Option<Waits>,
}

/// What a process waits for.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Waits {
    /// In words.
    pub reason: String,
    /// Longer than others should take.
    pub overdue: bool,
}

/// That all input came to its end.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct EndNote {
    /// In which start.
    pub start: i64,
    /// In which round, if there are other processes.
    pub round: Option<Nonce>,
}

/// A note that counts for one start only.
#[derive(Deserialize, Serialize)]
struct OfStart<T> {
    start: i64,
    note: T,
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
            round: None,
            waits: None,
        }
    }

    /// Adds where it stands among others.
    #[must_use]
    pub fn among_others(self, round: Option<u32>, waits: Option<Waits>) -> Self {
        Self {
            round,
            waits,
            ..self
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

    /// Reads what the dataflow is that the engine has loaded, without the list of all its steps.
    #[must_use]
    pub fn flow(&self) -> Option<ProbeReport> {
        let loaded: ProbeReport = self.note("flow.json")?;
        (loaded.v <= FORMAT_VERSION).then_some(ProbeReport {
            steps: Vec::new(),
            ..loaded
        })
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

    /// Notes that all input came to its end.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn note_end(&self, note: &EndNote) -> io::Result<()> {
        self.replace("ended", &serde_json::to_string(note)?)
    }

    /// Reads the note of this start's end. A note of another start says nothing.
    #[must_use]
    pub fn end(&self, start: i64) -> Option<EndNote> {
        let note: EndNote = self.note("ended")?;
        (note.start == start).then_some(note)
    }

    /// Takes the note of an end back.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn drop_end(&self) -> io::Result<()> {
        match fs::remove_file(self.folder.join("ended")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Notes what the next `launch` in this pod has to know of this one.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn note_past(&self, start: i64, past: &Past) -> io::Result<()> {
        self.note_of("past.json", start, past)
    }

    /// Reads what earlier ones in this pod and start have left.
    #[must_use]
    pub fn past(&self, start: i64) -> Past {
        self.of("past.json", start)
    }

    /// Notes what the next host in this pod has to know of this one.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn note_host(&self, start: i64, memory: &Memory) -> io::Result<()> {
        self.note_of("host.json", start, memory)
    }

    /// Reads what earlier hosts in this pod and start have left.
    #[must_use]
    pub fn host(&self, start: i64) -> Memory {
        self.of("host.json", start)
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

    fn note_of<T: Serialize>(&self, name: &str, start: i64, note: T) -> io::Result<()> {
        self.replace(name, &serde_json::to_string(&OfStart { start, note })?)
    }

    fn of<T: DeserializeOwned + Default>(&self, name: &str, start: i64) -> T {
        let note: Option<OfStart<T>> = self.note(name);
        note.filter(|note| note.start == start)
            .map_or_else(T::default, |note| note.note)
    }

    fn note<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_slice(&fs::read(self.folder.join(name)).ok()?).ok()
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
        assert_eq!(run.end(7), None);
        run.write(&RunState::new(7, Phase::Ended, Some(0))).unwrap();
        let note = EndNote {
            start: 7,
            round: None,
        };
        run.note_end(&note).unwrap();
        assert_eq!(run.read(7), RunState::new(7, Phase::Ended, Some(0)));
        assert_eq!(run.read(8), RunState::new(8, Phase::Starting, None));
        assert_eq!((run.end(7), run.end(8)), (Some(note), None));
        run.drop_end().unwrap();
        run.drop_end().unwrap();
        assert_eq!(run.end(7), None);
        let past = Past {
            number: 3,
            ..Past::default()
        };
        run.note_past(7, &past).unwrap();
        assert_eq!((run.past(7), run.past(8)), (past, Past::default()));
        let memory = Memory {
            hosts: vec![Nonce::new("host")],
            round: None,
        };
        run.note_host(7, &memory).unwrap();
        assert_eq!((run.host(7), run.host(8)), (memory, Memory::default()));
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
