//! Columns that the user chooses, as with `-o custom-columns` of kubectl.

use serde_json::Value;

use crate::jsonpath::{JsonPathError, Template, go};
use crate::table::NONE;

/// Columns with their headings and paths.
#[derive(Debug, Clone, PartialEq)]
pub struct Columns {
    columns: Vec<(String, Template)>,
}

/// The reason why columns cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ColumnsError {
    /// No column is given.
    #[error("no columns are given")]
    None,
    /// A column has no path.
    #[error("`{0}` is not a column such as `NAME:.metadata.name`")]
    NoPath(String),
    /// A file does not consist of a line of headings and a line of paths.
    #[error(
        "the file needs a line of headings and a line of as many paths, separated by spaces, but has {headings} and {paths}"
    )]
    Lines {
        /// Number of headings.
        headings: usize,
        /// Number of paths.
        paths: usize,
    },
    /// A path is not valid.
    #[error("column `{heading}`: {source}")]
    Path {
        /// The heading of the column.
        heading: String,
        /// The reason.
        source: JsonPathError,
    },
}

impl Columns {
    /// Parses `HEADING:PATH,HEADING:PATH`.
    ///
    /// # Errors
    /// A column lacks its path, or the path is not valid.
    pub fn parse(text: &str) -> Result<Self, ColumnsError> {
        if text.is_empty() {
            return Err(ColumnsError::None);
        }
        let columns = text.split(',').map(|column| match column.split_once(':') {
            Some((heading, path)) => self::column(heading, path),
            None => Err(ColumnsError::NoPath(column.to_owned())),
        });
        let columns = columns.collect::<Result<_, _>>()?;
        Ok(Self { columns })
    }

    /// Parses the text of a file: a line of headings and a line of paths.
    ///
    /// # Errors
    /// A line is missing, the lines have different lengths, or a path is not valid.
    pub fn parse_file(text: &str) -> Result<Self, ColumnsError> {
        let mut lines = text.lines().map(str::split_whitespace);
        let mut line = || lines.next().map(Iterator::collect).unwrap_or_default();
        let (headings, paths): (Vec<&str>, Vec<&str>) = (line(), line());
        if headings.is_empty() || headings.len() != paths.len() {
            let (headings, paths) = (headings.len(), paths.len());
            return Err(ColumnsError::Lines { headings, paths });
        }
        let columns = headings.into_iter().zip(paths);
        let columns = columns.map(|(heading, path)| self::column(heading, path));
        let columns = columns.collect::<Result<_, _>>()?;
        Ok(Self { columns })
    }

    /// Returns the headings.
    #[must_use]
    pub fn headings(&self) -> Vec<&str> {
        let headings = self.columns.iter().map(|(heading, _)| heading.as_str());
        headings.collect()
    }

    /// Returns the cells of an object. Several values of one cell are separated by commas.
    ///
    /// # Errors
    /// A path does not fit the object.
    pub fn cells(&self, object: &Value) -> Result<Vec<String>, ColumnsError> {
        let cell = |(heading, path): &(String, Template)| {
            let values = path.values(object, true);
            let values = values.map_err(|source| ColumnsError::Path {
                heading: heading.clone(),
                source,
            })?;
            let empty = values.first().is_none_or(Vec::is_empty);
            let none = empty.then(|| NONE.to_owned());
            let texts = values.iter().flatten().map(|value| go::value(value));
            Ok(none.into_iter().chain(texts).collect::<Vec<_>>().join(","))
        };
        self.columns.iter().map(cell).collect()
    }
}

fn column(heading: &str, path: &str) -> Result<(String, Template), ColumnsError> {
    match Template::parse_path(path) {
        Ok(path) => Ok((heading.to_owned(), path)),
        Err(source) => Err(ColumnsError::Path {
            heading: heading.to_owned(),
            source,
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cells_join_values_and_mark_missing_ones() {
        let spec = "NAME:.metadata.name,STEPS:.steps[*].id,MAP:map,NO:{.none},NULL:.null";
        let columns = Columns::parse(spec).unwrap();
        assert_eq!(columns.headings(), ["NAME", "STEPS", "MAP", "NO", "NULL"]);
        let object = json!({
            "metadata": {"name": "orders"}, "steps": [{"id": "a"}, {"id": "b"}],
            "map": {"b": [1, 2.5], "a": true}, "null": null,
        });
        assert_eq!(
            columns.cells(&object).unwrap(),
            ["orders", "a,b", "map[a:true b:[1 2.5]]", "<none>", "<nil>"]
        );
    }

    #[test]
    fn file_has_headings_and_paths() {
        let columns =
            Columns::parse_file("NAME   TAG\n{.metadata.name}  spec.image.tag\n").unwrap();
        let object = json!({"metadata": {"name": "orders"}, "spec": {"image": {"tag": "1"}}});
        assert_eq!(columns.cells(&object).unwrap(), ["orders", "1"]);
    }

    #[test]
    fn invalid_columns_are_named() {
        let error = |text: &str| Columns::parse(text).unwrap_err().to_string();
        insta::assert_snapshot!(
            [
                error(""),
                error("NAME"),
                error("NAME:"),
                error("NAME:{.a}{.b}"),
                error("A:.a[b]"),
                Columns::parse_file("A B\n.a\n").unwrap_err().to_string(),
                Columns::parse_file("").unwrap_err().to_string(),
            ]
            .join("\n")
        );
    }
}
