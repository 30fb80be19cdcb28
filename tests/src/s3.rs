//! Runs a real S3 server on this machine. Its objects are files, so that a test can damage them.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use process_group::Program;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::cluster::Cluster;
use crate::command::run;
use crate::engine::until;
use crate::ports;
use crate::programs::root;

/// Access key ID of the server.
pub const KEY: &str = "waxtest";
/// Secret access key that belongs to [`KEY`].
pub const SECRET: &str = "not-a-secret-but-long-enough";
/// Name of the only bucket.
const BUCKET: &str = "backups";

/// A server with one bucket, which is empty at first. The server and all objects are removed when this value is
/// dropped. The server process inherits the file locks that this process holds when it is started.
#[derive(Debug)]
pub struct S3 {
    folder: TempDir,
    address: SocketAddr,
    /// The box in whose network the server runs; `None` for the network of this machine.
    inside: Option<&'static str>,
    /// Secret access key from the next start of the server on.
    secret: String,
    server: Option<Program>,
}

impl S3 {
    /// Starts a server on a free port of this machine.
    pub fn start() -> Result<Self> {
        Self::at(TempDir::new()?, "127.0.0.1".parse()?, None)
    }

    /// Starts a server that keeps its objects in memory, so that it does not use the disk of this machine.
    pub fn in_memory() -> Result<Self> {
        Self::at(TempDir::new_in("/dev/shm")?, "127.0.0.1".parse()?, None)
    }

    /// Starts a server in the network of a box, where pods can reach it.
    pub fn in_box(cluster: &Cluster) -> Result<Self> {
        let (name, node) = node(cluster)?;
        Self::at(TempDir::new()?, node, Some(name))
    }

    /// Restarts the server with the same objects in the network of another box.
    pub fn move_to(&mut self, cluster: &Cluster) -> Result<()> {
        self.stop()?;
        let (name, node) = node(cluster)?;
        self.inside = Some(name);
        self.address.set_ip(node);
        self.restart()
    }

    fn at(folder: TempDir, host: IpAddr, inside: Option<&'static str>) -> Result<Self> {
        fs::create_dir_all(folder.path().join("objects").join(BUCKET))?;
        let port = ports::free(1)?.remove(0);
        let mut server = Self {
            folder,
            address: (host, port).into(),
            inside,
            secret: SECRET.to_owned(),
            server: None,
        };
        server.restart()?;
        Ok(server)
    }

    /// Stops the server; the objects remain.
    pub fn stop(&mut self) -> Result<()> {
        if let Some(mut server) = self.server.take() {
            server.kill()?;
        }
        Ok(())
    }

    /// Freezes the server process until [`S3::wake`]. The kernel still accepts connections for it.
    pub fn freeze(&self) -> Result<()> {
        Ok(self.running()?.freeze()?)
    }

    /// Resumes a frozen server.
    pub fn wake(&self) -> Result<()> {
        Ok(self.running()?.wake()?)
    }

    fn running(&self) -> Result<&Program> {
        self.server.as_ref().context("the S3 server does not run")
    }

    /// Restarts the server at its address with another secret access key.
    pub fn restart_with_secret(&mut self, secret: &str) -> Result<()> {
        secret.clone_into(&mut self.secret);
        self.restart()
    }

    /// Restarts the server at its address, and waits until it listens.
    pub fn restart(&mut self) -> Result<()> {
        self.stop()?;
        let path = self.folder.path().join("log");
        let before = fs::read_to_string(&path).unwrap_or_default();
        let starts_before = before.matches("service listening on").count();
        let log = fs::File::options().create(true).append(true).open(path)?;
        let mut command = self.command()?;
        command
            .arg("--port")
            .arg(self.address.to_string())
            .arg("posix")
            .args([self.folder.path().join("objects")])
            .envs([("ROOT_ACCESS_KEY", KEY), ("ROOT_SECRET_KEY", &self.secret)])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        self.server = Some(Program::start(&mut command).context("cannot start the S3 server")?);
        let log = self.folder.path().join("log");
        until("the S3 server listens", || {
            let said = fs::read_to_string(&log)?;
            let starts = said.matches("service listening on").count();
            Ok((starts > starts_before).then_some(()))
        })
    }

