//! Applies one change to a YAML text by replacing, inserting or removing lines.

use serde_json::{Map, Value};

use super::change::{Change, PathSegment};
use super::error::EditError;
use super::scan::{self, Item};

/// Returns the text after one change.
pub(super) fn apply(text: &str, change: &Change) -> Result<String, EditError> {
    let lines = scan::lines(text);
    let refuse = |form| EditError::Form {
        path: change.path_text(),
        form,
    };
    let mut siblings = scan::top(&lines).ok_or_else(|| refuse("not a plain mapping"))?;
    for (depth, segment) in change.path.iter().enumerate() {
        let last = depth + 1 == change.path.len();
        let found = siblings
            .iter()
            .position(|item| item.segment.as_ref() == Some(segment));
        match (found, &change.value) {
            (Some(index), value) if last => {
                let edit = Edit {
                    lines: &lines,
                    change,
                };
                return match value {
                    Some(value) => edit.replace(&siblings[index], value),
                    None => edit.remove(&siblings[index]),
                };
            }
            (Some(index), _) => {
                let form = "its parent is not a plain mapping or list";
                siblings = scan::children(&lines, &siblings[index]).ok_or_else(|| refuse(form))?;
            }
            (None, Some(value)) if last => {
                return Edit {
                    lines: &lines,
                    change,
                }
                .insert(&siblings, value);
            }
            (None, _) => return Err(refuse("the value was not found")),
        }
    }
    Err(refuse("the whole file would change"))
}

struct Edit<'a> {
    lines: &'a [&'a str],
    change: &'a Change,
}

impl Edit<'_> {
    fn replace(&self, item: &Item, value: &Value) -> Result<String, EditError> {
        let line = self.lines[item.line];
        let rest = &line[item.value..];
        let one_line = scan::split_value(rest).filter(|_| item.end == item.line + 1);
        if let Some((old, after)) = one_line
            && let Some(new) = self.scalar(value, old)?
        {
            let new = format!("{}{new}{after}", &line[..item.value]);
            return Ok(self.with(item.line, item.line + 1, &new));
        }
        let plain_start =
            rest.starts_with(['|', '>']) || scan::is_skipped(rest) || one_line.is_some();
        if !plain_start || rest.contains('#') || !self.starts_its_line(item) {
            return Err(self.refuse("flow style, an anchor, a tag, or a comment inside the value"));
        }
        let new = self.rendered(item.column, value)?;
        Ok(self.with(item.line, item.end, &new))
    }

    fn remove(&self, item: &Item) -> Result<String, EditError> {
        let is_list_item = matches!(item.segment, Some(PathSegment::Named(_)));
        if !is_list_item && !self.starts_its_line(item) {
            return Err(self.refuse("the first key of a list item"));
        }
        Ok(self.with(item.line, item.end, ""))
    }

    fn insert(&self, siblings: &[Item], value: &Value) -> Result<String, EditError> {
        let last = siblings
            .last()
            .ok_or_else(|| self.refuse("its parent is empty"))?;
        let new = match self.change.path.last() {
            Some(PathSegment::Named(_)) => self.rendered_item(last, value)?,
            _ => self.rendered(last.column, value)?,
        };
        // If the file ends without a newline, the new text ends without one too.
        let unended = last.end == self.lines.len() && !self.lines[last.end - 1].ends_with('\n');
        let new = if unended {
            format!("{}{}", self.line_end(), new.trim_end())
        } else {
            new
        };
        Ok(self.with(last.end, last.end, &new))
    }

    // Returns the scalar with the same quotes as the old one, or `None` if it does not fit on one line.
    fn scalar(&self, value: &Value, old: &str) -> Result<Option<String>, EditError> {
        if let Value::String(text) = value {
            if old.starts_with('"') {
                return Ok(Some(Value::String(text.clone()).to_string()));
            }
            if old.starts_with('\'') && !text.chars().any(char::is_control) {
                return Ok(Some(format!("'{}'", text.replace('\'', "''"))));
            }
        }
        if value.is_object() || value.is_array() {
            return Ok(None);
        }
        let text = self.yaml(value)?;
        let text = text.trim_end_matches('\n');
        Ok((!text.contains('\n')).then(|| text.to_owned()))
    }

    fn rendered(&self, column: usize, value: &Value) -> Result<String, EditError> {
        let Some(PathSegment::Key(key)) = self.change.path.last() else {
            return Err(self.refuse("a list of plain values"));
        };
        let item = Value::Object(Map::from_iter([(key.clone(), value.clone())]));
        Ok(self.indented(&self.yaml(&item)?, column, column))
    }

    fn rendered_item(&self, model: &Item, value: &Value) -> Result<String, EditError> {
        let text = self.indented(&self.yaml(value)?, model.value, model.value);
        let dash = format!(
            "{}-{}",
            " ".repeat(model.column),
            " ".repeat(model.value - model.column - 1)
        );
        Ok(dash + &text[model.value..])
    }

    fn indented(&self, text: &str, first: usize, others: usize) -> String {
        let indented = text.lines().enumerate().map(|(number, line)| {
            let column = if number == 0 { first } else { others };
            let spaces = if line.is_empty() { 0 } else { column };
            format!("{}{line}{}", " ".repeat(spaces), self.line_end())
        });
        indented.collect()
    }

    fn yaml(&self, value: &Value) -> Result<String, EditError> {
        dataflow::yaml::to_string(value).map_err(|_| EditError::Unwritable(self.change.path_text()))
    }

    fn with(&self, start: usize, end: usize, new: &str) -> String {
        [
            &self.lines[..start].concat(),
            new,
            &self.lines[end..].concat(),
        ]
        .concat()
    }

    fn starts_its_line(&self, item: &Item) -> bool {
        scan::indent(self.lines[item.line]) == item.column
    }

    fn line_end(&self) -> &'static str {
        if self
            .lines
            .first()
            .is_some_and(|line| line.ends_with("\r\n"))
        {
            "\r\n"
        } else {
            "\n"
        }
    }

    fn refuse(&self, form: &'static str) -> EditError {
        EditError::Form {
            path: self.change.path_text(),
            form,
        }
    }
}
