//! One file of a support bundle as it was read, or the reason why it is missing.

use gitops::bundle::Bundle;
use serde_json::Value;

use crate::process_state::Answer;

/// One file.
#[derive(Debug)]
pub(super) struct Part {
    path: String,
    what: String,
    content: Answer<Content>,
}

#[derive(Debug)]
enum Content {
    Objects(Vec<Value>),
    Text(String),
}

impl Part {
    /// Creates a file of objects.
    pub(super) fn objects_at(
        path: impl Into<String>,
        what: impl Into<String>,
        objects: Answer<Vec<Value>>,
    ) -> Self {
        Self {
            path: path.into(),
            what: what.into(),
            content: objects.map(Content::Objects),
        }
    }

    /// Creates a file of lines.
    pub(super) fn text_at(
        path: impl Into<String>,
        what: impl Into<String>,
        text: Answer<String>,
    ) -> Self {
        Self {
            path: path.into(),
            what: what.into(),
            content: text.map(Content::Text),
        }
    }

    /// Adds the file, or why it is missing. A list without objects is missing, too.
    pub(super) fn add_to(self, bundle: &mut Bundle) {
        match self.content {
            Ok(Content::Objects(objects)) if objects.is_empty() => {
                bundle.leave_out(&self.what, "there are none");
            }
            Ok(Content::Objects(objects)) => bundle.add_objects(&self.path, &self.what, &objects),
            Ok(Content::Text(text)) => bundle.add_text(&self.path, &self.what, &text),
            Err(why) => bundle.leave_out(&self.what, &why),
        }
    }
}
