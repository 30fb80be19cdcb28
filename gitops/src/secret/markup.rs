//! Finds secrets in XML and HTML: `<password>x</password>`, `<property name="password" value="x"/>`, and
//! `<name>password</name>` before `<value>x</value>`.

use std::ops::Range;

use super::judge::{self, Form};
use super::literal;
use super::name::tells;
use super::syntax::Syntax;

/// Longest name, and longest text of a tag or between tags.
const LONGEST_NAME: usize = 128;
const LONGEST: usize = 1024;
/// Number of lines between a name and its value.
const FARTHEST: usize = 3;
/// Attributes that name the value of their element, and attributes with such a value.
const NAMES: [&str; 6] = ["field", "id", "key", "n", "name", "property"];
const VALUES: [&str; 2] = ["val", "value"];
/// Elements that contain a name, and those that contain its value.
const NAME_ELEMENTS: [&str; 5] = ["dt", "key", "name", "param-name", "property-name"];
const VALUE_ELEMENTS: [&str; 5] = ["dd", "param-value", "property-value", "string", "value"];

/// An opening tag with what follows it.
struct Tag<'a> {
    name: &'a str,
    attributes: Vec<(&'a str, Range<usize>)>,
    /// Text up to the next tag, if that closes the element.
    content: Option<Range<usize>>,
    /// Whether the element has more than this tag.
    is_open: bool,
    /// Whether the line contains nothing else.
    is_alone: bool,
}

/// A name whose value comes in a later element or line.
#[derive(Debug)]
struct Waiting {
    name: String,
    line: usize,
    /// Whether the value is the text of the next line, else that of an element.
    is_text: bool,
}

/// What earlier lines say about the next one.
#[derive(Debug, Default)]
pub(super) struct Markup {
    waiting: Option<Waiting>,
}

impl Markup {
    /// Reads the next line. Returns the secrets of its elements with their names.
    pub(super) fn next(
        &mut self,
        line: &str,
        number: usize,
        syntax: Syntax,
    ) -> Vec<(String, Range<usize>)> {
        let form = match syntax {
            Syntax::Data => Form::Data,
            _ => Form::Tight,
        };
        let mut found = Vec::new();
        self.waiting
            .take_if(|waiting| number - waiting.line > FARTHEST);
        if let Some(waiting) = self.waiting.take_if(|waiting| waiting.is_text) {
            let start = line.len() - line.trim_start().len();
            let text = line[start..]
                .split('<')
                .next()
                .unwrap_or_default()
                .trim_end();
            let range = start..start + text.len();
            if range.is_empty() {
                self.wait(&waiting.name, waiting.line, false);
            } else {
                push(&mut found, &waiting.name, line, range, form);
            }
        }
        for (at, _) in line.match_indices('<') {
            let Some(tag) = Tag::at(line, at) else {
                continue;
            };
            self.read(&tag, line, number, form, &mut found);
        }
        found
    }

    fn read(
        &mut self,
        tag: &Tag<'_>,
        line: &str,
        number: usize,
        form: Form,
        found: &mut Vec<(String, Range<usize>)>,
    ) {
        let local = tag
            .name
            .rsplit(':')
            .next()
            .unwrap_or_default()
            .to_lowercase();
        let attribute = |list: &[&str]| {
            let is_one = |name: &str| list.contains(&name.to_lowercase().as_str());
            let mut attributes = tag.attributes.iter();
            let one = attributes.find(|(name, _)| is_one(name));
            one.map(|(_, range)| range.clone())
        };
        let named = attribute(&NAMES).map(|range| &line[range]);
        let name = named.filter(|name| tells(name).is_some());
        let name = name.or_else(|| tells(&local).map(|_| local.as_str()));
        if let Some(name) = name {
            let value = attribute(&VALUES).or_else(|| tag.content.clone());
            match value {
                Some(value) => push(found, name, line, value, form),
                None if tag.is_open => self.wait(name, number, tag.is_alone),
                None => {}
            }
        }
        let Some(content) = tag.content.clone() else {
            return;
        };
        if NAME_ELEMENTS.contains(&local.as_str()) {
            self.waiting = None;
            if tells(line[content.clone()].trim()).is_some() {
                self.wait(line[content].trim(), number, false);
            }
        } else if VALUE_ELEMENTS.contains(&local.as_str())
            && let Some(waiting) = self.waiting.take()
        {
            push(found, &waiting.name, line, content, form);
        }
    }

    fn wait(&mut self, name: &str, line: usize, is_text: bool) {
        self.waiting = Some(Waiting {
            name: name.to_owned(),
            line,
            is_text,
        });
    }
}

/// Adds a value if its name tells of a secret.
fn push(
    found: &mut Vec<(String, Range<usize>)>,
    name: &str,
    line: &str,
    value: Range<usize>,
    form: Form,
) {
    let is_secret = |telling| judge::is_secret(name, telling, &line[value.clone()], form);
    if tells(name).is_some_and(is_secret) {
        found.push((name.to_owned(), value));
    }
}

