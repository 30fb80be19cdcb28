use rstest::rstest;

use super::*;

#[rstest]
#[case::one_letter("a")]
#[case::with_digits_and_dashes("orders-2-eu")]
#[case::longest("a23456789012345678901234567890123456789012345")]
fn valid_name_is_accepted(#[case] text: &str) {
    assert_eq!(text.parse::<DataflowName>().unwrap().as_str(), text);
}

#[rstest]
#[case::empty("", NameError::Empty)]
#[case::capital("Orders", NameError::Character('O'))]
#[case::dot("a.b", NameError::Character('.'))]
#[case::digit_first("1a", NameError::FirstCharacter('1'))]
#[case::dash_first("-a", NameError::FirstCharacter('-'))]
#[case::dash_last("a-", NameError::LastCharacter)]
#[case::unicode("größe", NameError::Character('ö'))]
#[case::too_long(
    "a234567890123456789012345678901234567890123456",
    NameError::TooLong(46)
)]
fn invalid_name_is_refused(#[case] text: &str, #[case] why: NameError) {
    assert_eq!(text.parse::<DataflowName>(), Err(why));
}

#[test]
fn child_names_of_longest_name_fit_into_labels() {
    let name: DataflowName = "a".repeat(MAX_LENGTH).parse().unwrap();
    let revision: RevisionId = "0123456789".parse().unwrap();
    let hash = crate::code::Code::new().hash();
    for child in [
        name.stateful_set(),
        name.api_service(),
        name.code_config_map(&hash),
        name.controller_revision(&revision),
        name.probe_pod(&revision),
        name.pod(9999),
        name.source(),
        // The value that the StatefulSet controller writes into the label `controller-revision-hash`.
        format!("{name}-7b8d9f6c54"),
    ] {
        assert!(child.len() <= 63, "{child} has {} characters", child.len());
    }
}

#[rstest]
#[case("orders-0", Some(0))]
#[case("orders-12", Some(12))]
#[case("orders-012", None)]
#[case("orders-", None)]
#[case("orders-probe-0123456789", None)]
#[case("orders-eu-1", None)]
#[case("other-1", None)]
fn pod_index_is_parsed_from_pod_name(#[case] pod: &str, #[case] index: Option<u32>) {
    let name: DataflowName = "orders".parse().unwrap();
    assert_eq!(name.pod_index(pod), index);
}
