//! The report of git about a push, address by address (`git push --porcelain`).
//!
//! Git prints `To ADDRESS`, then a line for each branch: a flag, the refspec and a summary. A hook can print to the same
//! stream, so only lines with the refspec of the push count.

/// The results of one push to all addresses of a remote.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct PushReport {
    /// The addresses that have the commit now, as git prints them.
    pub(super) landed: Vec<String>,
    /// The reasons of the others, such as `[rejected] (fetch first)`.
    pub(super) refused: Vec<String>,
}

impl PushReport {
    /// Reads what git has printed.
    pub(super) fn parse(output: &[u8], refspec: &str) -> PushReport {
        let output = String::from_utf8_lossy(output);
        let branch = format!("\t{refspec}\t");
        let mut report = PushReport::default();
        let mut address = "";
        for line in output.lines() {
            if let Some(to) = line.strip_prefix("To ") {
                address = to;
            } else if let Some((flag, summary)) = line.split_once(&branch) {
                match flag {
                    "!" => report.refused.push(summary.to_owned()),
                    _ => report.landed.push(address.to_owned()),
                }
            }
        }
        report
    }
}

/// Returns an address as git prints it in a report: without the user.
pub(super) fn as_printed(address: &str) -> String {
    let start = address.find("://").map_or(0, |at| at + "://".len());
    let (scheme, rest) = address.split_at(start);
    match rest.split_once('@') {
        Some((user, host)) if !user.contains('/') && (!scheme.is_empty() || host.contains(':')) => {
            format!("{scheme}{host}")
        }
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_has_its_result() {
        let output = "To the hook says\nTo ../a.git\n \t1f:refs/heads/main\t1..2\nDone\nTo ../b.git\n\
                      !\t1f:refs/heads/main\t[rejected] (fetch first)\nTo c\n=\t1f:refs/heads/main\t[up to date]\n";
        let want = PushReport {
            landed: vec!["../a.git".to_owned(), "c".to_owned()],
            refused: vec!["[rejected] (fetch first)".to_owned()],
        };
        assert_eq!(
            PushReport::parse(output.as_bytes(), "1f:refs/heads/main"),
            want
        );
    }

    #[test]
    fn printed_address_has_no_user() {
        for (address, want) in [
            ("ssh://git@host/x", "ssh://host/x"),
            ("git@host:shop/x.git", "host:shop/x.git"),
            ("https://host/x@v1", "https://host/x@v1"),
            ("../a@b", "../a@b"),
            ("a@b", "a@b"),
        ] {
            assert_eq!(as_printed(address), want);
        }
    }
}