impl<'a> Tag<'a> {
    /// Reads the opening tag at `line[at..]`.
    fn at(line: &'a str, at: usize) -> Option<Self> {
        let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(byte);
        let name_at = |start: usize| {
            let bytes = line.as_bytes().get(start..)?.iter();
            let length = bytes
                .take(LONGEST_NAME)
                .take_while(|byte| belongs(byte))
                .count();
            (length > 0).then(|| &line[start..start + length])
        };
        let name = name_at(at + 1)?;
        let mut attributes = Vec::new();
        let mut place = at + 1 + name.len();
        let (end, is_empty) = loop {
            let rest = line.get(place..)?.trim_start();
            place = line.len() - rest.len();
            if rest.starts_with('>') {
                break (place + 1, false);
            }
            if rest.is_empty() || rest.starts_with("/>") {
                break (place, true);
            }
            if place > at + LONGEST {
                return None;
            }
            let attribute = name_at(place)?;
            let value = line[place + attribute.len()..]
                .trim_start()
                .strip_prefix('=')?;
            let value = literal::at(line, line.len() - value.len())?;
            place = value.end
                + if line[value.end..].starts_with('\\') {
                    2
                } else {
                    1
                };
            attributes.push((attribute, value));
        };
        let content = if is_empty { None } else { content(line, end) };
        Some(Self {
            name,
            attributes,
            content,
            is_open: !is_empty,
            is_alone: !is_empty && line[..at].trim().is_empty() && line[end..].trim().is_empty(),
        })
    }
}

/// Returns the text that begins at a place and ends at a closing tag.
fn content(line: &str, start: usize) -> Option<Range<usize>> {
    const CDATA: &str = "<![CDATA[";
    let rest = &line[start..];
    let mut end = rest.len().min(LONGEST);
    while !rest.is_char_boundary(end) {
        end -= 1;
    }
    let rest = &rest[..end];
    if let Some(data) = rest.strip_prefix(CDATA) {
        let start = start + CDATA.len();
        return data.find("]]></").map(|end| start..start + end);
    }
    let end = rest
        .find('<')
        .filter(|end| rest[*end..].starts_with("</"))?;
    Some(start..start + end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let mut markup = Markup::default();
        let lines = text.lines().enumerate();
        let found = lines.flat_map(|(number, line)| {
            let found = markup.next(line, number, Syntax::Data).into_iter();
            found.map(|(_, range)| &line[range]).collect::<Vec<_>>()
        });
        found.collect()
    }

    #[rstest::rstest]
    #[case("<password>p@ss w0rd</password>", "p@ss w0rd")]
    #[case("<db:password type=\"plain\">hunter2</db:password>", "hunter2")]
    #[case("<password><![CDATA[hunt<er2]]></password>", "hunt<er2")]
    #[case("<property name=\"db.password\" value=\"hunter2\"/>", "hunter2")]
    #[case("<property value='hunter2' name='db.password' />", "hunter2")]
    #[case("x = \"<add key=\\\"password\\\" value=\\\"hunter2\\\"/>\"", "hunter2")]
    #[case("<entry key=\"password\">hunter2</entry>", "hunter2")]
    #[case("<name>db.password</name><value>hunter2</value>", "hunter2")]
    #[case("<name>db.password</name>\n<value>hunter2</value>", "hunter2")]
    #[case("<key>password</key>\n<string>hunter2</string>", "hunter2")]
    #[case("<password>\n  hunter2\n</password>", "hunter2")]
    #[case(
        "<setting name=\"DbPassword\"><value>hunter2</value></setting>",
        "hunter2"
    )]
    #[case("<property name=\"password\">\n<value>hunter2</value>", "hunter2")]
    fn secret_of_element_is_found(#[case] text: &str, #[case] secret: &str) {
        assert_eq!(found(text), [secret]);
    }

    #[rstest::rstest]
    #[case("<password>${db.password}</password>")]
    #[case("<xs:element name=\"password\" type=\"xs:string\"/>")]
    #[case("<xs:element name=\"password\">\n<xs:simpleType>")]
    #[case("<label for=\"password\">Password</label>")]
    #[case("<input type=\"password\" name=\"password\" value=\"\"/>")]
    #[case("<name>orders</name><value>hunter2</value>")]
    #[case("<name>password</name><name>level</name><value>hunter2</value>")]
    #[case("mongodb://<user>:<password>@cluster0.shop.net")]
    #[case("usage: login <user> <password>\n  hunter2")]
    #[case("if a < token and b > token:")]
    #[case("<password-policy>strong2</password-policy>")]
    fn harmless_markup_has_no_secret(#[case] text: &str) {
        assert_eq!(found(text), Vec::<&str>::new());
    }
}
