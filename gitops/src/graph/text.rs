//! Formats a graph for people, documents and programs.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

use super::model::{Graph, Input, Step};

/// The format of a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One line for each step, with the steps that it reads from.
    Text,
    /// A flowchart of Mermaid, which forges show in Markdown.
    Mermaid,
    /// A directed graph of Graphviz.
    Dot,
    /// One JSON object.
    Json,
}

impl Graph {
    /// Returns the graph as text.
    #[must_use]
    pub fn text(&self, format: Format) -> String {
        match format {
            Format::Text => self.lines(),
            Format::Mermaid => self.mermaid(),
            Format::Dot => self.dot(),
            Format::Json => {
                let text = serde_json::to_string_pretty(self).expect("a graph is texts and lists");
                format!("{text}\n")
            }
        }
    }

    fn lines(&self) -> String {
        let width = |text: fn(&Step) -> &str| {
            self.steps
                .iter()
                .map(|step| text(step).width())
                .max()
                .unwrap_or(0)
        };
        let (names, operators) = (width(|step| &step.name), width(|step| &step.operator));
        let mut text = format!("{}\n", self.flow);
        for step in &self.steps {
            let gap = names - step.name.width();
            let mut line = format!("  {}{:gap$}  {}", step.name, "", step.operator);
            if !step.inputs.is_empty() {
                let gap = operators - step.operator.width();
                let inputs: Vec<_> = step.inputs.iter().map(Input::shown).collect();
                let _ = write!(line, "{:gap$}  <- {}", "", inputs.join(", "));
            }
            let _ = writeln!(text, "{line}");
        }
        text
    }

    /// Returns the edges: index of a step, index of the next one, and the label.
    fn edges(&self) -> impl Iterator<Item = (usize, usize, Option<&str>)> {
        self.steps.iter().enumerate().flat_map(move |(to, step)| {
            step.inputs.iter().filter_map(move |input| {
                let from = self
                    .steps
                    .iter()
                    .position(|known| known.name == input.step)?;
                Some((from, to, input.output.as_deref()))
            })
        })
    }

    fn mermaid(&self) -> String {
        // Mermaid has no escape for quotes but HTML entities.
        let quoted = |text: &str| {
            text.replace('&', "#amp;")
                .replace('"', "#quot;")
                .replace('<', "#lt;")
        };
        let mut text = "flowchart TD\n".to_owned();
        for (index, step) in self.steps.iter().enumerate() {
            let (name, operator) = (quoted(&step.name), quoted(&step.operator));
            let _ = writeln!(text, "  s{index}[\"{name}<br/>{operator}\"]");
        }
        for (from, to, label) in self.edges() {
            let label = label
                .map(|label| format!("|\"{}\"|", quoted(label)))
                .unwrap_or_default();
            let _ = writeln!(text, "  s{from} -->{label} s{to}");
        }
        text
    }

    fn dot(&self) -> String {
        let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
        let mut text = format!(
            "digraph \"{}\" {{\n  node [shape=box]\n",
            quoted(&self.flow)
        );
        for (index, step) in self.steps.iter().enumerate() {
            let (name, operator) = (quoted(&step.name), quoted(&step.operator));
            let _ = writeln!(text, "  s{index} [label=\"{name}\\n{operator}\"]");
        }
        for (from, to, label) in self.edges() {
            let label = label
                .map(|label| format!(" [label=\"{}\"]", quoted(label)))
                .unwrap_or_default();
            let _ = writeln!(text, "  s{from} -> s{to}{label}");
        }
        text.push_str("}\n");
        text
    }
}

impl Input {
    /// Returns the step with its output: `split.trues`.
    pub(super) fn shown(&self) -> String {
        match &self.output {
            Some(output) => format!("{}.{output}", self.step),
            None => self.step.clone(),
        }
    }
}
