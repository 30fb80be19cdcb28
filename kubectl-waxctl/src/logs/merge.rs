//! Merges several logs that have ended, by time.

use futures::StreamExt as _;

use super::{Line, Lines};

/// The logs with the next line of each. Only one line per log is in memory, however long the logs are.
pub(crate) struct Merge {
    logs: Vec<(String, Lines, Option<Line>)>,
}

impl Merge {
    /// Starts with logs given as `(pod, lines)`. Lines of the same time keep the order of the logs.
    ///
    /// # Errors
    /// Reading a log failed.
    pub(crate) async fn start(logs: Vec<(String, Lines)>) -> std::io::Result<Self> {
        let mut merge = Self { logs: Vec::new() };
        for (pod, mut lines) in logs {
            let first = next(&mut lines).await?;
            merge.logs.push((pod, lines, first));
        }
        Ok(merge)
    }

    /// Returns the earliest remaining line, with its pod. A line without a time directly follows the line before it.
    ///
    /// # Errors
    /// Reading a log failed.
    pub(crate) async fn next(&mut self) -> std::io::Result<Option<(String, Line)>> {
        let waiting = self.logs.iter_mut().filter(|(_, _, line)| line.is_some());
        let earliest = waiting.min_by_key(|(_, _, line)| line.as_ref().and_then(|line| line.time));
        let Some((pod, lines, line)) = earliest else {
            return Ok(None);
        };
        let following = next(lines).await?;
        let current = std::mem::replace(line, following);
        Ok(current.map(|line| (pod.clone(), line)))
    }
}

async fn next(lines: &mut Lines) -> std::io::Result<Option<Line>> {
    Ok(lines.next().await.transpose()?.map(|raw| Line::parse(&raw)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::stream;

    fn log(pod: &str, lines: &[&str]) -> (String, Lines) {
        let lines: Vec<_> = lines.iter().map(|line| Ok((*line).to_owned())).collect();
        (pod.to_owned(), stream::iter(lines).boxed())
    }

    #[tokio::test]
    async fn merge_sorts_lines_by_time() {
        let logs = vec![
            log(
                "a-0",
                &[
                    "2026-01-01T00:00:01Z one",
                    "continued",
                    "2026-01-01T00:00:04Z four",
                ],
            ),
            log(
                "a-1",
                &["2026-01-01T00:00:01Z uno", "2026-01-01T00:00:03Z tres"],
            ),
            log("a-2", &[]),
        ];
        let mut merge = Merge::start(logs).await.unwrap();
        let mut order = Vec::new();
        while let Some((pod, line)) = merge.next().await.unwrap() {
            order.push(format!("{pod} {}", line.text));
        }
        assert_eq!(
            order,
            [
                "a-0 one",
                "a-0 continued",
                "a-1 uno",
                "a-1 tres",
                "a-0 four"
            ]
        );
    }

    #[tokio::test]
    async fn failing_log_is_an_error() {
        let broken = stream::iter([Err(std::io::Error::other("gone"))]).boxed();
        assert!(
            Merge::start(vec![("a-0".to_owned(), broken)])
                .await
                .is_err()
        );
    }
}
