//! Runs `waxrun sidecar` on this machine as its container does, and sends it requests.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use process_group::Program;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::wait::until;

/// The pod UID that each sidecar gets.
const UID: &str = "7c0d1c3e";

/// A running sidecar. It is killed when this value is dropped.
pub struct Sidecar {
    process: Program,
    address: (String, u16),
    folder: TempDir,
}

impl Sidecar {
    /// Starts `command`, adds the port and the scratch folder to its environment, and waits until it listens.
    pub async fn start(mut command: Command, address: (String, u16)) -> Result<Self> {
        let folder = TempDir::new()?;
        std::fs::create_dir(folder.path().join("scratch"))?;
        let log = File::create(folder.path().join("log"))?;
        command
            .env("WAXRUN_POD_UID", UID)
            .env("WAXRUN_API_PORT", address.1.to_string())
            .env("WAXRUN_SCRATCH", folder.path().join("scratch"))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let sidecar = Self {
            process: Program::start(&mut command).context("cannot start the sidecar")?,
            address,
            folder,
        };
        let listens = || Ok(sidecar.connect().ok());
        until("sidecar listens", listens).await?;
        Ok(sidecar)
    }

    /// Returns the process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Requests backup copies; returns the status code and the answer. A repeated request with the same `id`
    /// makes no new copies: it waits for those that are still being made (code 202).
    pub fn copy(&self, id: &str) -> Result<(u16, Value)> {
        let header = format!("x-waxrun-pod-uid: {UID}\r\n");
        let (code, text) = self.ask("POST", "/v1/backup", &header, &json!({ "id": id }))?;
        Ok((code, serde_json::from_str(&text).unwrap_or(text.into())))
    }

    /// Returns the epochs of all restore points, as the agent reports them.
    pub fn epochs(&self) -> Result<Vec<u64>> {
        let (code, text) = self.ask("GET", "/v1/backups", "", &Value::Null)?;
        anyhow::ensure!(code == 200, "{code}: {text}");
        let report: Value = serde_json::from_str(&text)?;
        let points = report["points"]
            .as_array()
            .context("the answer has no restore points")?;
        Ok(points
            .iter()
            .filter_map(|point| point["epoch"].as_u64())
            .collect())
    }

    /// Returns the backup status that the agent reports.
    pub fn report(&self) -> Result<Value> {
        let (_, text) = self.ask("GET", "/v1/store", "", &Value::Null)?;
        Ok(serde_json::from_str::<Value>(&text)?["backup"].take())
    }

    /// Sends one HTTP request; returns the status code and the body.
    pub fn ask(
        &self,
        method: &str,
        path: &str,
        header: &str,
        body: &Value,
    ) -> Result<(u16, String)> {
        let body = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        let mut stream = self.connect()?;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{header}\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let (head, body) = text
            .split_once("\r\n\r\n")
            .context("the answer has no body")?;
        let code = head
            .split(' ')
            .nth(1)
            .context("the answer has no status code")?;
        Ok((code.parse()?, body.to_owned()))
    }

    fn connect(&self) -> std::io::Result<TcpStream> {
        TcpStream::connect((self.address.0.as_str(), self.address.1))
    }

    /// Lists the scratch folder.
    pub fn scratch(&self) -> Result<Vec<PathBuf>> {
        let entries = std::fs::read_dir(self.folder.path().join("scratch"))?;
        Ok(entries
            .map(|entry| Ok(entry?.path()))
            .collect::<std::io::Result<_>>()?)
    }
}
