//! Tests what the start of the program costs.

use std::fs::File;
use std::io::Read as _;

/// Offset of the field `e_type` in the header of an ELF file.
const TYPE: usize = 16;

/// Type of an ELF program that runs at the address it was linked for.
const EXECUTABLE: u16 = 2;

// A program for any address would adjust every pointer of its data before `main`.
#[cfg(all(target_os = "linux", target_feature = "crt-static"))]
#[test]
fn static_program_is_linked_at_fixed_address() {
    let mut header = [0; TYPE + 2];
    let mut program = File::open(env!("CARGO_BIN_EXE_kubectl-waxctl")).unwrap();
    program.read_exact(&mut header).unwrap();
    assert_eq!(&header[..4], b"\x7fELF");
    let kind = u16::from_le_bytes([header[TYPE], header[TYPE + 1]]);
    assert_eq!(kind, EXECUTABLE);
}
