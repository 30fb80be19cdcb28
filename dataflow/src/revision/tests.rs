use super::*;
use crate::code::Code;

#[test]
fn a_revision_is_ten_hex_digits() {
    let id = revision(&DataflowSpec::default(), &Code::new().hash());
    assert_eq!(id.as_str().parse::<RevisionId>().as_ref(), Ok(&id));
    for wrong in ["", "0123", "0123456789a", "012345678G", "ABCDEF0123"] {
        assert!(wrong.parse::<RevisionId>().is_err(), "{wrong}");
    }
}
