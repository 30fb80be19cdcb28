//! Checks single fields: the image, the Python file, the ConfigMap with the code, and the counts.

use super::fault::Fault;
use crate::code;
use crate::spec::DataflowSpec;
use crate::spec::absent::present;

/// Maximum numbers that the agent accepts.
const MAX_PROCESSES: i32 = 10_000;
const MAX_WORKERS: i32 = 1024;

pub(super) fn check(spec: &DataflowSpec, found: &mut Vec<Fault>) {
    image(spec, found);
    python_file(&spec.python_file_name, found);
    source(spec, found);
    for (path, count) in [
        ("spec.processesCount", spec.processes_count),
        ("spec.workersPerProcess", spec.workers_per_process),
    ] {
        at_least(1, count, path, found);
    }
    for (path, count, most) in [
        ("spec.processesCount", spec.processes(), MAX_PROCESSES),
        ("spec.workersPerProcess", spec.workers(), MAX_WORKERS),
    ] {
        if count > most {
            found.push(Fault::invalid(
                path,
                format!("is {count}"),
                format!("write {most} or less"),
            ));
        }
    }
}

/// Adds a fault if a count is too small.
pub(super) fn at_least(least: i32, count: Option<i32>, path: &str, found: &mut Vec<Fault>) {
    if let Some(count) = count.filter(|count| *count < least) {
        let instead = match path {
            "spec.processesCount" => {
                "write 1 or more; to stop the dataflow write `suspend: true`".to_owned()
            }
            _ => format!("write {least} or more"),
        };
        found.push(Fault::invalid(path, format!("is {count}"), instead));
    }
}

fn image(spec: &DataflowSpec, found: &mut Vec<Fault>) {
    if let Some(repository) = present(spec.image.repository.as_ref()) {
        let last = repository.rsplit('/').next().unwrap_or(repository);
        if repository.contains(char::is_whitespace) || last.is_empty() || last.contains([':', '@'])
        {
            found.push(Fault::invalid(
                "spec.image.repository",
                format!("`{repository}` is not a repository of an image"),
                "write it without a tag, such as `bytewax/bytewax`",
            ));
        }
    }
    let tag = spec.image.tag.as_str();
    if tag.is_empty() {
        found.push(Fault::invalid(
            "spec.image.tag",
            "is empty",
            "write a tag such as `0.21.1-python3.11`",
        ));
    } else if !is_tag(tag) {
        found.push(Fault::invalid(
            "spec.image.tag",
            format!("`{tag}` is not a valid tag"),
            "write letters, digits, `_`, `.` and `-`, such as `0.21.1-python3.11`",
        ));
    }
}

/// Returns true if the text is a tag, with or without a digest after it.
fn is_tag(text: &str) -> bool {
    let (tag, digest) = text
        .split_once('@')
        .map_or((text, None), |(tag, rest)| (tag, Some(rest)));
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    tag.len() <= 128
        && !tag.starts_with(['.', '-'])
        && !tag.is_empty()
        && tag.bytes().all(allowed)
        && digest.is_none_or(|digest| digest.starts_with("sha256:") && digest.len() == 7 + 64)
}

/// Adds a fault if the engine cannot load the Python file.
///
/// The engine takes `path[:name or call]`. It treats a dot inside the name of a file as a separator of packages.
fn python_file(text: &str, found: &mut Vec<Fault>) {
    const PATH: &str = "spec.pythonFileName";
    let file = text.split(':').next().unwrap_or(text);
    let name = file.rsplit('/').next().unwrap_or(file);
    let stem = name.strip_suffix(".py");
    if file.is_empty() {
        found.push(Fault::invalid(
            PATH,
            "is empty",
            "write the Python file that contains the dataflow, such as `simple.py`",
        ));
    } else if file.contains(char::is_whitespace) {
        found.push(Fault::invalid(
            PATH,
            format!("`{file}` contains whitespace"),
            "rename the file",
        ));
    } else if file.split('/').any(|part| part == "..") {
        found.push(Fault::invalid(
            PATH,
            format!("`{file}` is outside the folder of the code"),
            "write a path inside this folder, such as `flows/orders.py`",
        ));
    } else if stem.is_some_and(|stem| stem.is_empty() || stem.contains('.')) {
        found.push(Fault::invalid(
            PATH,
            format!(
                "`{name}` has a dot in its name, which Python treats as a separator of packages"
            ),
            "rename the file",
        ));
    } else if name.ends_with(".tar") {
        found.push(Fault::invalid(
            PATH,
            format!("`{name}` is an archive, not a Python file"),
            "write the Python file inside the archive, and write the archive in `tarName`",
        ));
    }
}

fn source(spec: &DataflowSpec, found: &mut Vec<Fault>) {
    let config_map = present(spec.config_map_name.as_ref());
    let tar = present(spec.tar_name.as_ref());
    if spec.has_code_in_image() {
        let file = spec.python_file_name.split(':').next().unwrap_or_default();
        if !file.starts_with('/') && (file.contains('/') || file.ends_with(".py")) {
            found.push(Fault::invalid(
                "spec.pythonFileName",
                format!("`{file}` is a file in the folder of the code, which is empty if the image has the code"),
                "write a module that the image has, such as `shop.orders:flow`, or the absolute path of a file",
            ));
        }
        let others = [
            ("spec.configMapName", config_map.is_some()),
            ("spec.artifactsDownload", spec.artifacts_download.is_some()),
            ("spec.tarName", tar.is_some()),
        ];
        for (path, _) in others.into_iter().filter(|(_, given)| *given) {
            found.push(Fault::invalid(
                path,
                "cannot be combined with `codeInImage`",
                "keep one of them",
            ));
        }
        return;
    }
    match (config_map, &spec.artifacts_download) {
        (None, None) => found.push(Fault::invalid(
            "spec.configMapName",
            "is empty",
            "write the name of the ConfigMap that contains the code",
        )),
        (Some(_), Some(_)) => found.push(Fault::invalid(
            "spec.artifactsDownload",
            "cannot be combined with `configMapName`",
            "keep one of them",
        )),
        _ => {}
    }
    if let Some(name) = config_map.filter(|name| !is_object_name(name)) {
        found.push(Fault::invalid(
            "spec.configMapName",
            format!("`{name}` is not a valid name of a ConfigMap"),
            "write lower-case letters, digits, `-` and `.`",
        ));
    }
    if let Some(key) = tar {
        if let Err(problem) = code::Code::new().insert(key, Vec::new()) {
            found.push(Fault::invalid(
                "spec.tarName",
                problem.to_string(),
                "rename the key",
            ));
        } else if config_map.is_none() {
            found.push(Fault::invalid(
                "spec.tarName",
                "is a key of a ConfigMap, but `configMapName` is empty",
                "write the name of the ConfigMap in `configMapName`",
            ));
        }
    }
}

/// Returns true if the text is a valid name of a ConfigMap or a Secret.
pub(super) fn is_object_name(text: &str) -> bool {
    let edge = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= 253
        && text.split('.').all(|label| {
            let bytes = label.as_bytes();
            bytes.first().is_some_and(edge)
                && bytes.last().is_some_and(edge)
                && bytes.iter().all(|byte| edge(byte) || *byte == b'-')
        })
}
