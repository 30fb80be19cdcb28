//! Settings of backups: the bucket, the interval and the retention.

use std::{fmt, path::PathBuf};

use store::{backup::PointName, spec::StoreSpec};

use super::{identity::ProcessIdentity, reader::Reader};

/// The longest interval and age, in seconds.
const LONGEST: u64 = 1 << 31;

/// The settings of backups of the recovery store.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BackupSettings {
    /// The bucket.
    pub bucket: String,
    /// The folder in the bucket, without slashes at its ends; empty for the bucket itself.
    pub folder: String,
    /// The server; none for that of Amazon.
    pub endpoint: Option<String>,
    /// The region.
    pub region: String,
    /// Whether the bucket is part of the path instead of the host name.
    pub path_style: bool,
    /// The credentials of the bucket.
    pub keys: Keys,
    /// Seconds between two copies.
    pub interval: u64,
    /// How many of the newest restore points are kept.
    pub keep: u32,
    /// The shortest time for which copies are kept, in seconds.
    pub keep_seconds: u64,
    /// The folder for a copy before it is uploaded.
    pub scratch: PathBuf,
}

/// The credentials of a bucket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Keys {
    /// The identity of the pod.
    Identity,
    /// An access key.
    Given(AccessKey),
    /// There are none: the Secret does not exist or lacks a key. The dataflow runs without backups then.
    Missing {
        /// The Secret, if one is configured.
        secret: Option<String>,
        /// The missing key.
        key: &'static str,
    },
}

/// An access key.
#[derive(Clone, Eq, PartialEq)]
pub struct AccessKey {
    /// The id of the access key.
    pub id: String,
    /// The secret.
    pub secret: String,
    /// The session token of temporary keys.
    pub token: Option<String>,
}

/// The settings of the sidecar for backups of the recovery store.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SidecarBackup {
    /// The bucket, the interval and the retention.
    pub to: BackupSettings,
    /// The recovery store, and the partitions of this process.
    pub spec: StoreSpec,
    /// The UID of the pod, which a request for a copy must contain. A client that may read the pod knows it;
    /// one that only reaches the pod by network does not.
    pub pod_uid: String,
}

/// The bucket and restore point of a restore.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RestoreSettings {
    /// The bucket, and a folder for downloaded copies.
    pub from: BackupSettings,
    /// The namespace of the dataflow.
    pub namespace: String,
    /// The name of the dataflow.
    pub name: String,
    /// The restore point; the newest one if none is given.
    pub point: Option<PointName>,
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessKey")
    }
}

impl Reader<'_> {
    /// Reads the settings of backups; `None` without backups or if there is a fault.
    pub(super) fn backup(&mut self) -> Option<BackupSettings> {
        let url = self.optional("WAXRUN_BACKUP_URL")?;
        let Some((bucket, folder)) = bucket(&url) else {
            self.faults.push(format!(
                "WAXRUN_BACKUP_URL is {url:?}; write an address such as \"s3://bucket/folder\""
            ));
            return None;
        };
        let endpoint = self.optional("WAXRUN_BACKUP_ENDPOINT");
        // Other servers than that of Amazon seldom have a host name for each bucket.
        let path_style = match self.optional("WAXRUN_BACKUP_PATH_STYLE") {
            None => endpoint.is_some(),
            Some(_) => self.flag("WAXRUN_BACKUP_PATH_STYLE"),
        };
        Some(BackupSettings {
            bucket,
            folder,
            endpoint,
            region: self
                .optional("WAXRUN_BACKUP_REGION")
                .unwrap_or_else(|| "us-east-1".to_owned()),
            path_style,
            keys: self.keys(),
            interval: self.number("WAXRUN_BACKUP_INTERVAL_SECONDS", Some(30), 1..=LONGEST),
            keep: self.number("WAXRUN_BACKUP_KEEP", Some(10), 1..=10_000),
            keep_seconds: self.number("WAXRUN_BACKUP_KEEP_SECONDS", Some(0), 0..=LONGEST),
            scratch: self.path("WAXRUN_SCRATCH", "/scratch"),
        })
    }

    /// Reads the settings of the sidecar for backups; `None` without backups or if there is a fault.
    pub(super) fn sidecar_backup(&mut self, identity: &ProcessIdentity) -> Option<SidecarBackup> {
        let to = self.backup()?;
        // Backups need a recovery store, so its variable was forgotten.
        self.text("WAXRUN_STORE_DIR");
        let spec = self.store_spec(identity);
        let pod_uid = self.text("WAXRUN_POD_UID");
        spec.map(|spec| SidecarBackup { to, spec, pod_uid })
    }

    /// Reads the bucket and restore point of a restore.
    pub(super) fn restore(&mut self) -> Option<RestoreSettings> {
        self.text("WAXRUN_BACKUP_URL");
        let from = self.backup();
        let namespace = self.text("WAXRUN_NAMESPACE");
        let name = self.text("WAXRUN_NAME");
        let point = self.optional("WAXRUN_RESTORE_POINT");
        let point: Option<PointName> = match point {
            None => None,
            Some(text) => Some(self.noted("WAXRUN_RESTORE_POINT", text.parse())?),
        };
        Some(RestoreSettings {
            from: from?,
            namespace,
            name,
            point,
        })
    }

    fn keys(&self) -> Keys {
        let either = |name: &str| {
            let names = ["AWS_", "LITESTREAM_"].map(|owner| format!("{owner}{name}"));
            names.iter().find_map(|name| self.optional(name))
        };
        let secret = self.optional("WAXRUN_BACKUP_SECRET");
        let missing = |key| Keys::Missing {
            secret: secret.clone(),
            key,
        };
        match (either("ACCESS_KEY_ID"), either("SECRET_ACCESS_KEY")) {
            (Some(id), Some(secret)) => Keys::Given(AccessKey {
                id,
                secret,
                token: self.optional("AWS_SESSION_TOKEN"),
            }),
            (None, None) if secret.is_none() => Keys::Identity,
            (None, _) => missing("LITESTREAM_ACCESS_KEY_ID or AWS_ACCESS_KEY_ID"),
            (Some(_), None) => missing("LITESTREAM_SECRET_ACCESS_KEY or AWS_SECRET_ACCESS_KEY"),
        }
    }
}

