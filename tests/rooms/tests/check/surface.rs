//! The count of public items.

use crate::house::house;

#[test]
fn counts_what_can_be_reached_once() {
    let checkout = house(
        &[],
        &[
            (
                "lib.rs",
                "pub mod open; mod shut; pub use shut::{Shown, make as build}; pub use open::Both;",
            ),
            (
                "open.rs",
                "pub struct Both { pub field: u8, own: u8 } pub(crate) struct Crate; fn own() {}",
            ),
            (
                "shut.rs",
                "pub struct Shown(pub u8); impl Shown { pub fn a(&self) {} fn b(&self) {} } \
                 pub struct Hidden; impl Hidden { pub fn c() {} } pub fn make() {} \
                 impl crate::open::Both { pub const D: u8 = 1; }",
            ),
        ],
    );
    insta::assert_snapshot!(rooms::surface(&checkout).unwrap(), @r"
    crate  public items  their public fields and methods
    house             3                                4
    ");
}
