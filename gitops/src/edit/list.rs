//! Edits a list of plain values in a YAML text: lines are removed and added, and all others stay, comments included.

/// Returns the text after changing a list with the values `old` to one with the values `new`; values that stay are not
/// moved. Returns `None` if the list is not written with one value on each line, or a value is also elsewhere.
pub(crate) fn edit_list(text: &str, old: &[&str], new: &[&str]) -> Option<String> {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    let position = |lines: &[&str], value: &str| {
        let mut found = lines.iter().enumerate();
        let mut found = found.by_ref().filter(|(_, line)| item(line) == Some(value));
        let first = found.next().map(|(number, _)| number)?;
        found.next().is_none().then_some(first)
    };
    let last = position(&lines, old.last()?)?;
    let model = lines[last];
    let end = if model.ends_with("\r\n") {
        "\r\n"
    } else {
        "\n"
    };
    let indent = &model[..model.find('-')?];
    let added: String = new
        .iter()
        .filter(|value| !old.contains(value))
        .map(|value| format!("{indent}- {value}{end}"))
        .collect();
    let ended = if model.ends_with('\n') {
        model.to_owned()
    } else {
        format!("{model}{end}")
    };
    let with_added = ended + &added;
    if !added.is_empty() {
        lines[last] = &with_added;
    }
    let mut kept = lines.clone();
    for gone in old.iter().filter(|value| !new.contains(value)) {
        let number = position(&text.split_inclusive('\n').collect::<Vec<_>>(), gone)?;
        kept[number] = if number == last { &added } else { "" };
    }
    Some(kept.concat())
}

// Returns the value of a line that is one item of a list.
fn item(line: &str) -> Option<&str> {
    let value = line.trim().strip_prefix("- ")?;
    let value = value.split(" #").next().unwrap_or(value).trim();
    let quoted = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    Some(quoted('"').or_else(|| quoted('\'')).unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "files:\n  # the flow\n  - orders.py # entry\n  - \"lib.py\"\n  - old.py\noptions: {}\n";

    #[test]
    fn items_are_added_and_removed_in_place() {
        let old = ["orders.py", "lib.py", "old.py"];
        let edited = |new: &[&str]| edit_list(TEXT, &old, new).unwrap();
        assert_eq!(
            edited(&["orders.py", "lib.py", "old.py", "a.py"]),
            TEXT.replace("  - old.py\n", "  - old.py\n  - a.py\n")
        );
        assert_eq!(
            edited(&["orders.py", "lib.py", "a.py"]),
            TEXT.replace("  - old.py\n", "  - a.py\n")
        );
        assert_eq!(
            edited(&["orders.py", "old.py"]),
            TEXT.replace("  - \"lib.py\"\n", "")
        );
        assert_eq!(edited(&old), TEXT);
    }

    #[test]
    fn list_in_other_form_is_not_edited() {
        assert_eq!(
            edit_list("files: [a.py]\n", &["a.py"], &["a.py", "b.py"]),
            None
        );
        let twice = "resources:\n- a.py\nfiles:\n- a.py\n";
        assert_eq!(edit_list(twice, &["a.py"], &["a.py", "b.py"]), None);
    }
}
