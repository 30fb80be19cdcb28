//! Evaluates parsed templates.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Value;

use super::go;
use super::node::{End, Filter, JsonPathError, Node, Slice};

/// The maximum number of values of one step, so that a template cannot use up the memory.
const MAX_VALUES: usize = 1_000_000;

type Values<'a> = Vec<Cow<'a, Value>>;

/// Returns the values of each part of a template.
pub(super) fn template<'a>(
    nodes: &[Node],
    object: &'a Value,
    allow_missing: bool,
) -> Result<Vec<Values<'a>>, JsonPathError> {
    let mut evaluation = Evaluation {
        nodes,
        allow_missing,
        begun: 0,
        open: 0,
        ended: 0,
        last_end: None,
    };
    let mut found = Vec::new();
    evaluation.parts(0, &vec![Cow::Borrowed(object)], &mut found)?;
    Ok(found)
}

/// The state of the loops while a template is evaluated.
struct Evaluation<'n> {
    nodes: &'n [Node],
    allow_missing: bool,
    /// Number of `range` words whose loop has not started.
    begun: usize,
    /// Number of loops around the current part.
    open: usize,
    /// Number of `end` words that have not ended their loop.
    ended: usize,
    /// Index of the part with the newest `end`.
    last_end: Option<usize>,
}

