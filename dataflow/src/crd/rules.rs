//! The CEL rules of the CRD, which the API server checks at every write. A rule sees only the object itself.

/// One rule in the Common Expression Language (CEL).
pub(super) struct Rule {
    /// Short name. Two fixtures with this name, a good and a bad object, test the rule with a real API server.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "only the tests use the names of rules")
    )]
    pub(super) name: &'static str,
    /// Field that the rule is attached to.
    pub(super) path: &'static [&'static str],
    /// Condition that must be true; `self` is the field.
    pub(super) expression: &'static str,
    /// Message for the user: the requirement, or the value to write instead.
    pub(super) message: &'static str,
}

/// All rules of the CRD. An empty text counts as absent, since clients written in Go send `""` for an absent field.
pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "name-length",
        path: &[],
        expression: "self.metadata.name.size() <= 45",
        message: "metadata.name can have at most 45 characters, so that the names of all children fit",
    },
    Rule {
        name: "name-form",
        path: &[],
        expression: "self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
        message: "metadata.name must start with a lower-case letter and contain only lower-case letters, \
                  digits and dashes",
    },
    Rule {
        name: "image-tag",
        path: &["spec", "image", "tag"],
        expression: "self.size() > 0",
        message: "write the tag of an image, such as 0.21.1-python3.11",
    },
    Rule {
        name: "python-file-name",
        path: &["spec", "pythonFileName"],
        expression: "self.size() > 0",
        message: "write the Python file that contains the dataflow, such as simple.py",
    },
    Rule {
        name: "processes-count",
        path: &["spec", "processesCount"],
        expression: "self >= 1",
        message: "must be at least 1; to stop the dataflow write suspend: true",
    },
    Rule {
        name: "workers-per-process",
        path: &["spec", "workersPerProcess"],
        expression: "self >= 1",
        message: "must be at least 1",
    },
    Rule {
        name: "one-source",
        path: &["spec"],
        expression: "(has(self.codeInImage) && self.codeInImage) ? \
                     !(has(self.configMapName) && self.configMapName != '') && !has(self.artifactsDownload) : \
                     (has(self.configMapName) && self.configMapName != '') != has(self.artifactsDownload)",
        message: "write exactly one of configMapName, artifactsDownload and codeInImage: where the code is",
    },
    Rule {
        name: "tar-name",
        path: &["spec"],
        expression: "!has(self.tarName) || self.tarName == '' || \
                     (has(self.configMapName) && self.configMapName != '')",
        message: "tarName is a key of a ConfigMap: write the name of the ConfigMap in configMapName",
    },
    Rule {
        name: "schedule-keep-alive",
        path: &["spec"],
        expression: "!has(self.schedule) || self.schedule == '' || !has(self.keepAlive) || !self.keepAlive",
        message: "a scheduled dataflow cannot have keepAlive: its next run would never start",
    },
    Rule {
        name: "concurrency-recovery",
        path: &["spec"],
        expression: "!has(self.concurrencyPolicy) || self.concurrencyPolicy != 'Allow' || \
                     !has(self.recovery) || !has(self.recovery.enabled) || !self.recovery.enabled",
        message: "concurrencyPolicy Allow would let two runs write to the same recovery store: write \
                  Forbid or Replace",
    },
    Rule {
        name: "env-name",
        path: &["spec", "env", "*"],
        expression: "self.name.size() > 0 && !self.name.contains('=')",
        message: "the name of an environment variable must not be empty or contain =",
    },
    Rule {
        name: "artifacts-url",
        path: &["spec", "artifactsDownload", "url"],
        expression: "self.startsWith('https://') || self.startsWith('http://')",
        message: "write an address that starts with https:// or http://",
    },
    Rule {
        name: "token-or-secret",
        path: &["spec", "artifactsDownload"],
        expression: "!(has(self.token) && self.token != '' && has(self.secretName) && self.secretName != '')",
        message: "write at most one of token and secretName; secretName keeps the token out of git",
    },
    Rule {
        name: "parts-count",
        path: &["spec", "recovery", "partsCount"],
        expression: "self >= 1",
        message: "must be at least 1",
    },
    Rule {
        name: "snapshot-interval",
        path: &["spec", "recovery", "snapshotInterval"],
        expression: "self >= 1",
        message: "must be at least 1 second",
    },
    Rule {
        name: "backup-interval",
        path: &["spec", "recovery", "backupInterval"],
        expression: "self >= 0",
        message: "must be at least 0 seconds",
    },
    Rule {
        name: "volume-size",
        path: &["spec", "recovery", "persistence", "size"],
        expression: "isQuantity(self)",
        message: "write a size such as 10Gi",
    },
    Rule {
        name: "backup-needs-recovery",
        path: &["spec", "recovery"],
        expression: "!has(self.cloudBackup) || !has(self.cloudBackup.enabled) || !self.cloudBackup.enabled || \
                     (has(self.enabled) && self.enabled)",
        message: "cloudBackup backs up the recovery store: write recovery.enabled: true",
    },
    Rule {
        name: "backup-needs-bucket",
        path: &["spec", "recovery", "cloudBackup"],
        expression: "!has(self.enabled) || !self.enabled || has(self.s3)",
        message: "write the address of the bucket in s3.url",
    },
    Rule {
        name: "s3-url",
        path: &["spec", "recovery", "cloudBackup", "s3", "url"],
        expression: "self.startsWith('s3://')",
        message: "write an address such as s3://bucket/folder",
    },
    Rule {
        name: "s3-keys-or-secret",
        path: &["spec", "recovery", "cloudBackup", "s3"],
        expression: "!(has(self.secretName) && self.secretName != '' && \
                     ((has(self.accessKeyId) && self.accessKeyId != '') || \
                     (has(self.secretAccessKey) && self.secretAccessKey != '')))",
        message: "write either secretName or the two keys; secretName keeps the keys out of git",
    },
];
