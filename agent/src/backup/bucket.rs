//! The folder of one recovery store in a bucket: its copies, and a manifest for each.
//!
//! Order: a manifest is written after its copy and removed before it, so a listed manifest has a copy.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Read as _, Write as _},
    path::Path as File,
};

use futures::{StreamExt as _, TryStreamExt as _};
use object_store::{
    GetOptions, MultipartUpload, ObjectStore, ObjectStoreExt as _, PutMode, PutPayload,
    aws::{AmazonS3, AmazonS3Builder},
    path::Path,
};
use store::{
    backup::{CopyName, Listed, MANIFEST_LIMIT, Manifest, Origin},
    identity::Timeline,
};
use thiserror::Error;

use super::roots;
use crate::settings::{AccessKey, BackupSettings, Keys};

/// The size of one part of an upload, in bytes. The memory of a sidecar is small; servers accept at least 5 MiB.
const PART: u64 = 8 << 20;
/// The most parts of an upload; servers accept at most 10,000.
const MOST_PARTS: u64 = 9_000;
/// The number of manifests that are read at the same time.
const AT_ONCE: usize = 8;

/// The folder of one recovery store in a bucket.
#[derive(Debug)]
pub struct Bucket {
    store: AmazonS3,
    folder: Path,
    origin: Origin,
}

/// An operation on a bucket that failed.
#[derive(Debug, Error)]
pub enum BucketError {
    /// The settings describe no usable bucket.
    #[error("cannot use the bucket: {0}")]
    Settings(object_store::Error),
    /// There are no credentials for the bucket.
    #[error("the Secret {secret} does not exist or has no key {key}")]
    Keys {
        /// The Secret.
        secret: String,
        /// The key.
        key: &'static str,
    },
    /// The server refused or could not be reached.
    #[error("cannot {verb} {object}: {error}")]
    Server {
        /// The operation.
        verb: &'static str,
        /// The object.
        object: Path,
        /// The error of the client. Its text includes all of its causes.
        error: object_store::Error,
    },
    /// The local copy cannot be read or written.
    #[error("cannot {verb} the copy in {file}")]
    Local {
        /// The operation.
        verb: &'static str,
        /// The file.
        file: String,
        /// The error of the system.
        #[source]
        source: io::Error,
    },
    /// A copy differs from its manifest.
    #[error("{object} is damaged: it has {found}, its manifest says {expected}")]
    Damaged {
        /// The object.
        object: Path,
        /// The value in the manifest.
        expected: String,
        /// The value of the copy.
        found: String,
    },
}

impl Bucket {
    /// Opens the folder of a store, without a request to the server.
    ///
    /// # Errors
    /// The settings contradict themselves.
    pub fn open(settings: &BackupSettings, origin: Origin) -> Result<Self, BucketError> {
        let endpoint = settings.endpoint.as_deref();
        // Without keys the client uses the identity of the pod, which the platform provides in the
        // environment.
        let mut builder = match &settings.keys {
            Keys::Identity => AmazonS3Builder::from_env(),
            Keys::Given(AccessKey { id, secret, token }) => {
                let builder = AmazonS3Builder::new()
                    .with_access_key_id(id)
                    .with_secret_access_key(secret);
                match token {
                    Some(token) => builder.with_token(token),
                    None => builder,
                }
            }
            Keys::Missing { secret, key } => {
                let secret = secret.as_deref().unwrap_or("that backups use");
                return Err(BucketError::Keys {
                    secret: secret.to_owned(),
                    key,
                });
            }
        };
        builder = builder
            .with_bucket_name(&settings.bucket)
            .with_region(&settings.region)
            .with_virtual_hosted_style_request(!settings.path_style)
            .with_client_options(roots::client(endpoint))
            .with_http_connector(roots::OnDemand)
            .with_retry(roots::retries());
        if let Some(endpoint) = endpoint {
            builder = builder.with_endpoint(virtual_host(endpoint, settings));
        }
        let folder = match settings.folder.as_str() {
            "" => origin.to_string(),
            folder => format!("{folder}/{origin}"),
        };
        Ok(Self {
            store: builder.build().map_err(BucketError::Settings)?,
            folder: Path::from(folder),
            origin,
        })
    }

