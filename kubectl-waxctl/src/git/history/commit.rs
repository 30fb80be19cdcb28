//! One commit, as git stores it.

use crate::git::error::Error;
use crate::git::object_id::ObjectId;

/// One commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Commit {
    /// The commit.
    pub(crate) id: ObjectId,
    /// Its root tree.
    pub(in crate::git) tree: ObjectId,
    /// Its first parent.
    pub(crate) parent: Option<ObjectId>,
    /// Name of the author.
    pub(crate) author: String,
    /// Email address of the author.
    pub(crate) email: String,
    /// Unix time of the author's commit.
    pub(crate) time: u64,
    /// The whole message.
    pub(crate) message: String,
}

impl Commit {
    pub(super) fn parse(id: &ObjectId, bytes: &[u8]) -> Result<Commit, Error> {
        let text = String::from_utf8_lossy(bytes);
        let (head, message) = text.split_once("\n\n").unwrap_or((&text, ""));
        let field = |name: &str| {
            let mut lines = head.lines();
            lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
        };
        let (author, email, time) = field("author").and_then(person).unwrap_or_default();
        Ok(Commit {
            id: id.clone(),
            tree: ObjectId::parse(field("tree").unwrap_or_default())?,
            parent: field("parent").map(ObjectId::parse).transpose()?,
            author,
            email,
            time,
            message: message.to_owned(),
        })
    }

    /// Returns the first line of the message, without control characters.
    pub(crate) fn subject(&self) -> String {
        printable(self.message.lines().next().unwrap_or_default())
    }
}

/// Replaces the control characters of a text that anyone can have written.
fn printable(text: &str) -> String {
    let visible = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    text.chars().map(visible).collect()
}

/// Splits `NAME <EMAIL> TIME ZONE`.
pub(super) fn person(text: &str) -> Option<(String, String, u64)> {
    let (name, rest) = text.split_once('<')?;
    let (email, when) = rest.rsplit_once('>')?;
    let time = when.split_whitespace().next()?.parse().ok()?;
    Some((printable(name.trim()), printable(email), time))
}

/// Splits the output of `git cat-file --batch`: a line with name, kind and size, then the object and a line end.
pub(super) fn commits(batch: &[u8]) -> Result<Vec<Commit>, Error> {
    let mut found = Vec::new();
    let mut rest = batch;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let head = String::from_utf8_lossy(&rest[..end]).into_owned();
        let mut words = head.split(' ');
        let (id, size) = (words.next().unwrap_or_default(), words.nth(1));
        rest = &rest[end + 1..];
        // A missing object has no size.
        let Some(size) = size.and_then(|size| size.parse::<usize>().ok()) else {
            continue;
        };
        let object = rest.get(..size).ok_or(Error::BadTree)?;
        found.push(Commit::parse(&ObjectId::parse(id)?, object)?);
        rest = rest.get(size + 1..).unwrap_or_default();
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789012345678901234567890123456789";

    #[test]
    fn commits_of_a_batch_are_read() {
        let raw = format!(
            "tree {ID}\nparent {ID}\nauthor Ann B <ann@example.com> 1790000000 +0200\n\
             committer C <c@example.com> 1 +0000\ngpgsig -----BEGIN\n more\n\nTitle\n\nWaxctl: x\n"
        );
        let first = "tree ".to_owned() + ID + "\nauthor  <> 5 +0000\n\nOnly\n";
        let batch = format!(
            "{ID} commit {}\n{raw}\n{ID} missing\n{ID} commit {}\n{first}\n",
            raw.len(),
            first.len()
        );
        let found = commits(batch.as_bytes()).unwrap();
        let read = |commit: &Commit| {
            let Commit { author, email, .. } = commit;
            let subject = commit.subject();
            format!(
                "{author}/{email}/{}/{subject}/{:?}",
                commit.time,
                commit.parent.is_some()
            )
        };
        let expected = [
            "Ann B/ann@example.com/1790000000/Title/true",
            "//5/Only/false",
        ];
        assert_eq!(found.iter().map(read).collect::<Vec<_>>(), expected);
        assert!(found[0].message.ends_with("Waxctl: x\n"));
    }
}
