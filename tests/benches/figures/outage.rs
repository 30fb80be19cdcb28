//! Measures the outage of a change, from the exit of the last old engine to Ready, and compares it with a plain
//! StatefulSet of the same containers that is scaled to zero and back.

use anyhow::Result;
use serde_json::json;
use wax_tests::programs::root;
use wax_tests::{Cluster, TestNamespace};

use crate::restart::{Plain, last_exit};
use crate::{Figure, median};

const ROUNDS: usize = 5;
const SIZE: usize = 2;

pub(crate) async fn figures(cluster: &'static Cluster) -> Result<(Vec<Figure>, f64)> {
    let mut namespace = TestNamespace::without_operator(cluster, "outage").await?;
    namespace.start_operator(&[])?;
    let code = std::fs::read_to_string(root().join("examples/hello/hello.py"))?;
    namespace.start_flow("gang", &code, &json!({"processesCount": SIZE}))?;
    namespace.ready("gang").await?;
    let plain = Plain::copy(&namespace, SIZE).await?;

    let (mut changes, mut restarts) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let env = json!([{"name": "GREETING", "value": format!("round {round}")}]);
        namespace.dataflow("gang", &json!({"processesCount": SIZE, "env": env}))?;
        let exit = last_exit(&namespace, "gang").await?;
        namespace.ready("gang").await?;
        changes.push(exit.elapsed().as_secs_f64());

        restarts.push(plain.restart(&namespace).await?);
    }
    let (change, restart) = (median(changes), median(restarts));
    let ratio = change / restart;
    let figures = vec![
        Figure::new(
            "outage of a change, two processes",
            format!("{change:.2} s"),
        ),
        Figure::new("plain StatefulSet 2 -> 0 -> 2", format!("{restart:.2} s")),
        Figure::new("ratio", format!("{ratio:.2}")),
    ];
    Ok((figures, ratio))
}