    /// Returns the manifests of a timeline and its ancestors, and the unusable ones with a reason.
    ///
    /// `known` caches manifests: those in it are not read again, and removed ones are dropped from it.
    ///
    /// # Errors
    /// The server refuses or cannot be reached.
    pub async fn lineage(
        &self,
        head: &Timeline,
        known: &mut BTreeMap<CopyName, Manifest>,
    ) -> Result<(Vec<Listed>, Vec<String>), BucketError> {
        let names = self.names().await?;
        let there: BTreeSet<&CopyName> = names.iter().collect();
        known.retain(|name, _| there.contains(name));
        let (mut listed, mut bad): (Vec<Listed>, _) = (Vec::new(), Vec::new());
        let mut seen = BTreeSet::new();
        let mut next = vec![head.clone()];
        while let Some(timeline) = next.pop() {
            let of_timeline = names.iter().filter(|name| name.timeline == timeline);
            let read = of_timeline.map(|name| self.manifest(name, known.get(name).cloned()));
            let read: Vec<_> = futures::stream::iter(read)
                .buffer_unordered(AT_ONCE)
                .try_collect()
                .await?;
            for (name, manifest) in read {
                match manifest {
                    Ok(manifest) => {
                        let branch = &manifest.facts.passport.branch;
                        next.extend(branch.iter().map(|branch| branch.parent.clone()));
                        known.insert(name.clone(), manifest.clone());
                        listed.push(Listed { name, manifest });
                    }
                    Err(why) => bad.push(format!("{}: {why}", self.object(&name.manifest()))),
                }
            }
            seen.insert(timeline);
            next.retain(|timeline| !seen.contains(timeline));
        }
        Ok((listed, bad))
    }

    /// Returns the timelines that have copies.
    ///
    /// # Errors
    /// The server refuses or cannot be reached.
    pub async fn timelines(&self) -> Result<BTreeSet<Timeline>, BucketError> {
        let names = self.names().await?;
        Ok(names.into_iter().map(|name| name.timeline).collect())
    }

    async fn names(&self) -> Result<Vec<CopyName>, BucketError> {
        let folder = &self.folder;
        let all = self
            .store
            .list(Some(folder))
            .try_filter_map(async |object| {
                let below = object.location.prefix_match(folder);
                let below = below.map(|parts| {
                    let parts: Vec<_> = parts.map(|part| part.as_ref().to_owned()).collect();
                    parts.join("/")
                });
                Ok(below.and_then(|path| CopyName::from_manifest_path(&path)))
            });
        let all: Result<Vec<_>, _> = all.try_collect().await;
        all.map_err(|source| server("list", folder, source))
    }

    async fn manifest(
        &self,
        name: &CopyName,
        known: Option<Manifest>,
    ) -> Result<(CopyName, Result<Manifest, String>), BucketError> {
        if let Some(manifest) = known {
            return Ok((name.clone(), Ok(manifest)));
        }
        let object = self.object(&name.manifest());
        let failed = |source| server("read", &object, source);
        let options = GetOptions {
            range: Some((0..MANIFEST_LIMIT as u64 + 1).into()),
            ..GetOptions::default()
        };
        let answer = self
            .store
            .get_opts(&object, options)
            .await
            .map_err(failed)?;
        let text = answer.bytes().await.map_err(failed)?;
        let manifest = Manifest::parse(&text, name, &self.origin.store);
        Ok((name.clone(), manifest.map_err(|fault| fault.to_string())))
    }

    /// Uploads a copy.
    ///
    /// # Errors
    /// The copy cannot be read, or the server refuses or cannot be reached.
    pub async fn send(&self, name: &CopyName, file: &File) -> Result<(), BucketError> {
        let object = self.object(&name.copy());
        let local = |source| local("read", file, source);
        let mut reader = std::fs::File::open(file).map_err(local)?;
        let size = reader.metadata().map_err(local)?.len();
        let part = PART.max(size.div_ceil(MOST_PARTS));
        let failed = |source| server("write", &object, source);
        if size <= part {
            let content = read(&mut reader, part).map_err(local)?;
            self.store
                .put(&object, content.into())
                .await
                .map_err(failed)?;
            return Ok(());
        }
        let mut upload = self.store.put_multipart(&object).await.map_err(failed)?;
        let sent = async {
            loop {
                let content = read(&mut reader, part).map_err(local)?;
                if content.is_empty() {
                    break;
                }
                upload.put_part(content.into()).await.map_err(failed)?;
            }
            upload.complete().await.map_err(failed)
        };
        let sent = sent.await;
        if sent.is_err() {
            // An unfinished upload would stay invisible, and cost money.
            drop(upload.abort().await);
        }
        sent.map(drop)
    }

