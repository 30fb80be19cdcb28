//! Files in a shared folder through which `launch` informs the sidecar and the next `launch` in the pod.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    rendezvous::{AttemptHistory, HostRecord, Nonce},
    report::{FORMAT_VERSION, ProbeReport, ProcessPhase},
};

/// The folder that `launch` and the sidecar of a pod share.
#[derive(Clone, Debug)]
pub struct RunDir {
    folder: PathBuf,
}

/// The state of `launch`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunState {
    v: u32,
    /// The start number.
    pub start: i64,
    /// The phase of the process.
    pub phase: ProcessPhase,
    /// The engine's exit code once it has ended.
    pub exit_code: Option<i32>,
    /// The number of the last round in which it took part.
    #[serde(default)]
    pub round: Option<u32>,
    /// What it waits for, if anything.
    #[serde(default)]
    pub waits: Option<Waits>,
}

/// A wait of a process.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Waits {
    /// The reason, for people.
    pub reason: String,
    /// The wait is longer than the other processes should take.
    pub overdue: bool,
}

/// A note that the engine reached the end of all input.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct EndNote {
    /// The start in which it did.
    pub start: i64,
    /// The round in which it did, if there are other processes.
    pub round: Option<Nonce>,
}

/// A note that is valid for one start only.
#[derive(Deserialize, Serialize)]
struct OfStart<T> {
    start: i64,
    note: T,
}

impl RunState {
    /// Makes a state of this format version.
    #[must_use]
    pub fn new(start: i64, phase: ProcessPhase, exit_code: Option<i32>) -> Self {
        Self {
            v: FORMAT_VERSION,
            start,
            phase,
            exit_code,
            round: None,
            waits: None,
        }
    }

    /// Adds the round and the wait of a process among others.
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
    /// Refers to a folder, which need not exist.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// Returns the folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the path of the file in which the engine leaves its graph.
    #[must_use]
    pub fn graph(&self) -> PathBuf {
        self.folder.join("dataflow.json")
    }

    /// Reads the report about the dataflow that the engine has loaded, without the list of all its steps.
    #[must_use]
    pub fn flow(&self) -> Option<ProbeReport> {
        let loaded: ProbeReport = self.note("flow.json")?;
        (loaded.v <= FORMAT_VERSION).then_some(ProbeReport {
            steps: Vec::new(),
            ..loaded
        })
    }

    /// Writes the state; a reader sees the old or the new one, never half of it.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn write(&self, state: &RunState) -> io::Result<()> {
        self.replace(
            "state.json",
            &serde_json::to_string(state).map_err(io::Error::from)?,
        )
    }

    /// Writes the note of the end of all input; creates the folder if it is missing.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn note_end(&self, note: &EndNote) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        self.replace("ended", &serde_json::to_string(note)?)
    }

    /// Reads the note of the end, if it is of this start.
    #[must_use]
    pub fn end(&self, start: i64) -> Option<EndNote> {
        let note: EndNote = self.note("ended")?;
        (note.start == start).then_some(note)
    }

    /// Removes the note of the end, if there is one.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn drop_end(&self) -> io::Result<()> {
        match fs::remove_file(self.folder.join("ended")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Saves the attempts of this start for the next `launch` in this pod.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn save_attempt_history(&self, start: i64, history: &AttemptHistory) -> io::Result<()> {
        self.save("attempts.json", start, history)
    }

    /// Reads the attempts that earlier `launch` processes of this pod and start have made.
    #[must_use]
    pub fn attempt_history(&self, start: i64) -> AttemptHistory {
        self.saved("attempts.json", start)
    }

    /// Saves the record of this host for the next host in this pod.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn save_host_record(&self, start: i64, record: &HostRecord) -> io::Result<()> {
        self.save("host.json", start, record)
    }

    /// Reads the record of earlier hosts of this pod and start.
    #[must_use]
    pub fn host_record(&self, start: i64) -> HostRecord {
        self.saved("host.json", start)
    }

    /// Reads the state of `launch`; [`ProcessPhase::Starting`] before there is one of this start.
    #[must_use]
    pub fn read(&self, start: i64) -> RunState {
        let text = fs::read_to_string(self.folder.join("state.json")).unwrap_or_default();
        serde_json::from_str(&text)
            .ok()
            .filter(|state: &RunState| state.start == start && state.v <= FORMAT_VERSION)
            .unwrap_or(RunState::new(start, ProcessPhase::Starting, None))
    }

    fn save<T: Serialize>(&self, name: &str, start: i64, note: T) -> io::Result<()> {
        self.replace(name, &serde_json::to_string(&OfStart { start, note })?)
    }

    fn saved<T: DeserializeOwned + Default>(&self, name: &str, start: i64) -> T {
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
    fn notes_are_valid_for_their_own_start_only() {
        let folder = tempfile::TempDir::new().unwrap();
        let run = RunDir::new(folder.path());
        assert_eq!(run.read(7).phase, ProcessPhase::Starting);
        assert_eq!(run.end(7), None);
        run.write(&RunState::new(7, ProcessPhase::Ended, Some(0)))
            .unwrap();
        let note = EndNote {
            start: 7,
            round: None,
        };
        run.note_end(&note).unwrap();
        assert_eq!(run.read(7), RunState::new(7, ProcessPhase::Ended, Some(0)));
        assert_eq!(run.read(8), RunState::new(8, ProcessPhase::Starting, None));
        assert_eq!((run.end(7), run.end(8)), (Some(note), None));
        run.drop_end().unwrap();
        run.drop_end().unwrap();
        assert_eq!(run.end(7), None);
        let history = AttemptHistory {
            number: 3,
            ..AttemptHistory::default()
        };
        run.save_attempt_history(7, &history).unwrap();
        let other = AttemptHistory::default();
        let read = [7, 8].map(|start| run.attempt_history(start));
        assert_eq!(read, [history, other]);
        let record = HostRecord {
            hosts: vec![Nonce::new("host")],
            round: None,
        };
        run.save_host_record(7, &record).unwrap();
        let read = [7, 8].map(|start| run.host_record(start));
        assert_eq!(read, [record, HostRecord::default()]);
    }

    #[test]
    fn newer_or_broken_state_is_ignored() {
        let folder = tempfile::TempDir::new().unwrap();
        for text in ["", "{", r#"{"v":2,"start":7,"phase":"ended","exitCode":0}"#] {
            fs::write(folder.path().join("state.json"), text).unwrap();
            assert_eq!(
                RunDir::new(folder.path()).read(7).phase,
                ProcessPhase::Starting,
                "{text}"
            );
        }
    }
}