impl Evaluation<'_> {
    /// Appends the values of the parts from index `first` to `found`, up to the `end` of the loop around them.
    fn parts<'a>(
        &mut self,
        first: usize,
        current: &Values<'a>,
        found: &mut Vec<Values<'a>>,
    ) -> Result<(), JsonPathError> {
        let mut index = first;
        while let Some(node) = self.nodes.get(index) {
            let values = self.step(node, current.clone())?;
            if self.ended > 0 && self.ended <= self.open {
                self.ended -= 1;
                self.last_end = Some(index);
                return Ok(());
            }
            if self.begun > 0 {
                self.begun -= 1;
                self.open += 1;
                if values.is_empty() {
                    // The body is walked through without a value, to find the end of the loop.
                    self.parts(index + 1, &Vec::new(), &mut Vec::new())?;
                }
                for value in values {
                    self.parts(index + 1, &vec![value], found)?;
                }
                self.open -= 1;
                index = self.last_end.filter(|end| *end > index).unwrap_or(index);
            } else {
                found.push(values);
            }
            if found.len() > MAX_VALUES {
                return Err(too_many());
            }
            index += 1;
        }
        Ok(())
    }

    fn list<'a>(
        &mut self,
        nodes: &[Node],
        values: Values<'a>,
    ) -> Result<Values<'a>, JsonPathError> {
        nodes
            .iter()
            .try_fold(values, |values, node| self.step(node, values))
    }

    fn step<'a>(&mut self, node: &Node, values: Values<'a>) -> Result<Values<'a>, JsonPathError> {
        let count = values.len();
        let constant = |value: Value| Ok(vec![Cow::Owned(value); count]);
        let values = match node {
            Node::List(nodes) => self.list(nodes, values),
            Node::Text(text) => Ok(vec![Cow::Owned(Value::String(text.clone()))]),
            Node::Int(number) => constant(Value::from(*number)),
            Node::Float(number) => constant(Value::from(*number)),
            Node::Bool(truth) => constant(Value::Bool(*truth)),
            Node::Field(name) => self.field(name, values),
            Node::Slice(slice) => elements(*slice, values),
            Node::Filter(filter) => self.filter(filter, values),
            Node::Wildcard => Ok(values.into_iter().flat_map(children).collect()),
            Node::Recursive => {
                let mut all = Vec::new();
                descend(values, &mut all);
                Ok(all)
            }
            Node::Union(lists) => {
                let mut all = Vec::new();
                for nodes in lists {
                    all.extend(self.list(nodes, values.clone())?);
                }
                Ok(all)
            }
            Node::Identifier(word) => self.word(word, values),
        }?;
        match values.len() {
            0..=MAX_VALUES => Ok(values),
            _ => Err(too_many()),
        }
    }

    fn word<'a>(&mut self, word: &str, values: Values<'a>) -> Result<Values<'a>, JsonPathError> {
        match word {
            "range" => {
                self.begun += 1;
                Ok(values)
            }
            "end" if self.open > 0 => {
                self.ended += 1;
                Ok(Vec::new())
            }
            "end" => Err(JsonPathError::new("not in range, nothing to end")),
            _ => Err(JsonPathError::new(format!(
                "unrecognized identifier {word}"
            ))),
        }
    }

    fn field<'a>(&self, name: &str, values: Values<'a>) -> Result<Values<'a>, JsonPathError> {
        let any = !values.is_empty();
        let found: Values<'a> = values
            .into_iter()
            .filter_map(|value| match value {
                Cow::Borrowed(value) => value.as_object()?.get(name).map(Cow::Borrowed),
                Cow::Owned(Value::Object(mut fields)) => fields.remove(name).map(Cow::Owned),
                Cow::Owned(_) => None,
            })
            .collect();
        if any && found.is_empty() && !self.allow_missing {
            return Err(JsonPathError::new(format!("{name} is not found")));
        }
        Ok(found)
    }

    fn filter<'a>(
        &mut self,
        filter: &Filter,
        values: Values<'a>,
    ) -> Result<Values<'a>, JsonPathError> {
        let mut passed = Vec::new();
        for value in values {
            if !value.is_array() {
                return Err(JsonPathError::new(format!(
                    "{} is not array or slice and cannot be filtered",
                    go::value(&value)
                )));
            }
            for element in children(value) {
                if self.passes(filter, &element)? {
                    passed.push(element);
                }
            }
        }
        Ok(passed)
    }

    fn passes(&mut self, filter: &Filter, element: &Value) -> Result<bool, JsonPathError> {
        let here = || vec![Cow::Borrowed(element)];
        let left = self.list(&filter.left, here());
        let Some(operator) = &filter.operator else {
            return Ok(left.is_ok_and(|left| !left.is_empty()));
        };
        let Some(left) = only(left?)? else {
            return Ok(false);
        };
        let Some(right) = only(self.list(&filter.right, here())?)? else {
            return Ok(false);
        };
        match operator.as_str() {
            "==" => equal(&left, &right),
            "!=" => Ok(!equal(&left, &right)?),
            "<" => less(&left, &right),
            ">=" => Ok(!less(&left, &right)?),
            "<=" => Ok(less(&left, &right)? || equal(&left, &right)?),
            ">" => Ok(!(less(&left, &right)? || equal(&left, &right)?)),
            _ => Err(JsonPathError::new(format!(
                "unrecognized filter operator {operator}"
            ))),
        }
    }
}

fn too_many() -> JsonPathError {
    JsonPathError::new(format!("the template has more than {MAX_VALUES} values"))
}