    /// Writes a manifest, after its copy. Existing manifests are never overwritten.
    ///
    /// # Errors
    /// A manifest of that name exists, or the server refuses or cannot be reached.
    pub async fn announce(&self, name: &CopyName, manifest: &Manifest) -> Result<(), BucketError> {
        let object = self.object(&name.manifest());
        let content = PutPayload::from(manifest.to_text());
        let put = self
            .store
            .put_opts(&object, content, PutMode::Create.into());
        match put.await {
            Ok(_) => Ok(()),
            Err(source) => Err(server("write", &object, source)),
        }
    }

    /// Downloads the copy of a manifest and verifies its size and checksum.
    ///
    /// # Errors
    /// The copy is missing or damaged, cannot be written, or the server refuses or cannot be reached.
    pub async fn fetch(&self, listed: &Listed, to: &File) -> Result<(), BucketError> {
        let object = self.object(&listed.content().copy());
        let failed = |source| server("read", &object, source);
        let local = |source| local("write", to, source);
        let damaged = |expected: String, found: String| BucketError::Damaged {
            object: object.clone(),
            expected,
            found,
        };
        let Manifest { size, sha256, .. } = &listed.manifest;
        let answer = self.store.get(&object).await.map_err(failed)?;
        // A copy of another size is not downloaded: it might fill the scratch folder.
        if answer.meta.size != *size {
            let bytes = |size: u64| format!("{size} bytes");
            return Err(damaged(bytes(*size), bytes(answer.meta.size)));
        }
        let mut file = std::fs::File::create(to).map_err(local)?;
        let mut content = answer.into_stream();
        while let Some(chunk) = content.next().await {
            file.write_all(&chunk.map_err(failed)?).map_err(local)?;
        }
        drop(file);
        let found = store::checksum(to).map_err(|error| local(error.source))?;
        if found == *sha256 {
            Ok(())
        } else {
            let checksum = |text: &str| format!("checksum {text}");
            Err(damaged(checksum(sha256), checksum(&found)))
        }
    }

    /// Removes a manifest.
    ///
    /// # Errors
    /// The server refuses or cannot be reached.
    pub async fn remove_manifest(&self, name: &CopyName) -> Result<(), BucketError> {
        self.remove(&self.object(&name.manifest())).await
    }

    /// Removes a copy.
    ///
    /// # Errors
    /// The server refuses or cannot be reached.
    pub async fn remove_copy(&self, name: &CopyName) -> Result<(), BucketError> {
        self.remove(&self.object(&name.copy())).await
    }

    async fn remove(&self, object: &Path) -> Result<(), BucketError> {
        match self.store.delete(object).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(source) => Err(server("remove", object, source)),
        }
    }

    fn object(&self, path: &str) -> Path {
        Path::from(format!("{}/{path}", self.folder))
    }
}

impl BucketError {
    /// Returns true if the object itself is missing or damaged, so that a repetition would fail, too.
    #[must_use]
    pub fn is_bad_copy(&self) -> bool {
        match self {
            Self::Damaged { .. } => true,
            Self::Server { error, .. } => {
                matches!(error, object_store::Error::NotFound { .. })
            }
            Self::Settings(_) | Self::Keys { .. } | Self::Local { .. } => false,
        }
    }
}

/// Returns the endpoint; with virtual hosts it must contain the name of the bucket.
fn virtual_host(endpoint: &str, settings: &BackupSettings) -> String {
    let bucket = &settings.bucket;
    match endpoint.split_once("://") {
        Some((scheme, host)) if !settings.path_style => format!("{scheme}://{bucket}.{host}"),
        _ => endpoint.to_owned(),
    }
}

fn read(reader: &mut std::fs::File, limit: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    reader.take(limit).read_to_end(&mut content)?;
    Ok(content)
}

fn server(verb: &'static str, object: &Path, error: object_store::Error) -> BucketError {
    BucketError::Server {
        verb,
        object: object.clone(),
        error,
    }
}

fn local(verb: &'static str, file: &File, source: io::Error) -> BucketError {
    BucketError::Local {
        verb,
        file: file.display().to_string(),
        source,
    }
}

#[cfg(test)]
mod tests;
