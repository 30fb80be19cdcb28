//! Why there is no copy.

use object_store::Error::{NotFound, PermissionDenied, Unauthenticated};

use crate::{backup::BucketError, report::BackupFault, telling::in_full};

/// Why there is no copy.
#[derive(Debug)]
pub(super) struct NotCopied {
    pub(super) fault: BackupFault,
    pub(super) why: String,
}

impl From<String> for NotCopied {
    fn from(why: String) -> Self {
        Self {
            fault: BackupFault::Failed,
            why,
        }
    }
}

impl From<&BucketError> for NotCopied {
    fn from(error: &BucketError) -> Self {
        let refused = match error {
            BucketError::Settings(_) | BucketError::Keys { .. } => true,
            // What is written can't be missing: the bucket is, or for some servers the key's user.
            BucketError::Server { error, .. } => matches!(
                error,
                NotFound { .. } | PermissionDenied { .. } | Unauthenticated { .. }
            ),
            BucketError::Local { .. } | BucketError::Damaged { .. } => false,
        };
        let fault = match refused {
            true => BackupFault::Refused,
            false => BackupFault::Failed,
        };
        let why = in_full(error);
        Self { fault, why }
    }
}
