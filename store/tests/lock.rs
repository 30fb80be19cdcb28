//! Tests that a lock outlives the process that took it.
//!
//! Alone in its process: a child inherits every lock file that is open here, also those of other tests.

use std::process::{Command, Stdio};

use store::fence::{Fence, FenceError};

#[test]
fn lock_lasts_until_the_engine_ends() {
    let folder = tempfile::TempDir::new().unwrap();
    let enter = || Fence::exclusive([folder.path()]);
    let fence = enter().unwrap();
    let mut engine = Command::new("cat")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    drop(fence);
    assert!(matches!(enter(), Err(FenceError::Busy { .. })));
    drop(engine.stdin.take());
    engine.wait().unwrap();
    drop(enter().unwrap());
}