    /// Returns the command of the server program, in the network in which it is to listen.
    fn command(&self) -> Result<Command> {
        let program = run(&mut Command::new(root().join("tests/s3/build")), b"")?.ok()?;
        let Some(name) = self.inside else {
            return Ok(Command::new(program.trim()));
        };
        let mut command = Command::new(root().join("tests/cluster/box"));
        command.args(["network", name, "--", program.trim()]);
        Ok(command)
    }

    /// Returns the URL of the server.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the value of `cloudBackup.s3.url`.
    pub fn url(&self) -> String {
        format!("s3://{BUCKET}/state")
    }

    /// Returns the environment variables with which an agent has access to the bucket.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("WAXRUN_BACKUP_URL", self.url()),
            ("WAXRUN_BACKUP_ENDPOINT", self.endpoint()),
            ("AWS_ACCESS_KEY_ID", KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
        ]
    }

    /// Returns the Secret that [`S3::cloud_backup`] names.
    pub fn keys(&self) -> Value {
        json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "bucket"},
            "stringData": {
                "LITESTREAM_ACCESS_KEY_ID": KEY,
                "LITESTREAM_SECRET_ACCESS_KEY": SECRET,
            },
        })
    }

    /// Returns `spec.recovery.cloudBackup` with a backup copy every `interval` seconds, and 1000 restore points kept.
    pub fn cloud_backup(&self, interval: u32) -> Value {
        json!({
            "enabled": true,
            "interval": interval,
            "keep": 1000,
            "s3": {"url": self.url(), "endpoint": self.endpoint(), "secretName": "bucket"},
        })
    }

    /// Returns the folder of all objects under the URL.
    fn objects(&self) -> PathBuf {
        self.folder
            .path()
            .join("objects")
            .join(BUCKET)
            .join("state")
    }

    /// Returns the files of all objects whose names end with `end`, sorted.
    pub fn ending(&self, end: &str) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        collect(&self.objects(), end, &mut found)?;
        found.sort();
        Ok(found)
    }

    /// Moves objects out of the bucket, as if they had not been uploaded yet.
    pub fn remove_for_a_while(&self, objects: Vec<PathBuf>) -> Result<RemovedObjects> {
        // A rename on the same file system keeps the extended attributes, in which the server stores metadata.
        let folder = TempDir::new_in(self.folder.path())?;
        let place = |number: usize| folder.path().join(number.to_string());
        for (number, path) in objects.iter().enumerate() {
            fs::rename(path, place(number)).with_context(|| path.display().to_string())?;
        }
        Ok(RemovedObjects { folder, objects })
    }
}

/// Objects that were moved out of the bucket.
#[derive(Debug)]
pub struct RemovedObjects {
    folder: TempDir,
    objects: Vec<PathBuf>,
}

impl RemovedObjects {
    /// Moves the objects back into the bucket.
    pub fn put_back(self) -> Result<()> {
        for (number, path) in self.objects.iter().enumerate() {
            let parent = path.parent().context("the object has no folder")?;
            fs::create_dir_all(parent)?;
            fs::rename(self.folder.path().join(number.to_string()), path)?;
        }
        Ok(())
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        drop(self.stop());
    }
}

/// Returns the name of the box, and the address of its node, at which pods reach a server in the box's network.
fn node(cluster: &Cluster) -> Result<(&'static str, IpAddr)> {
    let name = cluster
        .box_name
        .context("pods cannot reach this machine from a cluster that is not a box")?;
    let path = "jsonpath={.items[0].status.addresses[?(@.type==\"InternalIP\")].address}";
    let node = cluster.kubectl(&["get", "nodes", "-o", path], b"")?.ok()?;
    Ok((name, node.trim().parse()?))
}

fn collect(folder: &Path, end: &str, found: &mut Vec<PathBuf>) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, end, found)?;
        } else if path.to_string_lossy().ends_with(end) {
            found.push(path);
        }
    }
    Ok(())
}