/// Returns the only value of one side of a comparison.
fn only(mut values: Values<'_>) -> Result<Option<Cow<'_, Value>>, JsonPathError> {
    match values.len() {
        0 | 1 => Ok(values.pop()),
        _ => Err(JsonPathError::new("can only compare one element at a time")),
    }
}

/// Returns the fields of an object by their names, the elements of an array, or the bytes of a text.
fn children(value: Cow<'_, Value>) -> Values<'_> {
    match value {
        Cow::Borrowed(Value::Object(fields)) => {
            let fields = go::sorted(fields);
            fields.map(|(_, field)| Cow::Borrowed(field)).collect()
        }
        Cow::Owned(Value::Object(fields)) => {
            let fields = go::sorted(&fields);
            fields.map(|(_, field)| Cow::Owned(field.clone())).collect()
        }
        Cow::Borrowed(Value::Array(elements)) => elements.iter().map(Cow::Borrowed).collect(),
        Cow::Owned(Value::Array(elements)) => elements.into_iter().map(Cow::Owned).collect(),
        value => match &*value {
            Value::String(text) => text.bytes().map(|byte| Cow::Owned(byte.into())).collect(),
            _ => Vec::new(),
        },
    }
}

/// Appends every value that has children, itself first.
fn descend<'a>(values: Values<'a>, all: &mut Values<'a>) {
    for value in values {
        let below = children(value.clone());
        if !below.is_empty() && all.len() <= MAX_VALUES {
            all.push(value);
            descend(below, all);
        }
    }
}

/// Returns the elements that an index or slice selects. As in kubectl, an empty selection ends the step.
fn elements(slice: Slice, values: Values<'_>) -> Result<Values<'_>, JsonPathError> {
    let mut selected = Vec::new();
    for value in values {
        if value.is_null() {
            continue;
        }
        if !value.is_array() {
            return Err(JsonPathError::new(format!(
                "{} is not array or slice",
                go::type_name(&value)
            )));
        }
        let all = children(value);
        let length = i64::try_from(all.len()).unwrap_or(i64::MAX);
        let from_end = |index: i64| {
            if index < 0 {
                index.saturating_add(length)
            } else {
                index
            }
        };
        let given = slice.start.unwrap_or(0);
        let start = from_end(given);
        let end = match slice.end {
            End::Open => length,
            End::At(end) => from_end(end),
            End::AfterStart if given == -1 => length,
            End::AfterStart => from_end(given.saturating_add(1)),
        };
        if start == end {
            return Ok(selected);
        }
        let outside = |index: i64| {
            JsonPathError::new(format!(
                "array index out of bounds: index {index}, length {length}"
            ))
        };
        if start >= length || start < 0 {
            return Err(outside(start));
        }
        if end > length || end < 0 {
            return Err(outside(end.saturating_sub(1)));
        }
        if start > end {
            return Err(JsonPathError::new(format!(
                "starting index {start} is greater than ending index {end}"
            )));
        }
        let step = match slice.step {
            None => 1,
            Some(step) if step > 0 => usize::try_from(step).unwrap_or(usize::MAX),
            Some(_) => return Err(JsonPathError::new("step must be > 0")),
        };
        let (start, end) = (usize::try_from(start), usize::try_from(end));
        let (start, end) = (start.unwrap_or(0), end.unwrap_or(0));
        selected.extend(all.into_iter().take(end).skip(start).step_by(step));
    }
    Ok(selected)
}

/// The values that can be compared.
enum Basic<'a> {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
}

fn basic(value: &Value) -> Result<Basic<'_>, JsonPathError> {
    match value {
        Value::Bool(truth) => Ok(Basic::Bool(*truth)),
        Value::Number(number) => Ok(match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => Basic::Int(number),
            (None, number) => Basic::Float(number.unwrap_or(f64::NAN)),
        }),
        Value::String(text) => Ok(Basic::Text(text)),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            Err(JsonPathError::new("invalid type for comparison"))
        }
    }
}

fn equal(left: &Value, right: &Value) -> Result<bool, JsonPathError> {
    match (basic(left)?, basic(right)?) {
        (Basic::Bool(left), Basic::Bool(right)) => Ok(left == right),
        (left, right) => Ok(compare(&left, &right)? == Some(Ordering::Equal)),
    }
}

fn less(left: &Value, right: &Value) -> Result<bool, JsonPathError> {
    match (basic(left)?, basic(right)?) {
        (Basic::Bool(_), Basic::Bool(_)) => Err(JsonPathError::new("invalid type for comparison")),
        (left, right) => Ok(compare(&left, &right)? == Some(Ordering::Less)),
    }
}

fn compare(left: &Basic<'_>, right: &Basic<'_>) -> Result<Option<Ordering>, JsonPathError> {
    match (left, right) {
        (Basic::Int(left), Basic::Int(right)) => Ok(Some(left.cmp(right))),
        (Basic::Float(left), Basic::Float(right)) => Ok(left.partial_cmp(right)),
        (Basic::Text(left), Basic::Text(right)) => Ok(Some(left.cmp(right))),
        _ => Err(JsonPathError::new("incompatible types for comparison")),
    }
}
