//! Objects as text for programs: JSON, YAML, names, JSONPath templates, and columns. Pure.

use std::slice;

use gitops::columns::Columns;
use gitops::jsonpath::Template;
use gitops::object::{Format, document};
use gitops::table::Table;
use serde_json::{Value, json};

use crate::error::CommandError;

/// The format of documents.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum DocumentFormat {
    /// YAML or JSON.
    Object(Format),
    /// Lines such as `dataflow.bytewax.io/NAME`.
    Name,
    /// The text of a template.
    JsonPath {
        /// The template.
        template: Template,
        /// Whether the values are printed as JSON arrays.
        as_json: bool,
        /// Whether a field that is missing is no error.
        allow_missing: bool,
    },
    /// Columns of the user.
    Columns {
        /// The columns.
        columns: Columns,
        /// Whether to print the headings.
        headings: bool,
    },
}

/// Writes objects one after the other, so that all of them together are a valid stream.
#[derive(Debug)]
pub(crate) struct Documents {
    format: DocumentFormat,
    /// Whether YAML and JSON keep the managed fields. As in kubectl, templates always see them.
    managed_fields: bool,
    table: Option<Table>,
    begun: bool,
}

impl Documents {
    /// Creates a stream of documents without any yet.
    pub(crate) fn new(format: DocumentFormat, managed_fields: bool) -> Self {
        let table = match &format {
            DocumentFormat::Columns { columns, .. } => {
                Some(Table::new(&columns.headings()).with_empty_cells())
            }
            _ => None,
        };
        Self {
            format,
            managed_fields,
            table,
            begun: false,
        }
    }

    /// Returns the text of the next object.
    ///
    /// # Errors
    /// A template does not fit the object.
    pub(crate) fn object(&mut self, mut object: Value) -> Result<String, CommandError> {
        self.prepare(&mut object);
        self.write(&object, slice::from_ref(&object))
    }

    /// Returns the text of the next change of an object, with its type such as `ADDED`.
    ///
    /// # Errors
    /// A template does not fit.
    pub(crate) fn event(&mut self, kind: &str, mut object: Value) -> Result<String, CommandError> {
        self.prepare(&mut object);
        let event = json!({ "type": kind, "object": object });
        match self.format {
            DocumentFormat::Name => self.write(&event, slice::from_ref(&object)),
            _ => self.write(&event, slice::from_ref(&event)),
        }
    }

    /// Returns the text of a whole list, as one document.
    ///
    /// # Errors
    /// A template does not fit.
    pub(crate) fn list(&mut self, mut objects: Vec<Value>) -> Result<String, CommandError> {
        objects.iter_mut().for_each(|object| self.prepare(object));
        let metadata = json!({ "resourceVersion": "" });
        let list = json!({
            "apiVersion": "v1", "kind": "List", "metadata": metadata, "items": &objects,
        });
        self.write(&list, &objects)
    }

    fn prepare(&self, object: &mut Value) {
        if !self.managed_fields
            && matches!(self.format, DocumentFormat::Object(_))
            && let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut)
        {
            metadata.remove("managedFields");
        }
    }

    /// Returns a document, or the lines of the rows that it consists of.
    fn write(&mut self, whole: &Value, rows: &[Value]) -> Result<String, CommandError> {
        let first = !std::mem::replace(&mut self.begun, true);
        match &self.format {
            DocumentFormat::Object(format) => {
                let text = document(whole, *format).map_err(|error| {
                    CommandError::failure("cannot write the objects as YAML").because(error)
                })?;
                let separator = if first || *format == Format::Json {
                    ""
                } else {
                    "---\n"
                };
                Ok(format!("{separator}{text}"))
            }
            DocumentFormat::Name => Ok(rows.iter().map(name).collect()),
            DocumentFormat::JsonPath {
                template,
                as_json,
                allow_missing,
            } => match as_json {
                true => template.json(whole, *allow_missing),
                false => template.text(whole, *allow_missing),
            }
            .map_err(|error| {
                CommandError::failure("the template does not fit the objects").because(error)
            }),
            DocumentFormat::Columns { columns, headings } => {
                let cells = rows.iter().map(|row| columns.cells(row));
                let cells = cells.collect::<Result<Vec<_>, _>>().map_err(|error| {
                    CommandError::failure("the columns do not fit the objects").because(error)
                })?;
                let table = self
                    .table
                    .get_or_insert_with(|| Table::new(&columns.headings()));
                Ok(match first && *headings {
                    true => table.with_heading(&cells),
                    false => table.rows(&cells),
                })
            }
        }
    }
}

/// Returns the names of the objects in a JSON document, one in each line.
pub(crate) fn names(document: &str) -> String {
    let document: Value = serde_json::from_str(document).unwrap_or_default();
    match document["items"].as_array() {
        Some(items) => items.iter().map(name).collect(),
        None => name(&document),
    }
}

/// Returns the name of an object with its kind in the form that kubectl uses, and a newline.
fn name(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (kind, version) = (text(&object["kind"]), text(&object["apiVersion"]));
    let group = version
        .split_once('/')
        .map_or_else(String::new, |(group, _)| format!(".{group}"));
    let name = text(&object["metadata"]["name"]);
    format!("{}{group}/{name}\n", kind.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(name: &str) -> Value {
        let metadata = json!({ "name": name, "managedFields": [{}] });
        json!({ "apiVersion": "bytewax.io/v1alpha1", "kind": "Dataflow", "metadata": metadata })
    }

    fn stream(format: DocumentFormat) -> String {
        let mut documents = Documents::new(format, false);
        let mut text = documents.object(flow("a")).unwrap();
        text += &documents.object(flow("longer-name")).unwrap();
        text + &documents.event("DELETED", flow("a")).unwrap()
    }

    #[test]
    fn every_format_is_a_valid_stream() {
        let yaml = stream(DocumentFormat::Object(Format::Yaml));
        let json = stream(DocumentFormat::Object(Format::Json));
        let parsed = serde_json::Deserializer::from_str(&json).into_iter::<Value>();
        assert_eq!(parsed.collect::<Result<Vec<_>, _>>().unwrap().len(), 3);
        let path = Template::parse("{.metadata.name}{.object.metadata.name} ").unwrap();
        let path = stream(DocumentFormat::JsonPath {
            template: path,
            as_json: false,
            allow_missing: true,
        });
        let columns = Columns::parse("NAME:.metadata.name,TYPE:.type").unwrap();
        let columns = stream(DocumentFormat::Columns {
            columns,
            headings: true,
        });
        let names = stream(DocumentFormat::Name);
        insta::assert_snapshot!([yaml, names, path, columns].join("\n=\n"));
    }

    #[test]
    fn list_is_one_document() {
        let mut documents = Documents::new(DocumentFormat::Object(Format::Json), true);
        let text = documents.list(vec![flow("a")]).unwrap();
        let list: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(list["kind"], "List");
        assert_eq!(list["items"], json!([flow("a")]));
    }
}
