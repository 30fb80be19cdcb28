//! Checks names that the command line gives, before they become a part of a request. Pure.

use dataflow::object_name::{LABEL_RULE, SUBDOMAIN_RULE, label_fault, subdomain_fault};

/// Parses the value of `--namespace`. As in kubectl, an empty one is none.
///
/// # Errors
/// No namespace can have this name; the error names the rule.
pub(crate) fn namespace_flag(text: &str) -> Result<String, String> {
    match namespace_fault(text) {
        Some(fault) if !text.is_empty() => Err(fault),
        _ => Ok(text.to_owned()),
    }
}

/// Parses the name of an object in the cluster, whatever has created it.
///
/// # Errors
/// No object can have this name; the error names the rule.
pub(crate) fn object_flag(text: &str) -> Result<String, String> {
    match subdomain_fault(text) {
        None => Ok(text.to_owned()),
        Some(fault) => Err(format!("it {fault}; it has to be {SUBDOMAIN_RULE}")),
    }
}

/// Whether an object of the cluster can have this name. Any other text would name another object, or a parameter, in
/// the path of a request.
pub(crate) fn is_object(text: &str) -> bool {
    subdomain_fault(text).is_none()
}

/// Returns why no namespace can have this name, with the rule.
pub(crate) fn namespace_fault(text: &str) -> Option<String> {
    label_fault(text).map(|fault| format!("it {fault}; it has to be {LABEL_RULE}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_namespace_is_none_as_in_kubectl() {
        assert_eq!(namespace_flag(""), Ok(String::new()));
        assert_eq!(namespace_flag("shop"), Ok("shop".to_owned()));
        assert!(namespace_flag("a b").unwrap_err().contains("RFC 1123"));
        assert!(object_flag("").unwrap_err().contains("RFC 1123"));
    }
}
