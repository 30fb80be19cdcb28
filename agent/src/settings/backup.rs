//! Settings that say where copies of the recovery store go, and how often.

use std::{fmt, path::PathBuf};

use store::{backup::PointName, orders::GangOrders};

use super::{member::Member, reader::Reader};

/// The longest interval and age, in seconds.
const LONGEST: u64 = 1 << 31;

/// Where copies of the recovery store go, and how often.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BackupSettings {
    /// The bucket.
    pub bucket: String,
    /// The folder in it, without slashes at its ends; empty for the bucket itself.
    pub folder: String,
    /// The server; none for Amazon's own.
    pub endpoint: Option<String>,
    /// The region.
    pub region: String,
    /// Whether the bucket is part of the path, not of the host's name.
    pub path_style: bool,
    /// What opens the bucket.
    pub keys: Keys,
    /// Seconds between two copies.
    pub interval: u64,
    /// How many of the newest moments are kept.
    pub keep: u32,
    /// For how many seconds copies are kept at least.
    pub keep_seconds: u64,
    /// A folder for the copy that is under way.
    pub scratch: PathBuf,
}

/// What opens a bucket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Keys {
    /// The pod's own identity.
    Identity,
    /// An access key.
    Given(AccessKey),
    /// Nothing: a Secret that is not there, or lacks a key. No reason to keep a dataflow from
    /// running.
    Missing {
        /// The Secret, where there is one.
        secret: Option<String>,
        /// The key.
        key: &'static str,
    },
}

/// An access key and what belongs to it.
#[derive(Clone, Eq, PartialEq)]
pub struct AccessKey {
    /// The access key's id.
    pub id: String,
    /// The secret.
    pub secret: String,
    /// The token of keys that last a while only.
    pub token: Option<String>,
}

/// What the sidecar needs to make copies of the recovery store.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SidecarBackup {
    /// Where they go, and how often.
    pub to: BackupSettings,
    /// The store, and which of its partitions are this process's.
    pub orders: GangOrders,
    /// What a request for a copy must carry: who may see pods knows it, who only reaches them by
    /// network does not.
    pub pod_uid: String,
}

/// Where a restore gets its copies from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RestoreSettings {
    /// The bucket, and a folder for what is fetched.
    pub from: BackupSettings,
    /// The namespace of the dataflow.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The moment; the newest if none.
    pub point: Option<PointName>,
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessKey")
    }
}

impl Reader<'_> {
    /// Reads where copies go; nothing without backups, or if something is wrong.
    pub(super) fn backup(&mut self) -> Option<BackupSettings> {
        let url = self.optional("WAXRUN_BACKUP_URL")?;
        let Some((bucket, folder)) = bucket(&url) else {
            self.faults.push(format!(
                "WAXRUN_BACKUP_URL is {url:?}; write an address such as \"s3://bucket/folder\""
            ));
            return None;
        };
        let endpoint = self.optional("WAXRUN_BACKUP_ENDPOINT");
        // Servers other than Amazon's seldom have a name for each bucket.
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

    /// Reads what is copied, and where to; nothing without backups, or if something is wrong.
    pub(super) fn sidecar_backup(&mut self, member: &Member) -> Option<SidecarBackup> {
        let to = self.backup()?;
        // Backups of nothing are no backups, so whoever asks for them has forgotten the store.
        self.text("WAXRUN_STORE_DIR");
        let orders = self.gang_orders(member);
        let pod_uid = self.text("WAXRUN_POD_UID");
        orders.map(|orders| SidecarBackup {
            to,
            orders,
            pod_uid,
        })
    }

    /// Reads where a restore gets its copies from.
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

/// Takes an address of a bucket apart. What is not a plain folder would lie elsewhere than it says.
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
    fn an_address_is_a_bucket_and_a_plain_folder(
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
    fn keys_are_taken_under_both_names_and_never_shown() {
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
