//! A real S3 server on this machine. Its objects are files, so that a test can damage them.

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

/// The key that opens the server.
pub const KEY: &str = "waxtest";
/// What belongs to it.
pub const SECRET: &str = "not-a-secret-but-long-enough";
/// The one bucket.
const BUCKET: &str = "backups";

/// A server with an empty bucket; dropped, it is gone with all objects. It inherits the locks that
/// this process holds when it is started.
#[derive(Debug)]
pub struct S3 {
    folder: TempDir,
    address: SocketAddr,
    /// The box in whose network it runs; none for this machine's.
    inside: Option<&'static str>,
    /// What belongs to [`KEY`] from the next start on.
    secret: String,
    server: Option<Program>,
}

impl S3 {
    /// Starts a server on a free port of this machine.
    pub fn start() -> Result<Self> {
        Self::at(TempDir::new()?, "127.0.0.1".parse()?, None)
    }

    /// The same with objects that take memory and no disk, as those of a server elsewhere.
    pub fn in_memory() -> Result<Self> {
        Self::at(TempDir::new_in("/dev/shm")?, "127.0.0.1".parse()?, None)
    }

    /// Starts a server where the pods of a box reach it.
    pub fn in_box(cluster: &Cluster) -> Result<Self> {
        let (name, node) = node(cluster)?;
        Self::at(TempDir::new()?, node, Some(name))
    }

    /// Serves the same objects where the pods of another box reach them.
    pub fn move_to(&mut self, cluster: &Cluster) -> Result<()> {
        self.stop()?;
        let (name, node) = node(cluster)?;
        self.inside = Some(name);
        self.address.set_ip(node);
        self.go_on()
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
        server.go_on()?;
        Ok(server)
    }

    /// Ends the server; the objects stay.
    pub fn stop(&mut self) -> Result<()> {
        if let Some(mut server) = self.server.take() {
            server.kill()?;
        }
        Ok(())
    }

    /// Lets the server do nothing at all until it is woken; it is still connected to.
    pub fn freeze(&self) -> Result<()> {
        Ok(self.running()?.freeze()?)
    }

    /// Lets a frozen server go on.
    pub fn wake(&self) -> Result<()> {
        Ok(self.running()?.wake()?)
    }

    fn running(&self) -> Result<&Program> {
        self.server.as_ref().context("the server runs")
    }

    /// Starts the server again where it was, with another secret.
    pub fn go_on_with(&mut self, secret: &str) -> Result<()> {
        secret.clone_into(&mut self.secret);
        self.go_on()
    }

    /// Starts the server again where it was.
    pub fn go_on(&mut self) -> Result<()> {
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
        self.server = Some(Program::start(&mut command).context("the S3 server")?);
        let log = self.folder.path().join("log");
        until("the S3 server listens", || {
            let said = fs::read_to_string(&log)?;
            let starts = said.matches("service listening on").count();
            Ok((starts > starts_before).then_some(()))
        })
    }

    /// The server's program, in the network where it is to listen.
    fn command(&self) -> Result<Command> {
        let program = run(&mut Command::new(root().join("tests/s3/build")), b"")?.ok()?;
        let Some(name) = self.inside else {
            return Ok(Command::new(program.trim()));
        };
        let mut command = Command::new(root().join("tests/cluster/box"));
        command.args(["network", name, "--", program.trim()]);
        Ok(command)
    }

    /// Its address.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The bucket, as `cloudBackup.s3.url` names it.
    pub fn url(&self) -> String {
        format!("s3://{BUCKET}/state")
    }

    /// The settings of whoever copies to it, and may.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("WAXRUN_BACKUP_URL", self.url()),
            ("WAXRUN_BACKUP_ENDPOINT", self.endpoint()),
            ("AWS_ACCESS_KEY_ID", KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
        ]
    }

    /// The Secret that [`S3::cloud_backup`] names.
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

    /// `spec.recovery.cloudBackup` with a copy every so many seconds, all of which are kept.
    pub fn cloud_backup(&self, interval: u32) -> Value {
        json!({
            "enabled": true,
            "interval": interval,
            "keep": 1000,
            "s3": {"url": self.url(), "endpoint": self.endpoint(), "secretName": "bucket"},
        })
    }

    /// The folder of all objects under the URL.
    fn objects(&self) -> PathBuf {
        self.folder
            .path()
            .join("objects")
            .join(BUCKET)
            .join("state")
    }

    /// The files of all objects whose names end so, in order.
    pub fn ending(&self, end: &str) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        collect(&self.objects(), end, &mut found)?;
        found.sort();
        Ok(found)
    }

    /// Takes objects out of the bucket, as if they had not been sent yet.
    pub fn take_aside(&self, objects: Vec<PathBuf>) -> Result<Aside> {
        // On the same file system, where they keep what the server notes beside their content.
        let folder = TempDir::new_in(self.folder.path())?;
        let place = |number: usize| folder.path().join(number.to_string());
        for (number, path) in objects.iter().enumerate() {
            fs::rename(path, place(number)).with_context(|| path.display().to_string())?;
        }
        Ok(Aside { folder, objects })
    }
}

/// Objects that are not in the bucket for a while.
#[derive(Debug)]
pub struct Aside {
    folder: TempDir,
    objects: Vec<PathBuf>,
}

impl Aside {
    /// Puts them where they were.
    pub fn put_back(self) -> Result<()> {
        for (number, path) in self.objects.iter().enumerate() {
            let parent = path.parent().context("an object lies in a folder")?;
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

/// A box of ours, and where its pods reach what listens beside them.
fn node(cluster: &Cluster) -> Result<(&'static str, IpAddr)> {
    let name = cluster.box_name.context("pods reach only a box of ours")?;
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
