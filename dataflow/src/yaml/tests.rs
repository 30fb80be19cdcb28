use super::*;

#[test]
fn writes_code_as_a_literal_block() {
    let text = to_string(&[("simple.py", "flow = 1\n")]).unwrap();
    assert!(text.contains("|"), "{text}");
}
