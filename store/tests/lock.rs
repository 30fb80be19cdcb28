//! Alone in its process: a child inherits every lock that is open here, also those of other tests.

use std::process::{Command, Stdio};

use store::fence::{Fence, FenceError};

#[test]
fn a_lock_lasts_as_long_as_the_engine() {
    let folder = tempfile::TempDir::new().unwrap();
    let enter = || Fence::alone([folder.path()]);
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
