//! The reason why a copy failed, with its kind.

use object_store::Error::{NotFound, PermissionDenied, Unauthenticated};

use crate::{backup::BucketError, report::BackupFault, reporting::in_full};

/// The reason why a copy failed, with its kind.
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
            // A written object cannot be missing. So the bucket is, or for some servers the user of the key.
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
