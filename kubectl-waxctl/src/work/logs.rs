//! Prints the logs of a Dataflow's processes.

use dataflow::Dataflow;
use dataflow::phase::message;
use gitops::selector;
use gitops::suggest::suggest;
use k8s_openapi::api::core::v1::Pod;

use super::follow;
use super::log_request::LogRequest;
use crate::access::Access;
use crate::cluster::{Session, block_on};
use crate::error::CommandError;
use crate::logs::merge::Merge;
use crate::logs::track::{containers, waiting_reason};
use crate::ui::Ui;

/// Prints the requested lines; with `and_follow` also new lines as they arrive.
///
/// # Errors
/// There is no such Dataflow or container, or the cluster refuses.
pub(crate) fn print(
    request: &LogRequest,
    and_follow: bool,
    access: &Access,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    block_on(async {
        let session = Session::connect(access).await?;
        let name = &request.name;
        let Some(dataflow) = session.dataflow(name).await? else {
            return Err(session.absent(name).await);
        };
        let pods = session.pods(&selector::processes_of(name)).await?;
        check_container(request, &pods)?;
        if and_follow {
            return follow::follow(&session, request, ui).await;
        }
        print_present(&session, &dataflow, pods, request, ui).await
    })
}

/// Prints the present lines in the order of their times.
async fn print_present(
    session: &Session,
    dataflow: &Dataflow,
    mut pods: Vec<Pod>,
    request: &LogRequest,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    if pods.is_empty() {
        ui.say(&format!(
            "Dataflow `{}` has no processes: {}.",
            request.name,
            message(dataflow)
        ));
        return Ok(());
    }
    pods.sort_by_key(|pod| ordinal(name(pod)));
    let mut logs = Vec::new();
    for pod in &pods {
        let params = request.params(pod);
        match session.log(name(pod), &params).await {
            Ok(lines) => logs.push((name(pod).to_owned(), lines)),
            Err(kube::Error::Api(status)) if status.code == 400 => {
                let why = if request.previous {
                    status.message.clone()
                } else {
                    waiting_reason(pod)
                };
                ui.warn(&format!("pod `{}` has printed nothing: {why}", name(pod)));
            }
            Err(error) => {
                let doing = format!("read the log of pod `{}`", name(pod));
                return Err(session.failed(doing)(error).into());
            }
        }
    }
    let mut merge = Merge::start(logs).await.map_err(broken)?;
    while let Some((pod, line)) = merge.next().await.map_err(broken)? {
        request.show(&pod, &line, ui)?;
    }
    Ok(())
}

fn broken(error: std::io::Error) -> CommandError {
    CommandError::failure("cannot read the log to its end").because(error)
}

/// Refuses a container that the pods do not have.
fn check_container(request: &LogRequest, pods: &[Pod]) -> Result<(), CommandError> {
    let (Some(asked), Some(pod)) = (&request.container, pods.first()) else {
        return Ok(());
    };
    let known = containers(pod);
    if known.contains(asked) {
        return Ok(());
    }
    let error = CommandError::failure(format!("pod `{}` has no container `{asked}`", name(pod)))
        .because(format!("its containers are: {}", known.join(", ")));
    Err(match suggest(asked, known.iter().map(String::as_str)) {
        Some(near) => error.hint(format!("did you mean `-c {near}`?")),
        None => error,
    })
}

fn name(pod: &Pod) -> &str {
    pod.metadata.name.as_deref().unwrap_or_default()
}

fn ordinal(pod: &str) -> u32 {
    pod.rsplit('-')
        .next()
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(u32::MAX)
}