/// Splits the address of a bucket into bucket and folder. Other than plain folder names are refused, since the
/// server may store objects elsewhere than such a name suggests.
fn bucket(url: &str) -> Option<(String, String)> {
    let rest = url.strip_prefix("s3://")?;
    let (bucket, folder) = rest.split_once('/').unwrap_or((rest, ""));
    let folder = folder.trim_matches('/');
    let plain = |word: &str| {
        !word.is_empty()
            && !word.trim_matches('.').is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.=".contains(&byte))
    };
    let fits = plain(bucket) && (folder.is_empty() || folder.split('/').all(plain));
    fits.then(|| (bucket.to_owned(), folder.to_owned()))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("s3://bucket", Some(("bucket", "")))]
    #[case("s3://bucket/", Some(("bucket", "")))]
    #[case("s3://bucket/a/b/", Some(("bucket", "a/b")))]
    #[case("s3://bucket/a/../b", None)]
    #[case("s3://bucket//b/x y", None)]
    #[case("s3:///a", None)]
    #[case("https://bucket", None)]
    fn address_is_split_into_bucket_and_folder(
        #[case] url: &str,
        #[case] expected: Option<(&str, &str)>,
    ) {
        let found = bucket(url);
        let found = found
            .as_ref()
            .map(|(bucket, folder)| (bucket.as_str(), folder.as_str()));
        assert_eq!(found, expected);
    }

    fn read(variables: &[(&str, &str)]) -> BackupSettings {
        let lookup = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let mut reader = Reader::new(&lookup);
        let settings = reader.backup();
        reader.finish(settings).unwrap().unwrap()
    }

    #[test]
    fn keys_have_two_names_and_are_never_printed() {
        let url = ("WAXRUN_BACKUP_URL", "s3://bucket/folder");
        let settings = read(&[
            url,
            ("LITESTREAM_ACCESS_KEY_ID", "one"),
            ("AWS_SECRET_ACCESS_KEY", "two"),
        ]);
        assert!(
            matches!(&settings.keys, Keys::Given(AccessKey { id, secret, .. })
            if (id.as_str(), secret.as_str()) == ("one", "two"))
        );
        assert!(!format!("{settings:?}").contains("two"));
        assert_eq!(
            (settings.interval, settings.keep, settings.path_style),
            (30, 10, false)
        );
        assert_eq!(read(&[url]).keys, Keys::Identity);
        let named = [
            url,
            ("WAXRUN_BACKUP_SECRET", "s3"),
            ("AWS_ACCESS_KEY_ID", "one"),
        ];
        assert!(matches!(
            read(&named).keys,
            Keys::Missing {
                secret: Some(_),
                ..
            }
        ));
        let own_server = [url, ("WAXRUN_BACKUP_ENDPOINT", "http://minio:9000")];
        assert!(read(&own_server).path_style);
    }
}
