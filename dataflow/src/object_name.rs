//! The two forms that Kubernetes has for names of objects (RFC 1123): a label names a namespace, a subdomain any other
//! object.

/// The maximum length of a label.
const MAX_LABEL: usize = 63;

/// The maximum length of a subdomain.
const MAX_SUBDOMAIN: usize = 253;

/// The rule of a label.
pub const LABEL_RULE: &str = "a label of RFC 1123: at most 63 lower-case letters, digits and `-`, with a letter or digit at both ends";

/// The rule of a subdomain.
pub const SUBDOMAIN_RULE: &str =
    "a subdomain of RFC 1123: labels with `.` between them, at most 253 characters";

/// Returns why a text is no label, in words that follow its name; `None` if it is one.
#[must_use]
pub fn label_fault(text: &str) -> Option<String> {
    form_fault(text).or_else(|| too_long(text, MAX_LABEL))
}

/// Returns why a text is no subdomain, in words that follow its name; `None` if it is one.
#[must_use]
pub fn subdomain_fault(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some("is empty".to_owned());
    }
    text.split('.')
        .find_map(|part| match part {
            "" => Some("begins or ends with `.`, or has two of them together".to_owned()),
            part => form_fault(part),
        })
        .or_else(|| too_long(text, MAX_SUBDOMAIN))
}

/// Returns the fault of a label of any length.
fn form_fault(text: &str) -> Option<String> {
    let allowed = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-';
    if text.is_empty() {
        Some("is empty".to_owned())
    } else if let Some(char) = text.chars().find(|c| !allowed(c)) {
        Some(format!("contains `{char}`"))
    } else if text.starts_with('-') || text.ends_with('-') {
        Some("has `-` where a letter or digit has to be".to_owned())
    } else {
        None
    }
}

fn too_long(text: &str, most: usize) -> Option<String> {
    (text.len() > most).then(|| format!("has {} characters", text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::plain("shop-2", None)]
    #[case::longest(&"a".repeat(63), None)]
    #[case::too_long(&"a".repeat(64), Some("has 64 characters"))]
    #[case::upper_case("Shop", Some("contains `S`"))]
    #[case::path("../shop", Some("contains `.`"))]
    #[case::query("shop?x=1", Some("contains `?`"))]
    #[case::wide("läden", Some("contains `ä`"))]
    #[case::dash("-shop", Some("has `-` where a letter or digit has to be"))]
    #[case::empty("", Some("is empty"))]
    fn namespace_follows_rule_of_label(#[case] text: &str, #[case] fault: Option<&str>) {
        assert_eq!(label_fault(text).as_deref(), fault);
    }

    #[rstest]
    #[case::plain("orders", None)]
    #[case::digit("0-orders.v1", None)]
    #[case::longest(&"a".repeat(253), None)]
    #[case::too_long(&"a".repeat(254), Some("has 254 characters"))]
    #[case::upper_case("Orders", Some("contains `O`"))]
    #[case::path("x/orders", Some("contains `/`"))]
    #[case::dots("..", Some("begins or ends with `.`, or has two of them together"))]
    #[case::dash("orders-.v1", Some("has `-` where a letter or digit has to be"))]
    #[case::selector("a,b", Some("contains `,`"))]
    #[case::empty("", Some("is empty"))]
    fn object_follows_rule_of_subdomain(#[case] text: &str, #[case] fault: Option<&str>) {
        assert_eq!(subdomain_fault(text).as_deref(), fault);
    }
}
